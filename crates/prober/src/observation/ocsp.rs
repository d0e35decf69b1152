//! What an OCSP responder says of a certificate (RFC 6960).

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::CrlSignature;
use crate::text::Clean;

/// What came when a responder was asked for a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OcspFacts {
    /// The SHA-256 of the certificate that was asked for, in hexadecimal.
    pub certificate: String,
    /// Its subject.
    pub subject: Clean,
    /// What came.
    pub outcome: OcspOutcome,
}

impl OcspFacts {
    /// What a responder says of the certificate, as far as nobody is known to have forged it.
    pub fn answer(&self) -> Option<&OcspAnswer> {
        match &self.outcome {
            OcspOutcome::Answered(answer) if answer.signature != CrlSignature::Invalid => Some(answer),
            OcspOutcome::Answered(_) | OcspOutcome::Refused(_) | OcspOutcome::Invalid { .. } => None,
        }
    }
}

/// What came in the place of an OCSP answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OcspOutcome {
    /// An answer for the certificate.
    Answered(OcspAnswer),
    /// A responder's own error (section 4.2.1), which nobody signs.
    Refused(OcspRefusal),
    /// Anything else.
    Invalid {
        /// Why it is none, in words that follow "no OCSP answer:".
        reason: Clean,
    },
}

/// What a responder says of one certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OcspAnswer {
    /// The certificate's state.
    pub status: CertificateStatus,
    /// When that was known to be so.
    #[serde(with = "time::serde::rfc3339")]
    pub this_update: OffsetDateTime,
    /// When newer information is due at the latest.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub next_update: Option<OffsetDateTime>,
    /// The signature algorithm by its usual name, or its object identifier.
    #[serde(default)]
    pub signed_with: Clean,
    /// Whether the issuer, or a responder that it authorised, signed it.
    pub signature: CrlSignature,
    /// Why the signature was not checked, or does not hold.
    #[serde(default)]
    pub signature_reason: Option<Clean>,
}

/// The state of a certificate (section 2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateStatus {
    /// Not revoked.
    Good,
    /// Revoked.
    Revoked {
        /// Since when.
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
    },
    /// The responder does not know it.
    Unknown,
}

impl CertificateStatus {
    /// The name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Revoked { .. } => "revoked",
            Self::Unknown => "unknown",
        }
    }
}

/// A responder's own error (section 4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OcspRefusal {
    /// It cannot read the request.
    MalformedRequest,
    /// It has a problem.
    InternalError,
    /// It has none at the moment.
    TryLater,
    /// It wants signed requests.
    SigRequired,
    /// It does not answer us, or not for this certificate.
    Unauthorized,
}

impl OcspRefusal {
    /// As the RFC writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MalformedRequest => "malformedRequest",
            Self::InternalError => "internalError",
            Self::TryLater => "tryLater",
            Self::SigRequired => "sigRequired",
            Self::Unauthorized => "unauthorized",
        }
    }
}
