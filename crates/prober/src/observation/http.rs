//! Responses: of the proxy to CONNECT, and of the origin or whoever stands for it.

use serde::{Deserialize, Serialize};

use crate::text::{Clean, readable};

/// What the proxy said to CONNECT, whether it opened the way or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyFacts {
    /// The status.
    pub status: u16,
    /// The reason phrase as sent; some proxies tell everything there.
    #[serde(default)]
    pub reason: Option<Clean>,
    /// The headers.
    #[serde(default)]
    pub headers: Headers,
    /// The first 64 KiB at most of a body that came with a refusal.
    #[serde(default)]
    pub body: Sample,
}

/// A response whose head was complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpFacts {
    /// `HTTP/1.0`, `HTTP/1.1`, `HTTP/2`.
    pub version: String,
    /// The status.
    pub status: u16,
    /// The reason phrase as sent; HTTP/2 has none.
    #[serde(default)]
    pub reason: Option<Clean>,
    /// The headers.
    #[serde(default)]
    pub headers: Headers,
    /// The body, as far as it was read.
    #[serde(default)]
    pub body: BodyFacts,
}

/// Headers as received, in order: at most 100, names lower case and cut as their values are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Headers(pub Vec<(String, Clean)>);

impl Headers {
    /// The most headers kept.
    pub const MAX: usize = 100;

    /// A name as it is kept.
    pub fn name(name: &str) -> String {
        name.chars().take(Clean::MAX_CHARS).map(|letter| letter.to_ascii_lowercase()).collect()
    }

    /// The first value of a header; the name in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a header; the name in lower case.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl From<&http::HeaderMap> for Headers {
    fn from(map: &http::HeaderMap) -> Self {
        let kept = map.iter().take(Self::MAX);
        Self(kept.map(|(name, value)| (Self::name(name.as_str()), Clean::from_bytes(value.as_bytes()))).collect())
    }
}

/// A response's body, as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BodyFacts {
    /// Bytes read.
    pub bytes: u64,
    /// The `Content-Length`, where one was sent.
    pub announced: Option<u64>,
    /// Whether the body was read to its end.
    pub complete: bool,
    /// Whether reading stopped at our limit (64 KiB, or 32 MiB where a CRL was expected).
    pub limit_reached: bool,
    /// The first 64 KiB as text; not kept where the body is a CRL.
    pub sample: Sample,
}

/// The start of a body as text; invalid UTF-8 is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sample(pub String);

impl Sample {
    /// How much of a body is read for judgement, in bytes.
    pub const MAX_BYTES: usize = 64 * 1024;
    /// How much of it is kept afterwards as evidence, in characters.
    const EVIDENCE_CHARS: usize = Clean::MAX_CHARS;

    /// The start of a body.
    pub fn new(body: &[u8]) -> Self {
        let head = body.get(..Self::MAX_BYTES).unwrap_or(body);
        Self(String::from_utf8_lossy(head).into_owned())
    }

    /// The text, not cleaned: for matching only.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The start of it, cleaned: for people.
    pub fn evidence(&self) -> Clean {
        Clean::new(&self.0)
    }

    /// Keeps the start of what people read of it: of a page not the head full of scripts, but its words.
    pub(crate) fn truncate_to_evidence(&mut self) {
        self.0 = Clean::bounded(&readable(&self.0), Self::EVIDENCE_CHARS).into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_page_are_its_words() {
        let mut sample = Sample::new(format!("<style>{}</style><h1>Access denied</h1>", "a".repeat(9000)).as_bytes());
        sample.truncate_to_evidence();
        assert_eq!(sample.as_str(), "Access denied");
    }
}
