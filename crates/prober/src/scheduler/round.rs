//! One round over everything, for a report.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use tokio::time::Instant;

use super::attempt;
use super::discovered::Discovered;
use super::others::Others;
use super::running::{Ended, Running};
use crate::net::Clock;
use crate::observation::{AuditFacts, Fault, Observation};
use crate::plan::{Pair, Plan};
use crate::probe::Probe;
use crate::snapshot::Round;
use crate::state::Report;
use crate::verdict::judge;

/// The most certificates that one responder is asked for.
const MAX_QUESTIONS: usize = 32;

/// How a round gets on.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// So many more probes are to be made than the plan has, because of what certificates name.
    Discovered(usize),
    /// A probe or an audit has ended.
    Ended(&'a Pair),
}

/// Probes every pair of the plan once, as many at a time as the plan allows, and judges the raw results when all are in:
/// whether a proxy answers for other hosts, a certificate proves itself on another path, or this machine's clock is right,
/// is known only then.
///
/// Revocation lists come last, when those who sign them have been met, and with them what the served certificates name,
/// where the plan has discovery: responders are asked for all certificates that name them, and the worst answer is the
/// result. With `audit`, the TLS of every pair that clients get through on is audited after that.
/// The results are in the plan's order, those of discovered pairs behind.
pub async fn round<P: Probe>(
    plan: &Plan,
    prober: Arc<P>,
    clock: &dyn Clock,
    audit: bool,
    mut told: impl FnMut(Progress<'_>),
) -> Round {
    let others = Others::default();
    let mut pairs: Vec<Arc<Pair>> = plan.pairs.clone();
    let (lists, first): (Vec<_>, Vec<_>) =
        pairs.iter().cloned().enumerate().partition(|(_, pair)| pair.endpoint.expect.crl.is_some());
    let mut seen = probe_all(plan, &prober, clock, &others, first, &mut told).await;

    let found = discovered(plan, &pairs, &seen);
    told(Progress::Discovered(found.len()));
    let planned = pairs.len();
    let second = lists.into_iter().chain((planned..).zip(found.iter().cloned())).collect();
    pairs.extend(found);
    seen.extend(probe_all(plan, &prober, clock, &others, second, &mut told).await);
    seen.sort_by_key(|(index, _)| *index);
    let offset = others.clock_of_round(clock.now(), Instant::now());

    let mut audits = HashMap::new();
    if audit {
        let is_usable = |pair: &Arc<Pair>, observation: &Observation| {
            let question = others.question_of_round(plan, pair, observation, offset);
            observation.tls.is_some() && judge(&question, observation).state.is_usable()
        };
        audits = audit_all(plan, &prober, &pairs, &seen, is_usable, &mut told).await;
    }
    let mut results: Vec<(Arc<Pair>, Arc<Report>)> = Vec::with_capacity(pairs.len());
    for (index, observation) in seen {
        let Some(pair) = pairs.get(index) else { continue };
        // It is no result that nobody was to be asked.
        if matches!(observation.fault, Some(Fault::Unasked(_))) {
            continue;
        }
        let question = others.question_of_round(plan, pair, &observation, offset);
        let report = Arc::new(attempt::judged(question, observation, audits.remove(&index)));
        match results.last_mut().filter(|(last, _)| Arc::ptr_eq(last, pair)) {
            Some((_, last)) if last.verdict.state < report.verdict.state => *last = report,
            Some(_) => {}
            None => results.push((Arc::clone(pair), report)),
        }
    }
    Round { results, clock: offset }
}

/// Probes a pair as often as it takes to ask for everything, or until something is wrong.
async fn probe_through<P: Probe>(prober: Arc<P>, pair: Arc<Pair>) -> Vec<Observation> {
    let mut seen = vec![prober.probe(&pair).await];
    for _ in 1..prober.questions(&pair).min(MAX_QUESTIONS) {
        let is_answered = |last: &Observation| last.ocsp.as_ref().is_some_and(|ocsp| ocsp.answer().is_some());
        if !seen.last().is_some_and(is_answered) {
            break;
        }
        seen.push(prober.probe(&pair).await);
    }
    seen
}

/// Probes some pairs, each with its place; gives what was seen as it came, of a responder perhaps more than once.
async fn probe_all<P: Probe>(
    plan: &Plan,
    prober: &Arc<P>,
    clock: &dyn Clock,
    others: &Others,
    wave: Vec<(usize, Arc<Pair>)>,
    told: &mut impl FnMut(Progress<'_>),
) -> Vec<(usize, Observation)> {
    let mut seen = Vec::with_capacity(wave.len());
    let by_place: HashMap<usize, Arc<Pair>> = wave.iter().cloned().collect();
    let probe = |pair: Arc<Pair>| probe_through(Arc::clone(prober), pair);
    let mut note = |probe: Ended<Vec<Observation>>| {
        let Some((place, pair)) = probe.pair.and_then(|place| Some((place, by_place.get(&place)?))) else { return };
        let unseen = |panic| vec![attempt::unseen(clock.now(), probe.duration, panic)];
        for observation in probe.outcome.unwrap_or_else(unseen) {
            others.note(pair, &observation, Instant::now());
            seen.push((place, observation));
        }
        told(Progress::Ended(pair));
    };
    side_by_side(plan, wave.into_iter(), probe, &mut note).await;
    seen
}

/// Audits the TLS of the pairs that clients get through on; gives what was found by place.
async fn audit_all<P: Probe>(
    plan: &Plan,
    prober: &Arc<P>,
    pairs: &[Arc<Pair>],
    seen: &[(usize, Observation)],
    is_usable: impl Fn(&Arc<Pair>, &Observation) -> bool,
    told: &mut impl FnMut(Progress<'_>),
) -> HashMap<usize, Arc<AuditFacts>> {
    let mut audits = HashMap::new();
    let mut worthwhile = Vec::new();
    for (index, observation) in seen {
        let Some(pair) = pairs.get(*index).filter(|pair| pair.endpoint.is_audited()) else { continue };
        if is_usable(pair, observation) {
            worthwhile.push((*index, Arc::clone(pair)));
        } else {
            told(Progress::Ended(pair));
        }
    }
    let audit = |pair: Arc<Pair>| {
        let prober = Arc::clone(prober);
        async move { prober.audit(&pair).await }
    };
    let mut note = |audit: Ended<AuditFacts>| {
        let Some(place) = audit.pair else { return };
        audits.extend(audit.outcome.ok().map(|facts| (place, Arc::new(facts))));
        pairs.get(place).into_iter().for_each(|pair| told(Progress::Ended(pair)));
    };
    side_by_side(plan, worthwhile.into_iter(), audit, &mut note).await;
    audits
}

/// What the certificates name that were served, by name.
fn discovered(plan: &Plan, pairs: &[Arc<Pair>], seen: &[(usize, Observation)]) -> Vec<Arc<Pair>> {
    let mut seen: Vec<_> = seen.iter().collect();
    // Which of two gets the shorter name is not to depend on which was quicker.
    seen.sort_unstable_by_key(|(index, _)| *index);
    let (mut discovered, now) = (Discovered::default(), Instant::now());
    let shown = seen.into_iter().filter_map(|(index, observation)| Some((pairs.get(*index)?, observation)));
    let mut found: Vec<_> =
        shown.flat_map(|(pair, observation)| discovered.note(plan, pair, observation, now)).collect();
    // Some gave way to others that came later.
    found.retain(|pair| discovered.holds(pair));
    found.sort_by(|a, b| a.key().cmp(&b.key()));
    found
}

/// Does something for each of some pairs, as many at a time as the plan allows, and tells of each end.
async fn side_by_side<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    plan: &Plan,
    mut waiting: impl Iterator<Item = (usize, Arc<Pair>)>,
    begin: impl Fn(Arc<Pair>) -> F,
    ended: &mut impl FnMut(Ended<T>),
) {
    let mut running = Running::default();
    loop {
        while running.len() < plan.concurrency.get() {
            let Some((index, pair)) = waiting.next() else { break };
            running.spawn(index, begin(pair));
        }
        let Some(one) = running.next().await else { break };
        ended(one);
    }
}
