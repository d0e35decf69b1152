//! Names and connections: to the origin, or to a proxy, with TLS to the latter where it is spoken.

use std::net::IpAddr;

use tokio::net::TcpStream;
use url::Url;

use super::super::Step;
use super::{Trip, host_and_port};
use crate::cause::Stage;
use crate::net::{is_global, is_public_name};
use crate::observation::{ConnectFailure, ConnectFault, Fault, ProxyFailure, ProxyFault, ResolveFacts, UnaskedFault};
use crate::phase::proxy::{Line, secure};
use crate::phase::tcp::Connected;
use crate::plan::{PrivateAnswers, Proxy, ProxyScheme, RootsChoice};

impl Trip<'_> {
    pub(super) async fn connect_to_origin(&mut self, url: &Url) -> Result<TcpStream, Fault> {
        let (host, port) = host_and_port(url);
        let facts = self.resolve_origin(host).await?;
        let network = self.network;
        let by = self.deadline.until(Stage::Connect);
        let addresses = self.admitted(&facts);
        let connected = if addresses.is_empty() {
            Err(self.not_asked(host, port))
        } else {
            let connecting = network.connect(host, port, &addresses, by);
            self.timed(Stage::Connect, connecting).await.map_err(Fault::from)
        };
        self.seen.resolve = Some(facts).filter(|_| url.domain().is_some());
        Ok(self.note_connected(connected?))
    }

    /// The addresses that may be connected to. A certificate must not send us about the site's own network, whatever its
    /// names resolve to; fixed answers are the configuration's own.
    pub(super) fn admitted(&self, facts: &ResolveFacts) -> Vec<IpAddr> {
        let endpoint = self.endpoint();
        let is_free =
            endpoint.discovered.is_none() || endpoint.private_answers == PrivateAnswers::Allowed || facts.fixed;
        facts.addresses.iter().copied().filter(|address| is_free || is_global(*address)).collect()
    }

    /// No address is one that may be asked: a public name is led astray then, one of the site's own is where it belongs.
    pub(super) fn not_asked(&self, host: &str, port: u16) -> Fault {
        let host = host.to_owned();
        if self.endpoint().private_answers == PrivateAnswers::Unasked || !is_public_name(&host) {
            let reason = "its addresses are private, and private answers are not allowed".into();
            return Fault::Unasked(UnaskedFault { host, reason });
        }
        Fault::Connect(ConnectFault { host, port, failure: ConnectFailure::Unreachable, attempts: Vec::new() })
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
        self.seen.proxy_tls = secured.facts.map(Box::new);
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
