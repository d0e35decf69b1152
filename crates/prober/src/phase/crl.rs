//! Whether a body is a certificate revocation list (RFC 5280, section 5), and what it says of itself.
//!
//! DER as it is published, and PEM as some publishers serve it. Bytes after a whole list are let pass: clients read the
//! list and stop, so they are no reason to call it broken.

pub(super) mod der;
mod extensions;
pub(super) mod recognise;
pub(super) mod signature;

use std::collections::HashSet;

use x509_parser::pem::Pem;

pub use self::signature::Signers;
use crate::observation::{BodyFacts, CrlFacts, CrlOutcome, CrlSignature};
use crate::text::Clean;
use crate::trust::served::ServedChains;

/// The most that is read of a CRL, in bytes: 100 MB has been seen in the wild, and clients give up long before.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Reads a body that should be a CRL; the facts say how much of it was announced and came, the signers whose it may be.
pub fn read(body: &[u8], facts: &BodyFacts, signers: Signers<'_>) -> CrlOutcome {
    read_for(body, facts, signers, None)
}

/// The same; also tells which of the certificates that served lately the list revokes, where its issuer signed it.
pub fn read_for(body: &[u8], facts: &BodyFacts, signers: Signers<'_>, served: Option<&ServedChains>) -> CrlOutcome {
    if facts.limit_reached {
        return CrlOutcome::TooLarge;
    }
    let received = body.len() as u64;
    if let Some(announced) = facts.announced.filter(|announced| !facts.complete && *announced > received) {
        return CrlOutcome::Truncated { announced, received };
    }
    if body.first() == Some(&der::SEQUENCE) {
        read_der(body, signers, served)
    } else {
        read_text(body, signers, served)
    }
}

fn read_der(body: &[u8], signers: Signers<'_>, served: Option<&ServedChains>) -> CrlOutcome {
    let received = body.len() as u64;
    match der::announced_length(body) {
        Ok(announced) if announced > MAX_BYTES as u64 => {
            invalid(&format!("it announces {announced} bytes, more than any CRL is taken for"))
        }
        Ok(announced) if announced > received => CrlOutcome::Truncated { announced, received },
        Ok(_) => match der::parse(body) {
            Ok(list) => {
                let (signature, signature_reason) = signature::check(&list.signed, signers);
                let served = served.filter(|_| signature == CrlSignature::Valid);
                let revokes = served.map(|served| revoked(&list, served)).unwrap_or_default();
                CrlOutcome::Parsed(CrlFacts { revokes, signature, signature_reason, ..list.facts })
            }
            Err(_) if der::is_certificate(body) => invalid("it is a certificate"),
            Err(malformed) => invalid(&malformed.to_string()),
        },
        Err(malformed) => invalid(&malformed.to_string()),
    }
}

fn read_text(body: &[u8], signers: Signers<'_>, served: Option<&ServedChains>) -> CrlOutcome {
    match Pem::read(std::io::Cursor::new(body)) {
        Ok((pem, _)) if pem.label.ends_with("CRL") => match read_der(&pem.contents, signers, served) {
            CrlOutcome::Parsed(facts) => CrlOutcome::Parsed(CrlFacts { bytes: body.len() as u64, ..facts }),
            // What is cut inside PEM was cut before it was encoded: the transfer is not to blame.
            CrlOutcome::Truncated { .. } => invalid("the list inside its PEM block is cut short"),
            other => other,
        },
        Ok((pem, _)) => invalid(&format!("it is PEM of another kind: {}", Clean::new(&pem.label))),
        Err(x509_parser::error::PEMError::MissingHeader) => invalid(recognise::words(body)),
        Err(error) => invalid(&format!("its PEM block cannot be read: {error}")),
    }
}

/// The SHA-256 of those certificates that served lately and that a list revokes.
fn revoked(list: &der::List<'_>, served: &ServedChains) -> Vec<String> {
    let leaves = served.leaves_of(list.signed.issuer);
    let serials: HashSet<&[u8]> = leaves.iter().map(|(serial, _)| serial.as_slice()).collect();
    let found = list.revoked_among(&serials);
    let revoked = leaves.iter().filter(|(serial, _)| found.contains(serial.as_slice()));
    revoked.map(|(_, certificate)| certificate.clone()).collect()
}

fn invalid(reason: &str) -> CrlOutcome {
    CrlOutcome::Invalid { reason: Clean::new(reason) }
}

#[cfg(test)]
mod signature_tests;
#[cfg(test)]
mod tests;
