//! Going on with another plan: whoever stays keeps its place and its time, whoever comes is spread over what is left.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Entry, FIRST_ROUND, FIRST_ROUND_EACH, Places, Timetable, seed, share};
use crate::plan::{Pair, Plan};

/// What the table of the plan before has of each place: its entry, and when it is due unless it is under way.
struct Before {
    entries: Vec<Option<Entry>>,
    due: HashMap<usize, Instant>,
}

impl Before {
    /// What there is of a place, which only one can go on with.
    fn take(&mut self, place: Option<usize>) -> Option<(Entry, Option<Instant>)> {
        let place = place?;
        let entry = self.entries.get_mut(place)?.take()?;
        Some((entry, self.due.remove(&place)))
    }
}

impl Timetable {
    /// Goes on with all the pairs that there are from now on, each with the place of the one before that it goes on from.
    /// The first probes of those that come are soon, and no burst.
    pub(in super::super) fn follow(&mut self, plan: &Plan, pairs: &[(Arc<Pair>, Option<usize>)], now: Instant) {
        let mut before = self.take_apart();
        self.early_limit = plan.confirm.get();
        let kept: Vec<_> = pairs.iter().map(|(_, keeps)| before.take(*keeps)).collect();
        let newcomers: Vec<_> =
            pairs.iter().zip(&kept).filter(|(_, kept)| kept.is_none()).map(|((pair, _), _)| pair).collect();
        let count = u32::try_from(newcomers.len()).unwrap_or(u32::MAX);
        let shortest = newcomers.iter().map(|pair| pair.endpoint.interval).min().unwrap_or_default();
        let window = FIRST_ROUND.min(FIRST_ROUND_EACH.saturating_mul(count)).min(shortest);
        let mut places = Places::of(pairs.iter().zip(&kept).filter_map(|((pair, _), kept)| {
            let interval = pair.endpoint.interval;
            kept.as_ref().is_none_or(|(entry, _)| entry.interval != interval).then_some(interval)
        }));
        let mut rank = 0;
        for (place, ((pair, _), kept)) in pairs.iter().zip(kept).enumerate() {
            let interval = pair.endpoint.interval;
            let (entry, due) = match kept {
                Some((entry, due)) if entry.interval == interval => (entry, due),
                Some((entry, due)) => {
                    let entry = Entry { interval, offset: places.next_between(interval), early_in_row: 0, ..entry };
                    let next = entry.place_after(self.start, now);
                    (entry, due.map(|_| next))
                }
                None => {
                    let entry = Entry {
                        interval,
                        offset: places.next_between(interval),
                        seed: seed(&plan.site, pair),
                        probes: 0,
                        last_start: now,
                        early_in_row: 0,
                    };
                    rank += 1;
                    (entry, Some(now + share(window, rank - 1, count)))
                }
            };
            self.put(place, entry, due);
        }
    }

    /// The same for the times of audits; `before` says from which place a pair of the plan goes on.
    pub(in super::super) fn follow_audits(
        &mut self,
        plan: &Plan,
        before: impl Fn(usize) -> Option<usize>,
        now: Instant,
    ) {
        let mut known = self.take_apart();
        let kept: Vec<_> = (0..plan.pairs.len()).map(|place| known.take(before(place))).collect();
        let interval = plan.audit_interval();
        let is_audited = |pair: &Pair| plan.audit.is_some() && pair.endpoint.is_audited();
        let comes = |(pair, kept): &(&Arc<Pair>, &Option<_>)| kept.is_none() && is_audited(pair);
        let mut places = Places::of(plan.pairs.iter().zip(&kept).filter(comes).map(|_| interval));
        for (place, (pair, kept)) in plan.pairs.iter().zip(kept).enumerate() {
            let (entry, due) = kept.unwrap_or_else(|| {
                let is_audited = is_audited(pair);
                let offset = if is_audited { places.next_between(interval) } else { Duration::ZERO };
                let seed = seed(&plan.site, pair);
                let entry = Entry { interval, offset, seed, probes: 0, last_start: now, early_in_row: 0 };
                let due = is_audited.then(|| entry.place_after(self.start, now));
                (entry, due)
            });
            self.put(place, entry, due);
        }
    }

    /// Takes out the times of pairs, of those that are under way: each gets the next one when it has ended.
    pub(in super::super) fn leave_out(&mut self, is_out: impl Fn(usize) -> bool) {
        self.queue.retain(|Reverse((_, pair))| !is_out(*pair));
    }

    fn take_apart(&mut self) -> Before {
        let due = mem::take(&mut self.queue).into_iter().map(|Reverse((at, place))| (place, at)).collect();
        Before { entries: mem::take(&mut self.entries).into_iter().map(Some).collect(), due }
    }

    fn put(&mut self, place: usize, entry: Entry, due: Option<Instant>) {
        self.entries.push(entry);
        self.queue.extend(due.map(|at| Reverse((at, place))));
    }
}
