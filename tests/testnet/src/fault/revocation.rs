//! What may be wrong with revocation lists, and with answers about one certificate.

/// Ways for a revocation list to be something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrlFault {
    /// As PEM instead of DER; no fault as such.
    Pem,
    /// `nextUpdate` passed yesterday.
    Expired,
    /// `nextUpdate` is 15 seconds after the world began: a copy of it goes stale while one waits.
    ShortLived,
    /// The last third is missing, and Content-Length agrees with what is sent.
    Truncated,
    /// The last third is missing, and Content-Length announces all of it; whatever path is asked for.
    CutShort,
    /// A web page.
    Html,
    /// More than 32 MiB, beginning as a CRL of that size does.
    TooLarge,
    /// With so many certificates revoked.
    Revoked(u32),
    /// With this CRL number; 7 is the usual one.
    Number(u64),
    /// Issued by the interceptor.
    OtherIssuer,
    /// The right issuer's name, a signature that is not its own.
    BadSignature,
}

/// What an OCSP responder may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OcspFault {
    /// Signed by a responder of the issuer's; without the right usage it may not.
    Delegated {
        /// Whether its certificate is for signing answers.
        signing: bool,
    },
    /// It does not know the certificate.
    Unknown,
    /// Newer information was due yesterday.
    Expired,
    /// About another certificate.
    OtherCertificate,
    /// A signature that is nobody's.
    BadSignature,
    /// `tryLater`.
    TryLater,
    /// `unauthorized`.
    Unauthorized,
}
