use time::Duration;
use time::macros::datetime;

use super::*;
use crate::observation::{ChainTrust, CrlOutcome, TlsFacts};
use crate::plan::{Endpoint, Path, PathOptions, Way};

const NOW: OffsetDateTime = datetime!(2026-06-01 00:00 UTC);

fn pair(url: &str) -> Pair {
    let path = Path { name: "direct".to_owned(), way: Way::Direct, options: PathOptions::default() };
    Pair { endpoint: Arc::new(Endpoint::new("a", url.parse().unwrap())), path: Arc::new(path) }
}

/// A list of so many days ago, good for so many days, that revokes these.
fn list(age: i64, good_for: i64, revokes: &[&str]) -> CrlFacts {
    let this_update = NOW - Duration::days(age);
    CrlFacts {
        next_update: Some(this_update + Duration::days(good_for)),
        revokes: revokes.iter().map(|leaf| (*leaf).to_owned()).collect(),
        signature: CrlSignature::Valid,
        ..CrlFacts::of("CN=CA".into(), this_update)
    }
}

fn answer(age: i64, good_for: i64, status: CertificateStatus) -> Observation {
    let this_update = NOW - Duration::days(age);
    let answer = OcspAnswer {
        status,
        this_update,
        next_update: Some(this_update + Duration::days(good_for)),
        signed_with: Clean::default(),
        signature: CrlSignature::Valid,
        signature_reason: None,
    };
    let outcome = OcspOutcome::Answered(answer);
    let ocsp = OcspFacts { certificate: "leaf".to_owned(), subject: Clean::default(), outcome };
    Observation { ocsp: Some(Box::new(ocsp)), ..Observation::empty(NOW) }
}

#[derive(Default)]
struct World(Revoked);

impl World {
    fn hears_list(&self, list: CrlFacts) -> &Self {
        let seen = Observation { crl: Some(Box::new(CrlOutcome::Parsed(list))), ..Observation::empty(NOW) };
        self.0.note(&pair("http://crl.example/a.crl"), &seen);
        self
    }

    fn hears(&self, seen: &Observation) -> &Self {
        self.0.note(&pair("http://ocsp.example/"), seen);
        self
    }

    fn knows(&self) -> bool {
        let tls = TlsFacts { leaf_sha256: Some("leaf".into()), ..TlsFacts::of(ChainTrust::Public) };
        self.0.of(&Observation { tls: Some(tls), ..Observation::empty(NOW) }).is_some()
    }
}

const REVOKED: CertificateStatus = CertificateStatus::Revoked { at: datetime!(2026-05-30 00:00 UTC) };

#[test]
fn a_newer_word_of_the_same_kind_takes_a_revocation_back() {
    let world = World::default();
    assert!(world.hears_list(list(2, 7, &["leaf"])).knows());
    assert!(!world.hears_list(list(1, 7, &[])).knows());
    assert!(!world.hears_list(list(2, 7, &["leaf"])).knows(), "that is the older list again");
    assert!(world.hears_list(list(1, 7, &["leaf"])).knows(), "it was not compared with this leaf before");

    let world = World::default();
    assert!(world.hears(&answer(2, 7, REVOKED)).knows());
    assert!(!world.hears(&answer(1, 7, CertificateStatus::Good)).knows());
}

#[test]
fn an_older_word_lifts_nothing() {
    let world = World::default();
    world.hears_list(list(2, 7, &["leaf"]));
    assert!(world.hears_list(list(6, 7, &[])).knows(), "a cache on some path has the list from before");
    assert!(world.hears_list(list(2, 7, &[])).knows(), "compared with other certificates");

    let world = World::default();
    world.hears(&answer(2, 7, REVOKED));
    assert!(world.hears(&answer(6, 7, CertificateStatus::Good)).knows());
    assert!(world.hears(&answer(1, 7, CertificateStatus::Unknown)).knows());
}

#[test]
fn what_is_no_longer_good_lifts_nothing() {
    let world = World::default();
    world.hears_list(list(20, 7, &["leaf"]));
    assert!(world.hears_list(list(10, 7, &[])).knows());
    let world = World::default();
    world.hears(&answer(20, 7, REVOKED));
    assert!(world.hears(&answer(10, 7, CertificateStatus::Good)).knows());
}

#[test]
fn what_is_unchanged_lifts_nothing() {
    let world = World::default();
    world.hears_list(list(2, 7, &["leaf"]));
    let unchanged = CrlFacts { unchanged_since: Some(NOW), ..list(1, 7, &[]) };
    assert!(world.hears_list(unchanged).knows(), "it was compared before the leaf was met");
}

#[test]
fn another_list_in_the_same_place_lifts_nothing() {
    let world = World::default();
    world.hears_list(list(2, 7, &["leaf"]));
    assert!(world.hears_list(CrlFacts { issuer: "CN=Other".into(), ..list(1, 7, &[]) }).knows());
    let delta = CrlScope { delta_of: Some("1".to_owned()), ..CrlScope::default() };
    assert!(world.hears_list(CrlFacts { scope: delta, ..list(1, 7, &[]) }).knows());
    assert!(world.hears(&answer(1, 7, CertificateStatus::Good)).knows(), "a responder knows less than the list");
}

#[test]
fn what_nobody_signed_says_nothing() {
    let world = World::default();
    for signature in [CrlSignature::Invalid, CrlSignature::Unchecked] {
        assert!(!world.hears_list(CrlFacts { signature, ..list(2, 7, &["leaf"]) }).knows());
    }
    world.hears_list(list(2, 7, &["leaf"]));
    assert!(world.hears_list(CrlFacts { signature: CrlSignature::Unchecked, ..list(1, 7, &[]) }).knows());
}
