//! Certificates: as somebody's who serves them, as an issuer's, and as what is published.

use rustls::pki_types::CertificateDer;
use url::Url;

use super::world::{AUTHORITY, LEAF, NOW, World, answered, host, is_kept, whole};
use crate::observation::{
    BodyFacts, CertificateFacts, ChainTrust, CrlOutcome, CrlSignature, IssuerOutcome, Observation, OcspOutcome,
    Published, TlsFacts,
};
use crate::phase::certificate::read;
use crate::phase::crl::{self, Signers};
use crate::phase::ocsp;
use crate::trust::certificate as trusted;
use crate::trust::served::{Link, ServedChains};
use crate::trust::signer::Signer;

/// The most addresses of issuers kept.
const MAX_ISSUERS: usize = 4;
/// The most addresses kept, four of each of three kinds for every point that names some.
const MAX_PUBLISHED: usize = 12;
/// The most names kept that a certificate is for.
const MAX_NAMES: usize = 100;
/// Signed by the authority; whoever bears its name is tried.
const LIST: &[u8] = include_bytes!("../../../../fuzz/seeds/crl/ecdsa.crl");
/// The same.
const ANSWER: &[u8] = include_bytes!("../../../../fuzz/seeds/ocsp/good.der");

/// Reads a body as a certificate wherever one comes from outside.
pub fn certificate(body: &[u8]) {
    let certificate = CertificateDer::from(body);
    published(body);
    let facts = trusted::facts(&certificate);
    is_kept(&facts);
    assert!(facts.ca_issuers.len() <= MAX_ISSUERS, "{:?}", facts.ca_issuers);
    addresses(&certificate);
    served(&certificate, &facts);
    signs(&certificate);
}

/// As what lies where a certificate says that its issuer's is published.
fn published(body: &[u8]) {
    let outcome = read(body, &whole(body), &[]);
    is_kept(&outcome);
    let meant = read(body, &whole(body), &[authority().name().to_vec()]);
    is_kept(&meant);
    let is_readable = |outcome: &IssuerOutcome| matches!(outcome, IssuerOutcome::Readable { .. });
    assert!(is_readable(&outcome) || !is_readable(&meant), "any would do, and one did not: {outcome:?}");
    let endless = BodyFacts { limit_reached: true, ..whole(body) };
    assert!(!is_readable(&read(body, &endless, &[])));
    let mut observation = answered(body);
    observation.issuer = Some(outcome);
    World::get().judged(Some(Published::Issuer), &observation);
}

/// Where it sends those who want to know more, and what these would be asked.
fn addresses(certificate: &CertificateDer<'_>) {
    let published = trusted::publications(certificate);
    assert!(published.len() <= MAX_PUBLISHED, "{} addresses", published.len());
    is_kept(&published);
    let Some(link) = Link::new(certificate, authority()) else { return };
    for url in published.iter().filter_map(|one| Url::parse(one.url.as_str()).ok()) {
        assert_eq!(url.scheme(), "http");
        let asked = ocsp::ask(&url, &link);
        assert_eq!(asked.url.host(), url.host());
    }
}

/// As a leaf, and as what a server sends along with one.
fn served(certificate: &CertificateDer<'_>, facts: &CertificateFacts) {
    let world = World::get();
    let alone = (vec![certificate.clone()], vec![facts.clone()]);
    let leaf = CertificateDer::from(LEAF);
    let sent_along = (vec![leaf.clone(), certificate.clone()], vec![trusted::facts(&leaf), facts.clone()]);
    for (chain, facts) in [alone, sent_along] {
        let verdict = world.trust.verify(&chain, &facts, &host(), NOW);
        let is_leafs = chain.first() == Some(&leaf);
        assert!(!is_leafs || verdict.trust == ChainTrust::Extra, "what is sent along changes nothing: {verdict:?}");
        if let Some((proving, root)) = world.trust.proving(&chain, NOW) {
            let served = ServedChains::default().note(&chain, &proving, &root);
            is_kept(&served.published());
        }
        let mut tls = TlsFacts { chain: facts.into(), ..TlsFacts::of(verdict.trust) };
        tls.leaf_names = chain.first().map(trusted::names).unwrap_or_default().into();
        assert!(tls.leaf_names.len() <= MAX_NAMES, "{} names", tls.leaf_names.len());
        tls.verification.validity = verdict.validity;
        tls.verification.name_matches = verdict.name_matches;
        tls.verification.reason = verdict.reason;
        tls.verification.period = verdict.period;
        is_kept(&tls);
        let observation = Observation { tls: Some(tls), ..answered(b"") };
        world.judged(None, &observation);
    }
}

/// As an issuer: of the leaf, of a list, and of an answer.
fn signs(certificate: &CertificateDer<'_>) {
    let Some(signer) = Signer::of_certificate(certificate) else { return };
    let own = signer.key().zip(authority().key()).is_some_and(|(key, authoritys)| key.1 == authoritys.1);
    let list = crl::read(LIST, &whole(LIST), Signers::Only(std::slice::from_ref(&signer)));
    let CrlOutcome::Parsed(list) = list else { return assert_eq!(list, CrlOutcome::TooLarge, "it is a list") };
    assert!(list.signature != CrlSignature::Valid || own, "another key made it");
    let Some(link) = Link::new(&CertificateDer::from(LEAF), signer) else { return };
    if let OcspOutcome::Answered(answer) = ocsp::read(ANSWER, &whole(ANSWER), &link) {
        assert!(answer.signature != CrlSignature::Valid || own, "another key made it");
    }
}

fn authority() -> Signer {
    Signer::of_certificate(&CertificateDer::from(AUTHORITY)).expect("the authority signs lists")
}
