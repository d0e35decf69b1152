//! The TLS handshake and what the peer's certificates are worth.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Publication;
use crate::text::Clean;

/// A completed handshake. What the certificates say is shared with every handshake that they came with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFacts {
    /// The version: `TLSv1.2`, `TLSv1.3`.
    pub version: String,
    /// The cipher suite by its IANA name.
    pub cipher: String,
    /// The protocol agreed on by ALPN: `h2`, `http/1.1`.
    #[serde(default)]
    pub alpn: Option<String>,
    /// The certificates as sent, leaf first; at most 10.
    pub chain: Arc<[CertificateFacts]>,
    /// The SHA-256 of the leaf as sent, in hexadecimal: tells whether two paths were shown the same certificate.
    #[serde(default)]
    pub leaf_sha256: Option<Arc<str>>,
    /// The names of the DNS that the leaf is for, as sent; at most 100.
    #[serde(default, skip_serializing_if = "<[Clean]>::is_empty")]
    pub leaf_names: Arc<[Clean]>,
    /// Where the certificates by which it leads to its root say that something about them is published; empty unless the
    /// peer is proven, since nobody else is to choose what is fetched. At most 32.
    #[serde(default)]
    pub published: Arc<[Publication]>,
    /// What verification says of them.
    pub verification: Verification,
}

impl TlsFacts {
    /// A handshake whose chain ends so and of which nothing else is known: valid, for the right name, without certificates.
    pub fn of(trust: ChainTrust) -> Self {
        Self {
            version: "TLSv1.3".to_owned(),
            cipher: "TLS_AES_256_GCM_SHA384".to_owned(),
            alpn: None,
            chain: Arc::default(),
            leaf_sha256: None,
            leaf_names: Arc::default(),
            published: Arc::default(),
            verification: Verification {
                trust,
                validity: Validity::Valid,
                name_matches: true,
                handshake_signature: HandshakeSignature::Valid,
                reason: None,
                completed_by_aia: false,
                period: None,
            },
        }
    }

    /// Whether the peer has proven to be the origin: a chain to a trusted root, for the right name, in time, by a peer
    /// that holds the key.
    pub fn is_proven(&self) -> bool {
        self.is_an_origins() && self.verification.validity == Validity::Valid
    }

    /// As [`is_proven`](Self::is_proven), at another time.
    pub fn is_proven_at(&self, time: OffsetDateTime) -> bool {
        let holds = |period: Period| period.validity_at(time) == Validity::Valid;
        self.is_an_origins() && self.verification.period.is_some_and(holds)
    }

    /// As [`is_proven`](Self::is_proven), at whatever time.
    pub fn is_an_origins(&self) -> bool {
        self.is_vouched_for() && self.verification.trust != ChainTrust::Inspection
    }

    /// Whether clients at the site accept the peer for whom they asked: proven, or vouched for by the company's own
    /// inspection, which their stores hold.
    pub fn is_accepted(&self) -> bool {
        self.is_vouched_for() && self.verification.validity == Validity::Valid
    }

    /// As [`is_accepted`](Self::is_accepted), at whatever time.
    pub fn is_vouched_for(&self) -> bool {
        let v = &self.verification;
        v.trust != ChainTrust::Untrusted && v.name_matches && v.handshake_signature == HandshakeSignature::Valid
    }

    /// Whether the chain is inside its validity at a time: the certificates that it needs, or all of them where nobody
    /// knows which.
    pub fn validity_at(&self, time: OffsetDateTime) -> Validity {
        let period = self.verification.period.or_else(|| Period::common(self.chain.iter()));
        period.map_or(self.verification.validity, |period| period.validity_at(time))
    }

    /// Who signed the last certificate shown; nobody where none was.
    pub fn top_issuer(&self) -> &str {
        self.chain.last().map_or("", |certificate| certificate.issuer.as_str())
    }
}

/// One certificate, as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateFacts {
    /// The subject's distinguished name.
    pub subject: Clean,
    /// The issuer's distinguished name.
    pub issuer: Clean,
    /// Start of validity.
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    /// End of validity.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
    /// Whether subject and issuer are the same name.
    #[serde(default)]
    pub self_issued: bool,
    /// Where its issuer's certificate is published over plain http (AIA caIssuers), at most 4.
    #[serde(default)]
    pub ca_issuers: Vec<Clean>,
}

/// What verification says of a chain. The four parts are independent, so that nothing hides anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Where the chain ends; found at a time inside the leaf's validity where it is outside it now.
    pub trust: ChainTrust,
    /// Whether every certificate of the chain is inside its validity now.
    pub validity: Validity,
    /// Whether the leaf is for the name asked for.
    pub name_matches: bool,
    /// Whether the peer holds the leaf's key.
    pub handshake_signature: HandshakeSignature,
    /// The verifier's words, where it was not content.
    #[serde(default)]
    pub reason: Option<Clean>,
    /// Whether the chain reached its root only with intermediates fetched by AIA (RFC 5280, section 4.2.2.1).
    #[serde(default)]
    pub completed_by_aia: bool,
    /// When the certificates hold by which the chain reached its root; `None` where it reached none.
    #[serde(default)]
    pub period: Option<Period>,
}

/// From when until when, both included (RFC 5280, section 4.1.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// Start of validity.
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    /// End of validity.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
}

impl Period {
    /// When all of some certificates are valid; `None` where there are none.
    pub fn common<'a>(certificates: impl IntoIterator<Item = &'a CertificateFacts>) -> Option<Self> {
        let periods = certificates.into_iter().map(|one| Self { not_before: one.not_before, not_after: one.not_after });
        periods.reduce(|one, other| Self {
            not_before: one.not_before.max(other.not_before),
            not_after: one.not_after.min(other.not_after),
        })
    }

    /// What it makes of a time.
    pub fn validity_at(self, time: OffsetDateTime) -> Validity {
        if time > self.not_after {
            Validity::Expired
        } else if time < self.not_before {
            Validity::NotYetValid
        } else {
            Validity::Valid
        }
    }
}

/// Where a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChainTrust {
    /// At a root of Mozilla's, or of the system's store where that was chosen.
    Public,
    /// At one of Microsoft's own roots.
    Microsoft,
    /// At a root that the configuration adds.
    Extra,
    /// At the company's own TLS inspection.
    Inspection,
    /// Nowhere that is trusted.
    Untrusted,
}

impl ChainTrust {
    /// The name used in labels and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Microsoft => "microsoft",
            Self::Extra => "extra",
            Self::Inspection => "inspection",
            Self::Untrusted => "untrusted",
        }
    }
}

/// Whether a chain is inside its validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// It is.
    Valid,
    /// A certificate of it is no longer valid.
    Expired,
    /// A certificate of it is not valid yet.
    NotYetValid,
}

/// Whether the peer proved that it holds the leaf's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandshakeSignature {
    /// It did.
    Valid,
    /// It did not: a wrong signature, or one by an algorithm that is no longer accepted.
    Invalid,
    /// The certificate could not be read.
    Unchecked,
}
