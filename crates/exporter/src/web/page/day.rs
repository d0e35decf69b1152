//! The last 24 hours of an endpoint as a bar: 48 half-hours, each in the colour of its worst state.
//!
//! Half-hours of the same colour that follow each other share a piece, so that a calm day is one; the numbers of every
//! half-hour stand beside it for scripts, packed the same way.

use std::fmt::Write;

use prober::cause::State;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::history::{Days, HALF_HOURS, HalfHour};

/// The height of the drawing; its width is one for each half-hour.
const HEIGHT: u8 = 10;

/// The bar of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DayBar {
    /// What is drawn, from left to right; half-hours without a result are left empty.
    pub(super) pieces: Vec<Piece>,
    /// The counts of every half-hour, oldest first: `r/d/b/u`, zeros at the end left out, `3*…` for three of the same.
    pub(super) numbers: String,
    /// The day in words.
    pub(super) words: String,
    /// The share of results that are usable, of all that are known: "99.2 %".
    pub(super) usable: Option<String>,
}

/// Half-hours of one colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The worst state of each of them.
    pub(super) state: State,
    /// The first of them.
    pub(super) start: usize,
    /// How many.
    pub(super) length: usize,
    /// "03:00 to 04:30 UTC: 84 reachable, 6 blocked".
    pub(super) words: String,
}

impl DayBar {
    /// The bar of an endpoint's paths together; none of an endpoint that nothing is known of.
    pub(super) fn of(days: &Days, endpoint: &str) -> Option<Self> {
        let day = days.of_endpoint(endpoint)?;
        let whole = day.iter().fold(HalfHour::default(), |sum, one| sum.plus(*one));
        let pieces = pieces(&day, days.start);
        Some(Self { words: in_words(&pieces), usable: usable(whole), numbers: numbers(&day), pieces })
    }
}

impl Piece {
    /// Its outline. The worse, the higher: colour alone does not tell everybody.
    pub(super) fn outline(&self) -> String {
        let height = match self.state {
            State::Blocked => HEIGHT,
            State::Degraded => 8,
            State::Reachable => 6,
            State::Unknown => 3,
        };
        let (left, width, top) = (self.start, self.length, HEIGHT - height);
        format!("M{left} {top}h{width}v{height}h-{width}z")
    }
}

fn pieces(day: &[HalfHour; HALF_HOURS], start: OffsetDateTime) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for run in day.chunk_by(|a, b| worst(*a) == worst(*b)) {
        if let Some(state) = run.first().copied().and_then(worst) {
            let sum = run.iter().fold(HalfHour::default(), |sum, one| sum.plus(*one));
            let words = format!("{} to {} UTC: {}", clock(start, at), clock(start, at + run.len()), counts(sum));
            pieces.push(Piece { state, start: at, length: run.len(), words });
        }
        at += run.len();
    }
    pieces
}

/// The worst state of half an hour; none without a result.
fn worst(half: HalfHour) -> Option<State> {
    match half {
        HalfHour { blocked: 1.., .. } => Some(State::Blocked),
        HalfHour { degraded: 1.., .. } => Some(State::Degraded),
        HalfHour { unknown: 1.., .. } => Some(State::Unknown),
        HalfHour { reachable: 1.., .. } => Some(State::Reachable),
        _ => None,
    }
}

fn clock(start: OffsetDateTime, half_hours: usize) -> String {
    let after = Duration::minutes(30) * i32::try_from(half_hours).unwrap_or(0);
    let at = start.to_offset(UtcOffset::UTC) + after;
    at.format(format_description!("[hour]:[minute]")).unwrap_or_default()
}

/// "84 reachable, 6 blocked".
fn counts(half: HalfHour) -> String {
    let each = [
        (half.reachable, State::Reachable),
        (half.degraded, State::Degraded),
        (half.blocked, State::Blocked),
        (half.unknown, State::Unknown),
    ];
    let told: Vec<_> = each.iter().filter(|(count, _)| *count > 0).map(|(n, state)| format!("{n} {state}")).collect();
    told.join(", ")
}

/// "2 of 47 half-hours blocked, 1 degraded".
fn in_words(pieces: &[Piece]) -> String {
    let of = |state| pieces.iter().filter(|piece| piece.state == state).map(|piece| piece.length).sum::<usize>();
    let known: usize = pieces.iter().map(|piece| piece.length).sum();
    let bad: Vec<_> = [State::Blocked, State::Degraded, State::Unknown]
        .into_iter()
        .filter(|state| of(*state) > 0)
        .map(|state| format!("{} with {state} results", of(state)))
        .collect();
    let bad = if bad.is_empty() { "all of them reachable".to_owned() } else { bad.join(", ") };
    format!("Last 24 hours: {known} of {HALF_HOURS} half-hours known, {bad}")
}

/// Rounded down, so that only a day without a fault is one of 100 %.
fn usable(whole: HalfHour) -> Option<String> {
    let good = u64::from(whole.reachable) + u64::from(whole.degraded);
    let known = good + u64::from(whole.blocked);
    let tenths = (good * 1000).checked_div(known)?;
    Some(if tenths == 1000 { "100 %".to_owned() } else { format!("{}.{} %", tenths / 10, tenths % 10) })
}

fn numbers(day: &[HalfHour; HALF_HOURS]) -> String {
    let mut packed = String::new();
    for run in day.chunk_by(|a, b| a == b) {
        let Some(half) = run.first() else { continue };
        if !packed.is_empty() {
            packed.push(',');
        }
        if run.len() > 1 {
            // Writing into a string cannot fail.
            let _ = write!(packed, "{}*", run.len());
        }
        let text = format!("{}/{}/{}/{}", half.reachable, half.degraded, half.blocked, half.unknown);
        let mut short = text.as_str();
        while let Some(rest) = short.strip_suffix("/0") {
            short = rest;
        }
        packed.push_str(short);
    }
    packed
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use time::macros::datetime;

    use super::*;

    fn half(reachable: u32, degraded: u32, blocked: u32, unknown: u32) -> HalfHour {
        HalfHour { reachable, degraded, blocked, unknown }
    }

    fn days(changes: &[(usize, HalfHour)]) -> Days {
        let mut day = [half(30, 0, 0, 0); HALF_HOURS];
        for (at, half) in changes {
            day[*at] = *half;
        }
        let mut other = [HalfHour::default(); HALF_HOURS];
        other[0] = half(0, 0, 0, 2);
        let paths = HashMap::from([("direct".to_owned(), day), ("hq".to_owned(), other)]);
        Days { start: datetime!(2025-12-31 12:30 UTC), pairs: HashMap::from([("ols".to_owned(), paths)]) }
    }

    #[test]
    fn equal_colours_share_a_piece_and_the_words_have_their_numbers() {
        let bar = DayBar::of(&days(&[(20, half(28, 1, 1, 0)), (21, half(0, 0, 30, 0)), (47, half(0, 0, 0, 0))]), "ols");
        let bar = bar.unwrap();
        let told: Vec<_> =
            bar.pieces.iter().map(|piece| (piece.start, piece.length, piece.state, piece.words.as_str())).collect();
        assert_eq!(
            told,
            [
                (0, 1, State::Unknown, "12:30 to 13:00 UTC: 30 reachable, 2 unknown"),
                (1, 19, State::Reachable, "13:00 to 22:30 UTC: 570 reachable"),
                (20, 2, State::Blocked, "22:30 to 23:30 UTC: 28 reachable, 1 degraded, 31 blocked"),
                (22, 25, State::Reachable, "23:30 to 12:00 UTC: 750 reachable"),
            ]
        );
        let words = "Last 24 hours: 47 of 48 half-hours known, 2 with blocked results, 1 with unknown results";
        assert_eq!(bar.words, words);
        assert_eq!(bar.numbers, "30/0/0/2,19*30,28/1/1,0/0/30,25*30,0");
        assert_eq!(bar.usable.as_deref(), Some("97.8 %"));
        let outlines: Vec<_> = bar.pieces.iter().map(Piece::outline).collect();
        assert_eq!(outlines, ["M0 7h1v3h-1z", "M1 4h19v6h-19z", "M20 0h2v10h-2z", "M22 4h25v6h-25z"]);
    }

    #[test]
    fn a_day_is_whole_only_without_a_fault_and_unknown_without_any() {
        assert_eq!(DayBar::of(&days(&[]), "other"), None);
        assert_eq!(DayBar::of(&days(&[]), "ols").unwrap().usable.as_deref(), Some("100 %"));
        let one_in_many = DayBar::of(&days(&[(3, half(99_999, 0, 1, 0))]), "ols").unwrap();
        assert_eq!(one_in_many.usable.as_deref(), Some("99.9 %"));
        assert_eq!(usable(half(0, 0, 0, 3)), None);
        assert_eq!(
            in_words(&pieces(&[half(1, 0, 0, 0); HALF_HOURS], datetime!(2026-01-01 0:00 UTC))),
            "Last 24 hours: 48 of 48 half-hours known, all of them reachable"
        );
    }
}
