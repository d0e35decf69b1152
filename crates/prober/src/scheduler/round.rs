//! One round over everything, for a report.

use std::sync::Arc;

use tokio::time::Instant;

use super::attempt;
use super::others::Others;
use super::running::Running;
use crate::net::Clock;
use crate::observation::Observation;
use crate::plan::{Pair, Plan};
use crate::probe::Probe;
use crate::state::Report;

/// Probes every pair of a plan once, as many at a time as the plan allows, and judges the raw results when all are in:
/// whether a proxy answers for other hosts, or a certificate proves itself on another path, is known only then. `ended` is told of each probe that ends. The results
/// are in the plan's order.
pub async fn round<P: Probe>(
    plan: &Plan,
    prober: Arc<P>,
    clock: &dyn Clock,
    mut ended: impl FnMut(&Pair),
) -> Vec<(Arc<Pair>, Arc<Report>)> {
    let mut running = Running::default();
    let mut waiting = plan.pairs.iter().enumerate();
    let mut seen: Vec<(usize, Observation)> = Vec::with_capacity(plan.pairs.len());
    let others = Others::default();
    loop {
        while running.len() < plan.concurrency.get() {
            let Some((index, pair)) = waiting.next() else { break };
            let (prober, pair) = (Arc::clone(&prober), Arc::clone(pair));
            running.spawn(index, async move { prober.probe(&pair).await });
        }
        let Some(probe) = running.next().await else { break };
        let Some(pair) = plan.pairs.get(probe.pair) else { continue };
        let observation = probe.outcome.unwrap_or_else(|panic| attempt::unseen(clock.now(), probe.duration, panic));
        others.note(pair, &observation, Instant::now());
        seen.push((probe.pair, observation));
        ended(pair);
    }
    seen.sort_unstable_by_key(|(index, _)| *index);
    let judged = seen.into_iter().filter_map(|(index, observation)| {
        let pair = plan.pairs.get(index)?;
        let question = others.question_of_round(pair, &plan.fingerprints, &observation);
        Some((Arc::clone(pair), Arc::new(attempt::judged(&question, observation))))
    });
    judged.collect()
}
