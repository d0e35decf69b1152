//! When each pair is due: pure arithmetic over instants.
//!
//! Pairs with the same interval share it out evenly, each keeping its place in it, so that nothing drifts together.
//! A jitter of up to a tenth of the interval keeps many sites from meeting at an origin in step.

mod follow;
mod hurry;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use tokio::time::Instant;

use crate::plan::{Pair, Plan};

/// The first round begins at once and takes at most so long…
const FIRST_ROUND: Duration = Duration::from_secs(10);
/// …and for few pairs only so long each.
const FIRST_ROUND_EACH: Duration = Duration::from_millis(50);
/// The first probes of what is discovered are spread over so long at most, or over their interval.
const FIRST_PROBES: Duration = Duration::from_secs(60);
/// The longest wait for the re-probe after a change; otherwise a sixth of the interval.
const EARLY: Duration = Duration::from_secs(5);

/// When each pair is due next. A pair under way has no place in it until it has ended: never twice at once.
#[derive(Debug)]
pub(super) struct Timetable {
    start: Instant,
    entries: Vec<Entry>,
    queue: BinaryHeap<Reverse<(Instant, usize)>>,
    /// How often in a row a pair may be probed early, so that one that flaps does not live on early probes.
    early_limit: u32,
}

#[derive(Debug)]
struct Entry {
    interval: Duration,
    /// The place in the interval.
    offset: Duration,
    seed: u64,
    /// Probes so far: what makes the jitter of each differ.
    probes: u64,
    last_start: Instant,
    early_in_row: u32,
}

/// A pair whose time has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// Its place in the plan.
    pub(super) pair: usize,
    /// When it was to start.
    pub(super) at: Instant,
}

impl Timetable {
    pub(super) fn new(plan: &Plan, start: Instant) -> Self {
        let mut places = Places::of(plan.pairs.iter().map(|pair| pair.endpoint.interval));
        let entries: Vec<Entry> = plan
            .pairs
            .iter()
            .map(|pair| {
                let interval = pair.endpoint.interval;
                Entry {
                    interval,
                    offset: places.next(interval),
                    seed: seed(&plan.site, pair),
                    probes: 0,
                    last_start: start,
                    early_in_row: 0,
                }
            })
            .collect();
        let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        let shortest = entries.iter().map(|entry| entry.interval).min().unwrap_or_default();
        let window = FIRST_ROUND.min(FIRST_ROUND_EACH.saturating_mul(count)).min(shortest);
        let queue =
            (0..count).zip(0..).map(|(rank, pair)| Reverse((start + share(window, rank, count), pair))).collect();
        Self { start, entries, queue, early_limit: plan.confirm.get() }
    }

    /// The times of audits: each pair that is audited keeps a place in the interval from the beginning, so that there is
    /// no burst. Early ones are for pairs of which nothing is known yet.
    pub(super) fn of_audits(plan: &Plan, start: Instant) -> Self {
        let audited = |pair: &Pair| plan.audit.is_some() && pair.endpoint.is_audited();
        let interval = plan.audit_interval();
        let count = u32::try_from(plan.pairs.iter().filter(|pair| audited(pair)).count()).unwrap_or(u32::MAX);
        let mut rank = 0;
        let mut queue = BinaryHeap::new();
        let mut entries = Vec::with_capacity(plan.pairs.len());
        for (index, pair) in plan.pairs.iter().enumerate() {
            let offset = share(interval, rank, count);
            let seed = seed(&plan.site, pair);
            let entry = Entry { interval, offset, seed, probes: 0, last_start: start, early_in_row: 0 };
            if audited(pair) {
                rank += 1;
                queue.push(Reverse((entry.place_after(start, start), index)));
            }
            entries.push(entry);
        }
        Self { start, entries, queue, early_limit: u32::MAX }
    }

    /// Gives a pair that has come a place of its own, at one that is free or the next one; the first probe comes soon,
    /// but not at once: what one round of chains names comes together.
    pub(super) fn add(&mut self, place: usize, plan: &Plan, pair: &Pair, now: Instant) {
        let (interval, seed) = (pair.endpoint.interval, seed(&plan.site, pair));
        let offset = thousandths(interval, split_mix(!seed));
        let entry = Entry { interval, offset, seed, probes: 0, last_start: now, early_in_row: 0 };
        let soon = now + thousandths(FIRST_PROBES.min(interval), split_mix(seed));
        match self.entries.get_mut(place) {
            Some(free) => *free = entry,
            None => self.entries.push(entry),
        }
        self.queue.push(Reverse((soon, place)));
    }

    /// Takes a pair out for good.
    pub(super) fn remove(&mut self, place: usize) {
        self.queue.retain(|Reverse((_, pair))| *pair != place);
    }

    /// When the next pair is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.queue.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes out the pair that has been due for longest.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<Due> {
        if self.next()? > now {
            return None;
        }
        let Reverse((at, pair)) = self.queue.pop()?;
        let entry = self.entries.get_mut(pair)?;
        entry.last_start = now;
        entry.probes += 1;
        Some(Due { pair, at })
    }

    /// Gives a pair that has ended its next time: its place in the interval, or early where something changed. Places
    /// that passed while the probe ran are left out.
    pub(super) fn ended(&mut self, pair: usize, now: Instant, is_urgent: bool) {
        let Some(entry) = self.entries.get_mut(pair) else { return };
        // Half an interval apart at least, or the first round's probe and the place after it could meet.
        let regular = entry.place_after(self.start, now.max(entry.last_start + entry.interval / 2));
        let early = now + entry.early_delay();
        let goes_early = is_urgent && entry.early_in_row < self.early_limit && early < regular;
        entry.early_in_row = if goes_early { entry.early_in_row.saturating_add(1) } else { 0 };
        self.queue.push(Reverse((if goes_early { early } else { regular }, pair)));
    }
}

impl Entry {
    /// The first of the pair's places after an instant.
    fn place_after(&self, start: Instant, instant: Instant) -> Instant {
        let first = start + self.offset;
        let passed = instant.saturating_duration_since(first).as_nanos() / self.interval.as_nanos().max(1);
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        let place = first + self.interval.saturating_mul(passed) + thousandths(self.interval / 10, self.random());
        if place > instant { place } else { place + self.interval }
    }

    /// A sixth of the interval or five seconds, give or take a tenth.
    fn early_delay(&self) -> Duration {
        let delay = (self.interval / 6).min(EARLY);
        delay * 9 / 10 + thousandths(delay / 5, self.random())
    }

    fn random(&self) -> u64 {
        split_mix(self.seed.wrapping_add(self.probes))
    }
}

/// Deals out the places in each interval.
struct Places(BTreeMap<Duration, (u32, u32)>);

impl Places {
    /// For pairs with these intervals.
    fn of(intervals: impl Iterator<Item = Duration>) -> Self {
        let mut counts = BTreeMap::new();
        for interval in intervals {
            counts.entry(interval).or_insert((0, 0)).1 += 1;
        }
        Self(counts)
    }

    fn next(&mut self, interval: Duration) -> Duration {
        let Some((rank, count)) = self.0.get_mut(&interval) else { return Duration::ZERO };
        let place = share(interval, *rank, *count);
        *rank += 1;
        place
    }

    /// In the middle of the next part, for those that come later: the beginnings are taken.
    fn next_between(&mut self, interval: Duration) -> Duration {
        let half =
            self.0.get(&interval).map_or(Duration::ZERO, |(_, count)| share(interval, 1, count.saturating_mul(2)));
        self.next(interval) + half
    }
}

/// The beginning of one of so many equal parts of a span.
fn share(span: Duration, rank: u32, count: u32) -> Duration {
    span.saturating_mul(rank) / count.max(1)
}

/// A pseudo-random part of a span, in steps of a thousandth.
fn thousandths(span: Duration, random: u64) -> Duration {
    span * u32::try_from(random % 1000).unwrap_or_default() / 1000
}

/// What the jitter of a pair starts from: the same after a restart, another at the next site (FNV-1a).
fn seed(site: &str, pair: &Pair) -> u64 {
    let (endpoint, path) = pair.key();
    let parts = [site, endpoint, path];
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// SplitMix64: good enough to spread probes, and no secret depends on it.
fn split_mix(seed: u64) -> u64 {
    let z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
