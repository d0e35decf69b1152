//! From when until when something holds, and where we are in it.

use time::{Duration, OffsetDateTime};

/// How wide the picture is, in its own units.
pub(super) const WIDTH: f64 = 1000.0;
/// How much room is left beside the outermost dates.
const MARGIN: f64 = 0.04;

/// A stretch of time to draw on, the same for all paths so that they can be compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    from: OffsetDateTime,
    length: Duration,
}

/// One line.
#[derive(Debug, PartialEq)]
pub(super) struct TimeLine {
    /// Where it begins to hold, and for how long it does.
    pub(super) holds: (String, String),
    /// The part of that which is over.
    pub(super) passed: Option<(String, String)>,
    /// The time since it should have been replaced.
    pub(super) overdue: Option<(String, String)>,
    /// Where we are.
    pub(super) now: String,
    /// All of it in words.
    pub(super) words: String,
}

impl Scale {
    /// One on which all of these and now find room.
    pub(super) fn over(moments: impl IntoIterator<Item = OffsetDateTime>, now: OffsetDateTime) -> Self {
        let (from, to) = moments.into_iter().fold((now, now), |(from, to), moment| (from.min(moment), to.max(moment)));
        Self { from, length: (to - from).max(Duration::SECOND) }
    }

    fn x(self, moment: OffsetDateTime) -> f64 {
        let part = (moment - self.from).as_seconds_f64() / self.length.as_seconds_f64();
        (MARGIN + part * (1.0 - 2.0 * MARGIN)) * WIDTH
    }

    fn between(self, from: OffsetDateTime, to: OffsetDateTime) -> Option<(String, String)> {
        let (start, end) = (self.x(from), self.x(to));
        (end > start).then(|| (format!("{start:.1}"), format!("{:.1}", end - start)))
    }

    /// What holds from one moment until another; without an end, until now.
    pub(super) fn line(self, from: OffsetDateTime, until: Option<OffsetDateTime>, now: OffsetDateTime) -> TimeLine {
        let end = until.unwrap_or(now).max(from);
        let due = until.map_or_else(|| "no end".to_owned(), |until| format!("until {}", relative(until, now)));
        TimeLine {
            holds: self.between(from, end).unwrap_or_else(|| (format!("{:.1}", self.x(from)), "2".to_owned())),
            passed: self.between(from, end.min(now)),
            overdue: until.and_then(|until| self.between(until.max(from), now)),
            now: format!("{:.1}", self.x(now)),
            words: format!("from {}, {due}", relative(from, now)),
        }
    }
}

/// "31 days ago", "in 60 days", "now".
pub(super) fn relative(moment: OffsetDateTime, now: OffsetDateTime) -> String {
    let words = |duration| crate::words::span(duration);
    match moment - now {
        away if away.is_zero() => "now".to_owned(),
        away if away.is_positive() => format!("in {}", words(away)),
        away => format!("{} ago", words(-away)),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-11 0:00 UTC);
    const ISSUED: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);
    const DUE: OffsetDateTime = datetime!(2026-01-21 0:00 UTC);

    fn pair(x: &str, width: &str) -> (String, String) {
        (x.to_owned(), width.to_owned())
    }

    #[test]
    fn half_of_its_time_is_over() {
        let line = Scale::over([ISSUED, DUE], NOW).line(ISSUED, Some(DUE), NOW);
        assert_eq!(line.holds, pair("40.0", "920.0"));
        assert_eq!(line.passed, Some(pair("40.0", "460.0")));
        assert_eq!((line.overdue, line.now.as_str()), (None, "500.0"));
        assert_eq!(line.words, "from 10 days ago, until in 10 days");
    }

    #[test]
    fn what_should_have_been_replaced_is_overdue() {
        let now = DUE + Duration::days(20);
        let line = Scale::over([ISSUED, DUE], now).line(ISSUED, Some(DUE), now);
        assert_eq!((line.holds, line.overdue), (pair("40.0", "460.0"), Some(pair("500.0", "460.0"))));
        assert_eq!((line.now.as_str(), line.words.as_str()), ("960.0", "from 40 days ago, until 20 days ago"));
    }

    #[test]
    fn the_odd_ones_stay_in_the_picture() {
        // Without an end, of the future, ending before it begins, and at one moment.
        let early = datetime!(2025-06-01 0:00 UTC);
        for (from, until) in [(ISSUED, None), (DUE, Some(DUE)), (DUE, Some(early)), (NOW, Some(NOW))] {
            let moments = [Some(from), until];
            let line = Scale::over(moments.into_iter().flatten(), NOW).line(from, until, NOW);
            for (x, width) in [Some(line.holds), line.passed, line.overdue].into_iter().flatten() {
                let (x, width): (f64, f64) = (x.parse().unwrap(), width.parse().unwrap());
                assert!(x >= 0.0 && width > 0.0 && x + width <= WIDTH, "{x} {width}");
            }
        }
    }
}
