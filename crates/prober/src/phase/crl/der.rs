//! Walks the outer structure of a CRL without keeping its entries: millions of them fit into the limit, and a parser
//! that builds a value for each would let a body of 32 MiB claim half a gigabyte.

use std::collections::HashSet;

use thiserror::Error;
use time::OffsetDateTime;
use x509_parser::asn1_rs::{Any, Class, FromDer, Header, Oid, Tag};
use x509_parser::certificate::X509Certificate;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Name;

use super::extensions::Extensions;
use super::signature::algorithm_name;
use crate::observation::{CrlFacts, CrlSignature};
use crate::text::Clean;

/// The first byte of every CRL in DER.
pub(in crate::phase) const SEQUENCE: u8 = 0x30;

/// What the entries are called in faults.
const ENTRIES: &str = "list of revoked certificates";

/// What the algorithm of a signature is called in faults.
const ALGORITHM: &str = "signature algorithm";

/// The longest issuer name read, in bytes.
const MAX_NAME: usize = 16 * 1024;

/// Why DER is no CRL; reads on from "no CRL:".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(in crate::phase) enum Malformed {
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
    #[error("it names two different signature algorithms")]
    TwoAlgorithms,
}

/// How long the outer element says that it is, header included.
pub(in crate::phase) fn announced_length(body: &[u8]) -> Result<u64, Malformed> {
    if body.get(1) == Some(&0x80) {
        return Err(Malformed::Indefinite);
    }
    let (content, header) = Header::from_der(body).map_err(|_| Malformed::Header)?;
    let length = header.length().definite().map_err(|_| Malformed::Indefinite)?;
    // A length may be anything up to what a number can hold.
    Ok(((body.len() - content.len()) as u64).saturating_add(length as u64))
}

/// Whether this is a certificate, the other thing that lies about on such servers.
pub(super) fn is_certificate(body: &[u8]) -> bool {
    X509Certificate::from_der(body).is_ok()
}

/// A list as it was read, and what it takes to check who signed it.
#[derive(Debug)]
pub(super) struct List<'a> {
    pub(super) facts: CrlFacts,
    pub(super) signed: Signed<'a>,
    /// The entries, one after the other.
    entries: &'a [u8],
}

/// What was signed, by whom and how.
#[derive(Debug)]
pub(super) struct Signed<'a> {
    /// The signed part, with its header.
    pub(super) message: &'a [u8],
    /// The algorithm, without its header.
    pub(super) algorithm: &'a [u8],
    /// Its identifier.
    pub(super) algorithm_id: Oid<'a>,
    /// The signature's octets.
    pub(super) signature: &'a [u8],
    /// The issuer's name, without its header.
    pub(super) issuer: &'a [u8],
    /// The identifier of the issuer's key, where it is named.
    pub(super) key_id: Option<Vec<u8>>,
}

/// Reads `CertificateList`; bytes after it are not looked at.
pub(super) fn parse(body: &[u8]) -> Result<List<'_>, Malformed> {
    let SignedParts { message, mut content, algorithm, algorithm_id, signature } = signed_parts(body)?;
    let tbs = &mut content;
    version(tbs)?;
    if sequence(tbs, ALGORITHM)? != algorithm {
        return Err(Malformed::TwoAlgorithms);
    }
    let (issuer, shown_issuer) = name(tbs)?;
    let this_update = time(tbs, "thisUpdate")?;
    let next_update = if is_time(tbs) { Some(time(tbs, "nextUpdate")?) } else { None };
    let mut extensions = Extensions::default();
    let has_entries = next_tag(tbs) == Some(Tag::Sequence);
    let entries = if has_entries { sequence(tbs, ENTRIES)? } else { &[] };
    let revoked = count_revoked(entries, &mut extensions)?;
    extensions.read(tbs)?;
    let Extensions { number, scope, authority_key, unknown_critical } = extensions;

    let facts = CrlFacts {
        issuer: shown_issuer,
        number,
        this_update,
        next_update,
        scope,
        authority_key: authority_key.as_deref().map(hex),
        signed_with: algorithm_name(&algorithm_id),
        unknown_critical,
        revoked,
        revokes: Vec::new(),
        bytes: body.len() as u64,
        unchanged_since: None,
        signature: CrlSignature::Unchecked,
        signature_reason: None,
    };
    let key_id = authority_key;
    let signed = Signed { message, algorithm, algorithm_id, signature, issuer, key_id };
    Ok(List { facts, signed, entries })
}

impl List<'_> {
    /// Which of some serial numbers it revokes, for itself: entries that an indirect list has for others, and those of a delta,
    /// which may take a revocation back, are left out.
    pub(super) fn revoked_among<'s>(&self, serials: &HashSet<&'s [u8]>) -> HashSet<&'s [u8]> {
        let (mut found, mut entries) = (HashSet::new(), self.entries);
        if serials.is_empty() || self.facts.scope.indirect || self.facts.scope.delta_of.is_some() {
            return found;
        }
        while let Ok(mut entry) = sequence(&mut entries, ENTRIES) {
            let Ok(serial) = element(&mut entry, Tag::Integer, ENTRIES) else { break };
            found.extend(serials.get(serial));
        }
        found
    }
}

fn hex(octets: &[u8]) -> String {
    let nibbles = octets.iter().flat_map(|octet| [octet >> 4, octet & 0xf]);
    nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16)).collect()
}

/// Takes the next element, whatever it is.
pub(in crate::phase) fn any<'a>(input: &mut &'a [u8], field: &'static str) -> Result<Any<'a>, Malformed> {
    let (rest, any) = Any::from_der(input).map_err(|_| Malformed::Field(field))?;
    *input = rest;
    Ok(any)
}

/// Takes the next element, which has to have a universal tag, and hands out its content.
pub(in crate::phase) fn element<'a>(
    input: &mut &'a [u8],
    tag: Tag,
    field: &'static str,
) -> Result<&'a [u8], Malformed> {
    let any = any(input, field)?;
    if any.class() == Class::Universal && any.tag() == tag { Ok(any.data) } else { Err(Malformed::Field(field)) }
}

pub(in crate::phase) fn sequence<'a>(input: &mut &'a [u8], field: &'static str) -> Result<&'a [u8], Malformed> {
    element(input, Tag::Sequence, field)
}

/// The universal tag of the next element.
pub(in crate::phase) fn next_tag(input: &[u8]) -> Option<Tag> {
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

/// The three parts of everything that is signed (RFC 5280, section 4.1.1).
pub(in crate::phase) struct SignedParts<'a> {
    /// What is signed, with its header.
    pub(in crate::phase) message: &'a [u8],
    /// The same without its header.
    pub(in crate::phase) content: &'a [u8],
    /// The algorithm, without its header.
    pub(in crate::phase) algorithm: &'a [u8],
    /// Its identifier.
    pub(in crate::phase) algorithm_id: Oid<'a>,
    /// The signature's octets.
    pub(in crate::phase) signature: &'a [u8],
}

/// Takes something that is signed apart; bytes after it are not looked at.
pub(in crate::phase) fn signed_parts(mut input: &[u8]) -> Result<SignedParts<'_>, Malformed> {
    let mut parts = sequence(&mut input, "outer structure")?;
    let start = parts;
    let content = sequence(&mut parts, "signed part")?;
    let message = start.get(..start.len() - parts.len()).unwrap_or_default();
    let algorithm = sequence(&mut parts, ALGORITHM)?;
    let (_, algorithm_id) = Oid::from_der(algorithm).map_err(|_| Malformed::Field(ALGORITHM))?;
    // The first octet of a bit string says how many of the last one's bits do not count.
    let signature = element(&mut parts, Tag::BitString, "signature")?.get(1..).unwrap_or_default();
    Ok(SignedParts { message, content, algorithm, algorithm_id, signature })
}

/// The issuer's name without its header, and as text.
fn name<'a>(input: &mut &'a [u8]) -> Result<(&'a [u8], Clean), Malformed> {
    let start = *input;
    let content = sequence(input, "issuer")?;
    if content.len() > MAX_NAME {
        return Err(Malformed::LongName);
    }
    let (_, name) = X509Name::from_der(start).map_err(|_| Malformed::Field("issuer"))?;
    Ok((content, Clean::new(&name.to_string())))
}

fn is_time(input: &[u8]) -> bool {
    matches!(next_tag(input), Some(Tag::UtcTime | Tag::GeneralizedTime))
}

pub(in crate::phase) fn time(input: &mut &[u8], field: &'static str) -> Result<OffsetDateTime, Malformed> {
    let (rest, time) = ASN1Time::from_der(input).map_err(|_| Malformed::Field(field))?;
    *input = rest;
    Ok(time.to_datetime())
}

/// Counts the entries, each of which has to start with a serial number and a date.
fn count_revoked(mut entries: &[u8], extensions: &mut Extensions) -> Result<u64, Malformed> {
    const FIELD: &str = ENTRIES;
    let mut count = 0;
    while !entries.is_empty() {
        let mut entry = sequence(&mut entries, FIELD)?;
        element(&mut entry, Tag::Integer, FIELD)?;
        if !is_time(entry) {
            return Err(Malformed::Field(FIELD));
        }
        any(&mut entry, FIELD)?;
        if !entry.is_empty() {
            extensions.of_entry(entry);
        }
        count += 1;
    }
    Ok(count)
}
