//! Whether a body is a certificate revocation list (RFC 5280, section 5), and what it says of itself.
//!
//! DER as it is published, and PEM as some publishers serve it. Bytes after a whole list are let pass: clients read the
//! list and stop, so they are no reason to call it broken.

pub(super) mod der;
mod extensions;
pub(super) mod recognise;
mod signature;

use x509_parser::pem::Pem;

pub use self::signature::Signers;
use crate::observation::{BodyFacts, CrlFacts, CrlOutcome};
use crate::text::Clean;

/// The most that is read of a CRL, in bytes: 100 MB has been seen in the wild, and clients give up long before.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Reads a body that should be a CRL; the facts say how much of it was announced and came, the signers whose it may be.
pub fn read(body: &[u8], facts: &BodyFacts, signers: Signers<'_>) -> CrlOutcome {
    if facts.limit_reached {
        return CrlOutcome::TooLarge;
    }
    let received = body.len() as u64;
    if let Some(announced) = facts.announced.filter(|announced| !facts.complete && *announced > received) {
        return CrlOutcome::Truncated { announced, received };
    }
    if body.first() == Some(&der::SEQUENCE) { read_der(body, signers) } else { read_text(body, signers) }
}

fn read_der(body: &[u8], signers: Signers<'_>) -> CrlOutcome {
    let received = body.len() as u64;
    match der::announced_length(body) {
        Ok(announced) if announced > MAX_BYTES as u64 => {
            invalid(&format!("it announces {announced} bytes, more than any CRL is taken for"))
        }
        Ok(announced) if announced > received => CrlOutcome::Truncated { announced, received },
        Ok(_) => match der::parse(body) {
            Ok(list) => {
                let (signature, signature_reason) = signature::check(&list.signed, signers);
                CrlOutcome::Parsed(CrlFacts { signature, signature_reason, ..list.facts })
            }
            Err(_) if der::is_certificate(body) => invalid("it is a certificate"),
            Err(malformed) => invalid(&malformed.to_string()),
        },
        Err(malformed) => invalid(&malformed.to_string()),
    }
}

fn read_text(body: &[u8], signers: Signers<'_>) -> CrlOutcome {
    match Pem::read(std::io::Cursor::new(body)) {
        Ok((pem, _)) if pem.label.ends_with("CRL") => match read_der(&pem.contents, signers) {
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

fn invalid(reason: &str) -> CrlOutcome {
    CrlOutcome::Invalid { reason: Clean::new(reason) }
}

#[cfg(test)]
mod signature_tests;
#[cfg(test)]
mod tests;
