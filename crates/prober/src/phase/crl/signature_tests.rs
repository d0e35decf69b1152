//! Signatures of every kind, by those who made them and by others.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer, KeyIdMethod, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519,
    PKCS_RSA_SHA256, PKCS_RSA_SHA384, PKCS_RSA_SHA512, SerialNumber, SignatureAlgorithm,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use time::macros::datetime;

use super::*;
use crate::observation::CrlSignature::{self, Invalid, Unchecked, Valid};
use crate::trust::signer::{KnownSigners, Signer};

/// Somebody who signs lists.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// How its lists name its key.
    key_ids: KeyIdMethod,
    certificate: CertificateDer<'static>,
}

impl Authority {
    fn new(name: &str, algorithm: &'static SignatureAlgorithm) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::CrlSign, KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate_for(algorithm).unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), key_ids: KeyIdMethod::Sha256, certificate }
    }

    fn list(&self) -> Vec<u8> {
        let params = CertificateRevocationListParams {
            this_update: datetime!(2026-01-02 03:04:05 UTC),
            next_update: datetime!(2027-01-01 00:00 UTC),
            crl_number: SerialNumber::from(7),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: self.key_ids.clone(),
        };
        params.signed_by(&self.issuer).unwrap().der().to_vec()
    }

    fn signer(&self) -> Signer {
        Signer::of_certificate(&self.certificate).unwrap()
    }

    /// Known from a chain that proved its leaf.
    fn met(&self) -> KnownSigners {
        let known = KnownSigners::new(Vec::new());
        known.meet([&self.certificate]);
        known
    }
}

fn signature(body: &[u8], signers: Signers<'_>) -> (CrlSignature, String) {
    let facts = BodyFacts { bytes: body.len() as u64, complete: true, ..BodyFacts::default() };
    match read(body, &facts, signers) {
        CrlOutcome::Parsed(list) => {
            (list.signature, list.signature_reason.map(|reason| reason.to_string()).unwrap_or_default())
        }
        other => panic!("{other:?}"),
    }
}

fn only(certificate: &[u8]) -> Vec<Signer> {
    vec![Signer::of_certificate(&CertificateDer::from_pem_slice(certificate).unwrap()).unwrap()]
}

#[test]
fn every_algorithm_in_use_is_checked() {
    for algorithm in [
        &PKCS_RSA_SHA256,
        &PKCS_RSA_SHA384,
        &PKCS_RSA_SHA512,
        &PKCS_ECDSA_P256_SHA256,
        &PKCS_ECDSA_P384_SHA384,
        &PKCS_ECDSA_P521_SHA512,
        &PKCS_ED25519,
    ] {
        let (ours, other) = (Authority::new("CA", algorithm), Authority::new("CA", algorithm));
        let list = ours.list();
        assert_eq!(signature(&list, Signers::Only(&[ours.signer()])).0, Valid, "{algorithm:?}");
        assert_eq!(signature(&list, Signers::Known(&ours.met())).0, Valid, "{algorithm:?}");
        assert_eq!(signature(&list, Signers::Only(&[other.signer(), ours.signer()])).0, Valid, "{algorithm:?}");
        assert_eq!(signature(&list, Signers::Only(&[other.signer()])).0, Invalid, "{algorithm:?}");

        let mut forged = list.clone();
        *forged.last_mut().unwrap() ^= 1;
        let (verdict, reason) = signature(&forged, Signers::Known(&ours.met()));
        assert_eq!((verdict, reason.as_str()), (Invalid, "the issuer's key did not make this signature"));
    }
}

/// Made by `openssl ca -gencrl`, with `-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32` and by a key of 1024 bits.
#[test]
fn pss_is_checked_and_a_short_key_proves_nothing() {
    let (pss, ca) = (include_bytes!("samples/pss.crl"), include_bytes!("samples/pss.pem"));
    assert_eq!(signature(pss, Signers::Only(&only(ca))).0, Valid);
    let (weak, ca) = (include_bytes!("samples/weak.crl"), include_bytes!("samples/weak.pem"));
    let (verdict, reason) = signature(weak, Signers::Only(&only(ca)));
    assert_eq!((verdict, reason.as_str()), (Unchecked, "weak: the issuer's RSA key has less than 2048 bits"));
}

#[test]
fn whose_it_is_decides_what_an_unknown_signature_means() {
    let (ours, namesake, other) = (
        Authority::new("CA", &PKCS_ECDSA_P256_SHA256),
        Authority::new("CA", &PKCS_ECDSA_P256_SHA256),
        Authority::new("Other CA", &PKCS_ECDSA_P256_SHA256),
    );
    let list = ours.list();
    // An authority may change its key; whoever was named in the configuration may not.
    for (signer, known, configured) in [
        (
            &namesake,
            "the issuer has another key, which is not known here",
            "another key than the configured issuer's made it",
        ),
        (
            &other,
            "the issuer's certificate is not known here",
            "the list is not issued in the name of the configured issuer",
        ),
    ] {
        assert_eq!(signature(&list, Signers::Known(&signer.met())), (Unchecked, known.to_owned()));
        assert_eq!(signature(&list, Signers::Only(&[signer.signer()])), (Invalid, configured.to_owned()));
    }
}

#[test]
fn roots_sign_lists_too() {
    let root = Authority::new("Root", &PKCS_ECDSA_P256_SHA256);
    let anchor = webpki::anchor_from_trusted_cert(&root.certificate).unwrap().to_owned();
    assert_eq!(signature(&root.list(), Signers::Known(&KnownSigners::new(vec![anchor]))).0, Valid);
}

#[test]
fn a_certificate_without_that_use_signs_no_list() {
    let mut params = CertificateParams::default();
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate().unwrap();
    assert_eq!(Signer::of_certificate(params.self_signed(&key).unwrap().der()), None);
    assert_eq!(Signer::of_certificate(&CertificateDer::from(vec![0x30, 0])), None);
}

#[test]
fn who_is_met_is_bounded_and_kept_once() {
    let known = KnownSigners::new(Vec::new());
    let one = Authority::new("CA", &PKCS_ECDSA_P256_SHA256);
    for _ in 0..3 {
        known.meet([&one.certificate]);
    }
    assert_eq!(signature(&one.list(), Signers::Known(&known)).0, Valid);
    let many: Vec<_> = (0..2000_u32).map(|number| CertificateDer::from(number.to_be_bytes().to_vec())).collect();
    known.meet(&many);
    let late = Authority::new("Late CA", &PKCS_ECDSA_P256_SHA256);
    assert_eq!(signature(&one.list(), Signers::Known(&known)).0, Unchecked, "met first, and forgotten");
    known.meet([&late.certificate]);
    assert_eq!(signature(&late.list(), Signers::Known(&known)).0, Valid);
}

/// The same as `v1-md5.crl` of the other tests: for such a list its name is all that can be checked.
#[test]
fn a_worthless_signature_excuses_no_other_name() {
    let old = include_bytes!("samples/v1-md5.crl");
    let other = Authority::new("Other CA", &PKCS_ECDSA_P256_SHA256);
    let (verdict, reason) = signature(old, Signers::Only(&[other.signer()]));
    assert_eq!((verdict, reason.as_str()), (Invalid, "the list is not issued in the name of the configured issuer"));
    assert_eq!(signature(old, Signers::Known(&other.met())).0, Unchecked);
}

#[test]
fn a_root_that_did_not_sign_is_known_by_its_key() {
    let root = Authority::new("Root", &PKCS_ECDSA_P256_SHA256);
    let anchor = webpki::anchor_from_trusted_cert(&root.certificate).unwrap().to_owned();
    let known = KnownSigners::new(vec![anchor]);
    // As most authorities name their key: RFC 5280, section 4.2.1.2, method 1.
    let id = digest(&SHA1_FOR_LEGACY_USE_ONLY, root.issuer.key().public_key_raw());
    let mut forged = Authority { key_ids: KeyIdMethod::PreSpecified(id.as_ref().to_vec()), ..root }.list();
    assert_eq!(signature(&forged, Signers::Known(&known)).0, Valid);
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(signature(&forged, Signers::Known(&known)).0, Invalid);
}

#[test]
fn an_endless_object_identifier_is_not_written_out() {
    let long = [vec![0x2a], vec![1; 100_000]].concat();
    let id = x509_parser::asn1_rs::Oid::new(long.into());
    assert_eq!(super::signature::oid_in_words(&id).as_str(), "an object identifier of 100001 bytes");
}
