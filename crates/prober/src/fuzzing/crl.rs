//! Revocation lists.

use x509_parser::prelude::{CertificateRevocationList, FromDer as _};

use super::world::{World, answered, is_kept, whole};
use crate::observation::{BodyFacts, CrlFacts, CrlOutcome, CrlSignature, Published};
use crate::phase::crl::{Signers, read, read_for};

/// The shortest entry: a sequence with a number and a time, each without content.
const MIN_ENTRY: u64 = 6;
/// The digits of the longest number shown, 32 octets, with its sign.
const MAX_NUMBER: usize = 78;
/// The hexadecimal digits of the longest key identifier, 64 octets.
const MAX_KEY_ID: usize = 128;
/// The most unknown extensions named.
const MAX_UNKNOWN: usize = 8;

/// Reads a body as a list, as from known authorities and as from configured ones.
pub fn crl(body: &[u8]) {
    let world = World::get();
    let outcome = read_for(body, &whole(body), world.known(), Some(&world.served));
    is_kept(&outcome);
    let configured = read(body, &whole(body), Signers::Only(&world.configured));
    assert_eq!(but_for_signers(outcome.clone()), but_for_signers(configured), "who signed it is all that may differ");
    match &outcome {
        CrlOutcome::Parsed(list) => {
            bounded(list, body);
            as_others_read_it(list, body);
            cut(list, body);
        }
        CrlOutcome::Truncated { announced, received } => {
            assert!(announced > received && *received == body.len() as u64, "{announced} {received}");
        }
        CrlOutcome::TooLarge => assert_eq!(body.len(), 0, "nothing is too large that came whole"),
        CrlOutcome::Invalid { reason } => assert!(!reason.is_empty()),
    }
    let endless = BodyFacts { limit_reached: true, ..whole(body) };
    assert_eq!(read(body, &endless, Signers::Only(&[])), CrlOutcome::TooLarge);

    let mut observation = answered(body);
    observation.crl = Some(Box::new(outcome));
    world.judged(Some(Published::Crl), &observation);
}

fn bounded(list: &CrlFacts, body: &[u8]) {
    assert_eq!(list.bytes, body.len() as u64);
    assert!(list.revoked.saturating_mul(MIN_ENTRY) <= list.bytes, "{} entries", list.revoked);
    assert!(list.number.as_ref().is_none_or(|number| number.len() <= MAX_NUMBER), "{:?}", list.number);
    assert!(list.authority_key.as_ref().is_none_or(|id| id.len() <= MAX_KEY_ID), "{:?}", list.authority_key);
    assert!(list.unknown_critical.len() <= MAX_UNKNOWN, "{:?}", list.unknown_critical);
    assert!(list.revokes.len() <= 1, "one certificate was served");
    assert_eq!(list.signature == CrlSignature::Valid, list.signature_reason.is_none(), "{list:?}");
    assert!(list.revokes.is_empty() || list.signature == CrlSignature::Valid, "nobody said so");
}

/// Another reader, which keeps every entry, says the same wherever it can read a list.
fn as_others_read_it(list: &CrlFacts, body: &[u8]) {
    let Ok((_, other)) = CertificateRevocationList::from_der(body) else { return };
    assert_eq!(list.revoked, other.iter_revoked_certificates().count() as u64);
    assert_eq!(list.this_update, other.last_update().to_datetime());
    assert_eq!(list.next_update, other.next_update().map(|time| time.to_datetime()));
}

/// A list that lacks its last octet is cut short, unless something followed it; and one that something follows is the same.
fn cut(list: &CrlFacts, body: &[u8]) {
    // What stands between PEM's lines has a length of its own.
    if body.first() != Some(&0x30) {
        return;
    }
    let Some((_, shorter)) = body.split_last() else { return };
    let longer = [body, b"\n"].concat();
    for other in [shorter, longer.as_slice()] {
        // Nobody is known: it is about what was read, and to check signatures takes far longer.
        match read(other, &whole(other), Signers::Only(&[])) {
            CrlOutcome::Parsed(found) => {
                let same = CrlOutcome::Parsed(CrlFacts { bytes: list.bytes, ..found });
                assert_eq!(but_for_signers(same), but_for_signers(CrlOutcome::Parsed(list.clone())));
            }
            CrlOutcome::Truncated { announced, .. } => {
                assert_eq!((announced, other.len()), (list.bytes, shorter.len()), "only what is cut is");
            }
            outcome => assert_eq!(outcome, CrlOutcome::TooLarge, "an octet more or less made something else of it"),
        }
    }
}

/// The facts that do not depend on who is known.
fn but_for_signers(outcome: CrlOutcome) -> CrlOutcome {
    match outcome {
        CrlOutcome::Parsed(list) => CrlOutcome::Parsed(CrlFacts {
            revokes: Vec::new(),
            signature: CrlSignature::Unchecked,
            signature_reason: None,
            ..list
        }),
        other => other,
    }
}
