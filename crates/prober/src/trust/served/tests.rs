use rcgen::{BasicConstraints, CertificateParams, CustomExtension, IsCa, Issuer, KeyPair};
use time::macros::datetime;
use webpki::anchor_from_trusted_cert;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-06-01 00:00 UTC);
const LATER: OffsetDateTime = datetime!(2026-09-01 00:00 UTC);

/// Authority information access with one OCSP responder, at `http://ocsp.example/`.
fn responder() -> CustomExtension {
    let url = b"http://ocsp.example/";
    let access = [&[0x06, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 0x86, 20], &url[..]].concat();
    let length = |content: &[u8]| u8::try_from(content.len()).unwrap();
    let one = [&[0x30, length(&access)], &access[..]].concat();
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], [&[0x30, length(&one)], &one[..]].concat())
}

/// A root, and an authority under it.
struct World {
    root: CertificateDer<'static>,
    root_issuer: Issuer<'static, KeyPair>,
    intermediate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

fn authority(until: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_after = until;
    params
}

impl World {
    fn new() -> Self {
        let (params, key) = (authority(LATER), KeyPair::generate().unwrap());
        let root = params.self_signed(&key).unwrap().der().clone();
        let root_issuer = Issuer::new(params, key);
        let mut params = authority(LATER);
        params.custom_extensions = vec![responder()];
        let key = KeyPair::generate().unwrap();
        let intermediate = params.signed_by(&key, &root_issuer).unwrap().der().clone();
        Self { root, root_issuer, intermediate, issuer: Issuer::new(params, key) }
    }

    fn leaf(&self, until: OffsetDateTime) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(vec!["good.example".to_owned()]).unwrap();
        params.not_after = until;
        params.custom_extensions = vec![responder()];
        params.signed_by(&KeyPair::generate().unwrap(), &self.issuer).unwrap().der().clone()
    }

    fn note(&self, served: &ServedChains, leaf: &CertificateDer<'static>) {
        let chain = [leaf.clone(), self.intermediate.clone()];
        served.note(&chain, &chain, &anchor_from_trusted_cert(&self.root).unwrap());
    }
}

fn url() -> Url {
    "http://ocsp.example/".parse().unwrap()
}

/// The certificates that a responder is asked for in so many probes that it answers.
fn asked(served: &ServedChains, times: usize, now: OffsetDateTime) -> Vec<String> {
    let ask = |_| {
        let link = served.next_to_ask(&url(), "direct", now)?;
        served.answered(&url(), "direct", &link);
        Some(link.certificate)
    };
    (0..times).filter_map(ask).collect()
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_for_what_has_expired_or_been_replaced() {
    let (world, served) = (World::new(), ServedChains::default());
    let (old, new) = (world.leaf(NOW), world.leaf(LATER));
    world.note(&served, &old);
    world.note(&served, &new);
    let names = |certificates: &[&CertificateDer<'_>]| {
        let mut names: Vec<_> = certificates.iter().map(|one| certificate::sha256(one)).collect();
        names.sort();
        names
    };
    let sorted = |now| {
        let mut asked = asked(&served, 3, now);
        asked.sort();
        asked.dedup();
        asked
    };
    assert_eq!(sorted(NOW), names(&[&old, &new, &world.intermediate]));
    let after = NOW + time::Duration::seconds(1);
    assert_eq!(sorted(after), names(&[&new, &world.intermediate]), "the other one has expired");

    tokio::time::advance(KEPT / 2).await;
    assert!(served.again(&[new.clone(), world.intermediate.clone()]).is_some());
    tokio::time::advance(KEPT / 2).await;
    assert_eq!(sorted(NOW), names(&[&new, &world.intermediate]), "nobody has shown the other one for a day");
    tokio::time::advance(KEPT / 2).await;
    assert!(asked(&served, 1, NOW).is_empty());
    assert!(served.leaves_of(&[]).is_empty());
}

#[test]
fn the_same_leaf_under_another_authority_is_another_chain() {
    let (world, served) = (World::new(), ServedChains::default());
    let leaf = world.leaf(LATER);
    world.note(&served, &leaf);
    let cross = authority(LATER).signed_by(world.issuer.key(), &world.root_issuer).unwrap().der().clone();
    assert!(served.again(&[leaf.clone(), world.intermediate.clone()]).is_some());
    assert!(served.again(&[leaf.clone(), cross.clone()]).is_none());

    // It is no new leaf, though: lists need not come again for it.
    let noted = served.noted();
    let chain = [leaf.clone(), cross];
    served.note(&chain, &chain, &anchor_from_trusted_cert(&world.root).unwrap());
    assert_eq!(served.noted(), noted);
    let issuer = Link::new(&leaf, Signer::of_certificate(&world.intermediate).unwrap()).unwrap();
    assert!(!served.has_newer(&issuer.issuer_name, noted));
    assert_eq!(served.leaves_of(issuer.issuer.name()).len(), 1);
}

#[test]
fn leaves_are_asked_for_first_and_the_next_one_after_an_answer() {
    let (world, served) = (World::new(), ServedChains::default());
    let mut leaves: Vec<_> = (0..4).map(|_| world.leaf(LATER)).collect();
    for leaf in &leaves {
        world.note(&served, leaf);
    }
    leaves.sort_by_cached_key(certificate::sha256);
    let mut expected: Vec<_> = leaves.iter().map(certificate::sha256).collect();
    expected.push(certificate::sha256(&world.intermediate));
    assert_eq!(served.count_to_ask(&url(), NOW), 5);

    let next = |path| served.next_to_ask(&url(), path, NOW).unwrap().certificate;
    assert_eq!([next("direct"), next("direct")], [expected[0].as_str(); 2], "nothing was answered yet");
    assert_eq!(asked(&served, 5, NOW), expected);
    assert_eq!((next("direct"), next("hq")), (expected[0].clone(), expected[0].clone()), "all over again");
    asked(&served, 2, NOW);
    assert_eq!((next("direct"), next("hq")), (expected[2].clone(), expected[0].clone()), "each path has its own turns");
}
