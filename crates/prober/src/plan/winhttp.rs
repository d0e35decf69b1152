//! What Windows was told with `netsh winhttp set proxy`.

use std::net::Ipv6Addr;
use std::sync::Arc;

use super::proxy::Proxy;

/// The proxies of WinHTTP's settings, by the scheme of the request, and what goes without them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WinHttpProxies {
    /// Those for `http`, in the order in which they are tried; none: straight to the origin.
    pub http: Vec<Arc<Proxy>>,
    /// Those for `https`, likewise.
    pub https: Vec<Arc<Proxy>>,
    /// What goes straight to the origin all the same.
    pub bypass: Bypass,
}

/// WinHTTP's bypass list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bypass(pub Vec<BypassRule>);

/// One entry of the bypass list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BypassRule {
    /// `<local>`: every name without a period.
    Local,
    /// Hosts, which may be limited to a scheme and to a port of the target.
    Hosts {
        /// `http` or `https`, lower case; `None` for any.
        scheme: Option<String>,
        /// Which hosts.
        hosts: HostPattern,
        /// The port; `None` for any.
        port: Option<u16>,
    },
}

/// The host of an entry of the bypass list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPattern {
    /// A name or an IPv4 address in lower case, in which `*` stands for any characters, none included.
    Text(String),
    /// An IPv6 address, however it is written.
    Ipv6(Ipv6Addr),
}
