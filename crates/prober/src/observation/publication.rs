//! Where a certificate says that something about it, or its issuer, is published.

use serde::{Deserialize, Serialize};

use crate::text::Clean;

/// One address in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// What lies there.
    pub kind: Published,
    /// Where, over plain http, as the certificate writes it.
    pub url: Clean,
}

/// What lies at an address that a certificate names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Published {
    /// A revocation list (RFC 5280, section 4.2.1.13).
    Crl,
    /// The issuer's certificate (caIssuers, RFC 5280, section 4.2.2.1).
    Issuer,
    /// Whoever answers for its status (OCSP, RFC 5280, section 4.2.2.1, and RFC 6960).
    Ocsp,
}

/// What came in the place of an issuer's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuerOutcome {
    /// A certificate, or several of which this is the first.
    Readable {
        /// Its subject.
        subject: Clean,
    },
    /// Anything else.
    Invalid {
        /// Why it is none, in words that follow "no certificate:".
        reason: Clean,
    },
}
