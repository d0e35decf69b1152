//! Whether a body is a certificate as authorities publish theirs (RFC 5280, section 4.2.2.1): DER, the certificates of a
//! PKCS #7 bundle, or PEM although the RFC does not allow it.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::asn1_rs::{Oid, Tag, oid};

use super::crl::der::{self, Malformed, any, element, next_tag, sequence};
use super::crl::recognise;
use crate::observation::{BodyFacts, IssuerOutcome};
use crate::text::Clean;
use crate::trust::certificate;

/// `id-signedData` (RFC 5652, section 5.1).
const SIGNED_DATA: Oid<'static> = oid!(1.2.840.113549.1.7.2);

/// The most certificates of a bundle that are looked at.
const MAX_BUNDLED: usize = 32;

/// Reads a body that should be an issuer's certificate.
pub fn read(body: &[u8], facts: &BodyFacts) -> IssuerOutcome {
    match first(body, facts) {
        Ok(certificate) => IssuerOutcome::Readable { subject: certificate::facts(&certificate).subject },
        Err(reason) => IssuerOutcome::Invalid { reason: Clean::new(&reason) },
    }
}

fn first<'a>(body: &'a [u8], facts: &BodyFacts) -> Result<CertificateDer<'a>, String> {
    if facts.limit_reached {
        return Err("it is longer than any certificate is taken for".to_owned());
    }
    if body.first() != Some(&der::SEQUENCE) {
        let pem = CertificateDer::from_pem_slice(body).ok().filter(certificate::is_readable);
        return pem.ok_or_else(|| recognise::words(body).to_owned());
    }
    let announced = der::announced_length(body).map_err(|malformed| malformed.to_string())?;
    let received = body.len() as u64;
    if announced > received {
        return Err(format!("it is cut short: {received} of {announced} bytes came"));
    }
    let whole = CertificateDer::from(body);
    if certificate::is_readable(&whole) {
        return Ok(whole);
    }
    let bundled = bundled(body).map_err(|_| "its DER is neither a certificate nor a bundle of some".to_owned())?;
    let readable = bundled.into_iter().find(certificate::is_readable);
    readable.ok_or_else(|| "it is a bundle without any certificate".to_owned())
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
