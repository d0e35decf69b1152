//! What a page or a header tells besides whose it is: a category, a rule, a reason code.

use memchr::memmem;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::reply::Reply;
use super::row::MAX_TEXT_BYTES;
use crate::text::Clean;

/// The longest value taken, in characters.
const MAX_CHARS: usize = 120;
/// How far behind a label its value may stand, in bytes: tags and blanks lie between.
const REACH: usize = 1024;

/// Where a value is found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ExtractText")]
pub(super) enum Extract {
    /// A parameter of a URL, in Location or else in the body: `?reasoncode=…`.
    Parameter(String),
    /// The text that follows this one in the body, outside of tags: `<b>Category:</b> games`.
    Label(String),
    /// A header; the name in lower case.
    Header(String),
    /// The first word of a header; the name in lower case.
    WordOf(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ExtractText {
    parameter: Option<String>,
    label: Option<String>,
    header: Option<String>,
    word_of: Option<String>,
}

impl TryFrom<ExtractText> for Extract {
    type Error = String;

    fn try_from(written: ExtractText) -> Result<Self, String> {
        let ExtractText { parameter, label, header, word_of } = written;
        let length = [&parameter, &label, &header, &word_of].into_iter().flatten().map(String::len).max();
        if length.is_some_and(|length| length == 0 || length > MAX_TEXT_BYTES) {
            return Err(format!("what is extracted is named by 1 to {MAX_TEXT_BYTES} bytes"));
        }
        match (parameter, label, header, word_of) {
            (Some(name), None, None, None) => Ok(Self::Parameter(name)),
            (None, Some(text), None, None) => Ok(Self::Label(text)),
            (None, None, Some(name), None) => Ok(Self::Header(name.to_ascii_lowercase())),
            (None, None, None, Some(name)) => Ok(Self::WordOf(name.to_ascii_lowercase())),
            _ => Err("exactly one of parameter, label, header, word_of has to be given".to_owned()),
        }
    }
}

impl Extract {
    /// The value, if it is there. Letters count as they are written.
    pub(super) fn from(&self, reply: &Reply<'_>) -> Option<Clean> {
        let value = match self {
            Self::Parameter(name) => {
                let location = reply.headers.get("location").and_then(|location| parameter(location, name));
                location.or_else(|| parameter(reply.body, name))?
            }
            Self::Label(label) => after(reply.body, label)?.to_owned(),
            Self::Header(name) => reply.headers.get(name)?.to_owned(),
            Self::WordOf(name) => reply.headers.get(name)?.split_whitespace().next()?.to_owned(),
        };
        Some(Clean::bounded(&value, MAX_CHARS)).filter(|value| !value.is_empty())
    }
}

/// The first value of a parameter of a URL inside a text, decoded; the URL may be HTML's, with `&amp;` between.
fn parameter(text: &str, name: &str) -> Option<String> {
    memmem::find_iter(text.as_bytes(), name.as_bytes()).find_map(|at| {
        let before = text.get(..at)?.bytes().next_back();
        // e2guardian separates with `::` and assigns with `==`.
        if !matches!(before, Some(b'?' | b'&' | b';' | b':')) {
            return None;
        }
        let value = text.get(at + name.len()..)?.strip_prefix('=')?;
        let value = value.strip_prefix('=').unwrap_or(value);
        let ends =
            |character: char| matches!(character, '&' | '"' | '\'' | '<' | '>' | '#') || character.is_whitespace();
        let value = value.split(ends).next()?.split("::").next()?;
        let spaced = value.replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8_lossy();
        (!decoded.trim().is_empty()).then(|| decoded.into_owned())
    })
}

/// The first text after a label that is neither a tag nor blank.
fn after<'a>(page: &'a str, label: &str) -> Option<&'a str> {
    let start = memmem::find(page.as_bytes(), label.as_bytes())? + label.len();
    let end = page.floor_char_boundary(start.saturating_add(REACH));
    let mut rest = page.get(start..end)?;
    loop {
        rest = rest.trim_start_matches(|character: char| character.is_whitespace() || character == ':');
        rest = match rest.strip_prefix("&nbsp;") {
            Some(behind) => behind,
            None if rest.starts_with('<') => rest.get(rest.find('>')? + 1..)?,
            None => break,
        };
    }
    let value = rest.split(['<', '\n', '\r']).next()?.trim_end_matches("&nbsp;").trim();
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_found_where_a_url_has_it() {
        let url = "https://gateway.zscaler.net/block?reasoncode=CATEGORY_DENIED&cat=Online+Games&rule=No%20games#x";
        assert_eq!(parameter(url, "reasoncode").unwrap(), "CATEGORY_DENIED");
        assert_eq!(parameter(url, "cat").unwrap(), "Online Games");
        assert_eq!(parameter(url, "rule").unwrap(), "No games");
        assert_eq!(parameter(url, "eason"), None, "the end of a name is another name");
        assert_eq!(parameter("<a href='/x?a=1&amp;cat=2'>", "cat").unwrap(), "2");
        assert_eq!(
            parameter("http://f/?DENIEDURL==http::IP==10.0.0.1::REASON==Banned+site", "IP").unwrap(),
            "10.0.0.1"
        );
        assert_eq!(parameter("?cat=&cat=7", "cat").unwrap(), "7");
        assert_eq!(parameter("?cat", "cat"), None);
    }

    #[test]
    fn a_label_is_followed_by_its_value_whatever_lies_between() {
        assert_eq!(after("<td><b>Category:</b></td>\n<td>&nbsp;Games </td>", "Category").unwrap(), "Games");
        assert_eq!(after("Reason: No rule matched.\nMore", "Reason:").unwrap(), "No rule matched.");
        assert_eq!(after("Category: <b", "Category"), None);
        assert_eq!(after("Category:", "Category"), None);
        let far = format!("Category{}x", " ".repeat(2 * REACH));
        assert_eq!(after(&far, "Category"), None);
        let cut = format!("Category{}ü", " ".repeat(REACH - 1));
        assert_eq!(after(&cut, "Category"), None, "a character is never cut in two");
    }
}
