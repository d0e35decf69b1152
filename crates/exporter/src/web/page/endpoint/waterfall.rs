//! The phases of a probe, one after the other.

use std::time::Duration;

use prober::cause::{Stage, State};
use prober::state::Report;

use crate::words;

/// How wide the picture is, in its own units.
pub(super) const WIDTH: u32 = 1000;
/// So wide is what takes next to no time.
const LEAST: u32 = 6;

/// The phases of a probe, in the order of the way.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Waterfall {
    pub(super) bars: Vec<Bar>,
    /// What the whole probe took.
    pub(super) total: String,
}

/// One phase.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) stage: &'static str,
    pub(super) x: u32,
    pub(super) width: u32,
    pub(super) took: String,
    /// The state that it led to, where it is the one that did.
    pub(super) verdict: Option<State>,
    /// Whether the probe got no further.
    pub(super) is_end: bool,
}

impl Waterfall {
    /// The phases that ran; `None` where none did. What was tried more than once has one bar for all its time.
    pub(super) fn of(report: &Report) -> Option<Self> {
        let seen = &report.observation;
        let ran: Vec<(Stage, Duration)> =
            Stage::ALL.into_iter().filter_map(|stage| Some((stage, seen.phases.get(stage)?))).collect();
        let whole = ran.iter().map(|(_, took)| *took).sum::<Duration>().max(seen.duration);
        let reason = report.verdict.reason.as_ref();
        let mut before = Duration::ZERO;
        let mut bars = Vec::with_capacity(ran.len());
        for (stage, took) in ran {
            let width = share(took, whole).max(LEAST);
            let verdict = reason.filter(|reason| reason.stage == stage).map(|_| report.verdict.state);
            bars.push(Bar {
                stage: stage.as_str(),
                x: share(before, whole).min(WIDTH - width),
                width,
                took: words::took(took),
                is_end: verdict.is_some() && seen.fault.is_some(),
                verdict,
            });
            before += took;
        }
        (!bars.is_empty()).then(|| Self { bars, total: words::took(seen.duration) })
    }
}

/// A part of the whole in units of the picture.
fn share(part: Duration, whole: Duration) -> u32 {
    let units = part.as_nanos() * u128::from(WIDTH) / whole.as_nanos().max(1);
    u32::try_from(units).unwrap_or(WIDTH).min(WIDTH)
}

#[cfg(test)]
mod tests {
    use prober::cause::Cause;
    use prober::observation::{Fault, MonitorFault, Phases};

    use super::*;
    use crate::sample;

    fn report(phases: &[(Stage, u64)], millis: u64, fault: bool) -> Report {
        let row = sample::row("a", "hq").observed(|seen| {
            seen.phases = Phases::default();
            for (stage, millis) in phases {
                seen.phases.set(*stage, Duration::from_millis(*millis));
            }
            seen.duration = Duration::from_millis(millis);
            let fault = fault.then(|| MonitorFault { operation: "x".to_owned(), reason: "y".into() });
            seen.fault = fault.map(Fault::Monitor);
        });
        let snapshot = sample::snapshot([row.blocked(Cause::ProxyDenied, "no")]);
        Report::clone(snapshot.rows[0].last.as_deref().unwrap())
    }

    #[test]
    fn phases_follow_each_other_and_share_the_time() {
        let report = report(&[(Stage::Http, 50), (Stage::Resolve, 10), (Stage::Connect, 40)], 100, false);
        let waterfall = Waterfall::of(&report).unwrap();
        let bars: Vec<_> = waterfall.bars.iter().map(|bar| (bar.stage, bar.x, bar.width)).collect();
        assert_eq!(bars, [("resolve", 0, 100), ("connect", 100, 400), ("http", 500, 500)]);
        assert_eq!(waterfall.total, "100 ms");
        assert!(waterfall.bars.iter().all(|bar| bar.verdict.is_none()));
    }

    #[test]
    fn the_phase_that_decided_is_told() {
        let waterfall = Waterfall::of(&report(&[(Stage::Connect, 5), (Stage::Proxy, 5)], 10, true)).unwrap();
        let told: Vec<_> = waterfall.bars.iter().map(|bar| (bar.verdict, bar.is_end)).collect();
        assert_eq!(told, [(None, false), (Some(State::Blocked), true)]);
    }

    #[test]
    fn nothing_leaves_the_picture() {
        // Phases may add up to more than the whole, and to nothing at all.
        for (phases, millis) in [(&[(Stage::Connect, 70), (Stage::Proxy, 60)][..], 100), (&[(Stage::Route, 0)], 0)] {
            let waterfall = Waterfall::of(&report(phases, millis, false)).unwrap();
            assert!(waterfall.bars.iter().all(|bar| bar.x + bar.width <= WIDTH && bar.width > 0), "{waterfall:?}");
        }
        let late = Waterfall::of(&report(&[(Stage::Connect, 1000), (Stage::Proxy, 0)], 1000, false)).unwrap();
        assert_eq!((late.bars[1].x, late.bars[1].width), (WIDTH - LEAST, LEAST));
        assert_eq!(Waterfall::of(&report(&[], 5, false)), None);
    }
}
