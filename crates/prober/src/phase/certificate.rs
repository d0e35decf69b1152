//! Whether a body is a certificate as authorities publish theirs (RFC 5280, section 4.2.2.1): DER, the certificates of a
//! PKCS #7 bundle, or PEM although the RFC does not allow it.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::asn1_rs::{Oid, Tag, oid};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use super::crl::der::{self, Malformed, any, element, next_tag, sequence};
use super::crl::recognise;
use crate::observation::{BodyFacts, IssuerOutcome};
use crate::text::Clean;
use crate::trust::certificate;
use crate::trust::signer::content;

/// `id-signedData` (RFC 5652, section 5.1).
const SIGNED_DATA: Oid<'static> = oid!(1.2.840.113549.1.7.2);

/// The most certificates of a bundle that are looked at.
const MAX_BUNDLED: usize = 32;

/// The most places of a bundle in BER that are tried.
const MAX_TRIED: usize = 256;

/// Reads a body that should be the certificate of an issuer, by its names in DER without their headers: anybody has some
/// certificate. Any is taken where there is no name.
pub fn read(body: &[u8], facts: &BodyFacts, issuers: &[Vec<u8>]) -> IssuerOutcome {
    let meant = |certificates: Vec<CertificateDer<'_>>| {
        let is_meant = |one: &&CertificateDer<'_>| issuers.is_empty() || is_of(one, issuers);
        let subject = |one: &CertificateDer<'_>| certificate::facts(one).subject;
        let found = certificates.iter().find(is_meant).map(subject);
        found.ok_or_else(|| match certificates.first() {
            Some(other) => format!("it is the certificate of another: {}", subject(other)),
            None => "it is a bundle without any certificate".to_owned(),
        })
    };
    match all(body, facts).and_then(meant) {
        Ok(subject) => IssuerOutcome::Readable { subject },
        Err(reason) => IssuerOutcome::Invalid { reason: Clean::new(&reason) },
    }
}

fn is_of(certificate: &CertificateDer<'_>, names: &[Vec<u8>]) -> bool {
    let Ok((_, read)) = X509Certificate::from_der(certificate.as_ref()) else { return false };
    content(read.subject().as_raw()).is_some_and(|subject| names.iter().any(|name| name == subject))
}

/// The readable certificates of a body.
fn all<'a>(body: &'a [u8], facts: &BodyFacts) -> Result<Vec<CertificateDer<'a>>, String> {
    if facts.limit_reached {
        return Err("it is longer than any certificate is taken for".to_owned());
    }
    if body.first() != Some(&der::SEQUENCE) {
        let pem = CertificateDer::from_pem_slice(body).ok().filter(certificate::is_readable);
        return pem.map(|certificate| vec![certificate]).ok_or_else(|| recognise::words(body).to_owned());
    }
    if is_bundle_in_ber(body) {
        return Ok(embedded(body));
    }
    let announced = der::announced_length(body).map_err(|malformed| malformed.to_string())?;
    let received = body.len() as u64;
    if announced > received {
        return Err(format!("it is cut short: {received} of {announced} bytes came"));
    }
    let whole = CertificateDer::from(body);
    if certificate::is_readable(&whole) {
        return Ok(vec![whole]);
    }
    let bundled = bundled(body).map_err(|_| "its DER is neither a certificate nor a bundle of some".to_owned())?;
    Ok(bundled.into_iter().filter(certificate::is_readable).collect())
}

/// Whether this begins as a bundle whose length is indefinite: some authorities publish theirs so, and Windows reads them.
fn is_bundle_in_ber(body: &[u8]) -> bool {
    body.get(1) == Some(&0x80) && body.get(4..).is_some_and(|rest| rest.starts_with(SIGNED_DATA.as_bytes()))
}

/// The certificates inside of something in BER: they are DER wherever they stand, since they are signed.
fn embedded(body: &[u8]) -> Vec<CertificateDer<'_>> {
    let (mut found, mut rest) = (Vec::new(), body);
    for _ in 0..MAX_TRIED {
        let Some(place) = rest.windows(2).position(|octets| octets == [0x30, 0x82]) else { break };
        let start = rest.get(place..).unwrap_or_default();
        rest = match X509Certificate::from_der(start) {
            Ok((after, _)) if found.len() < MAX_BUNDLED => {
                found.push(CertificateDer::from(start.get(..start.len() - after.len()).unwrap_or_default()));
                after
            }
            _ => start.get(2..).unwrap_or_default(),
        };
    }
    found
}

/// The certificates of a bundle (RFC 5652, sections 3 and 5.1).
fn bundled(body: &[u8]) -> Result<Vec<CertificateDer<'_>>, Malformed> {
    const FIELD: &str = "bundle";
    let mut input = body;
    let mut info = sequence(&mut input, FIELD)?;
    if element(&mut info, Tag::Oid, FIELD)? != SIGNED_DATA.as_bytes() {
        return Err(Malformed::Field(FIELD));
    }
    let mut explicit = any(&mut info, FIELD)?.data;
    let mut signed = sequence(&mut explicit, FIELD)?;
    // Version, digest algorithms, and the content, which such a bundle has none of.
    element(&mut signed, Tag::Integer, FIELD)?;
    element(&mut signed, Tag::Set, FIELD)?;
    sequence(&mut signed, FIELD)?;
    let certificates = any(&mut signed, FIELD)?;
    if certificates.tag() != Tag(0) {
        return Ok(Vec::new());
    }
    let (mut rest, mut found) = (certificates.data, Vec::new());
    while found.len() < MAX_BUNDLED && next_tag(rest) == Some(Tag::Sequence) {
        let start = rest;
        any(&mut rest, FIELD)?;
        found.push(CertificateDer::from(start.get(..start.len() - rest.len()).unwrap_or_default()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
