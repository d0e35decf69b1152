//! Text with a little structure: paragraphs, code between backticks, blanks between braces.

use serde::Deserialize;
use thiserror::Error;

use super::Blank;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Span {
    /// Plain text.
    Text(String),
    /// Words of a machine.
    Code(String),
    /// Something to fill in.
    Blank(Blank),
}

/// Text in paragraphs, never empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Prose {
    /// The paragraphs.
    pub(crate) paragraphs: Vec<Vec<Span>>,
}

/// Commands as they are typed, with blanks, never empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Command {
    /// The commands, line breaks included.
    pub(crate) line: Vec<Span>,
}

/// Why a text is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ProseError {
    /// Nothing but blanks.
    #[error("the text is empty")]
    Empty,
    /// A backtick without its partner.
    #[error("a backtick is not closed in \"{0}\"")]
    OpenCode(String),
    /// Braces around something that nobody fills in.
    #[error("there is no blank \"{{{0}}}\"")]
    UnknownBlank(String),
}

impl Prose {
    /// All pieces of all paragraphs.
    pub(crate) fn spans(&self) -> impl Iterator<Item = &Span> {
        self.paragraphs.iter().flatten()
    }

    /// The same with blanks filled in, as far as somebody knows what belongs there.
    pub(crate) fn filled(&self, known: &dyn Fn(Blank) -> Option<String>) -> Self {
        Self { paragraphs: self.paragraphs.iter().map(|line| filled(line, known)).collect() }
    }
}

impl Command {
    /// All pieces.
    pub(crate) fn spans(&self) -> impl Iterator<Item = &Span> {
        self.line.iter()
    }

    /// As [`Prose::filled`].
    pub(crate) fn filled(&self, known: &dyn Fn(Blank) -> Option<String>) -> Self {
        Self { line: filled(&self.line, known) }
    }
}

fn filled(line: &[Span], known: &dyn Fn(Blank) -> Option<String>) -> Vec<Span> {
    let fill = |span: &Span| span.blank().and_then(known).map_or_else(|| span.clone(), Span::Text);
    line.iter().map(fill).collect()
}

impl Span {
    /// The blank, if it is one.
    pub(crate) const fn blank(&self) -> Option<Blank> {
        match self {
            Self::Blank(blank) => Some(*blank),
            Self::Text(_) | Self::Code(_) => None,
        }
    }
}

impl TryFrom<String> for Prose {
    type Error = ProseError;

    fn try_from(text: String) -> Result<Self, ProseError> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let paragraphs: Vec<_> = lines.map(prose_line).collect::<Result<_, _>>()?;
        if paragraphs.is_empty() { Err(ProseError::Empty) } else { Ok(Self { paragraphs }) }
    }
}

impl TryFrom<String> for Command {
    type Error = ProseError;

    fn try_from(text: String) -> Result<Self, ProseError> {
        let line = with_blanks(text.trim())?;
        if line.is_empty() { Err(ProseError::Empty) } else { Ok(Self { line }) }
    }
}

/// Splits at backticks: every second piece is code.
fn prose_line(line: &str) -> Result<Vec<Span>, ProseError> {
    let pieces: Vec<&str> = line.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return Err(ProseError::OpenCode(line.to_owned()));
    }
    let mut spans = Vec::new();
    for (number, piece) in pieces.into_iter().enumerate() {
        if number.is_multiple_of(2) {
            spans.extend(with_blanks(piece)?);
        } else {
            spans.push(Span::Code(piece.to_owned()));
        }
    }
    Ok(spans)
}

/// Finds `{name}`. Other braces are those of a shell and stay.
fn with_blanks(text: &str) -> Result<Vec<Span>, ProseError> {
    let mut spans = Vec::new();
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        plain.push_str(before);
        let name = after.split_once('}').filter(|(name, _)| is_name(name));
        if let Some((name, behind)) = name {
            let blank = Blank::named(name).ok_or_else(|| ProseError::UnknownBlank(name.to_owned()))?;
            spans.extend(text_span(std::mem::take(&mut plain)));
            spans.push(Span::Blank(blank));
            rest = behind;
        } else {
            plain.push('{');
            rest = after;
        }
    }
    plain.push_str(rest);
    spans.extend(text_span(plain));
    Ok(spans)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn text_span(text: String) -> Option<Span> {
    (!text.is_empty()).then_some(Span::Text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Span {
        Span::Text(text.to_owned())
    }

    #[test]
    fn prose_has_paragraphs_code_and_blanks() {
        let prose = Prose::try_from("Ask `dig` for {host}.\nThen wait.\n".to_owned()).unwrap();
        let first =
            vec![text("Ask "), Span::Code("dig".to_owned()), text(" for "), Span::Blank(Blank::Host), text(".")];
        assert_eq!(prose.paragraphs, [first, vec![text("Then wait.")]]);
    }

    #[test]
    fn commands_keep_backticks_line_breaks_and_the_braces_of_a_shell() {
        let command = Command::try_from("a | ? { $_ -eq '{host}' } `\n  -b\n".to_owned()).unwrap();
        assert_eq!(command.line, [text("a | ? { $_ -eq '"), Span::Blank(Blank::Host), text("' } `\n  -b")]);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let prose = |text: &str| Prose::try_from(text.to_owned()).unwrap_err().to_string();
        assert_eq!(prose(" \n "), "the text is empty");
        assert_eq!(prose("a `b"), "a backtick is not closed in \"a `b\"");
        assert_eq!(prose("a {hots}"), "there is no blank \"{hots}\"");
        assert_eq!(Command::try_from(String::new()), Err(ProseError::Empty));
    }
}
