//! Asking a proxy for a tunnel: by CONNECT, or in SOCKS.

use tokio::time::Instant;
use url::Url;

use super::super::Step;
use super::{Trip, host_and_port};
use crate::cause::Stage;
use crate::observation::{Fault, MonitorFault, ProxyFault};
use crate::phase::proxy::socks::{self, Dialect, Target};
use crate::phase::proxy::{self, Connect, Line, Prefixed};
use crate::plan::Proxy;
use crate::route::Hop;

/// A way to the origin, or to a proxy that serves for it.
pub(super) type Socket = Prefixed<Line>;

impl Trip<'_> {
    /// The way to the origin, up to where TLS begins: a connection of our own, or a tunnel.
    pub(super) async fn open_way(&mut self, url: &Url, hop: &Hop) -> Result<Socket, Fault> {
        match hop {
            Hop::Direct => Ok(Prefixed::from(Line::Clear(self.connect_to_origin(url).await?))),
            Hop::Proxy(proxy) => self.open_tunnel(proxy, url).await,
        }
    }

    async fn open_tunnel(&mut self, proxy: &Proxy, url: &Url) -> Result<Socket, Fault> {
        match Dialect::of(proxy.scheme) {
            Some(dialect) => self.ask_in_socks(proxy, dialect, url).await,
            None => self.ask_by_connect(proxy, url).await,
        }
    }

    async fn ask_by_connect(&mut self, proxy: &Proxy, url: &Url) -> Result<Socket, Fault> {
        let (host, port) = host_and_port(url);
        let target = format!("{host}:{port}");
        let options = &self.pair.path.options;
        let connect =
            Connect { target: &target, user_agent: options.user_agent.as_ref(), headers: &options.connect_headers };
        let mut who = self.introduce_to(proxy).await;
        loop {
            let line = self.line_to_proxy(proxy).await?;
            let by = self.deadline.until(Stage::Proxy);
            let reply = self.timed(Stage::Proxy, proxy::open(line, &connect, &mut who, by)).await;
            if let Some(facts) = &reply.facts {
                self.listener.heard(Step::ProxyAnswered(facts));
            }
            if reply.facts.is_some() {
                self.seen.proxy = reply.facts;
            }
            if reply.ask_again {
                self.deadline.begin_connection(Instant::now());
                continue;
            }
            self.note_introduction(proxy, &who, self.seen.proxy.is_some());
            let fault = |failure| Fault::Proxy(ProxyFault { proxy: proxy.to_string(), failure });
            return Ok(reply.tunnel.map_err(|failure| failure.map(fault))?);
        }
    }

    async fn ask_in_socks(&mut self, proxy: &Proxy, dialect: Dialect, url: &Url) -> Result<Socket, Fault> {
        // The target's name first: both names share the time for resolving.
        let (_, port) = host_and_port(url);
        let target = self.socks_target(proxy, url, port).await?;
        let line = self.line_to_proxy(proxy).await?;
        let ask = socks::Ask { dialect, target, port, credentials: proxy.credentials.as_ref() };
        let by = self.deadline.until(Stage::Proxy);
        let answer = self.timed(Stage::Proxy, socks::open(line, &ask, by)).await;
        self.listener.heard(Step::SocksAnswered(&answer.facts));
        self.seen.socks = Some(answer.facts);
        let fault = |failure| Fault::Proxy(ProxyFault { proxy: proxy.to_string(), failure });
        Ok(answer.tunnel.map_err(|failure| failure.map(fault))?)
    }

    /// The target as the proxy is to be told: by name, or by the address that was found here.
    async fn socks_target<'u>(&mut self, proxy: &Proxy, url: &'u Url, port: u16) -> Result<Target<'u>, Fault> {
        let none = || {
            let reason = "there is no host to name".into();
            Fault::Monitor(MonitorFault { operation: format!("ask {proxy} for {url}"), reason })
        };
        match Target::of(url).ok_or_else(none)? {
            Target::Name(name) if proxy.scheme.resolves_here() => {
                let facts = self.resolve_origin(name).await?;
                let admitted = self.admitted(&facts);
                self.seen.resolve = Some(facts);
                if admitted.is_empty() {
                    return Err(self.not_asked(name, port));
                }
                let target = Target::resolved(&admitted);
                target.ok_or_else(none)
            }
            target => Ok(target),
        }
    }
}
