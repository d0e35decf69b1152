//! Looking soon at what a blocked result lets suspect, so that a path that goes down is known to be down before its endpoints
//! are taken for blocked one by one, however seldom they are probed.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::Scheduler;
use crate::diagnosis::{Suspicion, is_witness, suspicion};
use crate::probe::Probe;

/// A path is not looked at again within its shortest interval, or this: one that flaps would live on such looks.
const AGAIN: Duration = Duration::from_secs(5 * 60);

/// When paths were last looked at as a whole, by name.
#[derive(Debug, Default)]
pub(super) struct Suspects(HashMap<String, Instant>);

impl Suspects {
    /// Whether a path may be looked at now; notes that it is. So many as there are paths are kept.
    fn look(&mut self, path: &str, interval: Duration, now: Instant) -> bool {
        let pause = interval.min(AGAIN);
        if self.0.get(path).is_some_and(|last| now.saturating_duration_since(*last) < pause) {
            return false;
        }
        self.0.insert(path.to_owned(), now);
        true
    }
}

impl<P: Probe> Scheduler<P> {
    /// Has others of a path probed soon after one of its results was confirmed as blocked: a witness, or all that are held to
    /// get through.
    pub(super) fn suspect(&mut self, place: usize, now: Instant) {
        let Some(blocked) = self.board.row(place) else { return };
        let path = blocked.pair.path.name.as_str();
        let others: Vec<_> = self.board.rows().filter(|(at, row)| *at != place && row.pair.path.name == path).collect();
        let rows = || others.iter().map(|(_, row)| *row);
        let of_use: Vec<usize> = match suspicion(blocked, rows()) {
            Suspicion::Nothing => return,
            Suspicion::Witness => {
                let witnesses = others.iter().filter(|(_, row)| is_witness(row, blocked)).map(|(at, _)| *at);
                self.timetable.latest(&witnesses.collect::<Vec<_>>()).into_iter().collect()
            }
            Suspicion::Path => {
                let interval = rows().map(|row| row.pair.endpoint.interval).min().unwrap_or(AGAIN);
                if !self.suspects.look(path, interval, now) {
                    return;
                }
                others.iter().filter(|(_, row)| row.state().is_usable()).map(|(at, _)| *at).collect()
            }
        };
        self.timetable.hurry(&of_use, now);
    }
}
