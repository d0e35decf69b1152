//! Whether this machine's clock is right, by the origins that prove themselves.
//!
//! One origin may be wrong itself. The median of several publishers is not, and it is all that is needed to tell a
//! certificate that has expired from a clock that is ahead.

use std::fmt;

use time::Duration;

/// The fewest publishers whose clocks say something of ours.
pub const LEAST_ORIGINS: usize = 3;

/// A clock that differs by no more than this is right enough: certificates are made to stand it.
pub const TOLERANCE: Duration = Duration::minutes(5);

/// What the clocks of several publishers say of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockOffset {
    /// By how much our clock is behind theirs, the median; negative where it is ahead (as in NTP: RFC 5905, section 8).
    pub offset: Duration,
    /// Of how many origins, each of another registrable domain; never fewer than [`LEAST_ORIGINS`].
    pub origins: usize,
}

impl ClockOffset {
    /// The median of what origins of different registrable domains say; `None` of too few.
    pub fn of(offsets: impl IntoIterator<Item = Duration>) -> Option<Self> {
        let mut offsets: Vec<Duration> = offsets.into_iter().collect();
        let origins = offsets.len();
        if origins < LEAST_ORIGINS {
            return None;
        }
        offsets.sort_unstable();
        let upper = *offsets.get(origins / 2)?;
        let lower = *offsets.get((origins - 1) / 2)?;
        Some(Self { offset: lower + (upper - lower) / 2, origins })
    }

    /// Whether our clock is too wrong to judge certificates by.
    pub fn is_wrong(&self) -> bool {
        self.offset.abs() > TOLERANCE
    }
}

/// "1 day ahead of 4 origins", as what a clock is.
impl fmt::Display for ClockOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.offset.is_negative() { "ahead of" } else { "behind" };
        let off = self.offset.abs();
        let (count, unit) = match (off.whole_days(), off.whole_hours(), off.whole_minutes()) {
            (2.., ..) => (off.whole_days(), "days"),
            (_, 2.., _) => (off.whole_hours(), "hours"),
            (_, _, 2..) => (off.whole_minutes(), "minutes"),
            _ => (off.whole_seconds(), "seconds"),
        };
        write!(f, "{count} {unit} {side} the clocks of {} origins", self.origins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(seconds: &[i64]) -> Option<i64> {
        let offset = ClockOffset::of(seconds.iter().map(|seconds| Duration::seconds(*seconds)))?;
        assert_eq!(offset.origins, seconds.len());
        Some(offset.offset.whole_seconds())
    }

    #[test]
    fn it_takes_three_and_the_middle_one_decides() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[900, 900]), None);
        assert_eq!(median(&[900, 0, -1]), Some(0));
        assert_eq!(median(&[86_401, -31_536_000, 86_400]), Some(86_400));
        assert_eq!(median(&[10, 0, 20, 1000]), Some(15));
        assert_eq!(median(&[-10, -20, -30, -40]), Some(-25));
    }

    #[test]
    fn extreme_clocks_do_not_overflow() {
        let far = Duration::days(365 * 9000);
        assert!(ClockOffset::of([far, far, -far, -far]).is_some_and(|offset| !offset.is_wrong()));
    }

    #[test]
    fn minutes_are_forgiven_on_either_side() {
        for (seconds, wrong) in [(0, false), (300, false), (301, true), (-300, false), (-301, true)] {
            let offset = ClockOffset { offset: Duration::seconds(seconds), origins: 3 };
            assert_eq!(offset.is_wrong(), wrong, "{seconds}");
        }
    }

    #[test]
    fn it_reads_as_what_a_clock_is() {
        let said = |seconds| ClockOffset { offset: Duration::seconds(seconds), origins: 4 }.to_string();
        assert_eq!(said(-86_400), "24 hours ahead of the clocks of 4 origins");
        assert_eq!(said(3 * 86_400), "3 days behind the clocks of 4 origins");
        assert_eq!(said(-420), "7 minutes ahead of the clocks of 4 origins");
        assert_eq!(said(1), "1 seconds behind the clocks of 4 origins");
    }
}
