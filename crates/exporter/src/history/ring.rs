//! The last 24 hours of one pair, in half-hours.

use prober::cause::State;

use super::model::{HALF_HOURS, HalfHour};
use super::rollup::count;
use super::slot::HALVES_OF_DAY;

/// Counts by state, in the order of [`State::ALL`]. Half an hour of results every second makes 1,800.
type Counts = [u16; State::ALL.len()];

/// A ring of half-hours; the place of each is its number modulo their count.
#[derive(Debug)]
pub(super) struct Ring {
    /// The newest half-hour that anything is known of.
    newest: Option<i64>,
    counts: [Counts; HALF_HOURS],
}

impl Default for Ring {
    fn default() -> Self {
        Self { newest: None, counts: [Counts::default(); HALF_HOURS] }
    }
}

impl Ring {
    /// Counts a result of a half-hour.
    pub(super) fn add(&mut self, half: i64, state: State) {
        if self.newest.is_some_and(|newest| half <= newest - HALVES_OF_DAY) {
            // The clock was put back by more than a day: what it told before is none of the last 24 hours.
            *self = Self::default();
        }
        let mut one = HalfHour::default();
        count(&mut one, state);
        self.seed(half, one);
    }

    /// Adds results of a half-hour, unless they are older than the ring reaches.
    pub(super) fn seed(&mut self, half: i64, counts: HalfHour) {
        let newest = *self.newest.get_or_insert(half);
        if half <= newest - HALVES_OF_DAY {
            return;
        }
        for passed in (newest + 1..=half).rev().take(HALF_HOURS) {
            self.set(passed, Counts::default());
        }
        self.newest = Some(newest.max(half));
        let before = self.get(half);
        let sum = before.plus(counts);
        let short = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
        self.set(half, [short(sum.reachable), short(sum.degraded), short(sum.blocked), short(sum.unknown)]);
    }

    /// The half-hours from one on; `None` where nothing is known of any.
    pub(super) fn from(&self, first: i64) -> Option<[HalfHour; HALF_HOURS]> {
        let mut day = [HalfHour::default(); HALF_HOURS];
        for (half, counts) in (first..).zip(&mut day) {
            *counts = self.get(half);
        }
        day.iter().any(|counts| counts.total() > 0).then_some(day)
    }

    fn get(&self, half: i64) -> HalfHour {
        let is_held = self.newest.is_some_and(|newest| half <= newest && half > newest - HALVES_OF_DAY);
        let [reachable, degraded, blocked, unknown] = match self.counts.get(place(half)) {
            Some(counts) if is_held => counts.map(u32::from),
            _ => return HalfHour::default(),
        };
        HalfHour { reachable, degraded, blocked, unknown }
    }

    fn set(&mut self, half: i64, counts: Counts) {
        if let Some(held) = self.counts.get_mut(place(half)) {
            *held = counts;
        }
    }
}

fn place(half: i64) -> usize {
    usize::try_from(half.rem_euclid(HALVES_OF_DAY)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reachable(ring: &Ring, first: i64) -> Vec<u32> {
        ring.from(first).map_or_else(Vec::new, |day| day.iter().map(|half| half.reachable).collect())
    }

    /// A day's counts that are none but at some places.
    fn only(places: &[(usize, u32)]) -> Vec<u32> {
        let mut day = vec![0; HALF_HOURS];
        for (place, count) in places {
            day[*place] = *count;
        }
        day
    }

    #[test]
    fn results_age_out_of_it() {
        let mut ring = Ring::default();
        assert_eq!(ring.from(0), None);
        ring.add(100, State::Reachable);
        ring.add(100, State::Reachable);
        ring.add(102, State::Reachable);
        assert_eq!(reachable(&ring, 55), only(&[(45, 2), (47, 1)]));
        assert_eq!(reachable(&ring, 101), only(&[(1, 1)]));
        ring.add(149, State::Reachable);
        assert_eq!(reachable(&ring, 102), only(&[(0, 1), (47, 1)]));
        ring.add(1000, State::Reachable);
        assert_eq!(reachable(&ring, 953), only(&[(47, 1)]));
    }

    #[test]
    fn what_is_read_later_fills_what_came_before() {
        let mut ring = Ring::default();
        ring.add(100, State::Reachable);
        let stored = HalfHour { reachable: 5, ..HalfHour::default() };
        for half in [52, 53, 99, 100] {
            ring.seed(half, stored);
        }
        assert_eq!(reachable(&ring, 53), only(&[(0, 5), (46, 5), (47, 6)]));
        ring.seed(100, HalfHour { reachable: 70_000, blocked: 1, ..HalfHour::default() });
        let last = ring.from(53).unwrap()[47];
        assert_eq!(last, HalfHour { reachable: 65_535, degraded: 0, blocked: 1, unknown: 0 });
    }

    #[test]
    fn a_clock_put_back_begins_anew() {
        let mut ring = Ring::default();
        ring.add(10_000, State::Blocked);
        ring.add(9_990, State::Reachable);
        ring.add(100, State::Reachable);
        assert_eq!(reachable(&ring, 53), only(&[(47, 1)]));
        ring.add(i64::MIN / 2, State::Unknown);
    }
}
