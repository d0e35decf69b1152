//! Completing chains from a scripted publisher.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use time::OffsetDateTime;

use super::*;
use crate::net::Clock;
use crate::observation::{Validity, Verification};
use crate::plan::{RootsChoice, TlsPlan};
use crate::trust::pki::{Authority, Leaf, NOW, PAST, USUAL};

#[derive(Debug)]
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> OffsetDateTime {
        NOW
    }
}

/// Publishes bodies by address, and notes what was asked for.
#[derive(Default)]
struct Publisher {
    bodies: BTreeMap<String, Vec<u8>>,
    asked: Mutex<Vec<String>>,
    hangs: bool,
}

impl FetchIssuer for Publisher {
    async fn fetch(&self, url: &Url, _by: Instant) -> Option<Vec<u8>> {
        self.asked.lock().unwrap().push(url.to_string());
        if self.hangs {
            std::future::pending::<()>().await;
        }
        self.bodies.get(url.as_str()).cloned()
    }
}

fn publisher(bodies: &[(&str, &[u8])]) -> Publisher {
    let bodies = bodies.iter().map(|(url, body)| ((*url).to_owned(), body.to_vec())).collect();
    Publisher { bodies, ..Publisher::default() }
}

const ONE: &str = "http://aia.example/one.crt";
const TWO: &str = "http://aia.example/two.crt";

/// The verification of a server that presents a leaf alone, once the publisher has been asked; and what it was asked.
async fn completed(root: &Authority, leaf: &Leaf, publisher: &Publisher) -> (Verification, Vec<String>) {
    let plan = TlsPlan { extra_roots: vec![root.certificate.clone()], inspection_roots: vec![] };
    let connector = Connector::new(&plan, RootsChoice::Bundled, Arc::new(StoppedClock)).unwrap();
    let chain: Arc<[_]> = Arc::new([certificate::facts(&leaf.certificate)]);
    let verdict = connector.verify(std::slice::from_ref(&leaf.certificate), &chain, "good.example").unwrap();
    let mut facts = TlsFacts { chain, ..TlsFacts::of(verdict.trust) };
    facts.verification.validity = verdict.validity;
    facts.verification.name_matches = verdict.name_matches;
    facts.verification.reason = verdict.reason;
    if let Some(open) = OpenChain::from_parts([&leaf.certificate].into_iter(), &facts) {
        let by = Instant::now() + Duration::from_secs(5);
        open.complete(&connector, "good.example", &mut facts, publisher, by).await;
    }
    assert_eq!(facts.chain.len(), 1, "facts tell what the server sent, not what was fetched");
    (facts.verification, publisher.asked.lock().unwrap().clone())
}

#[tokio::test(start_paused = true)]
async fn a_missing_intermediate_is_fetched() {
    let root = Authority::root("Root");
    let inter = root.intermediate("Intermediate", USUAL);
    let leaf = inter.leaf_with_aia("good.example", ONE);
    let (verification, asked) = completed(&root, &leaf, &publisher(&[(ONE, &inter.certificate)])).await;
    assert_eq!((verification.trust, verification.completed_by_aia), (ChainTrust::Extra, true));
    assert_eq!((verification.reason, asked), (None, vec![ONE.to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn several_missing_intermediates_are_fetched_one_by_one() {
    let root = Authority::root("Root");
    let upper = root.intermediate("Upper", USUAL);
    let lower = upper.intermediate_with_aia("Lower", TWO);
    let leaf = lower.leaf_with_aia("good.example", ONE);
    let bodies = publisher(&[(ONE, &lower.certificate), (TWO, &upper.certificate)]);
    let (verification, asked) = completed(&root, &leaf, &bodies).await;
    assert_eq!((verification.trust, asked.len()), (ChainTrust::Extra, 2));
}

#[tokio::test(start_paused = true)]
async fn what_is_fetched_has_to_lead_to_a_root() {
    let (root, stranger) = (Authority::root("Root"), Authority::root("Stranger"));
    let inter = stranger.intermediate("Intermediate", USUAL);
    let leaf = inter.leaf_with_aia("good.example", ONE);
    let too_large = vec![0x30; MAX_BYTES + 1];
    let bodies: [&[u8]; 5] = [&inter.certificate, &stranger.certificate, b"<html>Blocked</html>", &too_large, b""];
    for body in bodies {
        let (verification, asked) = completed(&root, &leaf, &publisher(&[(ONE, body)])).await;
        assert_eq!((verification.trust, verification.completed_by_aia), (ChainTrust::Untrusted, false));
        assert_eq!(asked, [ONE]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop_of_publishers_ends() {
    let root = Authority::root("Root");
    let inter = Authority::root("Stranger").intermediate_with_aia("Intermediate", ONE);
    let leaf = inter.leaf_with_aia("good.example", ONE);
    let (verification, asked) = completed(&root, &leaf, &publisher(&[(ONE, &inter.certificate)])).await;
    assert_eq!((verification.trust, asked.len()), (ChainTrust::Untrusted, MAX_FETCHES));
}

#[tokio::test(start_paused = true)]
async fn only_port_80_of_a_named_host_is_asked() {
    let root = Authority::root("Root");
    let inter = root.intermediate("Intermediate", USUAL);
    for url in [
        "http://aia.example:8080/one.crt",
        "http://169.254.169.254/latest",
        "http://[::1]/one.crt",
        "http://user:secret@aia.example/one.crt",
        "https://aia.example/one.crt",
        "ldap://aia.example/one",
    ] {
        let leaf = inter.leaf_with_aia("good.example", url);
        let (verification, asked) = completed(&root, &leaf, &publisher(&[(url, &inter.certificate)])).await;
        assert_eq!((verification.trust, asked), (ChainTrust::Untrusted, vec![]), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_publisher_that_hangs_costs_no_more_than_half_of_what_is_left() {
    let root = Authority::root("Root");
    let leaf = root.intermediate("Intermediate", USUAL).leaf_with_aia("good.example", ONE);
    let start = Instant::now();
    let hanging = Publisher { hangs: true, ..Publisher::default() };
    let (verification, _) = completed(&root, &leaf, &hanging).await;
    assert_eq!(verification.trust, ChainTrust::Untrusted);
    assert_eq!(start.elapsed().as_millis(), 2500);
}

#[tokio::test(start_paused = true)]
async fn an_expired_intermediate_is_trusted_and_expired() {
    let root = Authority::root("Root");
    let inter = root.intermediate("Intermediate", PAST);
    let leaf = inter.leaf_with_aia("good.example", ONE);
    let (verification, _) = completed(&root, &leaf, &publisher(&[(ONE, &inter.certificate)])).await;
    assert_eq!((verification.trust, verification.validity), (ChainTrust::Extra, Validity::Expired));
}

#[test]
fn pem_is_read_too() {
    let root = Authority::root("Root");
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &root.certificate);
    let pem = format!("-----BEGIN CERTIFICATE-----\r\n{base64}\r\n-----END CERTIFICATE-----\r\n");
    assert_eq!(read(pem.as_bytes()), Some(root.certificate));
}
