//! Names and connections: to the origin, or to a proxy, with TLS to the latter where it is spoken.

use tokio::net::TcpStream;
use url::Url;

use super::super::Step;
use super::{Trip, host_and_port};
use crate::cause::Stage;
use crate::observation::{Fault, ProxyFailure, ProxyFault, ResolveFacts};
use crate::phase::proxy::{Line, secure};
use crate::phase::tcp::Connected;
use crate::plan::{Proxy, ProxyScheme, RootsChoice};

impl Trip<'_> {
    pub(super) async fn connect_to_origin(&mut self, url: &Url) -> Result<TcpStream, Fault> {
        let (host, port) = host_and_port(url);
        let facts = self.resolve_origin(host).await?;
        let network = self.network;
        let by = self.deadline.until(Stage::Connect);
        let connected = self.timed(Stage::Connect, network.connect(host, port, &facts.addresses, by)).await;
        self.seen.resolve = Some(facts).filter(|_| url.domain().is_some());
        Ok(self.note_connected(connected?))
    }

    pub(super) async fn resolve_origin(&mut self, host: &str) -> Result<ResolveFacts, Fault> {
        let (network, by) = (self.network, self.deadline.until(Stage::Resolve));
        let facts = self.timed(Stage::Resolve, network.resolve(host, by)).await?;
        self.listener.heard(Step::Resolved { host, facts: &facts });
        Ok(facts)
    }

    /// Connects to a proxy and shakes hands where its scheme wants it.
    pub(super) async fn line_to_proxy(&mut self, proxy: &Proxy) -> Result<Line, Fault> {
        let stream = self.connect_to_proxy(proxy).await?;
        if proxy.scheme != ProxyScheme::Https {
            return Ok(Line::Clear(stream));
        }
        let connector = self.prober.connector(RootsChoice::Bundled)?;
        let (host, by) = (proxy.host.to_string(), self.deadline.until(Stage::Proxy));
        // What the tunnel may carry, and as much again for the records around it.
        let budget = 2 * self.budget();
        let secured = self.timed(Stage::Proxy, secure(connector, stream, &host, budget, by)).await;
        if let Some(facts) = &secured.facts {
            self.listener.heard(Step::ProxySecured(facts));
        }
        self.seen.proxy_tls = secured.facts;
        let fault = |failure| Fault::Proxy(ProxyFault { proxy: proxy.to_string(), failure });
        Ok(secured.line.map_err(|failure| failure.map(fault))?)
    }

    /// Resolves and connects as to an origin; whatever fails is the proxy's.
    async fn connect_to_proxy(&mut self, proxy: &Proxy) -> Result<TcpStream, Fault> {
        let host = proxy.host.to_string();
        let fault = |failure| Fault::Proxy(ProxyFault { proxy: proxy.to_string(), failure });
        let (network, by) = (self.network, self.deadline.until(Stage::Resolve));
        let facts = self.timed(Stage::Resolve, network.resolve_proxy(&host, by)).await;
        let facts = facts.map_err(|failure| failure.map(|inner| fault(ProxyFailure::Resolve(inner))))?;
        self.listener.heard(Step::Resolved { host: &host, facts: &facts });
        let by = self.deadline.until(Stage::Connect);
        let connected = self.timed(Stage::Connect, network.connect(&host, proxy.port, &facts.addresses, by)).await;
        let connected = connected.map_err(|failure| failure.map(|inner| fault(ProxyFailure::Connect(inner))))?;
        Ok(self.note_connected(connected))
    }

    fn note_connected(&mut self, connected: Connected) -> TcpStream {
        self.seen.remote_address = connected.stream.peer_addr().ok();
        self.listener.heard(Step::Connected { peer: self.seen.remote_address, failed: &connected.failed });
        self.seen.failed_attempts.extend(connected.failed);
        connected.stream
    }
}
