//! Who signed a list, as far as the keys at hand can tell.

use x509_parser::asn1_rs::{Oid, oid};

use super::der::Signed;
use crate::observation::CrlSignature;
use crate::text::Clean;
use crate::trust::signer::{IsMeant, KnownSigners, Signer};

/// Whose signature a list should have.
#[derive(Debug, Clone, Copy)]
pub enum Signers<'a> {
    /// Of one of these, and of nobody else: they are configured.
    Only(&'a [Signer]),
    /// Of whoever bears its issuer's name among these.
    Known(&'a KnownSigners),
}

/// Signature algorithms by their usual names.
const NAMES: [(Oid<'static>, &str); 17] = [
    (oid!(1.2.840.113549.1.1.2), "md2WithRSAEncryption"),
    (oid!(1.2.840.113549.1.1.4), "md5WithRSAEncryption"),
    (oid!(1.2.840.113549.1.1.5), "sha1WithRSAEncryption"),
    (oid!(1.3.14.3.2.29), "sha1WithRSA"),
    (oid!(1.2.840.10045.4.1), "ecdsa-with-SHA1"),
    (oid!(1.2.840.10040.4.3), "dsa-with-sha1"),
    (oid!(1.2.840.113549.1.1.10), "rsassaPss"),
    (oid!(1.2.840.113549.1.1.11), "sha256WithRSAEncryption"),
    (oid!(1.2.840.113549.1.1.12), "sha384WithRSAEncryption"),
    (oid!(1.2.840.113549.1.1.13), "sha512WithRSAEncryption"),
    (oid!(1.2.840.113549.1.1.14), "sha224WithRSAEncryption"),
    (oid!(1.2.840.10045.4.3.1), "ecdsa-with-SHA224"),
    (oid!(1.2.840.10045.4.3.2), "ecdsa-with-SHA256"),
    (oid!(1.2.840.10045.4.3.3), "ecdsa-with-SHA384"),
    (oid!(1.2.840.10045.4.3.4), "ecdsa-with-SHA512"),
    (oid!(1.3.101.112), "Ed25519"),
    (oid!(1.3.101.113), "Ed448"),
];

/// The longest object identifier written out, in bytes; real ones have a dozen.
const MAX_OID: usize = 64;

/// How many of these, from the first on, prove nothing any more: MD2, MD5, SHA-1.
const WEAK: usize = 6;

/// An algorithm by its usual name, or its object identifier.
pub(in crate::phase) fn algorithm_name(id: &Oid<'_>) -> Clean {
    match NAMES.iter().find(|(known, _)| known == id) {
        Some((_, name)) => Clean::new(name),
        None => oid_in_words(id),
    }
}

/// An object identifier as text. It may be as long as the list, and its text many times longer.
pub(super) fn oid_in_words(id: &Oid<'_>) -> Clean {
    match id.as_bytes().len() {
        0..=MAX_OID => Clean::new(&id.to_id_string()),
        long => Clean::new(&format!("an object identifier of {long} bytes")),
    }
}

/// Whether signatures by an algorithm prove nothing any more.
pub(in crate::phase) fn is_weak(id: &Oid<'_>) -> bool {
    NAMES.iter().take(WEAK).any(|(weak, _)| weak == id)
}

/// Whether a list's signature holds, and why that cannot be said, or it does not.
pub(super) fn check(signed: &Signed<'_>, signers: Signers<'_>) -> (CrlSignature, Option<Clean>) {
    if let Signers::Only(all) = signers
        && !all.iter().any(|signer| signer.is_named(signed.issuer))
    {
        return invalid("the list is not issued in the name of the configured issuer");
    }
    if let Some((_, name)) = NAMES.iter().take(WEAK).find(|(weak, _)| *weak == signed.algorithm_id) {
        return unchecked(&format!("weak: signed with {name}, which proves nothing"));
    }
    let namesakes: Vec<Signer> = match signers {
        Signers::Only(all) => all.iter().filter(|signer| signer.is_named(signed.issuer)).cloned().collect(),
        Signers::Known(known) => known.named(signed.issuer),
    };
    let outcome = namesakes.iter().map(|signer| try_signer(signed, signer)).max();
    match (outcome, signers) {
        (Some(Outcome::Holds), _) => (CrlSignature::Valid, None),
        (Some(Outcome::Fails), _) => invalid("the issuer's key did not make this signature"),
        (Some(Outcome::WeakKey), _) => unchecked("weak: the issuer's RSA key has less than 2048 bits"),
        (Some(Outcome::UnknownAlgorithm), _) => unchecked("it is made in a way that is not known here"),
        (Some(Outcome::OtherKey), Signers::Only(_)) => invalid("another key than the configured issuer's made it"),
        // An authority that changed its key: whose the signature is, nobody here can say.
        (Some(Outcome::OtherKey), Signers::Known(_)) => {
            unchecked("the issuer has another key, which is not known here")
        }
        (None, _) => unchecked("the issuer's certificate is not known here"),
    }
}

/// What a signer has to do with a signature, the more telling the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// It has a key that the list is not about, or not surely.
    OtherKey,
    UnknownAlgorithm,
    WeakKey,
    /// It is the one who is named, and did not sign this.
    Fails,
    Holds,
}

fn try_signer(list: &Signed<'_>, signer: &Signer) -> Outcome {
    let is_meant = signer.is_meant_by(list.key_id.as_deref());
    if is_meant == IsMeant::No {
        return Outcome::OtherKey;
    }
    if signer.key().is_none() {
        return Outcome::OtherKey;
    }
    match (signer.signed(list.algorithm, list.message, list.signature), signer.is_weak()) {
        (Some(true), _) => Outcome::Holds,
        (_, true) => Outcome::WeakKey,
        (None, false) => Outcome::UnknownAlgorithm,
        (Some(false), false) if is_meant == IsMeant::Yes => Outcome::Fails,
        (Some(false), false) => Outcome::OtherKey,
    }
}

fn unchecked(reason: &str) -> (CrlSignature, Option<Clean>) {
    (CrlSignature::Unchecked, Some(Clean::new(reason)))
}

fn invalid(reason: &str) -> (CrlSignature, Option<Clean>) {
    (CrlSignature::Invalid, Some(Clean::new(reason)))
}
