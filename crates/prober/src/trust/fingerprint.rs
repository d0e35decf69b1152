//! By what certificates are known again.

use aws_lc_rs::digest::{self, SHA256_OUTPUT_LEN};
use rustls::pki_types::CertificateDer;

/// The SHA-256 of certificates as sent, and how long each of them is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; SHA256_OUTPUT_LEN]);

impl Fingerprint {
    pub(crate) fn of(sent: &[CertificateDer<'_>]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for certificate in sent {
            context.update(&certificate.len().to_be_bytes());
            context.update(certificate);
        }
        let mut octets = [0; SHA256_OUTPUT_LEN];
        for (octet, digested) in octets.iter_mut().zip(context.finish().as_ref()) {
            *octet = *digested;
        }
        Self(octets)
    }
}
