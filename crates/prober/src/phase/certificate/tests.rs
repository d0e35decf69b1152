//! Certificates as they are published, and what comes in their place.

use base64::Engine as _;

use super::*;
use crate::trust::pki::{Authority, USUAL};

/// The outcome of a body that came whole.
fn outcome(body: &[u8]) -> IssuerOutcome {
    outcome_for(body, &[])
}

/// The same where certificates name these as their issuers.
fn outcome_for(body: &[u8], issuers: &[Vec<u8>]) -> IssuerOutcome {
    read(body, &BodyFacts { bytes: body.len() as u64, complete: true, ..BodyFacts::default() }, issuers)
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
    assert!(matches!(read(&certificate, &endless, &[]), IssuerOutcome::Invalid { .. }));
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

fn name(certificate: &[u8]) -> Vec<u8> {
    let (_, read) = X509Certificate::from_der(certificate).unwrap();
    content(read.subject().as_raw()).unwrap().to_vec()
}

#[test]
fn the_certificate_of_another_is_none() {
    let (root, other) = (Authority::root("Root"), Authority::root("Filter"));
    let wanted = [name(&root.certificate)];
    let subject = |body: &[u8]| match outcome_for(body, &wanted) {
        IssuerOutcome::Readable { subject } => Ok(subject.to_string()),
        IssuerOutcome::Invalid { reason } => Err(reason.to_string()),
    };
    assert!(subject(&root.certificate).unwrap().contains("Root"));
    assert!(subject(&bundle(&[&other.certificate, &root.certificate])).unwrap().contains("Root"));
    let refused = subject(&other.certificate).unwrap_err();
    assert!(refused.starts_with("it is the certificate of another: ") && refused.contains("Filter"), "{refused}");
    assert!(subject(&bundle(&[&other.certificate])).is_err());
}

/// As Java writes it: the outer elements end with an end-of-contents.
#[test]
fn a_bundle_of_indefinite_length_is_read() {
    let root = Authority::root("Root");
    let signed_data = tagged_short(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2]);
    let open = |tag: u8, content: &[u8]| [&[tag, 0x80], content, &[0, 0]].concat();
    let certificates = open(0xa0, &root.certificate);
    let data = tagged_short(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]);
    let parts = [vec![2, 1, 1], vec![0x31, 0], open(0x30, &data), certificates, vec![0x31, 0]].concat();
    let body = open(0x30, &[signed_data, open(0xa0, &open(0x30, &parts))].concat());
    let wanted = [name(&root.certificate)];
    assert!(matches!(outcome_for(&body, &wanted), IssuerOutcome::Readable { .. }));
    assert!(matches!(outcome_for(&body[..80], &wanted), IssuerOutcome::Invalid { .. }));
    let bomb = [&body[..13], &[0x30, 0x82].repeat(30_000)[..]].concat();
    assert!(matches!(outcome_for(&bomb, &wanted), IssuerOutcome::Invalid { .. }));
}

fn tagged_short(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
}
