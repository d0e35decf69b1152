//! Durations as the file writes them: a whole number and one unit.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::cursor::Cursor;

const HELP: &str = "write a whole number and one of ms, s, m, h, d, such as 500ms, 30s, 5m, 1h or 40d";

/// Reads a duration within bounds.
pub(super) fn read(cursor: &Cursor<'_>, range: RangeInclusive<Duration>) -> Option<Duration> {
    let text = cursor.text_for("a duration such as 30s")?;
    let Some(duration) = parse(text) else {
        let message = format!("{} is no duration", cursor.shown());
        return cursor.fault_with_help(message, HELP);
    };
    let bound = if duration < *range.start() {
        format!("too short; at least {} is needed", show(*range.start()))
    } else if duration > *range.end() {
        format!("too long; at most {} is possible", show(*range.end()))
    } else {
        return Some(duration);
    };
    cursor.fault(format!("{} is {bound}", cursor.shown()))
}

/// A duration as the file would write it.
pub(crate) fn show(duration: Duration) -> String {
    let millis = duration.as_millis();
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];
    let (unit, size) =
        units.into_iter().find(|(_, size)| millis >= *size && millis.is_multiple_of(*size)).unwrap_or(("ms", 1));
    format!("{}{unit}", millis / size)
}

fn parse(text: &str) -> Option<Duration> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let one_number = unit.len() < text.len() && matches!(unit, "ms" | "s" | "m" | "h" | "d");
    if one_number { humantime::parse_duration(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_as_written() {
        for text in ["500ms", "1500ms", "30s", "90s", "5m", "1h", "40d"] {
            assert_eq!(show(parse(text).unwrap()), text);
        }
    }

    #[test]
    fn only_the_documented_forms() {
        for (text, expected) in [
            ("500ms", Some(Duration::from_millis(500))),
            ("30s", Some(Duration::from_secs(30))),
            ("5m", Some(Duration::from_secs(300))),
            ("1h", Some(Duration::from_secs(3600))),
            ("40d", Some(Duration::from_secs(40 * 86400))),
            ("30", None),
            ("1h 30m", None),
            ("1.5s", None),
            ("-1s", None),
            ("5 s", None),
            ("5M", None),
            ("s", None),
            ("", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
