//! What chains are worth, each made for the case.

use rustls::pki_types::ServerName;
use time::macros::datetime;
use x509_parser::prelude::FromDer;

use super::pki::{Authority, FUTURE, NOW, PAST, USUAL, self_signed};
use super::*;

/// What a chain has to be worth: trust, validity, whether the name matches, whether only an issuer was missing.
type Worth = (ChainTrust, Validity, bool, bool);

fn worth(plan: &TlsPlan, chain: &[&CertificateDer<'static>]) -> (Worth, String) {
    let store = TrustStore::new(plan, RootsChoice::Bundled).unwrap();
    let chain: Vec<_> = chain.iter().map(|certificate| (*certificate).clone()).collect();
    let facts: Vec<_> = chain.iter().map(certificate::facts).collect();
    let verdict = store.verify(&chain, &facts, &ServerName::try_from("good.example").unwrap(), NOW);
    let reason = verdict.reason.map(|reason| reason.to_string()).unwrap_or_default();
    ((verdict.trust, verdict.validity, verdict.name_matches, verdict.issuer_unknown), reason)
}

fn trusting(root: &Authority) -> TlsPlan {
    TlsPlan { extra_roots: vec![root.certificate.clone()], inspection_roots: vec![] }
}

#[test]
fn the_parts_of_a_verdict_are_independent() {
    use ChainTrust::{Extra, Untrusted};
    use Validity::{Expired, NotYetValid, Valid};
    let (root, stranger) = (Authority::root("Root"), Authority::root("Stranger"));
    let inter = root.intermediate("Intermediate", USUAL);
    let old_inter = root.intermediate("Intermediate", PAST);
    let strange_inter = stranger.intermediate("Intermediate", USUAL);
    let good = inter.leaf("good.example", USUAL);
    let old = inter.leaf("good.example", PAST);
    let early = inter.leaf("good.example", FUTURE);
    let other = inter.leaf("other.example", USUAL);
    let other_and_old = inter.leaf("other.example", PAST);
    let under_old = old_inter.leaf("good.example", USUAL);
    let strange = strange_inter.leaf("good.example", USUAL);
    let strange_and_old = strange_inter.leaf("good.example", PAST);
    let alone = self_signed("good.example");

    let cases = [
        ("good", vec![&good.certificate, &inter.certificate], (Extra, Valid, true, false)),
        ("with its root", vec![&good.certificate, &inter.certificate, &root.certificate], (Extra, Valid, true, false)),
        ("expired", vec![&old.certificate, &inter.certificate], (Extra, Expired, true, false)),
        ("not yet valid", vec![&early.certificate, &inter.certificate], (Extra, NotYetValid, true, false)),
        ("wrong name", vec![&other.certificate, &inter.certificate], (Extra, Valid, false, false)),
        ("wrong name, expired", vec![&other_and_old.certificate, &inter.certificate], (Extra, Expired, false, false)),
        ("intermediate expired", vec![&under_old.certificate, &old_inter.certificate], (Extra, Expired, true, false)),
        ("intermediate missing", vec![&good.certificate], (Untrusted, Valid, true, true)),
        ("strange", vec![&strange.certificate, &strange_inter.certificate], (Untrusted, Valid, true, true)),
        (
            "strange, expired",
            vec![&strange_and_old.certificate, &strange_inter.certificate],
            (Untrusted, Expired, true, true),
        ),
        ("self-signed", vec![&alone.certificate], (Untrusted, Valid, true, true)),
        ("a CA as a server", vec![&root.certificate], (Untrusted, Valid, false, false)),
        // Servers send along what nobody needs; it must not spoil the search for a time.
        (
            "expired beside a useless one",
            vec![&old.certificate, &inter.certificate, &early.certificate],
            (Extra, Expired, true, false),
        ),
        ("nothing", vec![], (Untrusted, Valid, false, false)),
    ];
    for (what, chain, expected) in cases {
        let (found, reason) = worth(&trusting(&root), &chain);
        assert_eq!(found, expected, "{what}: {reason}");
        let content = matches!(what, "good" | "with its root" | "nothing");
        assert_eq!(reason.is_empty(), content, "{what}: {reason}");
    }
}

#[test]
fn reasons_are_words() {
    let root = Authority::root("Root");
    let plan = trusting(&root);
    let reason = |leaf: pki::Leaf| worth(&plan, &[&leaf.certificate]).1;
    assert_eq!(reason(root.leaf("good.example", PAST)), "a certificate expired on 2026-02-01T00:00:00Z");
    assert_eq!(reason(root.leaf("good.example", FUTURE)), "a certificate is not valid before 2026-12-01T00:00:00Z");
    assert_eq!(reason(self_signed("good.example")), "it ends at an issuer that is not trusted here");
    assert_eq!(
        reason(root.leaf("other.example", USUAL)),
        "the certificate is not for good.example but for other.example"
    );
}

#[test]
fn an_expired_certificate_of_strangers_is_first_of_all_untrusted() {
    let stranger = Authority::root("Stranger");
    let old = stranger.leaf("good.example", PAST);
    let (_, reason) = worth(&TlsPlan::default(), &[&old.certificate]);
    assert_eq!(reason, "it ends at an issuer that is not trusted here");
}

#[test]
fn inspection_stays_inspection_among_the_extra_roots() {
    let root = Authority::root("Corporate");
    let leaf = root.leaf("good.example", USUAL);
    let certificates = vec![root.certificate.clone()];
    let plan = TlsPlan { extra_roots: certificates.clone(), inspection_roots: certificates };
    assert_eq!(worth(&plan, &[&leaf.certificate]).0.0, ChainTrust::Inspection);
}

#[test]
fn garbage_is_untrusted_and_no_root() {
    let garbage = CertificateDer::from(vec![0x30, 0x03, 0x02, 0x01, 0x05]);
    assert_eq!(worth(&TlsPlan::default(), &[&garbage]).0, (ChainTrust::Untrusted, Validity::Valid, false, false));
    let plan = TlsPlan { extra_roots: vec![garbage], inspection_roots: vec![] };
    assert_eq!(TrustStore::new(&plan, RootsChoice::Bundled).unwrap_err().what, "extra root");
}

#[test]
fn every_anchor_knows_its_set() {
    let (extra, inspection) = (Authority::root("Extra"), Authority::root("Inspection"));
    let plan = TlsPlan {
        extra_roots: vec![extra.certificate.clone()],
        inspection_roots: vec![inspection.certificate.clone()],
    };
    let store = TrustStore::new(&plan, RootsChoice::Bundled).unwrap();
    let count = |set| store.anchors.iter().filter(|anchor| store.set_of(anchor) == set).count();
    assert_eq!(count(ChainTrust::Inspection), 1);
    assert_eq!(count(ChainTrust::Microsoft), 2);
    assert_eq!(count(ChainTrust::Public), webpki_roots::TLS_SERVER_ROOTS.len());
    assert_eq!(count(ChainTrust::Extra), 1);
    assert_eq!(count(ChainTrust::Untrusted), 0);
    let stranger = anchor_from_trusted_cert(&extra.certificate).unwrap();
    assert_eq!(store.set_of(&stranger), ChainTrust::Untrusted, "an anchor is known by place, not by looks");
}

#[test]
fn the_systems_store_is_taken_as_far_as_it_can_be_read() {
    let folder = std::env::temp_dir().join(format!("prober-system-store-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("roots.pem");
    let pem = |der: &[u8]| {
        let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
        format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
    };
    let add = |text: String| {
        std::fs::write(&file, text).unwrap();
        let mut store = TrustStore { anchors: Vec::new(), sets: Vec::new() };
        store.add_system(&rustls_native_certs::load_certs_from_paths(Some(&file), None)).map(|()| store.anchors.len())
    };
    let root = Authority::root("Root");
    assert_eq!(add(pem(&root.certificate) + &pem(&[0x30, 0]) + &pem(&Authority::root("Other").certificate)), Ok(2));
    assert_eq!(add(String::new()).unwrap_err().what, "the system's root store");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn microsofts_roots_are_the_ones_that_everybody_pins() {
    let pinned = [
        ("2010", "DF545BF919A2439C36983B54CDFC903DFA4F37D3996D8D84B4C31EEC6F3C163E"),
        ("2011", "847DF6A78497943F27FC72EB93F9A637320A02B561D0A91B09E87A7807ED7C61"),
    ];
    let roots = microsoft_roots().unwrap();
    assert_eq!(roots.len(), pinned.len());
    for (root, (year, sha256)) in roots.iter().zip(pinned) {
        let digest = rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256
            .tls13()
            .unwrap()
            .common
            .hash_provider
            .hash(root.as_ref());
        let hex: String = digest.as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02X}"));
        assert_eq!(hex, sha256, "{year}");
        let (_, certificate) = x509_parser::certificate::X509Certificate::from_der(root.as_ref()).unwrap();
        assert!(certificate.subject().to_string().ends_with(&format!("Root Certificate Authority {year}")));
    }
}

/// What is sent along and not needed has no part in it, an intermediate has.
#[test]
fn a_chain_holds_while_all_certificates_hold_that_it_needs() {
    let root = Authority::root("Root");
    let inter = root.intermediate("Intermediate", (USUAL.0, datetime!(2026-08-01 0:00 UTC)));
    let unneeded = root.intermediate("Unneeded", PAST);
    let (good, old) = (inter.leaf("good.example", USUAL), inter.leaf("good.example", PAST));
    let store = TrustStore::new(&trusting(&root), RootsChoice::Bundled).unwrap();
    let period = |chain: &[&CertificateDer<'static>]| {
        let chain: Vec<_> = chain.iter().map(|certificate| (*certificate).clone()).collect();
        let facts: Vec<_> = chain.iter().map(certificate::facts).collect();
        let host = ServerName::try_from("good.example").unwrap();
        store.verify(&chain, &facts, &host, NOW).period.map(|period| (period.not_before, period.not_after))
    };
    let expected = Some((USUAL.0, datetime!(2026-08-01 0:00 UTC)));
    assert_eq!(period(&[&good.certificate, &inter.certificate]), expected);
    assert_eq!(period(&[&good.certificate, &unneeded.certificate, &inter.certificate]), expected);
    assert_eq!(period(&[&old.certificate, &inter.certificate]), Some((USUAL.0, PAST.1)));
    assert_eq!(period(&[&good.certificate]), None);
}
