//! Fetching certificates that a server left out, over the way that the probe takes: a client does it so too.

use ::http::Method;
use tokio::time::Instant;
use url::Url;

use super::Prober;
use super::trip::{TLS_BUDGET, authorization, host_and_port};
use crate::observation::RouteFacts;
use crate::phase::aia::{FetchIssuer, MAX_BYTES};
use crate::phase::http::{self, BodyRule, Form, Kept, Protocol, Request, Response};
use crate::phase::in_turn;
use crate::phase::proxy::{Line, Prefixed, secure, socks};
use crate::plan::{Path, Proxy, ProxyScheme, RootsChoice};
use crate::route::Hop;

/// Whoever publishes certificates, seen over one way.
#[derive(Debug)]
pub(super) struct Issuers<'a> {
    pub(super) prober: &'a Prober,
    pub(super) path: &'a Path,
    /// The way on which the certificate came.
    pub(super) served: &'a RouteFacts,
}

impl FetchIssuer for Issuers<'_> {
    async fn fetch(&self, url: &Url, by: Instant) -> Option<Vec<u8>> {
        let mut hops = self.prober.ways(self.path, url, by, by).await.hops.ok()?;
        // The way that served goes first: others before it in the list have just been found dead.
        hops.sort_by_key(|hop| hop.facts() != *self.served);
        let mut answer = None;
        for (hop, share) in in_turn(&hops, by) {
            answer = self.ask(hop, url, share).await;
            if answer.is_some() {
                break;
            }
        }
        let response = answer?;
        if !(200..300).contains(&response.facts.status) {
            return None;
        }
        let body = response.read(BodyRule { limit: MAX_BYTES, patience: None }, by).await;
        (body.fault.is_none() && !body.facts.body.limit_reached).then_some(body.bytes)
    }
}

impl Issuers<'_> {
    async fn ask(&self, hop: &Hop, url: &Url, by: Instant) -> Option<Response<Prefixed<Line>>> {
        match hop {
            Hop::Direct => self.ask_origin(self.origin(url, by).await?, url, by).await,
            Hop::Proxy(proxy) if proxy.scheme.is_http() => self.ask_through(proxy, url, by).await,
            Hop::Proxy(proxy) => self.ask_origin(self.tunnel(proxy, url, by).await?, url, by).await,
        }
    }

    async fn ask_origin(&self, stream: Prefixed<Line>, url: &Url, by: Instant) -> Option<Response<Prefixed<Line>>> {
        http::send(stream, Protocol::Http1, &self.request(url, Form::Origin), by).await.ok()
    }

    async fn origin(&self, url: &Url, by: Instant) -> Option<Prefixed<Line>> {
        let network = self.prober.network(self.path);
        let (host, port) = host_and_port(url);
        let resolved = network.resolve(host, by).await.ok()?;
        let connected = network.connect(host, port, &resolved.addresses, by).await.ok()?;
        Some(Prefixed::from(Line::Clear(connected.stream)))
    }

    /// Asks a proxy, and tells it who we are where it asks.
    async fn ask_through(&self, proxy: &Proxy, url: &Url, by: Instant) -> Option<Response<Prefixed<Line>>> {
        let mut who = self.prober.introduce(proxy, self.prober.network(self.path), by).await;
        let mut kept: Option<Kept<Prefixed<Line>>> = None;
        loop {
            let authorization = who.next_request().and_then(|value| authorization(&value));
            let request = self.request(url, Form::Absolute { authorization, keep: who.has_login() });
            let response = if let Some(line) = kept.take() {
                line.send(&request, by).await.ok()?
            } else {
                let stream = Prefixed::from(self.proxy(proxy, by).await?);
                http::send(stream, Protocol::Http1, &request, by).await.ok()?
            };
            if response.facts.status != 407 {
                self.prober.remember(proxy, &who);
                return Some(response);
            }
            let challenges = response.challenges().to_vec();
            let (_, line) = response.read_and_keep(BodyRule::NEEDED, by).await;
            if !who.challenged(&challenges, line.is_some(), by).await {
                self.prober.remember(proxy, &who);
                return None;
            }
            kept = line;
        }
    }

    fn request<'u>(&'u self, url: &'u Url, form: Form) -> Request<'u> {
        let user_agent = self.path.options.user_agent.as_ref();
        Request { url, method: &Method::GET, user_agent, headers: &[], body: None, form }
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
