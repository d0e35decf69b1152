use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer, KeyIdMethod, KeyPair,
    KeyUsagePurpose, RevokedCertParams, SerialNumber,
};
use time::macros::datetime;

use super::*;
use crate::observation::{CrlFacts, CrlScope, CrlSignature};
use crate::trust::signer::KnownSigners;

fn authority() -> (CertificateParams, KeyPair) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Test CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::CrlSign, KeyUsagePurpose::KeyCertSign];
    (params, KeyPair::generate().unwrap())
}

fn list(revoked: u32, number: &[u8]) -> rcgen::CertificateRevocationList {
    let (params, key) = authority();
    let revoked_certs = (1..=revoked).map(|serial| RevokedCertParams {
        serial_number: SerialNumber::from(u64::from(serial)),
        revocation_time: datetime!(2026-01-01 00:00 UTC),
        reason_code: None,
        invalidity_date: None,
    });
    let params_of_list = CertificateRevocationListParams {
        this_update: datetime!(2026-01-02 03:04:05 UTC),
        next_update: datetime!(2051-01-01 00:00 UTC),
        crl_number: SerialNumber::from_slice(number),
        issuing_distribution_point: None,
        revoked_certs: revoked_certs.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params_of_list.signed_by(&Issuer::new(params, key)).unwrap()
}

fn der(revoked: u32) -> Vec<u8> {
    list(revoked, &[1, 0]).der().to_vec()
}

/// Reads a body that came whole, and that one of these should have signed.
fn read_by(body: &[u8], signers: Signers<'_>) -> CrlOutcome {
    read(body, &BodyFacts { bytes: body.len() as u64, complete: true, ..BodyFacts::default() }, signers)
}

/// Reads a body that came whole, where nobody is known.
fn read_whole(body: &[u8]) -> CrlOutcome {
    read_by(body, Signers::Known(&KnownSigners::new(Vec::new())))
}

fn parsed(outcome: CrlOutcome) -> CrlFacts {
    match outcome {
        CrlOutcome::Parsed(facts) => facts,
        other => panic!("{other:?}"),
    }
}

fn reason(outcome: CrlOutcome) -> String {
    match outcome {
        CrlOutcome::Invalid { reason } => reason.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_list_says_who_when_and_how_many() {
    let body = der(300);
    let facts = parsed(read_whole(&body));
    let expected = CrlFacts {
        issuer: "CN=Test CA".into(),
        number: Some("256".to_owned()),
        this_update: datetime!(2026-01-02 03:04:05 UTC),
        // After 2049 it is a GeneralizedTime (RFC 5280, section 5.1.2.5).
        next_update: Some(datetime!(2051-01-01 00:00 UTC)),
        scope: CrlScope::default(),
        authority_key: facts.authority_key.clone(),
        signed_with: "ecdsa-with-SHA256".into(),
        unknown_critical: Vec::new(),
        revoked: 300,
        revokes: Vec::new(),
        bytes: body.len() as u64,
        unchanged_since: None,
        signature: CrlSignature::Unchecked,
        signature_reason: Some("the issuer's certificate is not known here".into()),
    };
    assert!(facts.issuer.as_str().contains("CN=Test CA"), "{}", facts.issuer);
    assert_eq!(CrlFacts { issuer: expected.issuer.clone(), ..facts }, expected);
}

#[test]
fn numbers_are_decimal_up_to_a_sensible_length() {
    let long = parsed(read_whole(list(0, &[0x7f; 20]).der())).number.unwrap();
    assert_eq!(long, "727885129180488904360266563744972327436484050815");
    assert_eq!(parsed(read_whole(list(0, &[0x7f; 40]).der())).number, None);
}

#[test]
fn pem_is_read_with_text_around_it_and_any_line_ends() {
    let pem = list(2, &[7]).pem().unwrap();
    for body in
        [pem.clone(), format!("Certificate Revocation List:\r\n  issued by us\r\n{}", pem.replace('\n', "\r\n"))]
    {
        let facts = parsed(read_whole(body.as_bytes()));
        assert_eq!((facts.revoked, facts.bytes), (2, body.len() as u64));
    }
}

#[test]
fn cut_anywhere_it_is_truncated_or_too_short_to_tell() {
    let body = der(3);
    for length in 0..body.len() {
        match read_whole(&body[..length]) {
            CrlOutcome::Truncated { announced, received } => {
                assert_eq!((announced, received), (body.len() as u64, length as u64));
            }
            CrlOutcome::Invalid { .. } => assert!(length < 4, "{length}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn every_flipped_octet_is_survived() {
    let body = der(3);
    for index in 0..body.len() {
        let mut broken = body.clone();
        broken[index] ^= 0xff;
        // Some octets mean nothing to us (the signature's), most break the list; none may panic or hang.
        let outcome = read_whole(&broken);
        assert!(index != 0 || matches!(outcome, CrlOutcome::Invalid { .. }));
    }
}

#[test]
fn short_of_its_content_length_anything_is_truncated() {
    let facts = BodyFacts { announced: Some(100), complete: false, ..BodyFacts::default() };
    assert_eq!(read(b"<html>", &facts, Signers::Only(&[])), CrlOutcome::Truncated { announced: 100, received: 6 });
}

#[test]
fn bytes_behind_a_list_are_let_pass() {
    let body = [der(1), b"garbage".to_vec()].concat();
    assert_eq!(parsed(read_whole(&body)).bytes, body.len() as u64);
}

#[test]
fn other_things_are_called_by_their_name() {
    let (params, key) = authority();
    let certificate = params.self_signed(&key).unwrap();
    for (body, words) in [
        (&b""[..], "the body is empty"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html></html>", "it is an HTML page"),
        (b"<script>location='/login'</script>", "it is an HTML page"),
        (b"<?xml version=\"1.0\"?><Error/>", "it is an XML document"),
        (b"{\"error\": \"not found\"}", "it is JSON"),
        (b"Not Found\n", "it is plain text"),
        (b"\x1f\x8b\x08\x00", "it is compressed with gzip, which was not asked for"),
        (b"\x00\x01\x02", "it is neither DER nor PEM"),
        (b"MIIBszCBnDANBgkqhkiG9w0B\r\n", "it is Base64 without the lines that make it PEM"),
        (b"\x30\x80\x30\x80\x00\x00\x00\x00", "its length is indefinite: BER, not DER"),
        (b"\x30\x84\xff\xff\xff\xff", "it announces 4294967301 bytes, more than any CRL is taken for"),
        (
            b"\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff",
            "it announces 18446744073709551615 bytes, more than any CRL is taken for",
        ),
        (b"\x30\x03\x02\x01\x01", "its signed part cannot be read"),
        (certificate.der(), "it is a certificate"),
        (certificate.pem().as_bytes(), "it is PEM of another kind: CERTIFICATE"),
        (b"-----BEGIN X509 CRL-----\nMIIB\n", "its PEM block cannot be read: incomplete PEM"),
    ] {
        assert_eq!(reason(read_whole(body)), words);
    }
}

#[test]
fn a_long_list_costs_no_memory_of_its_own() {
    let facts = parsed(read_whole(&der(20_000)));
    assert_eq!(facts.revoked, 20_000);
}

/// Made by `openssl ca -gencrl -md md5` and `-md sha1`, the former without extensions and hence of version 1.
#[test]
fn old_lists_are_read_and_their_signatures_called_worthless() {
    for (body, number, reason) in [
        (
            &include_bytes!("samples/v1-md5.crl")[..],
            None,
            "weak: signed with md5WithRSAEncryption, which proves nothing",
        ),
        (
            include_bytes!("samples/v2-sha1.crl"),
            Some("10"),
            "weak: signed with sha1WithRSAEncryption, which proves nothing",
        ),
    ] {
        let facts = parsed(read_whole(body));
        assert_eq!(facts.issuer.as_str(), "O=reachwatch tests, CN=Old Habits CA");
        assert_eq!((facts.number.as_deref(), facts.revoked), (number, 0));
        assert_eq!(facts.signature_reason.unwrap().as_str(), reason);
    }
}
