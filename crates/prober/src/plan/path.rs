//! A path: one way by which clients leave the site.

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use super::Resolvers;
use super::pac::PacFile;
use super::proxy::Proxy;
use super::winhttp::WinHttpProxies;

/// A named way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Its name: a label value, unique among paths.
    pub name: String,
    /// How it leaves.
    pub way: Way,
    /// What holds for every connection over it.
    pub options: PathOptions,
}

/// What holds for every connection over a path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathOptions {
    /// `User-Agent` of CONNECT and of requests, unless an endpoint has one of its own: some proxies decide by it.
    pub user_agent: Option<HeaderValue>,
    /// Further headers of CONNECT requests; marked sensitive, since they may hold a token.
    pub connect_headers: Vec<(HeaderName, HeaderValue)>,
    /// The address that connections come from.
    pub source_address: Option<IpAddr>,
    /// Which addresses are connected to; with a source address, those of its family.
    pub ip_family: IpFamily,
    /// Who is asked for names, in place of the plan's resolvers.
    pub resolvers: Option<Resolvers>,
}

/// Which families of addresses may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IpFamily {
    /// Both, as RFC 8305 has it.
    #[default]
    Any,
    /// IPv4 alone.
    Ipv4,
    /// IPv6 alone.
    Ipv6,
}

impl IpFamily {
    /// Whether an address is of this family; an IPv4 address stays one when it is mapped into IPv6.
    pub fn includes(self, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Ipv4 => address.to_canonical().is_ipv4(),
            Self::Ipv6 => address.to_canonical().is_ipv6(),
        }
    }
}

/// How a path leaves the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Straight to the origin.
    Direct,
    /// Through one proxy, always.
    Proxy(Arc<Proxy>),
    /// As the process's environment says, by curl's rules.
    Environment(EnvironmentProxies),
    /// As Windows was told with `netsh winhttp set proxy`.
    WinHttp(WinHttpProxies),
    /// As a PAC file says.
    Pac(PacFile),
}

/// The proxies that the environment named when the configuration was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvironmentProxies {
    /// `HTTPS_PROXY` or `https_proxy`.
    pub https: Option<Arc<Proxy>>,
    /// `http_proxy` alone: curl leaves `HTTP_PROXY` out because CGI servers set it from a request header; where it is
    /// not a CGI environment (`REQUEST_METHOD` unset) we take it, as containers set it.
    pub http: Option<Arc<Proxy>>,
    /// `ALL_PROXY` or `all_proxy`, for schemes without one of their own.
    pub all: Option<Arc<Proxy>>,
    /// `NO_PROXY` or `no_proxy`.
    pub no_proxy: NoProxy,
}

/// Hosts that the environment exempts from proxies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoProxy(pub Vec<NoProxyRule>);

/// One entry of `NO_PROXY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoProxyRule {
    /// `*`: every host.
    Everything,
    /// A name, lower case, without leading or trailing dot: itself and every name below it.
    Domain(String),
    /// An address or a network (`10.0.0.0/8`): the prefix length counts leading bits.
    Network(IpAddr, u8),
}
