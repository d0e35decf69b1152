//! A chain that lacks an intermediate: clients on Windows fetch it from where the certificate says that it is
//! published (AIA caIssuers, RFC 5280, section 4.2.2.1), and so do we, to tell a sloppy server from an interceptor.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use super::tls::{Connector, MAX_CERTIFICATES, TlsStream};
use crate::observation::{CertificateFacts, ChainTrust, TlsFacts};
use crate::trust::certificate;

/// The most certificates fetched for one chain.
const MAX_FETCHES: usize = 3;
/// The largest certificate taken, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// Whoever can fetch a certificate: over the path under test, as its clients would.
pub trait FetchIssuer: Sync {
    /// The body of a 2xx answer to a GET, up to [`MAX_BYTES`]; `None` for anything else. Ends by the given instant.
    fn fetch(&self, url: &Url, by: Instant) -> impl Future<Output = Option<Vec<u8>>> + Send;

    /// The only port asked: a certificate must not send us about the network. A test has to listen elsewhere.
    fn port(&self) -> u16 {
        80
    }
}

/// A chain of which more may be had: nobody known signed it, nobody signed himself, and it says where its issuer is.
#[derive(Debug)]
pub struct OpenChain {
    certificates: Vec<CertificateDer<'static>>,
    facts: Vec<CertificateFacts>,
}

impl OpenChain {
    /// The open chain of a completed handshake, if it is one.
    pub fn of<S>(stream: &TlsStream<S>, facts: &TlsFacts) -> Option<Self> {
        let certificates = stream.get_ref().1.peer_certificates()?;
        Self::from_parts(certificates.iter().take(MAX_CERTIFICATES), facts)
    }

    fn from_parts<'a>(
        certificates: impl Iterator<Item = &'a CertificateDer<'static>>,
        facts: &TlsFacts,
    ) -> Option<Self> {
        let open = facts.verification.trust == ChainTrust::Untrusted
            && facts.chain.last().is_some_and(|last| !last.ca_issuers.is_empty())
            && !facts.chain.iter().any(|certificate| certificate.self_issued);
        open.then(|| Self { certificates: certificates.cloned().collect(), facts: facts.chain.to_vec() })
    }

    /// Fetches issuers until the chain ends somewhere that is trusted, then corrects `facts` and hands out the whole chain;
    /// where it does not, they stay as they were. Nothing that is fetched has to be believed: it counts only if a root vouches for it.
    ///
    /// Takes at most half of the time that is left: whoever answers is still to be heard.
    pub async fn complete(
        self,
        connector: &Connector,
        host: &str,
        facts: &mut TlsFacts,
        fetch: &impl FetchIssuer,
        by: Instant,
    ) -> Option<Vec<CertificateDer<'static>>> {
        let now = Instant::now();
        let by = now + by.saturating_duration_since(now) / 2;
        // Time that runs out leaves the chain as open as a fetch that fails.
        timeout_at(by, self.follow(connector, host, facts, fetch, by)).await.ok().flatten()
    }

    async fn follow(
        mut self,
        connector: &Connector,
        host: &str,
        facts: &mut TlsFacts,
        fetch: &impl FetchIssuer,
        by: Instant,
    ) -> Option<Vec<CertificateDer<'static>>> {
        for _ in 0..MAX_FETCHES {
            let url = self.published_at(fetch.port())?;
            let issuer = read(&fetch.fetch(&url, by).await?)?;
            self.facts.push(certificate::facts(&issuer));
            self.certificates.push(issuer);

            let verdict = connector.verify(&self.certificates, &self.facts, host)?;
            if verdict.trust != ChainTrust::Untrusted {
                let verification = &mut facts.verification;
                verification.trust = verdict.trust;
                verification.validity = verdict.validity;
                verification.period = verdict.period;
                verification.reason = verdict.reason;
                verification.completed_by_aia = true;
                return Some(self.certificates);
            }
            if !verdict.issuer_unknown {
                return None;
            }
        }
        None
    }

    /// Where the next issuer is published: plain http, the one port, a name rather than an address, no user info.
    fn published_at(&self, port: u16) -> Option<Url> {
        let last = self.facts.last().filter(|last| !last.self_issued)?;
        let urls = last.ca_issuers.iter().filter_map(|url| Url::parse(url.as_str()).ok());
        urls.into_iter().find(|url| {
            url.scheme() == "http"
                && url.port_or_known_default() == Some(port)
                && matches!(url.host(), Some(Host::Domain(_)))
                && url.username().is_empty()
                && url.password().is_none()
        })
    }
}

/// A certificate as published: DER, or PEM although RFC 5280 does not allow it. Bundles (PKCS #7) are not read.
fn read(body: &[u8]) -> Option<CertificateDer<'static>> {
    if body.len() > MAX_BYTES {
        return None;
    }
    let certificate = match body.first()? {
        0x30 => CertificateDer::from(body.to_vec()),
        _ => CertificateDer::from_pem_slice(body).ok()?,
    };
    certificate::is_readable(&certificate).then_some(certificate)
}

#[cfg(test)]
mod tests;
