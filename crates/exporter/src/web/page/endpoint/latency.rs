//! How long probes took, over a day and a week.

use std::time::Duration;

use time::OffsetDateTime;
use time::macros::format_description;

use super::past::PathPast;
use crate::history::{Latency, LatencySpan};
use crate::words;

/// The size of the picture, in its own units.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 200.0;

/// The charts of a path.
#[derive(Debug)]
pub(super) struct Latencies<'a> {
    pub(super) path: &'a str,
    pub(super) charts: [Chart; 2],
}

/// One chart: the median and the 95th percentile over time.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) title: &'static str,
    /// The times beneath it, evenly spread.
    pub(super) ticks: &'static [&'static str],
    /// What there is to draw.
    pub(super) drawing: Option<Drawing>,
}

/// What there is to draw.
#[derive(Debug)]
pub(super) struct Drawing {
    /// The value at the top and in the middle of the axis.
    pub(super) top: String,
    pub(super) middle: String,
    /// Path data (SVG 2, section 9.3).
    pub(super) p50: String,
    pub(super) p95: String,
    pub(super) between: String,
    /// All of it in a sentence.
    pub(super) words: String,
    /// The same in numbers, of longer stretches.
    pub(super) blocks: Vec<Block>,
}

/// A stretch of some spans.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) from: String,
    pub(super) probes: u64,
    /// The median of the spans' medians.
    pub(super) p50: String,
    /// The highest 95th percentile.
    pub(super) p95: String,
}

impl<'a> Latencies<'a> {
    pub(super) fn of(past: &'a PathPast, now: OffsetDateTime) -> Self {
        let charts = [Chart::of(&past.day, LatencySpan::Day, now), Chart::of(&past.week, LatencySpan::Week, now)];
        Self { path: &past.path, charts }
    }

    /// Whether there is anything to draw.
    pub(super) fn is_known(&self) -> bool {
        self.charts.iter().any(|chart| chart.drawing.is_some())
    }
}

impl Chart {
    fn of(spans: &[Latency], over: LatencySpan, now: OffsetDateTime) -> Self {
        let (title, ticks): (_, &[_]) = match over {
            LatencySpan::Day => ("24 hours", &["24 h ago", "18 h", "12 h", "6 h", "now"]),
            LatencySpan::Week => ("7 days", &["7 days ago", "6", "5", "4", "3", "2", "1", "now"]),
        };
        Self { title, ticks, drawing: Plot::new(over, spans, now).map(|plot| plot.draw()) }
    }
}

/// A chart in the making.
struct Plot<'a> {
    over: LatencySpan,
    spans: &'a [Latency],
    /// Where the picture begins.
    start: OffsetDateTime,
    length: Duration,
    step: Duration,
    /// The value at its top.
    top: Duration,
}

impl<'a> Plot<'a> {
    fn new(over: LatencySpan, spans: &'a [Latency], now: OffsetDateTime) -> Option<Self> {
        let (length, step) = match over {
            LatencySpan::Day => (Duration::from_hours(24), Duration::from_mins(5)),
            LatencySpan::Week => (Duration::from_hours(7 * 24), Duration::from_mins(30)),
        };
        let start = now - length;
        let first = spans.iter().position(|span| span.from + step > start).unwrap_or(spans.len());
        let spans = spans.get(first..).unwrap_or_default();
        let highest = spans.iter().map(|span| span.p95.max(span.p50)).max()?;
        Some(Self { over, spans, start, length, step, top: round(highest) })
    }

    fn draw(&self) -> Drawing {
        let runs: Vec<&[Latency]> = self.spans.chunk_by(|a, b| b.from - a.from <= self.step).collect();
        let each = |line: &dyn Fn(&[Latency]) -> String| runs.iter().map(|run| line(run)).collect::<String>();
        Drawing {
            top: words::took(self.top),
            middle: words::took(self.top / 2),
            p50: each(&|run| self.line(run.iter(), |span| span.p50, "M", false)),
            p95: each(&|run| self.line(run.iter(), |span| span.p95, "M", false)),
            between: each(&|run| {
                let there = self.line(run.iter(), |span| span.p95, "M", false);
                there + &self.line(run.iter().rev(), |span| span.p50, "L", true) + "Z"
            }),
            words: self.words(),
            blocks: self.blocks(),
        }
    }

    /// A line of steps: a span that stands alone is seen too, and nothing is claimed of the time between two.
    fn line<'s>(
        &self,
        spans: impl Iterator<Item = &'s Latency>,
        value: impl Fn(&Latency) -> Duration,
        begin: &str,
        backwards: bool,
    ) -> String {
        let mut path = String::new();
        for span in spans {
            let (mut from, mut to) = (self.x(span.from), self.x(span.from + self.step));
            if backwards {
                std::mem::swap(&mut from, &mut to);
            }
            let y = self.y(value(span));
            let piece =
                if path.is_empty() { format!("{begin}{from:.1} {y:.1}H{to:.1}") } else { format!("V{y:.1}H{to:.1}") };
            path.push_str(&piece);
        }
        path
    }

    fn x(&self, moment: OffsetDateTime) -> f64 {
        ((moment - self.start).as_seconds_f64() / self.length.as_secs_f64() * WIDTH).clamp(0.0, WIDTH)
    }

    fn y(&self, value: Duration) -> f64 {
        HEIGHT - (value.as_secs_f64() / self.top.as_secs_f64() * HEIGHT).clamp(0.0, HEIGHT)
    }

    fn words(&self) -> String {
        let (low, high) = (self.spans.iter().map(|span| span.p50).min(), self.spans.iter().map(|span| span.p50).max());
        let worst = self.spans.iter().map(|span| span.p95).max().unwrap_or_default();
        let (known, all) = (self.spans.len(), self.length.as_secs() / self.step.as_secs());
        format!(
            "Median {} as a rule, from {} to {}; 95th percentile {} at most. Known of {known} of {all} spans of {} minutes.",
            words::took(median(self.spans)),
            words::took(low.unwrap_or_default()),
            words::took(high.unwrap_or_default()),
            words::took(worst),
            self.step.as_secs() / 60,
        )
    }

    fn blocks(&self) -> Vec<Block> {
        let (length, format) = match self.over {
            LatencySpan::Day => {
                (2 * 3600, format_description!("[day padding:none] [month repr:short], [hour]:[minute]"))
            }
            LatencySpan::Week => (24 * 3600, format_description!("[day padding:none] [month repr:short]")),
        };
        let number = |span: &Latency| span.from.unix_timestamp().div_euclid(length);
        let block = |spans: &[Latency]| {
            let from = OffsetDateTime::from_unix_timestamp(number(spans.first()?) * length).ok()?;
            Some(Block {
                from: from.format(format).ok()?,
                probes: spans.iter().map(|span| u64::from(span.probes)).sum(),
                p50: words::took(median(spans)),
                p95: words::took(spans.iter().map(|span| span.p95).max()?),
            })
        };
        self.spans.chunk_by(|a, b| number(a) == number(b)).filter_map(block).collect()
    }
}

fn median(spans: &[Latency]) -> Duration {
    let mut medians: Vec<_> = spans.iter().map(|span| span.p50).collect();
    medians.sort_unstable();
    medians.get(medians.len() / 2).copied().unwrap_or_default()
}

/// A round value that is no less, and whose half is round too.
fn round(value: Duration) -> Duration {
    let round = (0..7).flat_map(|zeros| [2, 4, 10].map(|digit| Duration::from_millis(digit * 10_u64.pow(zeros))));
    round.into_iter().find(|round| *round >= value).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-02 0:00 UTC);

    fn span(minutes: i64, p50: u64, p95: u64) -> Latency {
        let from = NOW - time::Duration::minutes(minutes);
        Latency { from, probes: 5, p50: Duration::from_millis(p50), p95: Duration::from_millis(p95) }
    }

    fn drawn(spans: &[Latency]) -> Drawing {
        Chart::of(spans, LatencySpan::Day, NOW).drawing.unwrap()
    }

    #[test]
    fn axes_end_at_round_values() {
        let rounded = |millis| round(Duration::from_millis(millis)).as_millis();
        assert_eq!([0, 2, 3, 5, 88, 100, 101, 3999].map(rounded), [2, 2, 4, 10, 100, 100, 200, 4000]);
        assert_eq!(round(Duration::MAX), Duration::MAX);
    }

    #[test]
    fn spans_that_follow_each_other_are_one_line() {
        // 144 minutes are a tenth of the width, 5 minutes 3.5 units.
        let drawing = drawn(&[span(1440, 50, 100), span(1435, 25, 50)]);
        assert_eq!((drawing.top.as_str(), drawing.middle.as_str()), ("100 ms", "50 ms"));
        assert_eq!(drawing.p50, "M0.0 100.0H3.5V150.0H6.9");
        assert_eq!(drawing.p95, "M0.0 0.0H3.5V100.0H6.9");
        assert_eq!(drawing.between, "M0.0 0.0H3.5V100.0H6.9L6.9 150.0H3.5V100.0H0.0Z");
    }

    #[test]
    fn where_nothing_is_known_nothing_is_drawn() {
        let drawing = drawn(&[span(1440, 50, 100), span(720, 50, 100), span(5, 50, 100)]);
        assert_eq!(drawing.p50, "M0.0 100.0H3.5M500.0 100.0H503.5M996.5 100.0H1000.0");
        assert!(drawing.words.contains("Known of 3 of 288 spans"), "{}", drawing.words);
        assert!(Chart::of(&[], LatencySpan::Day, NOW).drawing.is_none());
    }

    #[test]
    fn what_is_outside_the_picture_is_cut_off() {
        let drawing = drawn(&[span(3000, 9999, 9999), span(1442, 50, 100), span(2, 50, 100)]);
        assert_eq!(drawing.top, "100 ms", "the old one counts for nothing");
        assert_eq!(drawing.p50, "M0.0 100.0H2.1M998.6 100.0H1000.0");
    }

    #[test]
    fn numbers_stand_beside_the_picture() {
        let drawing = drawn(&[span(1440, 10, 20), span(1435, 30, 90), span(1430, 20, 40), span(60, 7, 9)]);
        let block = |from: &str, probes, p50: &str, p95: &str| Block {
            from: from.to_owned(),
            probes,
            p50: p50.to_owned(),
            p95: p95.to_owned(),
        };
        assert_eq!(
            drawing.blocks,
            [block("1 Jan, 00:00", 15, "20 ms", "90 ms"), block("1 Jan, 22:00", 5, "7 ms", "9 ms")]
        );
    }
}
