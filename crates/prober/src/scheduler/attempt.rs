//! One probe with its judgement.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::judge::Judge;
use crate::observation::{AuditFacts, Fault, MonitorFault, Observation};
use crate::plan::{Pair, Plan};
use crate::probe::Probe;
use crate::state::Report;
use crate::text::Clean;
use crate::verdict::{Question, judge};

/// Probes a pair and judges what came, in the light of what others saw lately.
pub(super) async fn report<P: Probe>(
    prober: Arc<P>,
    pair: Arc<Pair>,
    judge: Judge,
    audit: Option<Arc<AuditFacts>>,
) -> Report {
    let observation = prober.probe(&pair).await;
    judge.note(&pair, &observation);
    let verdict = judge.judge(&pair, &observation, audit.as_deref());
    Report { observation: observation.compact(), verdict, audit }
}

/// Judges an observation, in the light of an audit of the same round too, and keeps of it what a report needs.
pub(super) fn judged(question: Question<'_>, observation: Observation, audit: Option<Arc<AuditFacts>>) -> Report {
    let verdict = judge(&Question { audit: audit.as_deref(), ..question }, &observation);
    Report { observation: observation.compact(), verdict, audit }
}

/// What a probe that panicked saw: nothing.
pub(super) fn panicked(plan: &Plan, pair: &Pair, now: OffsetDateTime, duration: Duration, message: Clean) -> Report {
    judged(Question::alone(pair, &plan.fingerprints), unseen(now, duration, message), None)
}

/// The observation of a probe that panicked.
pub(super) fn unseen(now: OffsetDateTime, duration: Duration, message: Clean) -> Observation {
    Observation {
        duration,
        fault: Some(Fault::Monitor(MonitorFault {
            operation: "a bug in reachwatch ended the probe".to_owned(),
            reason: message,
        })),
        ..Observation::empty(now)
    }
}
