//! The chains by which endpoints proved themselves lately: whose state is worth knowing of, and where it is told.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Url;

use super::certificate;
use super::signer::Signer;
use crate::observation::{Publication, Published};
use crate::text::Clean;
use rustls::pki_types::{CertificateDer, TrustAnchor};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

/// The most addresses kept of a chain.
const MAX_PUBLICATIONS: usize = 32;

/// A certificate of a chain, and who issued it.
#[derive(Debug, Clone)]
pub struct Link {
    /// The SHA-256 of the certificate, in hexadecimal.
    pub(crate) certificate: String,
    /// Its subject.
    pub(crate) subject: Clean,
    /// Its serial number's octets.
    pub(crate) serial: Vec<u8>,
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
            subject: Clean::new(&read.subject().to_string()),
            serial: read.raw_serial().to_vec(),
            issuer,
            issuer_name: Clean::new(&read.issuer().to_string()),
            published: certificate::publications(certificate),
        })
    }

    fn names_responder(&self, url: &Url) -> bool {
        let is_it = |one: &Publication| Url::parse(one.url.as_str()).is_ok_and(|named| named == *url);
        self.published.iter().any(|one| one.kind == Published::Ocsp && is_it(one))
    }
}

/// A chain that led to a root that origins are proven by.
#[derive(Debug)]
pub(crate) struct ServedChain {
    /// The certificates but for the root, leaf first.
    links: Vec<Link>,
    /// How many chains had been noted before.
    before: u64,
}

impl ServedChain {
    fn leaf(&self) -> Option<&Link> {
        self.links.first()
    }

    /// Where its certificates say that something about them is published.
    pub(crate) fn published(&self) -> Vec<Publication> {
        let mut published: Vec<Publication> = Vec::new();
        for one in self.links.iter().flat_map(|link| &link.published) {
            if published.len() < MAX_PUBLICATIONS && !published.contains(one) {
                published.push(one.clone());
            }
        }
        published
    }
}

/// The chains met lately.
#[derive(Debug, Default)]
pub struct ServedChains(Mutex<Chains>);

#[derive(Debug, Default)]
struct Chains {
    /// The newest last.
    kept: VecDeque<Arc<ServedChain>>,
    noted: u64,
    /// How often each responder was asked over each path.
    asked: HashMap<(String, String), usize>,
}

impl ServedChains {
    /// The most chains kept: an endpoint's servers may each have one of their own.
    const MAX: usize = 256;
    /// The most responders over paths that turns are kept of.
    const MAX_ASKED: usize = 10_000;

    /// A chain known by its leaf, met once more.
    pub(crate) fn again(&self, leaf: &str) -> Option<Arc<ServedChain>> {
        let chains = &mut self.inner().kept;
        let known = chains.iter().position(|chain| chain.leaf().is_some_and(|link| link.certificate == leaf))?;
        let chain = chains.remove(known)?;
        chains.push_back(Arc::clone(&chain));
        Some(chain)
    }

    /// Takes note of the certificates of a chain, leaf first, and the root that the last of them leads to; the chain that was
    /// not met for longest goes where there are too many.
    pub(crate) fn note(&self, chain: &[CertificateDer<'_>], root: &TrustAnchor<'_>) -> Arc<ServedChain> {
        let above = chain.iter().skip(1).map(|certificate| {
            let (_, read) = X509Certificate::from_der(certificate.as_ref()).ok()?;
            Signer::of_subject(&read)
        });
        let issuers = above.chain([Some(Signer::of_anchor(root))]);
        let links = chain.iter().zip(issuers).map_while(|(certificate, issuer)| Link::new(certificate, issuer?));
        let mut inner = self.inner();
        let chain = Arc::new(ServedChain { links: links.collect(), before: inner.noted });
        inner.noted += 1;
        if inner.kept.len() >= Self::MAX {
            inner.kept.pop_front();
        }
        inner.kept.push_back(Arc::clone(&chain));
        chain
    }

    /// How many chains have been noted so far.
    pub(crate) fn noted(&self) -> u64 {
        self.inner().noted
    }

    /// Whether a leaf of an issuer (its name as text) was noted after so many chains had been.
    pub(crate) fn has_newer(&self, issuer: &Clean, noted: u64) -> bool {
        let inner = self.inner();
        let newer = inner.kept.iter().filter(|chain| chain.before >= noted);
        newer.filter_map(|chain| chain.leaf()).any(|leaf| leaf.issuer_name == *issuer)
    }

    /// Serial numbers and SHA-256 of the leaves of an issuer, by its name in DER without its header.
    pub(crate) fn leaves_of(&self, issuer: &[u8]) -> Vec<(Vec<u8>, String)> {
        let inner = self.inner();
        let leaves = inner.kept.iter().filter_map(|chain| chain.leaf());
        let own = leaves.filter(|leaf| leaf.issuer.is_named(issuer));
        own.map(|leaf| (leaf.serial.clone(), leaf.certificate.clone())).collect()
    }

    /// The certificate to ask a responder for over a path: all that name it have their turn. `None` where none does.
    pub(crate) fn next_to_ask(&self, responder: &Url, path: &str) -> Option<Link> {
        let mut inner = self.inner();
        let mut links: Vec<Link> = Vec::new();
        for link in inner.kept.iter().flat_map(|chain| &chain.links).filter(|link| link.names_responder(responder)) {
            if !links.iter().any(|known| known.certificate == link.certificate) {
                links.push(link.clone());
            }
        }
        // The order in which chains were met changes all the time.
        links.sort_unstable_by(|a, b| a.certificate.cmp(&b.certificate));
        if inner.asked.len() >= Self::MAX_ASKED {
            inner.asked.clear();
        }
        let turn = inner.asked.entry((responder.as_str().to_owned(), path.to_owned())).or_insert(0);
        let link = links.get(turn.checked_rem(links.len())?).cloned();
        *turn = turn.wrapping_add(1);
        link
    }

    fn inner(&self) -> MutexGuard<'_, Chains> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
