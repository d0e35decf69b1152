//! One probe with its judgement.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

use super::answers::Answers;
use crate::observation::{Fault, MonitorFault, Observation, Phases, RouteFacts};
use crate::plan::Pair;
use crate::probe::Probe;
use crate::state::Report;
use crate::text::Clean;
use crate::verdict::{Question, judge};

/// Probes a pair and judges what came, in the light of what its proxy did for others lately.
pub(super) async fn report<P: Probe>(prober: Arc<P>, pair: Arc<Pair>, answers: Arc<Answers>) -> Report {
    let observation = prober.probe(&pair).await;
    let now = Instant::now();
    answers.note(&pair, &observation, now);
    let proxy_answered_recently = answers.answered_for_another(&pair, &observation, now);
    judged(&pair, observation, proxy_answered_recently)
}

/// Judges an observation and keeps of it what a report needs.
pub(super) fn judged(pair: &Pair, observation: Observation, proxy_answered_recently: bool) -> Report {
    let question = Question { endpoint: &pair.endpoint, path: &pair.path, proxy_answered_recently };
    let verdict = judge(&question, &observation);
    Report { observation: observation.compact(), verdict }
}

/// What a probe that panicked saw: nothing.
pub(super) fn panicked(pair: &Pair, now: OffsetDateTime, duration: Duration, message: Clean) -> Report {
    judged(pair, unseen(now, duration, message), false)
}

/// The observation of a probe that panicked.
pub(super) fn unseen(now: OffsetDateTime, duration: Duration, message: Clean) -> Observation {
    Observation {
        probed_at: now,
        duration,
        phases: Phases::default(),
        route: RouteFacts::Direct,
        resolve: None,
        remote_address: None,
        failed_attempts: Vec::new(),
        proxy: None,
        tls: None,
        http: None,
        crl: None,
        fault: Some(Fault::Monitor(MonitorFault {
            operation: "a bug in reachwatch ended the probe".to_owned(),
            reason: message,
        })),
    }
}
