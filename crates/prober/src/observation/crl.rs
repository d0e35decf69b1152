//! Certificate revocation lists: what came in the place of one, and what one says of itself.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::text::Clean;

/// What a body was that should be a CRL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "an observation has one at most, and a list is the usual case")]
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
    /// What kind of list it is, and of what.
    #[serde(default)]
    pub scope: CrlScope,
    /// The key identifier of whoever signed it, in hexadecimal, where it names one (section 5.2.1).
    #[serde(default)]
    pub authority_key: Option<String>,
    /// The signature algorithm by its usual name, or its object identifier.
    #[serde(default)]
    pub signed_with: Clean,
    /// Critical extensions that nobody here knows, of the list or of an entry, by object identifier. Clients that do not
    /// know them either must not use the list.
    #[serde(default)]
    pub unknown_critical: Vec<Clean>,
    /// How many certificates it revokes.
    pub revoked: u64,
    /// The SHA-256 of those certificates in hexadecimal that it revokes and that served here lately.
    #[serde(default)]
    pub revokes: Vec<String>,
    /// Its size as received.
    pub bytes: u64,
    /// When it came in full, where the server only said that it has not changed since (304).
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub unchanged_since: Option<OffsetDateTime>,
    /// Whether its signature holds.
    pub signature: CrlSignature,
    /// Why the signature was not checked, or does not hold.
    #[serde(default)]
    pub signature_reason: Option<Clean>,
}

impl CrlFacts {
    /// A list of somebody of which nothing else is known: empty, and unchecked.
    pub fn of(issuer: Clean, this_update: OffsetDateTime) -> Self {
        Self {
            issuer,
            number: None,
            this_update,
            next_update: None,
            scope: CrlScope::default(),
            authority_key: None,
            signed_with: Clean::default(),
            unknown_critical: Vec::new(),
            revoked: 0,
            revokes: Vec::new(),
            bytes: 0,
            unchanged_since: None,
            signature: CrlSignature::Unchecked,
            signature_reason: None,
        }
    }
}

/// Whether a CRL's signature holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrlSignature {
    /// It holds.
    Valid,
    /// It does not.
    Invalid,
    /// Nobody can say: the issuer's key is not known here, or the algorithm is too weak to mean anything.
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

/// What a list covers (RFC 5280, sections 5.2.4 and 5.2.5).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CrlScope {
    /// The number of the whole list that this one only adds to: it is a delta.
    pub delta_of: Option<String>,
    /// Whether it also speaks for other issuers than its own.
    pub indirect: bool,
    /// The certificates or reasons that it is limited to.
    pub only: Option<CrlLimit>,
}

/// The certificates or reasons that a list is limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrlLimit {
    /// Those of servers and people.
    UserCertificates,
    /// Those of authorities.
    AuthorityCertificates,
    /// Attribute certificates.
    AttributeCertificates,
    /// Revocations for some reasons.
    SomeReasons,
}

impl CrlLimit {
    /// The name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserCertificates => "user_certificates",
            Self::AuthorityCertificates => "authority_certificates",
            Self::AttributeCertificates => "attribute_certificates",
            Self::SomeReasons => "some_reasons",
        }
    }
}
