//! Answers made here, right and wrong, and what comes in their place.

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, PKCS_ED25519, SigningKey as _,
};
use time::macros::datetime;

use super::*;
use crate::observation::{CertificateStatus, OcspRefusal};

const BASIC: &[u8] = &[0x06, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];
const ECDSA: &[u8] = &[0x30, 0x0a, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const SHA1_RSA: &[u8] = &[0x30, 0x0d, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, 5, 0];
const GOOD: &[u8] = &[0x80, 0];
const UNKNOWN: &[u8] = &[0x82, 0];

/// An authority, and a certificate of its own.
struct World {
    issuer: Issuer<'static, KeyPair>,
    link: Link,
}

impl World {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let issuer = Issuer::new(params, key);
        let leaf = CertificateParams::new(vec!["good.example".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
        let signer = Signer::of_certificate(&certificate).unwrap();
        Self { link: Link::new(leaf.der(), signer).unwrap(), issuer }
    }

    fn responder(&self, usages: Vec<ExtendedKeyUsagePurpose>, until: OffsetDateTime) -> (KeyPair, Vec<u8>) {
        let mut params = CertificateParams::default();
        params.extended_key_usages = usages;
        (params.not_before, params.not_after) = (datetime!(2026-01-01 00:00 UTC), until);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().to_vec();
        (key, certificate)
    }

    /// An answer of the issuer's own with a state.
    fn answer(&self, status: &[u8]) -> Vec<u8> {
        signed(&data(&request::id(&self.link), status), self.issuer.key(), ECDSA, &[])
    }

    fn read(&self, body: &[u8]) -> OcspOutcome {
        let facts = BodyFacts { bytes: body.len() as u64, complete: true, ..BodyFacts::default() };
        read(body, &facts, &self.link)
    }

    fn reason(&self, body: &[u8]) -> String {
        match self.read(body) {
            OcspOutcome::Invalid { reason } => reason.to_string(),
            other => panic!("{other:?}"),
        }
    }

    fn signature(&self, body: &[u8]) -> (CrlSignature, String) {
        match self.read(body) {
            OcspOutcome::Answered(answer) => {
                (answer.signature, answer.signature_reason.map(|reason| reason.to_string()).unwrap_or_default())
            }
            other => panic!("{other:?}"),
        }
    }
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    match length {
        [0, short @ ..=127] => [&[tag, short], content].concat(),
        [0, long] => [&[tag, 0x81, long], content].concat(),
        _ => [&[tag, 0x82], &length[..], content].concat(),
    }
}

fn stamp(text: &str) -> Vec<u8> {
    element(0x18, text.as_bytes())
}

/// `ResponseData` about one certificate, current in June 2026.
fn data(id: &[u8], status: &[u8]) -> Vec<u8> {
    let next = element(0xa0, &stamp("20260605000000Z"));
    let single = element(0x30, &[id, status, &stamp("20260530000000Z"), &next].concat());
    let responder = element(0xa2, &element(0x04, &[7; 20]));
    element(0x30, &[responder, stamp("20260531000000Z"), element(0x30, &single)].concat())
}

fn signed(data: &[u8], key: &KeyPair, algorithm: &[u8], certificates: &[u8]) -> Vec<u8> {
    let signature = element(0x03, &[&[0], &key.sign(data).unwrap()[..]].concat());
    let certificates = if certificates.is_empty() { Vec::new() } else { element(0xa0, &element(0x30, certificates)) };
    let basic = element(0x30, &[data, algorithm, &signature, &certificates].concat());
    let bytes = element(0xa0, &element(0x30, &[BASIC, &element(0x04, &basic)].concat()));
    element(0x30, &[&[0x0a, 1, 0], &bytes[..]].concat())
}

fn refusal(status: u8) -> Vec<u8> {
    vec![0x30, 3, 0x0a, 1, status]
}

#[test]
fn the_state_of_a_certificate_is_read() {
    let world = World::new();
    let revoked = element(0xa1, &[stamp("20260510000000Z"), element(0xa0, &[0x0a, 1, 1])].concat());
    for (status, expected) in [
        (GOOD, CertificateStatus::Good),
        (UNKNOWN, CertificateStatus::Unknown),
        (&revoked, CertificateStatus::Revoked { at: datetime!(2026-05-10 00:00 UTC) }),
    ] {
        let OcspOutcome::Answered(answer) = world.read(&world.answer(status)) else { panic!("{status:?}") };
        assert_eq!((answer.status, answer.signature), (expected, CrlSignature::Valid));
        assert_eq!(answer.this_update, datetime!(2026-05-30 00:00 UTC));
        assert_eq!(answer.next_update, Some(datetime!(2026-06-05 00:00 UTC)));
        assert_eq!(answer.signed_with.as_str(), "ecdsa-with-SHA256");
    }
    let followed = [world.answer(GOOD), b"garbage".to_vec()].concat();
    assert_eq!(world.signature(&followed).0, CrlSignature::Valid, "what follows a whole answer bothers nobody");
}

#[test]
fn a_responders_own_errors_are_told_apart() {
    let world = World::new();
    for (status, expected) in [
        (1, OcspRefusal::MalformedRequest),
        (2, OcspRefusal::InternalError),
        (3, OcspRefusal::TryLater),
        (5, OcspRefusal::SigRequired),
        (6, OcspRefusal::Unauthorized),
    ] {
        assert_eq!(world.read(&refusal(status)), OcspOutcome::Refused(expected));
    }
    for status in [4, 7, 255] {
        assert_eq!(world.reason(&refusal(status)), "its status cannot be read");
    }
}

#[test]
fn only_the_issuer_and_those_it_authorises_may_answer() {
    use ExtendedKeyUsagePurpose::{OcspSigning, ServerAuth};
    let (world, stranger) = (World::new(), World::new());
    let about = data(&request::id(&world.link), GOOD);
    let by = |(key, certificate): &(KeyPair, Vec<u8>)| world.signature(&signed(&about, key, ECDSA, certificate)).0;
    let (later, before) = (datetime!(2027-01-01 00:00 UTC), datetime!(2026-05-30 00:00 UTC));
    assert_eq!(by(&world.responder(vec![OcspSigning], later)), CrlSignature::Valid);
    assert_eq!(by(&world.responder(vec![ServerAuth], later)), CrlSignature::Invalid, "not for this");
    assert_eq!(by(&world.responder(vec![], later)), CrlSignature::Invalid, "not for this");
    assert_eq!(by(&world.responder(vec![OcspSigning], before)), CrlSignature::Invalid, "no more when it was made");
    assert_eq!(by(&stranger.responder(vec![OcspSigning], later)), CrlSignature::Invalid, "by nobody who is asked");
    let (_, certificate) = world.responder(vec![OcspSigning], later);
    let borrowed = (KeyPair::generate().unwrap(), certificate);
    assert_eq!(by(&borrowed), CrlSignature::Invalid, "a responder's certificate without its key");
    assert_eq!(by(&(KeyPair::generate().unwrap(), Vec::new())), CrlSignature::Invalid);
}

#[test]
fn what_cannot_be_checked_is_neither() {
    let world = World::new();
    let about = data(&request::id(&world.link), GOOD);
    let (signature, reason) = world.signature(&signed(&about, world.issuer.key(), SHA1_RSA, &[]));
    assert_eq!((signature, reason.starts_with("weak")), (CrlSignature::Unchecked, true), "{reason}");
    let other = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let ed25519 = [0x30, 5, 0x06, 3, 0x2b, 0x65, 0x70];
    assert_eq!(world.signature(&signed(&about, &other, &ed25519, &[])).0, CrlSignature::Unchecked);

    // What nobody here knows, with a responder's certificate or without.
    let (key, certificate) =
        world.responder(vec![ExtendedKeyUsagePurpose::OcspSigning], datetime!(2027-01-01 00:00 UTC));
    let ed448 = [0x30, 5, 0x06, 3, 0x2b, 0x65, 0x71];
    assert_eq!(world.signature(&signed(&about, &key, &ed448, &certificate)).0, CrlSignature::Unchecked);
    let unclear = by_unknown(&certificate);
    assert_eq!(world.signature(&signed(&about, &key, ECDSA, &unclear)).0, CrlSignature::Unchecked, "as with lists");
    let other = KeyPair::generate().unwrap();
    assert_eq!(world.signature(&signed(&about, &other, ECDSA, &unclear)).0, CrlSignature::Invalid, "not its key");
}

/// A certificate that says of itself, in both places, that it is signed by an algorithm that nobody here knows.
fn by_unknown(certificate: &[u8]) -> Vec<u8> {
    let sha256 = [0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let mut unclear = certificate.to_vec();
    let places: Vec<_> = certificate.windows(10).enumerate().filter(|(_, octets)| **octets == sha256).collect();
    assert_eq!(places.len(), 2);
    for (place, _) in places {
        unclear[place + 9] = 9;
    }
    unclear
}

#[test]
fn an_answer_about_another_certificate_is_none() {
    let (world, other) = (World::new(), World::new());
    let body = signed(&data(&request::id(&other.link), GOOD), world.issuer.key(), ECDSA, &[]);
    assert_eq!(world.reason(&body), "it is about another certificate than the one that was asked for");
    let none =
        element(0x30, &[element(0xa2, &element(0x04, &[7; 20])), stamp("20260531000000Z"), vec![0x30, 0]].concat());
    assert!(world.reason(&signed(&none, world.issuer.key(), ECDSA, &[])).contains("another certificate"));
}

#[test]
fn what_comes_in_place_of_an_answer_is_named() {
    let world = World::new();
    for (body, words) in [
        (&b""[..], "the body is empty"),
        (b"<!DOCTYPE html><title>Blocked</title>", "it is an HTML page"),
        (&[0x1f, 0x8b, 8, 0], "it is compressed with gzip, which was not asked for"),
        (&[0x30, 0x80, 0x0a, 1, 0, 0, 0], "its length is indefinite: BER, not DER"),
        (&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], "it is cut short: 6 of 4294967301 bytes came"),
        (&[0x30, 0x03, 0x0a, 0x01, 0x00], "its answer cannot be read"),
        (&[0x30, 0x0b, 0x0a, 1, 0, 0xa0, 0x84, 0xff, 0xff, 0xff, 0xff, 0x30, 0], "its answer cannot be read"),
        (&[0x30, 0], "its status cannot be read"),
    ] {
        assert_eq!(world.reason(body), words);
    }
    let endless = BodyFacts { limit_reached: true, ..BodyFacts::default() };
    let whole = world.answer(GOOD);
    assert!(matches!(read(&whole, &endless, &world.link), OcspOutcome::Invalid { .. }));
}

#[test]
fn one_that_is_cut_or_broken_anywhere_is_never_taken_for_another() {
    let world = World::new();
    let whole = world.answer(GOOD);
    for length in 0..whole.len() {
        world.reason(&whole[..length]);
    }
    for index in 0..whole.len() {
        for octet in [0x00, 0x30, 0x80, 0xff] {
            let mut broken = whole.clone();
            broken[index] = octet;
            match world.read(&broken) {
                // The signature covers what it says; what is outside of it does not say anything.
                OcspOutcome::Answered(answer) if answer.signature == CrlSignature::Valid => {
                    assert_eq!(answer.status, CertificateStatus::Good, "octet {index}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn short_requests_go_by_get_and_long_ones_by_post() {
    let world = World::new();
    let get = ask(&"http://ocsp.example/".parse().unwrap(), &world.link);
    assert_eq!((get.method.as_str(), get.body.as_ref(), get.headers.len()), ("GET", None, 0));
    let text = get.url.as_str().strip_prefix("http://ocsp.example/").unwrap();
    assert!(!text.contains(['/', '+', '=']), "{text}");
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8().unwrap();
    let sent = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, &*decoded).unwrap();

    let long = format!("http://ocsp.example/{}", "a".repeat(120));
    for responder in [long.as_str(), "http://ocsp.example/?for=us"] {
        let post = ask(&responder.parse().unwrap(), &world.link);
        assert_eq!((post.method.as_str(), post.url.as_str()), ("POST", responder));
        assert_eq!(post.headers[0].1, "application/ocsp-request");
        assert_eq!(post.body.unwrap(), sent);
    }
    assert_eq!(sent.len(), usize::from(sent[1]) + 2);
}
