//! The results of one pair in five minutes: how many of which state, and how long the usable ones took.

use std::time::Duration;

use prober::cause::{Stage, State};
use prober::state::Report;

use super::figures::{Figures, MOST_SAMPLES};
use super::model::HalfHour;
use super::slot::slot_of;

/// Whole probes, and each phase.
const SERIES: usize = 1 + Stage::ALL.len();

/// A slot as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rollup {
    /// The slot's number.
    pub(super) slot: i64,
    /// Raw results by state.
    pub(super) counts: HalfHour,
    /// How long usable probes took: the whole, then each phase in the order of the way.
    pub(super) figures: [Option<Figures>; SERIES],
}

/// A slot under way.
#[derive(Debug, Default)]
pub(super) struct OpenSlot {
    slot: i64,
    counts: HalfHour,
    /// In microseconds, in the order of [`Rollup::figures`].
    durations: [Vec<u32>; SERIES],
}

impl OpenSlot {
    /// The slot in which a result came.
    pub(super) fn of(report: &Report) -> Self {
        Self { slot: slot_of(report.observation.probed_at), ..Self::default() }
    }

    /// Its number.
    pub(super) fn slot(&self) -> i64 {
        self.slot
    }

    /// Takes in a result.
    pub(super) fn add(&mut self, report: &Report) {
        let state = report.verdict.state;
        count(&mut self.counts, state);
        if !state.is_usable() {
            return;
        }
        let seen = &report.observation;
        let phases = Stage::ALL.map(|stage| seen.phases.get(stage));
        let series = std::iter::once(Some(seen.duration)).chain(phases);
        for (durations, duration) in self.durations.iter_mut().zip(series) {
            if let Some(duration) = duration.filter(|_| durations.len() < MOST_SAMPLES) {
                durations.push(micros(duration));
            }
        }
    }

    /// What it comes to so far.
    pub(super) fn rollup(&self) -> Rollup {
        let mut figures = [None; SERIES];
        for (figures, durations) in figures.iter_mut().zip(&self.durations) {
            *figures = Figures::of(durations.clone());
        }
        Rollup { slot: self.slot, counts: self.counts, figures }
    }
}

/// Counts a result.
pub(super) fn count(counts: &mut HalfHour, state: State) {
    let count = match state {
        State::Reachable => &mut counts.reachable,
        State::Degraded => &mut counts.degraded,
        State::Blocked => &mut counts.blocked,
        State::Unknown => &mut counts.unknown,
    };
    *count = count.saturating_add(1);
}

fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

/// The figures in as few bytes as are needed: of each series the number of durations, and unless that is none, the least
/// and by how much each of the others is more. Numbers are LEB128.
pub(super) fn encode(figures: &[Option<Figures>; SERIES]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(SERIES * 12);
    for figures in figures {
        let Some(Figures { samples, min, median, p95, max }) = *figures else {
            push(&mut bytes, 0);
            continue;
        };
        for number in [samples, min, median.saturating_sub(min), p95.saturating_sub(median), max.saturating_sub(p95)] {
            push(&mut bytes, number);
        }
    }
    bytes
}

/// The figures of whole probes out of what was encoded; `None` where there are none, or what is stored is none of ours.
pub(super) fn decode_whole(mut bytes: &[u8]) -> Option<Figures> {
    decode_next(&mut bytes)?
}

/// The next series: `None` where the bytes are none of ours.
#[expect(clippy::option_option, reason = "no durations, and no figures at all")]
fn decode_next(bytes: &mut &[u8]) -> Option<Option<Figures>> {
    let samples = pull(bytes)?;
    if samples == 0 {
        return Some(None);
    }
    let min = pull(bytes)?;
    let median = min.checked_add(pull(bytes)?)?;
    let p95 = median.checked_add(pull(bytes)?)?;
    let max = p95.checked_add(pull(bytes)?)?;
    Some(Some(Figures { samples, min, median, p95, max })).filter(|_| samples as usize <= MOST_SAMPLES)
}

fn push(bytes: &mut Vec<u8>, mut number: u32) {
    loop {
        let [low, ..] = (number & 0x7f).to_le_bytes();
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

fn pull(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u64;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(number).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use prober::cause::Cause;

    use super::*;
    use crate::sample;

    fn report(state: State, millis: u64, http: Option<u64>) -> Report {
        let mut row = sample::row("a", "hq").observed(|seen| {
            seen.duration = Duration::from_millis(millis);
            seen.phases = prober::observation::Phases { http: http.map(Duration::from_millis), ..Default::default() };
        });
        row = match state {
            State::Reachable => row.reachable(),
            other => row.then(other, Cause::TcpRefused, "refused"),
        };
        let snapshot = sample::snapshot([row]);
        snapshot.rows[0].last.as_deref().unwrap().clone()
    }

    #[test]
    fn every_result_counts_and_usable_ones_are_timed() {
        let mut slot = OpenSlot::of(&report(State::Reachable, 1, None));
        slot.add(&report(State::Reachable, 10, Some(4)));
        slot.add(&report(State::Degraded, 30, None));
        slot.add(&report(State::Blocked, 10_000, Some(9)));
        slot.add(&report(State::Unknown, 10_000, None));
        let rollup = slot.rollup();
        assert_eq!(rollup.counts, HalfHour { reachable: 1, degraded: 1, blocked: 1, unknown: 1 });
        let [whole, .., http, content] = rollup.figures;
        assert_eq!(whole, Some(Figures { samples: 2, min: 10_000, median: 10_000, p95: 30_000, max: 30_000 }));
        assert_eq!(http, Some(Figures { samples: 1, min: 4_000, median: 4_000, p95: 4_000, max: 4_000 }));
        assert_eq!(content, None);
    }

    #[test]
    fn the_number_of_durations_is_bounded_and_that_of_results_is_not() {
        let report = report(State::Reachable, 5, None);
        let mut slot = OpenSlot::of(&report);
        (0..1000).for_each(|_| slot.add(&report));
        let rollup = slot.rollup();
        assert_eq!((rollup.counts.reachable, rollup.figures[0].unwrap().samples), (1000, 512));
    }

    #[test]
    fn figures_come_back_and_nonsense_comes_to_nothing() {
        let some = |samples, max| Some(Figures { samples, min: 0, median: 127, p95: 128, max });
        let figures = [some(5, u32::MAX), None, some(512, 20_000), None, some(1, 128), None, None, some(2, 129)];
        let bytes = encode(&figures);
        let mut rest = bytes.as_slice();
        for expected in figures {
            assert_eq!(decode_next(&mut rest), Some(expected));
        }
        assert_eq!((rest, decode_whole(&bytes)), (&[][..], figures[0]));
        for cut in 0..6 {
            assert_eq!(decode_whole(&bytes[..cut]), None, "{cut}");
        }
        // More durations than a slot holds, a number without end, a sum beyond all bounds.
        for nonsense in [&[0xff, 0x7f, 1, 1, 1, 1][..], &[0xff; 40], &[1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0, 0]] {
            assert_eq!(decode_whole(nonsense), None, "{nonsense:?}");
        }
    }
}
