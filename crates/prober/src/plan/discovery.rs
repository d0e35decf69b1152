//! Endpoints that nobody configured: where the certificates that endpoints serve say that their revocation is told.
//! Windows fetches from there while somebody signs in, and no firewall list has them all.

use std::sync::Arc;
use std::time::Duration;

use url::{Host, Url};

use super::{CrlExpectation, Endpoint, Expect, PrivateAnswers};
use crate::net::is_global;
use crate::observation::{ChainTrust, Publication, Published};

/// The group of discovered endpoints in labels.
pub const REVOCATION_GROUP: &str = "revocation";

/// How discovered endpoints are probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Discovery {
    /// How often each of their pairs is.
    pub interval: Duration,
    /// The deadline of one whole probe, CRLs excepted.
    pub timeout: Duration,
    /// That of a CRL's.
    pub crl_timeout: Duration,
    /// What non-global addresses mean, and whether anything is asked of them at all.
    pub private_answers: PrivateAnswers,
}

impl Discovery {
    /// The most URLs probed: whatever certificates come to hold, it must not become a crawl.
    pub const MAX_URLS: usize = 64;
    /// For how long a URL is probed after the last chain that named it.
    pub const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

    /// The same for what a chain names by which an endpoint proved itself: whoever allows it private answers means what its
    /// certificates name too, and who has authorities of their own publishes inside.
    pub fn of_chain(self, by: &Endpoint, trust: ChainTrust) -> Self {
        let is_allowed = [self.private_answers, by.private_answers].contains(&PrivateAnswers::Allowed);
        let private_answers = match trust {
            _ if is_allowed => PrivateAnswers::Allowed,
            ChainTrust::Extra => PrivateAnswers::Unasked,
            _ => PrivateAnswers::Blocked,
        };
        Self { private_answers, ..self }
    }

    /// The URL of a publication, if it may be asked.
    pub fn admits(&self, publication: &Publication) -> Option<Url> {
        let text = publication.url.as_str();
        // What was shortened leads elsewhere.
        let mut url = Url::parse(text).ok().filter(|_| !text.ends_with('…'))?;
        url.set_fragment(None);
        (url.scheme() == "http" && self.may_ask(&url)).then_some(url)
    }

    /// Whether a server may be asked at all: a certificate must not send us about the network.
    pub fn may_ask(&self, url: &Url) -> bool {
        let host_is_good = match url.host() {
            // Short names are those of a site, and are not looked up as such here.
            Some(Host::Domain(name)) => name.trim_end_matches('.').contains('.'),
            Some(Host::Ipv4(address)) => self.may_connect(address.into()),
            Some(Host::Ipv6(address)) => self.may_connect(address.into()),
            None => false,
        };
        let is_clean = url.username().is_empty() && url.password().is_none();
        host_is_good && is_clean && matches!(url.port_or_known_default(), Some(80 | 443))
    }

    fn may_connect(&self, address: std::net::IpAddr) -> bool {
        self.private_answers == PrivateAnswers::Allowed || is_global(address)
    }

    /// What is probed at a URL.
    pub fn endpoint(&self, kind: Published, url: Url, name: String) -> Arc<Endpoint> {
        let is_list = kind == Published::Crl;
        let timeout = if is_list { self.crl_timeout } else { self.timeout };
        Arc::new(Endpoint {
            group: REVOCATION_GROUP.to_owned(),
            discovered: Some(kind),
            interval: self.interval,
            timeout: timeout.min(self.interval),
            expect: Expect { crl: is_list.then(CrlExpectation::default), ..Expect::default() },
            private_answers: self.private_answers,
            ..Endpoint::new(name, url)
        })
    }
}
