//! The chains by which endpoints proved themselves lately: whose state is worth knowing of, and where it is told.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use std::time::Duration;

use rustls::pki_types::{CertificateDer, TrustAnchor};
use time::OffsetDateTime;
use tokio::time::Instant;
use url::Url;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use super::certificate;
use super::fingerprint::Fingerprint;
use super::signer::Signer;
use crate::observation::{Publication, Published};
use crate::text::Clean;

/// The most addresses kept of a chain.
const MAX_PUBLICATIONS: usize = 32;

/// For how long a chain counts after it was met last: what was replaced since is nobody's concern, and responders refuse
/// to speak of what has expired. As long as what it names is probed.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// A certificate of a chain, and who issued it.
#[derive(Debug, Clone)]
pub struct Link {
    /// The SHA-256 of the certificate, in hexadecimal.
    pub(crate) certificate: String,
    /// Whether it served: authorities stand above.
    is_leaf: bool,
    /// Its subject.
    pub(crate) subject: Clean,
    /// Its serial number's octets.
    pub(crate) serial: Vec<u8>,
    /// The last moment of its validity.
    not_after: OffsetDateTime,
    /// Who issued it, as the chain proves.
    pub(crate) issuer: Signer,
    /// Their name as text.
    issuer_name: Clean,
    /// Where something about it is published.
    published: Vec<Publication>,
}

impl Link {
    /// A certificate that an authority issued, which is not checked here. `None` where it cannot be read.
    pub(crate) fn new(certificate: &CertificateDer<'_>, issuer: Signer) -> Option<Self> {
        let (_, read) = X509Certificate::from_der(certificate.as_ref()).ok()?;
        Some(Self {
            certificate: certificate::sha256(certificate),
            is_leaf: false,
            subject: Clean::new(&read.subject().to_string()),
            serial: read.raw_serial().to_vec(),
            not_after: read.validity().not_after.to_datetime(),
            issuer,
            issuer_name: Clean::new(&read.issuer().to_string()),
            published: certificate::publications(certificate),
        })
    }

    fn turn(&self) -> Turn {
        (!self.is_leaf, self.certificate.clone())
    }

    /// Whether it names a URL, as the place where something is published.
    fn names(&self, kind: Published, url: &Url) -> bool {
        let is_it = |one: &Publication| {
            Url::parse(one.url.as_str()).is_ok_and(|mut named| {
                // Never sent, and not kept of what is probed.
                named.set_fragment(None);
                named == *url
            })
        };
        self.published.iter().any(|one| one.kind == kind && is_it(one))
    }
}

/// A chain that led to a root that origins are proven by.
#[derive(Debug)]
pub(crate) struct ServedChain {
    /// The certificates but for the root, leaf first.
    links: Vec<Link>,
    /// Where these say that something about them is published.
    published: Arc<[Publication]>,
    /// What was sent: over another path the same leaf may come with other certificates above it.
    sent: Fingerprint,
    /// How many leaves had been noted before its own.
    before: u64,
}

impl ServedChain {
    fn leaf(&self) -> Option<&Link> {
        self.links.first()
    }

    /// Where its certificates say that something about them is published.
    pub(crate) fn published(&self) -> Arc<[Publication]> {
        Arc::clone(&self.published)
    }
}

fn published(links: &[Link]) -> Arc<[Publication]> {
    let mut published: Vec<Publication> = Vec::new();
    for one in links.iter().flat_map(|link| &link.published) {
        if published.len() < MAX_PUBLICATIONS && !published.contains(one) {
            published.push(one.clone());
        }
    }
    published.into()
}

/// The place of a certificate among those that a responder is asked for: leaves come first.
type Turn = (bool, String);

/// The chains met lately.
#[derive(Debug, Default)]
pub struct ServedChains(Mutex<Chains>);

#[derive(Debug, Default)]
struct Chains {
    /// Those met last at the end.
    kept: VecDeque<Met>,
    /// How many leaves have been noted so far.
    noted: u64,
    /// Of which certificate each responder told last over each path.
    answered: HashMap<(String, String), Turn>,
}

/// A chain, and when it was met last.
#[derive(Debug)]
struct Met {
    chain: Arc<ServedChain>,
    at: Instant,
}

impl Chains {
    fn kept(&self) -> impl Iterator<Item = &Arc<ServedChain>> {
        self.kept.iter().map(|met| &met.chain)
    }

    fn leaves(&self) -> impl Iterator<Item = &Link> {
        self.kept().filter_map(|chain| chain.leaf())
    }

    /// The certificates in their validity that name a responder, in the order of their turns.
    fn to_ask(&self, responder: &Url, now: OffsetDateTime) -> Vec<&Link> {
        let all = self.kept().flat_map(|chain| &chain.links);
        let mut links: Vec<&Link> =
            all.filter(|link| now <= link.not_after && link.names(Published::Ocsp, responder)).collect();
        // The order in which chains were met changes all the time.
        links.sort_by_cached_key(|link| link.turn());
        links.dedup_by(|a, b| a.certificate == b.certificate);
        links
    }
}

impl ServedChains {
    /// The most chains kept: an endpoint's servers may each have one of their own.
    const MAX: usize = 256;
    /// The most responders over paths that turns are kept of.
    const MAX_ANSWERED: usize = 10_000;

    /// What is known of these certificates, sent once more.
    pub(crate) fn again(&self, sent: &[CertificateDer<'_>]) -> Option<Arc<ServedChain>> {
        let sent = Fingerprint::of(sent);
        let chains = &mut self.inner().kept;
        let known = chains.iter().position(|met| met.chain.sent == sent)?;
        let Met { chain, .. } = chains.remove(known)?;
        chains.push_back(Met { chain: Arc::clone(&chain), at: Instant::now() });
        Some(chain)
    }

    /// Takes note of the certificates that were sent: those by which the leaf proved itself, leaf first, and the root that the
    /// last of them leads to. The chain that was not met for longest goes where there are too many.
    pub(crate) fn note(
        &self,
        sent: &[CertificateDer<'_>],
        proving: &[CertificateDer<'_>],
        root: &TrustAnchor<'_>,
    ) -> Arc<ServedChain> {
        let above = proving.iter().skip(1).map(|certificate| {
            let (_, read) = X509Certificate::from_der(certificate.as_ref()).ok()?;
            Signer::of_subject(&read)
        });
        let issuers = above.chain([Some(Signer::of_anchor(root))]);
        let links = proving.iter().zip(issuers).map_while(|(certificate, issuer)| Link::new(certificate, issuer?));
        let mut links: Vec<Link> = links.collect();
        if let Some(leaf) = links.first_mut() {
            leaf.is_leaf = true;
        }
        let mut inner = self.inner();
        let is_its_leaf = |chain: &&Arc<ServedChain>| {
            chain.leaf().zip(links.first()).is_some_and(|(known, leaf)| known.certificate == leaf.certificate)
        };
        let known = inner.kept().find(is_its_leaf).map(|chain| chain.before);
        let before = known.unwrap_or(inner.noted);
        if known.is_none() {
            inner.noted += 1;
        }
        let chain = Arc::new(ServedChain { sent: Fingerprint::of(sent), published: published(&links), links, before });
        if inner.kept.len() >= Self::MAX {
            inner.kept.pop_front();
        }
        inner.kept.push_back(Met { chain: Arc::clone(&chain), at: Instant::now() });
        chain
    }

    /// How many leaves have been noted so far.
    pub(crate) fn noted(&self) -> u64 {
        self.inner().noted
    }

    /// Whether a leaf of an issuer (its name as text) was noted after so many leaves had been.
    pub(crate) fn has_newer(&self, issuer: &Clean, noted: u64) -> bool {
        let inner = self.inner();
        let newer = inner.kept().filter(|chain| chain.before >= noted);
        newer.filter_map(|chain| chain.leaf()).any(|leaf| leaf.issuer_name == *issuer)
    }

    /// Serial numbers and SHA-256 of the leaves of an issuer, by its name in DER without its header.
    pub(crate) fn leaves_of(&self, issuer: &[u8]) -> Vec<(Vec<u8>, String)> {
        let inner = self.inner();
        let mut leaves: Vec<(Vec<u8>, String)> = Vec::new();
        for leaf in inner.leaves().filter(|leaf| leaf.issuer.is_named(issuer)) {
            if !leaves.iter().any(|(_, known)| *known == leaf.certificate) {
                leaves.push((leaf.serial.clone(), leaf.certificate.clone()));
            }
        }
        leaves
    }

    /// The certificate to ask a responder for over a path, now: the one after that of which it told last, among those that
    /// name it and are in their validity. `None` where none is.
    pub(crate) fn next_to_ask(&self, responder: &Url, path: &str, now: OffsetDateTime) -> Option<Link> {
        let inner = self.inner();
        let links = inner.to_ask(responder, now);
        let last = inner.answered.get(&(responder.as_str().to_owned(), path.to_owned()));
        let next = links.iter().find(|link| last.is_none_or(|last| *last < link.turn()));
        next.or(links.first()).map(|link| Link::clone(link))
    }

    /// Whose certificates should lie at a URL, by their names in DER without their headers.
    pub(crate) fn issuers_at(&self, url: &Url) -> Vec<Vec<u8>> {
        let inner = self.inner();
        let links = inner.kept().flat_map(|chain| &chain.links).filter(|link| link.names(Published::Issuer, url));
        let mut names: Vec<Vec<u8>> = links.map(|link| link.issuer.name().to_vec()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// How many certificates a responder can be asked for, now.
    pub(crate) fn count_to_ask(&self, responder: &Url, now: OffsetDateTime) -> usize {
        self.inner().to_ask(responder, now).len()
    }

    /// Takes note that a responder told of a certificate over a path: the next one's turn has come. Until then it is the same
    /// one's, so that what fails for one certificate alone is seen to fail again.
    pub(crate) fn answered(&self, responder: &Url, path: &str, link: &Link) {
        let mut inner = self.inner();
        if inner.answered.len() >= Self::MAX_ANSWERED {
            inner.answered.clear();
        }
        inner.answered.insert((responder.as_str().to_owned(), path.to_owned()), link.turn());
    }

    /// What is known, without the chains that nobody has shown for long.
    fn inner(&self) -> MutexGuard<'_, Chains> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while inner.kept.front().is_some_and(|met| met.at.elapsed() >= KEPT) {
            inner.kept.pop_front();
        }
        inner
    }
}

#[cfg(test)]
mod tests;
