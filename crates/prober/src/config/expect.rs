//! `expect`: what a good answer looks like.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::cursor::Cursor;
use super::{duration, trust};
use crate::plan::{BodyExpectation, CrlExpectation, Expect, Freshness, RouteExpectation, StatusSet};
use crate::trust::signer::Signer;

const KEYS: &[&str] = &["status", "body", "crl", "route"];
const CRL_KEYS: &[&str] = &["freshness", "issuer", "max_age"];

const ROUTES: [(&str, RouteExpectation); 2] =
    [("direct", RouteExpectation::Direct), ("proxy", RouteExpectation::Proxy)];

/// The bounds of `max_age`.
const MIN_MAX_AGE: Duration = Duration::from_secs(60);
const MAX_MAX_AGE: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// As much of a body as is looked at.
const MAX_CONTAINS: usize = 64 * 1024;

/// Reads the section over what is expected of the address by itself.
pub(super) fn read(cursor: &Cursor<'_>, by_default: Expect) -> Option<Expect> {
    let expect = cursor.section(KEYS)?;
    Some(Expect {
        status: expect.get("status").and_then(|cursor| status(&cursor)),
        body: expect.get("body").and_then(|cursor| body(&cursor)),
        crl: expect.get("crl").map_or(by_default.crl, |cursor| crl(&cursor)),
        route: expect.get("route").and_then(|cursor| cursor.choice(&ROUTES)),
    })
}

fn status(cursor: &Cursor<'_>) -> Option<StatusSet> {
    if !cursor.is_list() {
        return Some(StatusSet(vec![range(cursor)?]));
    }
    let items = cursor.items()?;
    if items.is_empty() {
        return cursor.fault_with_help("no status would be good", "leave the key out to allow every status");
    }
    Some(StatusSet(items.iter().filter_map(range).collect()))
}

/// `200` or `200-399`.
fn range(cursor: &Cursor<'_>) -> Option<RangeInclusive<u16>> {
    let text = cursor.text()?;
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse::<u16>(), last.trim().parse::<u16>()) {
        (Ok(first), Ok(last)) if (100..=599).contains(&first) && (first..=599).contains(&last) => Some(first..=last),
        _ => cursor.fault_with_help(
            format!("{} is no HTTP status", cursor.shown()),
            "write a number between 100 and 599, or a range such as 200-399",
        ),
    }
}

fn body(cursor: &Cursor<'_>) -> Option<BodyExpectation> {
    let contains = cursor.section(&["contains"])?.require("contains")?;
    let text = contains.text()?;
    match text.len() {
        0 => contains.fault("an empty text is in every body"),
        1..=MAX_CONTAINS => Some(BodyExpectation { contains: text.to_owned() }),
        _ => contains.fault(format!("only the first {MAX_CONTAINS} bytes of a body are looked at")),
    }
}

/// `false`, `true` or a map.
fn crl(cursor: &Cursor<'_>) -> Option<CrlExpectation> {
    if cursor.is_boolean() {
        return cursor.boolean()?.then(CrlExpectation::default);
    }
    if !cursor.is_map() {
        return cursor.expected("true, false or a map");
    }
    let freshness = [("required", Freshness::Required), ("ignored", Freshness::Ignored)];
    let crl = cursor.section(CRL_KEYS)?;
    Some(CrlExpectation {
        freshness: crl.get("freshness").and_then(|cursor| cursor.choice(&freshness)).unwrap_or_default(),
        max_age: crl.get("max_age").and_then(|cursor| duration::read(&cursor, MIN_MAX_AGE..=MAX_MAX_AGE)),
        issuers: crl.get("issuer").and_then(|cursor| issuers(&cursor)).unwrap_or_default(),
    })
}

/// A PEM file with the certificate of whoever has to have signed the list, and those of its other keys.
fn issuers(cursor: &Cursor<'_>) -> Option<Vec<Signer>> {
    let certificates = trust::certificates(cursor)?;
    let signers: Vec<Signer> = certificates.iter().filter_map(Signer::of_certificate).collect();
    if signers.len() == certificates.len() {
        return Some(signers);
    }
    cursor.fault(format!("{} holds the certificate of somebody who may not sign revocation lists", cursor.shown()))
}
