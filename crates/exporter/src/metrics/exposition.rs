//! The text format, written once from front to back.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

use std::fmt::Write;

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
}
