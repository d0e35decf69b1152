//! Asking a proxy for a tunnel.

use http::HeaderValue;
use tokio::net::TcpStream;
use url::Url;

use super::super::Step;
use super::{Trip, host_and_port};
use crate::cause::Stage;
use crate::observation::{Fault, ProxyFault};
use crate::phase::proxy::{self, Connect, Prefixed};
use crate::plan::{Credentials, Proxy};

/// A way to the origin, or to a proxy that serves for it.
pub(super) type Socket = Prefixed<TcpStream>;

impl Trip<'_> {
    pub(super) async fn open_tunnel(&mut self, proxy: &Proxy, url: &Url) -> Result<Socket, Fault> {
        let stream = self.connect_to_proxy(proxy).await?;
        let (host, port) = host_and_port(url);
        let target = format!("{host}:{port}");
        let options = &self.pair.path.options;
        let connect = Connect {
            target: &target,
            credentials: proxy.credentials.as_ref(),
            user_agent: options.user_agent.as_ref(),
            headers: &options.connect_headers,
        };
        let by = self.deadline.until(Stage::Proxy);
        let reply = self.timed(Stage::Proxy, proxy::open(stream, &connect, by)).await;
        if let Some(facts) = &reply.facts {
            self.listener.heard(Step::ProxyAnswered(facts));
        }
        self.seen.proxy = reply.facts;
        let fault = |failure| Fault::Proxy(ProxyFault { proxy: proxy.to_string(), failure });
        Ok(reply.tunnel.map_err(|failure| failure.map(fault))?)
    }
}

/// The header that tells a proxy who we are, marked so that nothing prints it.
pub(in crate::probe) fn authorization(credentials: &Credentials) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&proxy::basic(credentials)).ok()?;
    value.set_sensitive(true);
    Some(value)
}
