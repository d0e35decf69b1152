//! What to probe, valid by construction: the configuration with every default applied and every name resolved.
//!
//! [`config`](crate::config) is the only producer; everything downstream may rely on what these types promise and
//! never validates again.

mod diff;
mod discovery;
mod endpoint;
mod listed;
mod maintenance;
mod microsoft365;
mod pac;
mod password;
mod path;
mod proxy;
mod tenant;
mod winhttp;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};

use crate::fingerprint::Fingerprints;
use crate::microsoft365::Ranges;

pub use diff::{Diff, Fate, Tally};
pub use discovery::{Discovery, REVOCATION_GROUP};
pub use endpoint::{
    BodyExpectation, CrlExpectation, Endpoint, Expect, Freshness, PrivateAnswers, RootsChoice, RouteExpectation,
    Severity, StatusSet, is_crl_url,
};
pub use maintenance::{Maintenance, Matching, Window};
pub use microsoft365::{ListProbing, ListScope, MICROSOFT365_GROUP, Microsoft365};
pub use pac::{PacFile, PacLocation, PacLogin, ProxyName, UrlView};
pub use password::{Password, Unusable};
pub use path::{EnvironmentProxies, IpFamily, NoProxy, NoProxyRule, Path, PathOptions, Way};
pub use proxy::{Credentials, Kdc, Proxy, ProxyScheme, Secret};
pub use tenant::{Cloud, TENANT_GROUP, TENANT_PATH, TenantCheck};
pub use winhttp::{Bypass, BypassRule, HostPattern, WinHttpProxies};

/// The group of controls in labels; endpoints cannot choose it.
pub const CONTROL_GROUP: &str = "control";

/// Everything one configuration asks for.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The site's name, as `reachwatch_site_info` carries it.
    pub site: String,
    /// The most probes under way at once.
    pub concurrency: NonZeroUsize,
    /// How many blocked results in a row make a pair blocked.
    pub confirm: NonZeroU32,
    /// How names are resolved.
    pub dns: DnsPlan,
    /// How often the TLS of each pair is audited; `None` for never.
    pub audit: Option<Duration>,
    /// How endpoints are probed that certificates name; `None` for not at all.
    pub discovery: Option<Discovery>,
    /// Whose endpoint list is watched besides; `None` for none.
    pub microsoft365: Option<Microsoft365>,
    /// Where Microsoft says that its hosts are, once that is known.
    pub published: Option<Arc<Ranges>>,
    /// Hosts of endpoints that are switched off: somebody has decided about them, so that no list adds them.
    pub disabled: Arc<BTreeSet<String>>,
    /// When somebody works on what is probed.
    pub maintenance: Maintenance,
    /// What is trusted besides the bundled or the system's roots.
    pub tls: TlsPlan,
    /// By which signs products in the way are known.
    pub fingerprints: Arc<Fingerprints>,
    /// Every path that some pair uses, in the order of the configuration. [`Plan::ways_out`] has more.
    pub paths: Vec<Arc<Path>>,
    /// Endpoints, controls after them, then the tenant's domains, in the order of the configuration, and last what is
    /// probed because Microsoft lists it; names are unique.
    pub endpoints: Vec<Arc<Endpoint>>,
    /// Every endpoint over every path it asks for, endpoint by endpoint.
    pub pairs: Vec<Arc<Pair>>,
}

impl Plan {
    /// The most endpoint × path pairs.
    pub const MAX_PAIRS: usize = 100_000;

    /// How often TLS is audited where the configuration says nothing.
    pub const DEFAULT_AUDIT_INTERVAL: Duration = Duration::from_secs(15 * 60);

    /// Every path over which anything is asked for: those of the pairs, and those to and of Microsoft's list.
    pub fn ways_out(&self) -> impl Iterator<Item = &Arc<Path>> {
        let lists = self.microsoft365.iter();
        let others = lists.flat_map(|list| {
            let probed = list.probing.iter().flat_map(|probing| &probing.paths);
            std::iter::once(&list.path).chain(probed)
        });
        let others = others.filter(|other| !self.paths.iter().any(|path| path.name == other.name));
        self.paths.iter().chain(others)
    }

    /// How often TLS is audited, or would be.
    pub(crate) fn audit_interval(&self) -> Duration {
        self.audit.unwrap_or(Self::DEFAULT_AUDIT_INTERVAL)
    }
}

/// One endpoint over one path: the unit that is probed, judged and reported.
#[derive(Debug, Clone)]
pub struct Pair {
    /// What is probed.
    pub endpoint: Arc<Endpoint>,
    /// Over which way.
    pub path: Arc<Path>,
}

impl Pair {
    /// What identifies the pair across configurations and in metrics: endpoint name and path name.
    pub fn key(&self) -> (&str, &str) {
        (&self.endpoint.name, &self.path.name)
    }
}

/// How names are resolved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DnsPlan {
    /// Who is asked.
    pub resolvers: Resolvers,
    /// Fixed answers, by lower-case name without the final dot, as in `/etc/hosts`; never empty lists.
    pub hosts: BTreeMap<String, Vec<IpAddr>>,
    /// Who is asked about the public DNS, as the tenant check does; where empty, the resolvers.
    pub external: Vec<NameServer>,
}

/// Which name servers are asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Resolvers {
    /// Those of `/etc/resolv.conf`, in its order.
    #[default]
    System,
    /// These, in this order; never empty.
    Listed(Vec<NameServer>),
}

/// One name server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameServer {
    /// Its address; port 53 or 853 where the configuration names none.
    pub address: SocketAddr,
    /// How it is spoken to.
    pub transport: DnsTransport,
}

/// How a name server is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsTransport {
    /// UDP, and TCP for truncated answers (RFC 1035, RFC 7766).
    Plain,
    /// DNS over TLS (RFC 7858), authenticated by this name.
    Tls(ServerName<'static>),
}

/// Trust beyond the roots that an endpoint chooses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsPlan {
    /// Roots under which an origin is proven, such as a private CA's.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// The company's own TLS inspection: a chain to these is interception that was announced.
    pub inspection_roots: Vec<CertificateDer<'static>>,
}
