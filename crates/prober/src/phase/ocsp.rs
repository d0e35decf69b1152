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
use crate::trust::signer::{Signer, content, is_known};

/// The most certificates of an answer that are looked at: one is enough for any responder.
const MAX_CERTIFICATES: usize = 8;

/// Reads a body that should tell the state of a certificate. Whether that is out of date is for others to say.
pub fn read(body: &[u8], facts: &BodyFacts, link: &Link) -> OcspOutcome {
    match whole(body, facts).and_then(|()| outcome(body, link)) {
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

fn outcome(body: &[u8], link: &Link) -> Result<OcspOutcome, String> {
    let words = |malformed: Malformed| malformed.to_string();
    let basic = match response::read(body).map_err(words)? {
        Response::Refused(refusal) => return Ok(OcspOutcome::Refused(refusal)),
        Response::Basic(basic) => basic,
    };
    let state = basic.state_of(link).map_err(words)?;
    let state = state.ok_or("it is about another certificate than the one that was asked for")?;
    let (signature, signature_reason) = signature(&basic, link);
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
fn signature(basic: &Basic<'_>, link: &Link) -> (CrlSignature, Option<&'static str>) {
    use CrlSignature::{Invalid, Unchecked, Valid};
    let unchecked = |reason| (Unchecked, Some(reason));
    if is_weak(&basic.algorithm_id) {
        return unchecked("weak: it is signed by an algorithm that proves nothing");
    }
    if !is_known(basic.algorithm) {
        return unchecked("it is made in a way that is not known here");
    }
    let issuer = &link.issuer;
    let signed = |signer: &Signer| signer.signed(basic.algorithm, basic.message, basic.signature);
    if signed(issuer) == Some(true) {
        return (Valid, None);
    }
    let certificates = basic.certificates.iter().take(MAX_CERTIFICATES);
    let delegates: Vec<_> = certificates.filter_map(|der| delegate(der, issuer, basic.produced_at)).collect();
    let signers: Vec<_> = delegates.iter().filter(|(delegate, _)| signed(delegate) == Some(true)).collect();
    if signers.iter().any(|(_, authorised)| *authorised == Some(true)) {
        return (Valid, None);
    }
    if issuer.is_weak() {
        return unchecked("weak: the issuer's RSA key has less than 2048 bits");
    }
    if !signers.is_empty() {
        return unchecked("whether the issuer lets its signer answer cannot be checked here");
    }
    if delegates.iter().any(|(delegate, _)| delegate.is_weak()) {
        return unchecked("weak: the responder's RSA key has less than 2048 bits");
    }
    match (signed(issuer), basic.certificates.is_empty()) {
        // Another kind of key than the issuer's made it: whose that is, nobody here can say.
        (None, true) => unchecked("it is made by another kind of key than the issuer's"),
        _ => (Invalid, Some("neither the issuer nor a responder that it authorised made this signature")),
    }
}

/// A responder that says that the issuer lets it answer, and whether it does: `None` where the issuer's signature is of a
/// kind that cannot be checked here. What counts is when the answer was made; how old that is comes out by itself.
fn delegate(
    certificate: &CertificateDer<'_>,
    issuer: &Signer,
    produced_at: OffsetDateTime,
) -> Option<(Signer, Option<bool>)> {
    let (_, read) = X509Certificate::from_der(certificate.as_ref()).ok()?;
    let usage = read.extended_key_usage().ok()??;
    let validity = read.validity();
    let was_valid = validity.not_before.to_datetime() <= produced_at && produced_at <= validity.not_after.to_datetime();
    if !usage.value.ocsp_signing || !was_valid || !issuer.is_named(content(read.issuer().as_raw())?) {
        return None;
    }
    let SignedParts { message, algorithm, signature, .. } = signed_parts(certificate.as_ref()).ok()?;
    let authorised = issuer.signed(algorithm, message, signature);
    Signer::of_subject(&read).filter(|_| authorised != Some(false)).map(|delegate| (delegate, authorised))
}

#[cfg(test)]
mod tests;
