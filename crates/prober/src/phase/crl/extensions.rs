//! The extensions of a list, and of its entries (RFC 5280, sections 5.2 and 5.3).

use x509_parser::asn1_rs::{Class, FromDer, Oid, Tag, oid};
use x509_parser::num_bigint::BigInt;

use super::der::{Malformed, any, element, next_tag, sequence};
use super::signature::oid_in_words;
use crate::observation::{CrlLimit, CrlScope};
use crate::text::Clean;

const CRL_NUMBER: Oid<'static> = oid!(2.5.29.20);
const DELTA_INDICATOR: Oid<'static> = oid!(2.5.29.27);
const ISSUING_DISTRIBUTION_POINT: Oid<'static> = oid!(2.5.29.28);
const AUTHORITY_KEY_IDENTIFIER: Oid<'static> = oid!(2.5.29.35);

/// What a list may have besides without being strange: issuer's other names, freshest CRL, authority information access;
/// and an entry: reason, hold instruction, invalidity date, certificate issuer.
const HARMLESS: [Oid<'static>; 7] = [
    oid!(2.5.29.18),
    oid!(2.5.29.46),
    oid!(1.3.6.1.5.5.7.1.1),
    oid!(2.5.29.21),
    oid!(2.5.29.23),
    oid!(2.5.29.24),
    oid!(2.5.29.29),
];

/// The longest number shown, in octets; section 5.2.3 allows 20.
const MAX_NUMBER: usize = 32;

/// The longest key identifier taken, in octets; most have 20.
const MAX_KEY_ID: usize = 64;

/// The most unknown extensions named.
const MAX_UNKNOWN: usize = 8;

/// What the extensions say.
#[derive(Debug, Default)]
pub(super) struct Extensions {
    pub(super) number: Option<String>,
    pub(super) scope: CrlScope,
    pub(super) authority_key: Option<Vec<u8>>,
    pub(super) unknown_critical: Vec<Clean>,
}

impl Extensions {
    /// Takes in those of the list, between their outer tag.
    pub(super) fn read(&mut self, mut input: &[u8]) -> Result<(), Malformed> {
        const FIELD: &str = "extensions";
        if input.is_empty() {
            return Ok(());
        }
        let tagged = any(&mut input, FIELD)?;
        if tagged.class() != Class::ContextSpecific || tagged.tag() != Tag(0) {
            return Err(Malformed::Field(FIELD));
        }
        let mut content = tagged.data;
        let mut extensions = sequence(&mut content, FIELD)?;
        while !extensions.is_empty() {
            let (id, critical, value) = extension(&mut extensions, FIELD)?;
            self.take(&id, critical, value)?;
        }
        Ok(())
    }

    fn take(&mut self, id: &Oid<'_>, critical: bool, mut value: &[u8]) -> Result<(), Malformed> {
        if *id == CRL_NUMBER {
            self.number = number(element(&mut value, Tag::Integer, "CRL number")?);
        } else if *id == DELTA_INDICATOR {
            let base = number(element(&mut value, Tag::Integer, "delta CRL indicator")?);
            self.scope.delta_of = Some(base.unwrap_or_else(|| "…".to_owned()));
        } else if *id == ISSUING_DISTRIBUTION_POINT {
            self.distribution_point(value)?;
        } else if *id == AUTHORITY_KEY_IDENTIFIER {
            self.authority_key = key_identifier(value);
        } else if critical && !HARMLESS.contains(id) {
            self.note_unknown(id);
        }
        Ok(())
    }

    /// Takes in those of an entry, which nobody has to be able to read.
    pub(super) fn of_entry(&mut self, mut input: &[u8]) {
        const FIELD: &str = "extensions of an entry";
        let Ok(mut extensions) = sequence(&mut input, FIELD) else { return };
        while let Ok((id, critical, _)) = extension(&mut extensions, FIELD) {
            if critical && !HARMLESS.contains(&id) {
                self.note_unknown(&id);
            }
        }
    }

    fn note_unknown(&mut self, id: &Oid<'_>) {
        if self.unknown_critical.len() == MAX_UNKNOWN {
            return;
        }
        let id = oid_in_words(id);
        if !self.unknown_critical.contains(&id) {
            self.unknown_critical.push(id);
        }
    }

    /// Which certificates the list is about. Flags that contradict each other are the last one's.
    fn distribution_point(&mut self, mut value: &[u8]) -> Result<(), Malformed> {
        const FIELD: &str = "issuing distribution point";
        let mut fields = sequence(&mut value, FIELD)?;
        while !fields.is_empty() {
            let field = any(&mut fields, FIELD)?;
            if field.class() != Class::ContextSpecific {
                return Err(Malformed::Field(FIELD));
            }
            let is_set = field.data.first().is_some_and(|octet| *octet != 0);
            match field.tag().0 {
                1 if is_set => self.scope.only = Some(CrlLimit::UserCertificates),
                2 if is_set => self.scope.only = Some(CrlLimit::AuthorityCertificates),
                3 => self.scope.only = Some(CrlLimit::SomeReasons),
                4 => self.scope.indirect = is_set,
                5 if is_set => self.scope.only = Some(CrlLimit::AttributeCertificates),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Takes the next extension: its identifier, whether it is critical, and its value.
fn extension<'a>(input: &mut &'a [u8], field: &'static str) -> Result<(Oid<'a>, bool, &'a [u8]), Malformed> {
    let extension = sequence(input, field)?;
    let (mut rest, id) = Oid::from_der(extension).map_err(|_| Malformed::Field(field))?;
    let critical = next_tag(rest) == Some(Tag::Boolean)
        && element(&mut rest, Tag::Boolean, field)?.first().is_some_and(|octet| *octet != 0);
    let value = element(&mut rest, Tag::OctetString, field)?;
    Ok((id, critical, value))
}

/// A number as a decimal; an outsized one is not shown.
fn number(octets: &[u8]) -> Option<String> {
    (octets.len() <= MAX_NUMBER).then(|| BigInt::from_signed_bytes_be(octets).to_string())
}

/// The key identifier, field [0] of the sequence.
fn key_identifier(mut value: &[u8]) -> Option<Vec<u8>> {
    let mut fields = sequence(&mut value, "authority key identifier").ok()?;
    let first = any(&mut fields, "authority key identifier").ok()?;
    let is_key = first.class() == Class::ContextSpecific && first.tag() == Tag(0) && first.data.len() <= MAX_KEY_ID;
    is_key.then(|| first.data.to_vec())
}
