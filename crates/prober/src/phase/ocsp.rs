//! Asking for the state of a certificate, and reading the answer (RFC 6960).
//!
//! The reader takes DER alone, walks it without building anything, and lets bytes after a whole answer pass.

mod request;
mod response;

use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;
use x509_parser::asn1_rs::FromDer;
use x509_parser::certificate::X509Certificate;

pub use self::request::{Asked, ask};
use self::response::{Basic, Response};
use super::crl::der::{self, Malformed};
use super::crl::recognise;
use super::crl::signature::{algorithm_name, is_weak};
use crate::observation::{BodyFacts, CrlSignature, OcspAnswer, OcspOutcome};
use crate::phase::crl::der::{SignedParts, signed_parts};
use crate::text::Clean;
use crate::trust::served::Link;
use crate::trust::signer::{Signer, content};

/// The most certificates of an answer that are looked at: one is enough for any responder.
const MAX_CERTIFICATES: usize = 8;

/// Reads a body that should tell the state of a certificate, now.
pub fn read(body: &[u8], facts: &BodyFacts, link: &Link, now: OffsetDateTime) -> OcspOutcome {
    match whole(body, facts).and_then(|()| outcome(body, link, now)) {
        Ok(outcome) => outcome,
        Err(reason) => OcspOutcome::Invalid { reason: Clean::new(&reason) },
    }
}

fn whole(body: &[u8], facts: &BodyFacts) -> Result<(), String> {
    if facts.limit_reached {
        return Err("it is longer than any is taken for".to_owned());
    }
    if body.first() != Some(&der::SEQUENCE) {
        return Err(recognise::words(body).to_owned());
    }
    let announced = der::announced_length(body).map_err(|malformed| malformed.to_string())?;
    let received = body.len() as u64;
    if announced > received {
        return Err(format!("it is cut short: {received} of {announced} bytes came"));
    }
    Ok(())
}

fn outcome(body: &[u8], link: &Link, now: OffsetDateTime) -> Result<OcspOutcome, String> {
    let words = |malformed: Malformed| malformed.to_string();
    let basic = match response::read(body).map_err(words)? {
        Response::Refused(refusal) => return Ok(OcspOutcome::Refused(refusal)),
        Response::Basic(basic) => basic,
    };
    let state = basic.state_of(link).map_err(words)?;
    let state = state.ok_or("it is about another certificate than the one that was asked for")?;
    let (signature, signature_reason) = signature(&basic, link, now);
    Ok(OcspOutcome::Answered(OcspAnswer {
        status: state.status,
        this_update: state.this_update,
        next_update: state.next_update,
        signed_with: algorithm_name(&basic.algorithm_id),
        signature,
        signature_reason: signature_reason.map(Clean::new),
    }))
}

/// Whether the issuer signed an answer, or somebody whom it lets do so (section 4.2.2.2).
fn signature(basic: &Basic<'_>, link: &Link, now: OffsetDateTime) -> (CrlSignature, Option<&'static str>) {
    use CrlSignature::{Invalid, Unchecked, Valid};
    if is_weak(&basic.algorithm_id) {
        return (Unchecked, Some("weak: it is signed by an algorithm that proves nothing"));
    }
    let issuer = &link.issuer;
    let delegates = basic.certificates.iter().take(MAX_CERTIFICATES).filter_map(|der| delegate(der, issuer, now));
    let mut known = false;
    for signer in std::iter::once(issuer.clone()).chain(delegates) {
        match signer.signed(basic.algorithm, basic.message, basic.signature) {
            Some(true) => return (Valid, None),
            Some(false) => known = true,
            None => {}
        }
    }
    match (known, issuer.is_weak()) {
        (_, true) => (Unchecked, Some("weak: the issuer's RSA key has less than 2048 bits")),
        (true, false) => (Invalid, Some("neither the issuer nor a responder that it authorised made this signature")),
        // Another kind of key than the issuer's made it, or one that nobody vouches for.
        (false, false) if basic.certificates.is_empty() => {
            (Unchecked, Some("it is made in a way that is not known here"))
        }
        (false, false) => (Invalid, Some("nobody made this signature who may answer for the issuer")),
    }
}

/// A responder whose certificate the issuer itself signed for this, and which is valid now.
fn delegate(certificate: &CertificateDer<'_>, issuer: &Signer, now: OffsetDateTime) -> Option<Signer> {
    let (_, read) = X509Certificate::from_der(certificate.as_ref()).ok()?;
    let usage = read.extended_key_usage().ok()??;
    let validity = read.validity();
    let is_valid = validity.not_before.to_datetime() <= now && now <= validity.not_after.to_datetime();
    let is_meant = usage.value.ocsp_signing && is_valid && issuer.is_named(content(read.issuer().as_raw())?);
    let SignedParts { message, algorithm, signature, .. } = signed_parts(certificate.as_ref()).ok()?;
    (is_meant && issuer.signed(algorithm, message, signature)?).then(|| Signer::of_subject(&read)).flatten()
}

#[cfg(test)]
mod tests;
