//! What a short text must look like: a header, a status line's end, a part of a name.

use serde::Deserialize;

use super::row::{MAX_TEXT_BYTES, MAX_TEXTS, one_or_many};

/// A short text is, begins with, ends with or holds one of several others, whatever the case of ASCII letters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PatternText")]
pub(super) struct Pattern {
    form: Form,
    /// In lower case; empty for [`Form::Present`] only.
    texts: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Is,
    /// The first word is.
    Word,
    Starts,
    Ends,
    Contains,
    Present,
}

/// A pattern as it is written: `{starts: zscaler/}`, `{is: [squid, SquidGuard]}`, `{present: true}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PatternText {
    #[serde(deserialize_with = "one_or_many")]
    is: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    word: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    starts: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    ends: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    contains: Vec<String>,
    present: bool,
}

impl TryFrom<PatternText> for Pattern {
    type Error = String;

    fn try_from(written: PatternText) -> Result<Self, String> {
        let PatternText { is, word, starts, ends, contains, present } = written;
        let present = if present { vec![String::new()] } else { Vec::new() };
        let forms = [
            (Form::Is, is),
            (Form::Word, word),
            (Form::Starts, starts),
            (Form::Ends, ends),
            (Form::Contains, contains),
            (Form::Present, present),
        ];
        let mut given = forms.into_iter().filter(|(_, texts)| !texts.is_empty());
        let (Some((form, texts)), None) = (given.next(), given.next()) else {
            return Err("exactly one of is, word, starts, ends, contains, present has to be given".to_owned());
        };
        if form == Form::Present {
            return Ok(Self { form, texts: Vec::new() });
        }
        if texts.len() > MAX_TEXTS {
            return Err(format!("more than {MAX_TEXTS} texts in one place"));
        }
        if let Some(wrong) = texts.iter().find(|text| text.trim().is_empty() || text.len() > MAX_TEXT_BYTES) {
            return Err(format!("a text has between 1 and {MAX_TEXT_BYTES} bytes, this one {}", wrong.len()));
        }
        Ok(Self { form, texts: texts.iter().map(|text| text.to_ascii_lowercase()).collect() })
    }
}

impl Pattern {
    /// Whether a text is of this kind. Takes time proportional to its length.
    pub(super) fn matches(&self, value: &str) -> bool {
        self.form == Form::Present || self.texts.iter().any(|text| self.form.holds(value, text))
    }
}

impl Form {
    fn holds(self, value: &str, text: &str) -> bool {
        let (value, text) = (value.as_bytes(), text.as_bytes());
        match self {
            Self::Is => value.eq_ignore_ascii_case(text),
            Self::Word => {
                let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
                value.get(..end).is_some_and(|word| word.eq_ignore_ascii_case(text))
            }
            Self::Starts => value.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text)),
            Self::Ends => {
                let start = value.len().checked_sub(text.len());
                start.and_then(|start| value.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(text))
            }
            Self::Contains => value.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text)),
            Self::Present => true,
        }
    }
}
