//! Fetching certificates that a server left out, over the way that the probe takes: a client does it so too.

use ::http::Method;
use tokio::time::Instant;
use url::Url;

use super::Prober;
use super::trip::{TLS_BUDGET, authorization, host_and_port};
use crate::phase::aia::{FetchIssuer, MAX_BYTES};
use crate::phase::http::{self, BodyRule, Form, Protocol, Request};
use crate::phase::proxy::{Line, Prefixed, secure, socks};
use crate::plan::{Path, Proxy, ProxyScheme, RootsChoice};
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
        let (stream, form) = match &hop {
            Hop::Direct => (self.origin(url, by).await?, Form::Origin),
            Hop::Proxy(proxy) if proxy.scheme.is_http() => {
                let authorization = proxy.credentials.as_ref().and_then(authorization);
                (Prefixed::from(self.proxy(proxy, by).await?), Form::Absolute { authorization })
            }
            Hop::Proxy(proxy) => (self.tunnel(proxy, url, by).await?, Form::Origin),
        };
        let request = Request { url, method: &Method::GET, user_agent: None, headers: &[], body: None, form };
        let response = http::send(stream, Protocol::Http1, &request, by).await.ok()?;
        if !(200..300).contains(&response.facts.status) {
            return None;
        }
        let body = response.read(BodyRule { limit: MAX_BYTES, patience: None }, by).await;
        (body.fault.is_none() && !body.facts.body.limit_reached).then_some(body.bytes)
    }
}

impl Issuers<'_> {
    async fn origin(&self, url: &Url, by: Instant) -> Option<Prefixed<Line>> {
        let network = self.prober.network(self.path);
        let (host, port) = host_and_port(url);
        let resolved = network.resolve(host, by).await.ok()?;
        let connected = network.connect(host, port, &resolved.addresses, by).await.ok()?;
        Some(Prefixed::from(Line::Clear(connected.stream)))
    }

    async fn proxy(&self, proxy: &Proxy, by: Instant) -> Option<Line> {
        let network = self.prober.network(self.path);
        let host = proxy.host.to_string();
        let resolved = network.resolve_proxy(&host, by).await.ok()?;
        let stream = network.connect(&host, proxy.port, &resolved.addresses, by).await.ok()?.stream;
        if proxy.scheme != ProxyScheme::Https {
            return Some(Line::Clear(stream));
        }
        let connector = self.prober.connector(RootsChoice::Bundled).ok()?;
        secure(connector, stream, &host, TLS_BUDGET, by).await.line.ok()
    }

    async fn tunnel(&self, proxy: &Proxy, url: &Url, by: Instant) -> Option<Prefixed<Line>> {
        let dialect = socks::Dialect::of(proxy.scheme)?;
        let mut target = socks::Target::of(url)?;
        if let (socks::Target::Name(name), true) = (target, proxy.scheme.resolves_here()) {
            let resolved = self.prober.network(self.path).resolve(name, by).await.ok()?;
            target = socks::Target::resolved(&resolved.addresses)?;
        }
        let (_, port) = host_and_port(url);
        let ask = socks::Ask { dialect, target, port, credentials: proxy.credentials.as_ref() };
        let line = self.proxy(proxy, by).await?;
        socks::open(line, &ask, by).await.tunnel.ok()
    }
}

#[cfg(test)]
mod tests;
