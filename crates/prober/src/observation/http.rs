//! Responses: of the proxy to CONNECT, and of the origin or whoever stands for it.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::text::Clean;

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

/// Headers as received, in order: at most 100, names lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Headers(pub Vec<(String, Clean)>);

impl Headers {
    /// The most headers kept.
    pub const MAX: usize = 100;

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
        Self(kept.map(|(name, value)| (name.as_str().to_owned(), Clean::from_bytes(value.as_bytes()))).collect())
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

    pub(crate) fn truncate_to_evidence(&mut self) {
        self.0 = Clean::bounded(&self.0, Self::EVIDENCE_CHARS).into();
    }
}

/// What a body was that should be a CRL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrlOutcome {
    /// A CRL.
    Parsed(CrlFacts),
    /// It starts as DER (first byte 0x30) whose announced length is within the limit and longer than what came, or the
    /// body is shorter than its Content-Length.
    Truncated {
        /// Bytes announced by the outer DER length or the Content-Length.
        announced: u64,
        /// Bytes that came.
        received: u64,
    },
    /// Over the limit of 32 MiB.
    TooLarge,
    /// Anything else.
    Invalid {
        /// Why it is none, in words.
        reason: Clean,
    },
}

/// A certificate revocation list (RFC 5280, section 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrlFacts {
    /// The issuer's distinguished name.
    pub issuer: Clean,
    /// The CRL number as a decimal, where there is one (section 5.2.3).
    #[serde(default)]
    pub number: Option<String>,
    /// When it was issued.
    #[serde(with = "time::serde::rfc3339")]
    pub this_update: OffsetDateTime,
    /// When the next one is due at the latest.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub next_update: Option<OffsetDateTime>,
    /// How many certificates it revokes.
    pub revoked: u64,
    /// Its size as received.
    pub bytes: u64,
    /// Whether its signature holds.
    pub signature: CrlSignature,
    /// Why the signature was not checked, or does not hold.
    #[serde(default)]
    pub signature_reason: Option<Clean>,
}

/// Whether a CRL's signature holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrlSignature {
    /// It holds.
    Valid,
    /// It does not.
    Invalid,
    /// Nobody looked: the issuer's key is not known here, or the algorithm is too weak to mean anything.
    Unchecked,
}

impl CrlSignature {
    /// The name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Unchecked => "unchecked",
        }
    }
}
