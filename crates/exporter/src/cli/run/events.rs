//! What the scheduler tells becomes history, live metrics, and a log line for each change.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use prober::State;
use prober::net::Clock;
use prober::plan::{Maintenance, Pair};
use prober::scheduler::Events;
use prober::state::{Change, Report};

use crate::metrics::Live;
use crate::status::Stamp;
use crate::words;

/// Tells several what one scheduler tells, each in its turn.
#[derive(Debug)]
pub(super) struct Everyone(pub(super) Vec<Arc<dyn Events>>);

impl Events for Everyone {
    fn probe_started(&self, pair: &Pair, lag: Duration) {
        self.0.iter().for_each(|one| one.probe_started(pair, lag));
    }

    fn probe_ended(&self, pair: &Pair, report: &Report) {
        self.0.iter().for_each(|one| one.probe_ended(pair, report));
    }

    fn changed(&self, pair: &Pair, change: &Change) {
        self.0.iter().for_each(|one| one.changed(pair, change));
    }

    fn gone(&self, pair: &Pair) {
        self.0.iter().for_each(|one| one.gone(pair));
    }
}

/// Feeds live metrics and the log.
#[derive(Debug)]
pub(super) struct Reporter {
    live: Arc<Live>,
    windows: Arc<ArcSwap<Maintenance>>,
    clock: Arc<dyn Clock>,
}

impl Reporter {
    /// `windows` are those of the plan that is followed.
    pub(super) fn new(live: Arc<Live>, windows: Arc<ArcSwap<Maintenance>>, clock: Arc<dyn Clock>) -> Self {
        Self { live, windows, clock }
    }

    /// Until when somebody works on a pair, if so.
    fn maintenance(&self, pair: &Pair) -> Option<String> {
        Stamp(self.windows.load().under_way(self.clock.now()).until(pair)?).to_text()
    }
}

impl Events for Reporter {
    fn probe_started(&self, _: &Pair, lag: Duration) {
        self.live.probe_started(lag);
    }

    fn probe_ended(&self, pair: &Pair, report: &Report) {
        self.live.probe_ended(&pair.path.name, report.observation.duration);
        let (endpoint, path) = pair.key();
        let (result, duration) = (report.verdict.state, words::took(report.observation.duration));
        tracing::debug!(endpoint, path, %result, duration, "probed");
    }

    fn changed(&self, pair: &Pair, change: &Change) {
        let (endpoint, path) = pair.key();
        let before = change.before.as_ref().map(|before| before.state.as_str());
        match &change.after.report.verdict.reason {
            None if before.is_none() => tracing::debug!(endpoint, path, "reachable"),
            None => tracing::info!(endpoint, path, before, "reachable"),
            Some(reason) => {
                let (cause, who) = (reason.cause.as_str(), words::who(reason.blame));
                let (detail, control) = (&reason.detail, pair.endpoint.control);
                if let Some(until) = self.maintenance(pair).filter(|_| !control) {
                    let state = change.after.state;
                    return tracing::info!(endpoint, path, before, cause, who, detail, until, "{state} in maintenance");
                }
                // The message is the state, so that each can be alerted on; a control pages nobody.
                match change.after.state {
                    _ if control => tracing::info!(endpoint, path, before, cause, who, detail, "control failing"),
                    State::Blocked => tracing::warn!(endpoint, path, before, cause, who, detail, "blocked"),
                    State::Unknown => tracing::warn!(endpoint, path, before, cause, who, detail, "unknown"),
                    State::Degraded | State::Reachable => {
                        tracing::warn!(endpoint, path, before, cause, who, detail, "degraded");
                    }
                }
            }
        }
    }
}
