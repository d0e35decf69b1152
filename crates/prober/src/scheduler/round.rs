//! One round over everything, for a report.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use tokio::time::Instant;

use super::attempt;
use super::others::Others;
use super::running::{Ended, Running};
use crate::net::Clock;
use crate::observation::{AuditFacts, Observation};
use crate::plan::{Pair, Plan};
use crate::probe::Probe;
use crate::snapshot::Round;
use crate::verdict::judge;

/// Probes every pair of the plan once, as many at a time as the plan allows, and judges the raw results when all are in:
/// whether a proxy answers for other hosts, a certificate proves itself on another path, or this machine's clock is right,
/// is known only then.
///
/// With `audit`, the TLS of every pair that clients get through on is audited after that. `ended` is told of each probe
/// that ends, and then of each audit that ends or can tell nothing.
pub async fn round<P: Probe>(
    plan: &Plan,
    prober: Arc<P>,
    clock: &dyn Clock,
    audit: bool,
    mut ended: impl FnMut(&Pair),
) -> Round {
    let others = Others::default();
    let everything = plan.pairs.iter().cloned().enumerate();
    let probe = |pair: Arc<Pair>| {
        let prober = Arc::clone(&prober);
        async move { prober.probe(&pair).await }
    };
    let mut seen: Vec<(usize, Observation)> = Vec::with_capacity(plan.pairs.len());
    let mut note = |probe: Ended<Observation>| {
        let Some(pair) = plan.pairs.get(probe.pair) else { return };
        let observation = probe.outcome.unwrap_or_else(|panic| attempt::unseen(clock.now(), probe.duration, panic));
        others.note(pair, &observation, Instant::now());
        seen.push((probe.pair, observation));
        ended(pair);
    };
    side_by_side(plan, everything, probe, &mut note).await;
    seen.sort_unstable_by_key(|(index, _)| *index);
    let offset = others.clock_of_round(clock.now(), Instant::now());

    let mut audits = HashMap::new();
    if audit {
        let mut worthwhile = Vec::new();
        for (index, observation) in &seen {
            let Some(pair) = plan.pairs.get(*index).filter(|pair| pair.endpoint.is_audited()) else { continue };
            let question = others.question_of_round(pair, &plan.fingerprints, observation, offset);
            if observation.tls.is_some() && judge(&question, observation).state.is_usable() {
                worthwhile.push((*index, Arc::clone(pair)));
            } else {
                ended(pair);
            }
        }
        let audit = |pair: Arc<Pair>| {
            let prober = Arc::clone(&prober);
            async move { prober.audit(&pair).await }
        };
        let mut note = |audit: Ended<AuditFacts>| {
            audits.extend(audit.outcome.ok().map(|facts| (audit.pair, Arc::new(facts))));
            plan.pairs.get(audit.pair).into_iter().for_each(|pair| ended(pair));
        };
        side_by_side(plan, worthwhile.into_iter(), audit, &mut note).await;
    }
    let judged = seen.into_iter().filter_map(|(index, observation)| {
        let pair = plan.pairs.get(index)?;
        let question = others.question_of_round(pair, &plan.fingerprints, &observation, offset);
        Some((Arc::clone(pair), Arc::new(attempt::judged(question, observation, audits.remove(&index)))))
    });
    Round { results: judged.collect(), clock: offset }
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
