//! What a scheduler tells while it works: for live metrics and logs.

use std::fmt::Debug;
use std::time::Duration;

use crate::plan::Pair;
use crate::state::{Change, Report};

/// Whoever listens to a scheduler. Called from its one task: must return quickly.
pub trait Events: Debug + Send + Sync + 'static {
    /// A probe starts, so much later than planned.
    fn probe_started(&self, pair: &Pair, lag: Duration) {
        let _ = (pair, lag);
    }

    /// A probe has ended and was judged.
    fn probe_ended(&self, pair: &Pair, report: &Report) {
        let _ = (pair, report);
    }

    /// A pair left the plan, or something else goes by its name from now on.
    fn gone(&self, pair: &Pair) {
        let _ = pair;
    }

    /// A confirmed state gave way to another, or was adopted as the first.
    fn changed(&self, pair: &Pair, change: &Change) {
        let _ = (pair, change);
    }
}

/// Nobody listens.
impl Events for () {}
