//! Fetching certificates that a server left out, over the way that the probe takes: a client does it so too.

use ::http::Method;
use tokio::time::Instant;
use url::Url;

use super::Prober;
use super::trip::{authorization, host_and_port};
use crate::phase::aia::{FetchIssuer, MAX_BYTES};
use crate::phase::http::{self, BodyRule, Form, Protocol, Request};
use crate::plan::Path;
use crate::route::{self, Hop};

/// Whoever publishes certificates, seen over one way.
#[derive(Debug)]
pub(super) struct Issuers<'a> {
    pub(super) prober: &'a Prober,
    pub(super) path: &'a Path,
}

impl FetchIssuer for Issuers<'_> {
    async fn fetch(&self, url: &Url, by: Instant) -> Option<Vec<u8>> {
        let hop = route::choose(&self.path.way, url).into_iter().next()?;
        let network = self.prober.network(self.path);
        let (host, port, form, resolved) = match &hop {
            Hop::Direct => {
                let (host, port) = host_and_port(url);
                (host.to_owned(), port, Form::Origin, network.resolve(host, by).await)
            }
            Hop::Proxy(proxy) => {
                let authorization = proxy.credentials.as_ref().and_then(authorization);
                let host = proxy.host.to_string();
                let resolved = network.resolve_proxy(&host, by).await;
                (host, proxy.port, Form::Absolute { authorization }, resolved)
            }
        };
        let resolved = resolved.ok()?;
        let connected = network.connect(&host, port, &resolved.addresses, by).await.ok()?;
        let request = Request { url, method: &Method::GET, user_agent: None, headers: &[], body: None, form };
        let response = http::send(connected.stream, Protocol::Http1, &request, by).await.ok()?;
        if !(200..300).contains(&response.facts.status) {
            return None;
        }
        let body = response.read(BodyRule { limit: MAX_BYTES, patience: None }, by).await;
        (body.fault.is_none() && !body.facts.body.limit_reached).then_some(body.bytes)
    }
}

#[cfg(test)]
mod tests;
