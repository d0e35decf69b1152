//! Walks the outer structure of a CRL without keeping its entries: millions of them fit into the limit, and a parser
//! that builds a value for each would let a body of 32 MiB claim half a gigabyte.

use thiserror::Error;
use time::OffsetDateTime;
use x509_parser::asn1_rs::{Any, Class, FromDer, Header, Oid, Tag, oid};
use x509_parser::certificate::X509Certificate;
use x509_parser::num_bigint::BigInt;
use x509_parser::time::ASN1Time;
use x509_parser::x509::{AlgorithmIdentifier, X509Name};

use crate::observation::{CrlFacts, CrlSignature};
use crate::text::Clean;

/// The first byte of every CRL in DER.
pub(super) const SEQUENCE: u8 = 0x30;

/// The longest issuer name read, in bytes.
const MAX_NAME: usize = 16 * 1024;

/// The longest CRL number shown, in octets; RFC 5280, section 5.2.3 allows 20.
const MAX_NUMBER: usize = 32;

/// Why DER is no CRL; reads on from "no CRL:".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum Malformed {
    #[error("its length is indefinite: BER, not DER")]
    Indefinite,
    #[error("its first bytes are not DER")]
    Header,
    #[error("its {0} cannot be read")]
    Field(&'static str),
    #[error("its issuer's name is longer than any is taken for")]
    LongName,
    #[error("it is of an unknown version")]
    Version,
}

/// How long the outer element says that it is, header included.
pub(super) fn announced_length(body: &[u8]) -> Result<u64, Malformed> {
    if body.get(1) == Some(&0x80) {
        return Err(Malformed::Indefinite);
    }
    let (content, header) = Header::from_der(body).map_err(|_| Malformed::Header)?;
    let length = header.length().definite().map_err(|_| Malformed::Indefinite)?;
    Ok((body.len() - content.len()) as u64 + length as u64)
}

/// Whether this is a certificate, the other thing that lies about on such servers.
pub(super) fn is_certificate(body: &[u8]) -> bool {
    X509Certificate::from_der(body).is_ok()
}

/// Reads `CertificateList`; bytes after it are not looked at.
pub(super) fn parse(body: &[u8]) -> Result<CrlFacts, Malformed> {
    let mut input = body;
    let mut list = sequence(&mut input, "outer structure")?;
    let mut tbs = sequence(&mut list, "signed part")?;
    algorithm(&mut list, "signature algorithm")?;
    element(&mut list, Tag::BitString, "signature")?;

    version(&mut tbs)?;
    let signed_with = algorithm(&mut tbs, "signature algorithm")?;
    let issuer = name(&mut tbs)?;
    let this_update = time(&mut tbs, "thisUpdate")?;
    let next_update = if is_time(tbs) { Some(time(&mut tbs, "nextUpdate")?) } else { None };
    let revoked = if next_tag(tbs) == Some(Tag::Sequence) { count_revoked(&mut tbs)? } else { 0 };
    let number = if tbs.is_empty() { None } else { crl_number(tbs)? };

    Ok(CrlFacts {
        issuer,
        number,
        this_update,
        next_update,
        revoked,
        bytes: body.len() as u64,
        signature: CrlSignature::Unchecked,
        signature_reason: Some(Clean::new(unchecked_because(&signed_with))),
    })
}

/// Why nobody checked the signature.
fn unchecked_because(algorithm: &Oid<'_>) -> &'static str {
    const MD2_RSA: Oid<'static> = oid!(1.2.840.113549.1.1.2);
    const MD5_RSA: Oid<'static> = oid!(1.2.840.113549.1.1.4);
    const SHA1_RSA: Oid<'static> = oid!(1.2.840.113549.1.1.5);
    const SHA1_RSA_OIW: Oid<'static> = oid!(1.3.14.3.2.29);
    const SHA1_ECDSA: Oid<'static> = oid!(1.2.840.10045.4.1);
    const SHA1_DSA: Oid<'static> = oid!(1.2.840.10040.4.3);
    let is = |weak: &[Oid<'static>]| weak.iter().any(|oid| oid == algorithm);
    if is(&[MD2_RSA]) {
        "signed with MD2, which proves nothing"
    } else if is(&[MD5_RSA]) {
        "signed with MD5, which proves nothing"
    } else if is(&[SHA1_RSA, SHA1_RSA_OIW, SHA1_ECDSA, SHA1_DSA]) {
        "signed with SHA-1, which proves nothing"
    } else {
        "the issuer's certificate is not known here"
    }
}

/// Takes the next element, whatever it is.
fn any<'a>(input: &mut &'a [u8], field: &'static str) -> Result<Any<'a>, Malformed> {
    let (rest, any) = Any::from_der(input).map_err(|_| Malformed::Field(field))?;
    *input = rest;
    Ok(any)
}

/// Takes the next element, which has to have a universal tag, and hands out its content.
fn element<'a>(input: &mut &'a [u8], tag: Tag, field: &'static str) -> Result<&'a [u8], Malformed> {
    let any = any(input, field)?;
    if any.class() == Class::Universal && any.tag() == tag { Ok(any.data) } else { Err(Malformed::Field(field)) }
}

fn sequence<'a>(input: &mut &'a [u8], field: &'static str) -> Result<&'a [u8], Malformed> {
    element(input, Tag::Sequence, field)
}

/// The universal tag of the next element.
fn next_tag(input: &[u8]) -> Option<Tag> {
    let (_, header) = Header::from_der(input).ok()?;
    (header.class() == Class::Universal).then(|| header.tag())
}

/// The version is optional, and v2 (1) where it stands (RFC 5280, section 5.1.2.1).
fn version(input: &mut &[u8]) -> Result<(), Malformed> {
    if next_tag(input) == Some(Tag::Integer) && element(input, Tag::Integer, "version")? != [1] {
        return Err(Malformed::Version);
    }
    Ok(())
}

fn algorithm<'a>(input: &mut &'a [u8], field: &'static str) -> Result<Oid<'a>, Malformed> {
    let (rest, algorithm) = AlgorithmIdentifier::from_der(input).map_err(|_| Malformed::Field(field))?;
    *input = rest;
    Ok(algorithm.algorithm)
}

fn name(input: &mut &[u8]) -> Result<Clean, Malformed> {
    let start = *input;
    let content = sequence(input, "issuer")?;
    if content.len() > MAX_NAME {
        return Err(Malformed::LongName);
    }
    let (_, name) = X509Name::from_der(start).map_err(|_| Malformed::Field("issuer"))?;
    Ok(Clean::new(&name.to_string()))
}

fn is_time(input: &[u8]) -> bool {
    matches!(next_tag(input), Some(Tag::UtcTime | Tag::GeneralizedTime))
}

fn time(input: &mut &[u8], field: &'static str) -> Result<OffsetDateTime, Malformed> {
    let (rest, time) = ASN1Time::from_der(input).map_err(|_| Malformed::Field(field))?;
    *input = rest;
    Ok(time.to_datetime())
}

/// Counts the entries, each of which has to start with a serial number and a date.
fn count_revoked(input: &mut &[u8]) -> Result<u64, Malformed> {
    const FIELD: &str = "list of revoked certificates";
    let mut entries = sequence(input, FIELD)?;
    let mut count = 0;
    while !entries.is_empty() {
        let mut entry = sequence(&mut entries, FIELD)?;
        element(&mut entry, Tag::Integer, FIELD)?;
        if !is_time(entry) {
            return Err(Malformed::Field(FIELD));
        }
        count += 1;
    }
    Ok(count)
}

/// Finds the CRL number among the extensions (RFC 5280, section 5.2.3); an outsized one is not shown.
fn crl_number(mut input: &[u8]) -> Result<Option<String>, Malformed> {
    const FIELD: &str = "extensions";
    const CRL_NUMBER: Oid<'static> = oid!(2.5.29.20);
    let tagged = any(&mut input, FIELD)?;
    if tagged.class() != Class::ContextSpecific || tagged.tag() != Tag(0) {
        return Err(Malformed::Field(FIELD));
    }
    let mut content = tagged.data;
    let mut extensions = sequence(&mut content, FIELD)?;
    while !extensions.is_empty() {
        let mut extension = sequence(&mut extensions, FIELD)?;
        let (rest, id) = Oid::from_der(extension).map_err(|_| Malformed::Field(FIELD))?;
        if id != CRL_NUMBER {
            continue;
        }
        extension = rest;
        if next_tag(extension) == Some(Tag::Boolean) {
            element(&mut extension, Tag::Boolean, FIELD)?;
        }
        let mut value = element(&mut extension, Tag::OctetString, FIELD)?;
        let number = element(&mut value, Tag::Integer, "CRL number")?;
        return Ok((number.len() <= MAX_NUMBER).then(|| BigInt::from_signed_bytes_be(number).to_string()));
    }
    Ok(None)
}
