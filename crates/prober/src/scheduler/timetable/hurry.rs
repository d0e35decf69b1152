//! Bringing pairs forward.

use std::cmp::Reverse;
use std::mem;
use std::time::Duration;

use tokio::time::Instant;

use super::{FIRST_ROUND, Timetable, share};

/// What is brought forward is spread over so long each, and over as long as a first round at most.
const EACH: Duration = Duration::from_millis(250);

impl Timetable {
    /// The one of these pairs that waits for longest; those under way do not.
    pub(in super::super) fn latest(&self, pairs: &[usize]) -> Option<usize> {
        let due = self.queue.iter().filter(|Reverse((_, pair))| pairs.contains(pair));
        due.max_by_key(|Reverse(due)| *due).map(|Reverse((_, pair))| *pair)
    }

    /// Has pairs due soon, one after the other. None of them is due later than it was, and those under way are left alone;
    /// after that, each goes on with its places.
    pub(in super::super) fn hurry(&mut self, pairs: &[usize], now: Instant) {
        let count = u32::try_from(pairs.len()).unwrap_or(u32::MAX);
        let window = FIRST_ROUND.min(EACH.saturating_mul(count));
        let mut soon = vec![None; self.entries.len()];
        for (pair, rank) in pairs.iter().zip(0..) {
            if let Some(soon) = soon.get_mut(*pair) {
                *soon = Some(now + share(window, rank, count));
            }
        }
        let queue = mem::take(&mut self.queue).into_iter().map(|Reverse((at, pair))| {
            let soon = soon.get(pair).copied().flatten();
            Reverse((soon.map_or(at, |soon| soon.min(at)), pair))
        });
        self.queue = queue.collect();
    }
}
