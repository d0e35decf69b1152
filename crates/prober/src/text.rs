//! Text that came from outside, made harmless before it is kept.

mod readable;

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};

pub(crate) use self::readable::readable;

/// An error and its sources in one line, outermost first.
pub fn with_sources(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words.push_str(": ");
        words.push_str(&error.to_string());
        source = error.source();
    }
    words
}

/// Text from the network: at most [`Clean::MAX_CHARS`] characters and without control or formatting characters.
///
/// HTML, JSON and terminal escaping remain the business of whoever shows it; what this type takes away is what
/// no output can want: terminal escapes, line breaks, bidirectional overrides, and unbounded length.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Clean(Box<str>);

impl Clean {
    /// The longest text kept, in characters, the ellipsis of a cut one included.
    pub const MAX_CHARS: usize = 256;

    /// Cleans text.
    pub fn new(text: &str) -> Self {
        Self::bounded(text, Self::MAX_CHARS)
    }

    /// Cleans bytes that claim to be text; what is not UTF-8 is taken as ISO-8859-1, as HTTP headers of old are.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::new(text),
            Err(_) => Self::new(&bytes.iter().take(4 * Self::MAX_CHARS).map(|b| char::from(*b)).collect::<String>()),
        }
    }

    /// Cleans text down to a bound of its own; for values of which the head is all that matters.
    pub fn bounded(text: &str, max_chars: usize) -> Self {
        let mut kept = String::new();
        // What vanishes may have stood between blanks and an end, so that ends are looked for when it is gone: text that was
        // cleaned is as clean as it gets.
        let cleaned = text.trim().chars().filter_map(harmless).skip_while(|character| character.is_whitespace());
        for (count, character) in cleaned.enumerate() {
            if count == max_chars {
                kept.pop();
                kept.push('…');
                break;
            }
            kept.push(character);
        }
        kept.truncate(kept.trim_end().len());
        Self(kept.into_boxed_str())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// White space becomes a blank; control characters and invisible formatting (Unicode's bidi controls, zero-width
/// characters, soft hyphens, annotations, tags, the byte order mark) vanish, as do the two noncharacters that XML cannot
/// hold.
fn harmless(character: char) -> Option<char> {
    match character {
        '\t' | '\n' | '\r' => Some(' '),
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => None,
        other if other.is_control() || matches!(other, '\u{fffe}' | '\u{ffff}') => None,
        other => Some(other),
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<String> for Clean {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<&str> for Clean {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<Clean> for String {
    fn from(clean: Clean) -> Self {
        clean.0.into()
    }
}

impl AsRef<str> for Clean {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_formatting_characters_vanish() {
        assert_eq!(Clean::new("a\u{1b}[31mb\u{202e}c\r\nd").as_str(), "a[31mbc  d");
        // Not even a reference to these may stand in XML 1.0 (section 2.2).
        assert_eq!(Clean::new("a\u{fffe}b\u{ffff}c\u{61c}").as_str(), "abc");
        assert_eq!(Clean::new("a\u{61c}b\u{ad}c\u{e0041}d\u{fffa}e").as_str(), "abcde");
    }

    #[test]
    fn what_was_cleaned_is_clean() {
        for text in ["a \u{200b}", "\u{feff} a", " \u{1}\u{2028} a\u{e0001}\t\u{ad}", "\u{200b} \u{200b}"] {
            let once = Clean::new(text);
            assert_eq!(Clean::new(once.as_str()), once, "{text:?}");
            assert!(matches!(once.as_str(), "a" | ""), "{text:?}: {once:?}");
        }
    }

    #[test]
    fn length_is_bounded_in_characters_and_says_so() {
        let clean = Clean::new(&"ü".repeat(300));
        assert_eq!(clean.as_str().chars().count(), Clean::MAX_CHARS);
        assert!(clean.as_str().ends_with('…'));
        assert_eq!(Clean::new(&"ü".repeat(256)).as_str(), "ü".repeat(256));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_latin_1() {
        assert_eq!(Clean::from_bytes(b"Zugriff verweigert f\xfcr").as_str(), "Zugriff verweigert für");
    }
}
