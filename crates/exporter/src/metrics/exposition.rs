//! The text format, written once from front to back.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

use std::fmt::Write;
use std::time::Duration;

use time::OffsetDateTime;

use super::family::Family;

/// An exposition under construction.
#[derive(Debug, Default)]
pub(super) struct Exposition {
    text: String,
}

impl Exposition {
    /// Begins a family; its head is written with the first sample, so that an empty family leaves no trace.
    pub(super) fn family(&mut self, family: &'static Family) -> Section<'_> {
        Section::of(family, false, &mut self.text)
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// One family's samples, or some of them.
#[derive(Debug)]
pub(super) struct Section<'a> {
    text: &'a mut String,
    family: &'static Family,
    begun: bool,
}

impl<'a> Section<'a> {
    /// Writes into a text, or goes on in one, where the family's head is written already.
    pub(super) fn of(family: &'static Family, begun: bool, text: &'a mut String) -> Self {
        Self { text, family, begun }
    }

    /// Whether the family's head is written.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Bytes of the text so far.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Writes a sample. Its labels are those of `common` and the `own` ones after them.
    pub(super) fn sample(&mut self, common: &Labels, own: &[(&'static str, &str)], value: impl Value) {
        self.begin();
        self.text.push_str(self.family.name);
        if !common.0.is_empty() || !own.is_empty() {
            self.text.push('{');
            self.text.push_str(&common.0);
            let mut separate = !common.0.is_empty();
            for (name, value) in own {
                push_label(self.text, separate, name, value);
                separate = true;
            }
            self.text.push('}');
        }
        self.text.push(' ');
        value.push_to(self.text);
        self.text.push('\n');
    }

    fn begin(&mut self) {
        if !self.begun {
            let Family { name, kind, help } = self.family;
            // Writing to a String cannot fail.
            let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {}", kind.as_str());
            self.begun = true;
        }
    }
}

/// What a sample can be worth.
pub(super) trait Value {
    /// Writes it behind a text.
    fn push_to(self, text: &mut String);
}

/// Whole numbers are most of an exposition: they do without the machinery of formatting.
macro_rules! whole_numbers {
    ($($number:ty)+) => {
        $(impl Value for $number {
            fn push_to(self, text: &mut String) {
                text.push_str(itoa::Buffer::new().format(self));
            }
        })+
    };
}

whole_numbers!(u8 u16 u32 u64 usize i32 i64);

/// In seconds since 1970, to the nanosecond.
impl Value for OffsetDateTime {
    fn push_to(self, text: &mut String) {
        let (seconds, nanos) = (self.unix_timestamp(), self.nanosecond());
        if seconds < 0 && nanos > 0 {
            // What the clock has is the second before and how much of it is over.
            text.push('-');
            return push_seconds(text, seconds.unsigned_abs() - 1, 1_000_000_000 - nanos);
        }
        if seconds < 0 {
            text.push('-');
        }
        push_seconds(text, seconds.unsigned_abs(), nanos);
    }
}

/// In seconds, to the nanosecond.
impl Value for Duration {
    fn push_to(self, text: &mut String) {
        push_seconds(text, self.as_secs(), self.subsec_nanos());
    }
}

/// As a decimal number without zeros at its end: as exact as the clock, and without a conversion that takes its time.
fn push_seconds(text: &mut String, seconds: u64, nanos: u32) {
    seconds.push_to(text);
    if nanos > 0 {
        // The leading 1 holds the zeros after the point in their places.
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(1_000_000_000 + u64::from(nanos)).trim_end_matches('0');
        text.push('.');
        text.push_str(digits.get(1..).unwrap_or_default());
    }
}

impl Value for f64 {
    fn push_to(self, text: &mut String) {
        let _ = write!(text, "{self}");
    }
}

/// A number that is written already.
impl Value for &str {
    fn push_to(self, text: &mut String) {
        text.push_str(self);
    }
}

/// Labels, escaped once for the many samples that carry them.
#[derive(Debug, Default)]
pub(super) struct Labels(String);

impl Labels {
    pub(super) fn new(labels: &[(&'static str, &str)]) -> Self {
        // A comma, an equals sign and two quotes each.
        let mut text = String::with_capacity(labels.iter().map(|(name, value)| name.len() + value.len() + 4).sum());
        for (index, (name, value)) in labels.iter().enumerate() {
            push_label(&mut text, index > 0, name, value);
        }
        Self(text)
    }

    /// These, and others after them.
    pub(super) fn with(&self, others: &[(&'static str, &str)]) -> Self {
        let others = Self::new(others);
        let separator = if self.0.is_empty() || others.0.is_empty() { "" } else { "," };
        Self([&self.0, separator, &others.0].concat())
    }
}

fn push_label(text: &mut String, separate: bool, name: &str, value: &str) {
    if separate {
        text.push(',');
    }
    text.push_str(name);
    text.push_str("=\"");
    push_escaped(text, value);
    text.push('"');
}

fn push_escaped(text: &mut String, value: &str) {
    if !value.bytes().any(|byte| matches!(byte, b'\\' | b'"' | b'\n')) {
        return text.push_str(value);
    }
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::family::{BUILD_INFO, SITE_ONLINE};
    use super::*;

    #[test]
    fn a_family_without_samples_leaves_no_trace() {
        let mut exposition = Exposition::default();
        exposition.family(&SITE_ONLINE);
        assert_eq!(exposition.into_text(), "");
    }

    #[test]
    fn samples_follow_their_familys_head_and_labels_are_escaped() {
        let mut exposition = Exposition::default();
        let mut family = exposition.family(&BUILD_INFO);
        family.sample(&Labels::new(&[("version", "1")]), &[("revision", "a\"b\\c\nd")], 1);
        family.sample(&Labels::default(), &[], 0.5);
        let text = exposition.into_text();
        let lines: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "# TYPE reachwatch_build_info gauge",
                r#"reachwatch_build_info{version="1",revision="a\"b\\c\nd"} 1"#,
                "reachwatch_build_info 0.5",
            ]
        );
    }

    #[test]
    fn times_are_exact() {
        let written = |value: &dyn Fn(&mut String)| {
            let mut text = String::new();
            value(&mut text);
            text
        };
        for (seconds, nanos, expected) in [
            (0, 0, "0"),
            (5, 0, "5"),
            (0, 1, "0.000000001"),
            (0, 120_000_000, "0.12"),
            (30, 1_500, "30.0000015"),
            (1_700_000_000, 999_999_999, "1700000000.999999999"),
        ] {
            let duration = Duration::new(seconds, nanos);
            assert_eq!(written(&|text| duration.push_to(text)), expected);
            assert_eq!(written(&|text| (OffsetDateTime::UNIX_EPOCH + duration).push_to(text)), expected);
            let before = if duration.is_zero() { "0".to_owned() } else { format!("-{expected}") };
            assert_eq!(written(&|text| (OffsetDateTime::UNIX_EPOCH - duration).push_to(text)), before);
        }
    }
}
