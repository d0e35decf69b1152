//! Failures of a probe that was held up here: a stopped process, a machine that was suspended or had no time for it.

use std::time::Duration;

use super::case::Case;
use super::finding::Finding;

/// By how much a probe may outlast its time limit. Timers fire within milliseconds; even a busy machine is not later than this.
const LENIENCE: Duration = Duration::from_secs(2);

/// The monitor's own failure, where a probe failed that took far longer than it may: its time limits ran out while nobody
/// was there to read what came, and peers may have given up. An answer that came all the same is as good as any.
pub(super) fn held_up(case: &Case<'_>) -> Option<Finding> {
    let (took, limit) = (case.observation.duration, case.endpoint.timeout);
    let is_late = case.observation.fault.is_some() && took > limit.saturating_add(LENIENCE);
    is_late.then(|| {
        let (took, limit) = (took.as_secs(), limit.as_secs_f64());
        case.monitor_error(format!("the monitor stood still: a probe that may take {limit} s took {took} s"))
    })
}
