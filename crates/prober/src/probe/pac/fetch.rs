//! Fetching a PAC file: directly, as clients do, and never through a proxy.

use std::net::IpAddr;
use std::sync::Arc;

use ::http::{HeaderValue, Method};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use url::Url;

use super::super::trip::host_and_port;
use crate::observation::{ChainTrust, Fault, HttpFacts, PacSourceFault, TlsFacts, Validity};
use crate::phase::dns::Resolver;
use crate::phase::http::{self, Body, BodyRule, Form, Protocol, Request};
use crate::phase::io::Metered;
use crate::phase::tls::{Alpn, Connector};
use crate::phase::{Failure, tcp};

/// The largest file, in bytes.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// The most that is received over TLS; handshake, head and framing have room in it.
const TLS_BUDGET: u64 = 4 * MAX_BYTES as u64;

/// How many redirects in a row are followed.
const MAX_REDIRECTS: usize = 5;

/// Whoever fetches files.
#[derive(Debug)]
pub(super) struct Fetcher {
    pub(super) resolver: Arc<Resolver>,
    pub(super) connector: Arc<Connector>,
    pub(super) source_address: Option<IpAddr>,
    pub(super) user_agent: Option<HeaderValue>,
}

/// A file that came.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) bytes: Vec<u8>,
    pub(super) content_type: Option<String>,
}

type Outcome<T> = Result<T, Failure<PacSourceFault>>;

impl Fetcher {
    /// Fetches a file, following redirects.
    pub(super) async fn fetch(&self, url: &Url, by: Instant) -> Outcome<Fetched> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let Body { facts, bytes, fault, .. } = self.get(&url, by).await?;
            match facts.status {
                200 => {}
                301 | 302 | 303 | 307 | 308 => {
                    url = target(&url, &facts).ok_or(Failure::Fault(PacSourceFault::Redirected))?;
                    continue;
                }
                status => return Err(Failure::Fault(PacSourceFault::Status { status })),
            }
            if facts.body.limit_reached {
                return Err(Failure::Fault(PacSourceFault::TooLarge));
            }
            if let Some(fault) = fault {
                return Err(fault.map(|fault| during_fetch(Fault::Http(fault))));
            }
            let content_type = facts.headers.get("content-type").map(str::to_owned);
            return Ok(Fetched { bytes, content_type });
        }
        Err(Failure::Fault(PacSourceFault::Redirected))
    }

    async fn get(&self, url: &Url, by: Instant) -> Outcome<Body> {
        let (host, port) = host_and_port(url);
        // Its name may be a short one: `http://wpad/wpad.dat`.
        let resolved = self.resolver.resolve_proxy(host, by).await;
        let addresses = resolved.map_err(|failure| failure.map(|fault| during_fetch(Fault::Resolve(fault))))?.addresses;
        let connected = tcp::connect(host, port, &addresses, self.source_address, by).await;
        let stream = connected.map_err(|failure| failure.map(|fault| during_fetch(Fault::Connect(fault))))?.stream;
        if url.scheme() != "https" {
            return self.exchange(stream, url, by).await;
        }
        let handshake = self.connector.handshake(Metered::new(stream, TLS_BUDGET), host, Alpn::Http1, by);
        let (stream, facts) =
            handshake.await.map_err(|failure| failure.map(|fault| during_fetch(Fault::Tls(fault))))?;
        if !is_trusted(&facts) {
            let reason = facts.verification.reason.unwrap_or_else(|| "it does not prove its name".into());
            return Err(Failure::Fault(PacSourceFault::Untrusted { reason }));
        }
        self.exchange(stream, url, by).await
    }

    async fn exchange<S>(&self, stream: S, url: &Url, by: Instant) -> Outcome<Body>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let user_agent = self.user_agent.as_ref();
        let request = Request {
            url,
            method: &Method::GET,
            user_agent,
            headers: &[],
            conditions: Vec::new(),
            body: None,
            form: Form::Origin,
        };
        let response = http::send(stream, Protocol::Http1, &request, by).await;
        let response =
            response.map_err(|unanswered| unanswered.failure.map(|fault| during_fetch(Fault::Http(fault))))?;
        // Only of a file the body matters: an error page may well take for ever.
        let is_file = response.facts.status == 200;
        let rule = if is_file { BodyRule { limit: MAX_BYTES, patience: None } } else { BodyRule::UNNEEDED };
        Ok(response.read(rule, by).await)
    }
}

fn during_fetch(fault: Fault) -> PacSourceFault {
    PacSourceFault::Fetch(Box::new(fault))
}

/// Whether clients would take a file from there. They trust the company's own TLS inspection.
pub(in crate::probe) fn is_trusted(tls: &TlsFacts) -> bool {
    let verification = &tls.verification;
    let is_inspected = verification.trust == ChainTrust::Inspection
        && verification.validity == Validity::Valid
        && verification.name_matches;
    tls.is_proven() || is_inspected
}

/// Where a response sends the client. A value over the kept length ends in an ellipsis: where it leads is not known.
fn target(from: &Url, response: &HttpFacts) -> Option<Url> {
    let location = response.headers.get("location").filter(|location| !location.ends_with('…'))?;
    let to = from.join(location).ok()?;
    let is_clean = to.username().is_empty() && to.password().is_none() && to.has_host();
    // Who asked for a proven server does not go on to one that is not.
    let keeps_safe = to.scheme() == "https" || (to.scheme() == "http" && from.scheme() == "http");
    (is_clean && keeps_safe).then_some(to)
}
