//! Certificates as they are published, and what comes in their place.

use base64::Engine as _;

use super::*;
use crate::trust::pki::{Authority, USUAL};

/// The outcome of a body that came whole.
fn outcome(body: &[u8]) -> IssuerOutcome {
    read(body, &BodyFacts { bytes: body.len() as u64, complete: true, ..BodyFacts::default() })
}

fn reason(body: &[u8]) -> String {
    match outcome(body) {
        IssuerOutcome::Invalid { reason } => reason.to_string(),
        IssuerOutcome::Readable { subject } => panic!("{subject} is readable"),
    }
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], content].concat()
}

/// Certificates alone, as `openssl crl2pkcs7 -nocrl` writes them.
fn bundle(certificates: &[&[u8]]) -> Vec<u8> {
    let content = tagged(0x30, &tagged(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]));
    let parts =
        [vec![2, 1, 1], tagged(0x31, &[]), content, tagged(0xa0, &certificates.concat()), tagged(0x31, &[])].concat();
    let signed = tagged(0xa0, &tagged(0x30, &parts));
    tagged(0x30, &[tagged(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2]), signed].concat())
}

#[test]
fn der_pem_and_bundles_are_read() {
    let root = Authority::root("Root");
    let inter = root.intermediate("Intermediate", USUAL).certificate;
    let base64 = base64::engine::general_purpose::STANDARD.encode(&inter);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
    let followed = [&inter[..], b"\n"].concat();
    for body in [&inter[..], pem.as_bytes(), &bundle(&[&inter, &root.certificate]), &followed] {
        match outcome(body) {
            IssuerOutcome::Readable { subject } => assert!(subject.as_str().contains("CN=Intermediate"), "{subject}"),
            IssuerOutcome::Invalid { reason } => panic!("{reason}"),
        }
    }
}

#[test]
fn what_comes_in_place_of_one_is_named() {
    let certificate = Authority::root("Root").certificate;
    for (body, words) in [
        (&b""[..], "the body is empty"),
        (b"<html>Blocked</html>", "it is an HTML page"),
        (&[0x1f, 0x8b, 8, 0], "it is compressed with gzip, which was not asked for"),
        (&[0x30, 0x80, 0, 0], "its length is indefinite: BER, not DER"),
        (&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], "it is cut short: 6 of 4294967301 bytes came"),
        (&[0x30, 0], "its DER is neither a certificate nor a bundle of some"),
        (&bundle(&[]), "it is a bundle without any certificate"),
        (&bundle(&[&[0x30, 0]]), "it is a bundle without any certificate"),
    ] {
        assert_eq!(reason(body), words);
    }
    let endless = BodyFacts { limit_reached: true, ..BodyFacts::default() };
    assert!(matches!(read(&certificate, &endless), IssuerOutcome::Invalid { .. }));
}

#[test]
fn one_that_is_cut_anywhere_is_none() {
    let certificate = Authority::root("Root").certificate;
    for body in [certificate.to_vec(), bundle(&[&certificate])] {
        for length in 0..body.len() {
            reason(&body[..length]);
        }
    }
}
