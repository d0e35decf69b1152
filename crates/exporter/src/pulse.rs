//! Whether probing goes on, by how long ago the newest results came: one judgement, for the watchdog and for the metrics.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prober::snapshot::Snapshot;
use tokio::time::Instant;

/// What a scheduler under load may take beyond what its plan says.
const LENIENCE: Duration = Duration::from_secs(60);

/// The newest sign of life of a scheduler.
#[derive(Debug)]
pub struct Pulse(Mutex<Beat>);

#[derive(Debug, Clone, Copy)]
struct Beat {
    at: Instant,
    /// How long there may be none after it; `None` where nothing is probed.
    patience: Option<Duration>,
    has_ended: bool,
}

impl Pulse {
    /// Of a scheduler that is about to begin.
    pub fn new() -> Self {
        Self(Mutex::new(Beat { at: Instant::now(), patience: None, has_ended: false }))
    }

    /// A snapshot came.
    pub fn beat(&self, snapshot: &Snapshot) {
        let beat = Beat { at: Instant::now(), patience: patience(snapshot), has_ended: false };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = beat;
    }

    /// No snapshot will come any more.
    pub fn end(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).has_ended = true;
    }

    /// Whether the scheduler has ended, or no snapshot has come for longer than its plan explains.
    pub fn is_stalled(&self) -> bool {
        let Beat { at, patience, has_ended } = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        has_ended || patience.is_some_and(|patience| at.elapsed() > patience)
    }
}

impl Default for Pulse {
    fn default() -> Self {
        Self::new()
    }
}

/// How long no result may come in: the pair with the shortest interval has one in each, late by a probe at most, and a place
/// may be left out. `None` where nothing is probed.
fn patience(snapshot: &Snapshot) -> Option<Duration> {
    let endpoints = || snapshot.rows.iter().map(|row| &row.pair.endpoint);
    let interval = endpoints().map(|endpoint| endpoint.interval).min()?;
    let timeout = endpoints().map(|endpoint| endpoint.timeout).max()?;
    Some(interval.saturating_mul(2).saturating_add(timeout).saturating_add(LENIENCE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    const HOUR: Duration = Duration::from_secs(3600);

    /// Endpoints that are probed so often.
    fn every(intervals: &[Duration]) -> Snapshot {
        let row = |interval: &Duration| sample::row("licensing", "direct").endpoint(|one| one.interval = *interval);
        sample::snapshot(intervals.iter().map(row))
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_judged_by_what_the_plan_says() {
        let pulse = Pulse::new();
        for (intervals, quiet, is_stalled) in [
            (&[Duration::from_secs(60)][..], Duration::from_secs(120), false),
            (&[Duration::from_secs(60)], Duration::from_secs(200), true),
            (&[HOUR], HOUR, false),
            (&[HOUR], 3 * HOUR, true),
            (&[HOUR, Duration::from_secs(60)], HOUR, true),
            (&[], 1000 * HOUR, false),
        ] {
            pulse.beat(&every(intervals));
            tokio::time::advance(quiet).await;
            assert_eq!(pulse.is_stalled(), is_stalled, "{intervals:?} after {quiet:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_scheduler_that_has_ended_is_stalled_at_once_and_another_plan_is_a_sign_of_life() {
        let pulse = Pulse::new();
        assert!(!pulse.is_stalled());
        pulse.beat(&every(&[HOUR]));
        tokio::time::advance(HOUR).await;
        pulse.beat(&every(&[Duration::from_secs(60)]));
        assert!(!pulse.is_stalled(), "probed every hour until now");
        pulse.end();
        assert!(pulse.is_stalled());
    }
}
