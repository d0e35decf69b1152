//! Resolving a name: both families at once, the name servers in turn, every answer kept.

mod alias;
mod asking;
mod merge;
mod search;
mod server;
mod sockets;
mod system;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::rr::Name;
use tokio::time::{Instant, timeout};

use self::asking::{Answer, Heard, ask_in_turn};
pub use self::merge::interleave;
use self::search::{Search, absolute};
use self::server::Server;
use self::system::SystemFiles;
use super::{Failure, SetupFault};
use crate::net::has_route;
use crate::observation::{Family, Lookup, LookupOutcome, MonitorFault, ResolveFacts, ResolveFailure, ResolveFault};
use crate::plan::{DnsPlan, IpFamily, Resolvers, TlsPlan};

/// How long a family that has addresses waits for the other (RFC 8305, section 3, "Resolution Delay").
const RESOLUTION_DELAY: Duration = Duration::from_millis(50);

/// Resolves names as the plan says.
#[derive(Debug)]
pub struct Resolver {
    hosts: BTreeMap<String, Vec<IpAddr>>,
    servers: Servers,
    family: IpFamily,
}

/// Who is asked.
#[derive(Debug)]
enum Servers {
    Listed(Arc<NameServers>),
    System(Box<SystemFiles>),
}

/// Name servers, in the order in which they are asked, and the domains that short names are searched in.
#[derive(Debug, Default)]
struct NameServers {
    servers: Vec<Server>,
    search: Search,
}

impl Resolver {
    /// Sets up a resolver. Name servers over TLS are authenticated by Mozilla's roots and the plan's extra ones.
    pub fn new(dns: &DnsPlan, tls: &TlsPlan) -> Result<Self, SetupFault> {
        Self::asking(&dns.resolvers, IpFamily::Any, dns, tls)
    }

    /// Sets up a resolver with the plan's fixed answers that asks others than the plan's, for one family or both.
    pub fn asking(resolvers: &Resolvers, family: IpFamily, dns: &DnsPlan, tls: &TlsPlan) -> Result<Self, SetupFault> {
        let tls = server::tls_config(tls)?;
        let servers = match resolvers {
            Resolvers::System => Servers::System(Box::new(SystemFiles::new(tls))),
            Resolvers::Listed(listed) => {
                let servers = listed.iter().map(|one| Server::new(one, &tls)).collect::<Result<_, _>>()?;
                Servers::Listed(Arc::new(NameServers { servers, search: Search::default() }))
            }
        };
        Ok(Self { hosts: dns.hosts.clone(), servers, family })
    }

    /// Resolves a host, which may also be an address, bare or in brackets.
    ///
    /// Fixed answers come first: those of the plan, and with the system's resolvers those of `/etc/hosts`, as for
    /// every other client on the machine; neither they nor addresses are open to suspicion. Then the name servers are
    /// asked in order, both families at once, until the given instant; addresses of one family go ahead 50 ms after
    /// they came, unless there is no route to them.
    pub async fn resolve(&self, host: &str, by: Instant) -> Result<ResolveFacts, Failure<ResolveFault>> {
        let servers = self.name_servers();
        self.resolve_as(host, absolute(host).map(|name| vec![name]), &servers, by).await
    }

    /// Resolves the host of a proxy, as other programs on this machine do: with the system's resolvers its name may be
    /// relative to the domains of the search list, as in `http_proxy=http://proxy:3128`.
    ///
    /// Targets never are: their names stand in an allowlist, and a search domain with a wildcard would answer for them.
    pub async fn resolve_proxy(&self, host: &str, by: Instant) -> Result<ResolveFacts, Failure<ResolveFault>> {
        let servers = self.name_servers();
        self.resolve_as(host, servers.search.names(host), &servers, by).await
    }

    /// Resolves a host by the fixed answers, else as the first of some names that exists. `None` for the names: DNS
    /// cannot carry them (a label over 63 bytes), so they cannot exist either (RFC 1035, section 2.3.4).
    async fn resolve_as(
        &self,
        host: &str,
        names: Option<Vec<Name>>,
        servers: &NameServers,
        by: Instant,
    ) -> Result<ResolveFacts, Failure<ResolveFault>> {
        let fault = |failure, lookups| Failure::Fault(ResolveFault { name: host.to_owned(), failure, lookups });
        if let Some(addresses) = self.fixed(host) {
            let addresses = merge::usable(&addresses, self.family).map_err(|failure| fault(failure, Vec::new()))?;
            return Ok(ResolveFacts { addresses, fixed: true, lookups: Vec::new() });
        }
        let mut lookups = Vec::new();
        let mut worst = ResolveFailure::NxDomain;
        for name in names.unwrap_or_default() {
            let (v4, v6) = self.ask(&servers.servers, &name, by).await;
            let exhausted = v4.exhausted.clone().or_else(|| v6.exhausted.clone());
            let (v4, v6) = (v4.lookups(Family::Ipv4), v6.lookups(Family::Ipv6));
            let merged = merge::merge(&v4, &v6, self.family);
            lookups.extend(v4.into_iter().chain(v6));
            match (merged, exhausted) {
                (Ok(addresses), _) => return Ok(ResolveFacts { addresses, fixed: false, lookups }),
                (Err(_), Some(exhausted)) => return Err(Failure::Monitor(exhausted)),
                (Err(failure), None) => worst = merge::worse(worst, failure),
            }
        }
        Err(fault(worst, lookups))
    }

    /// Asks for the addresses of both families, or of the only one that may be used.
    async fn ask(&self, servers: &[Server], name: &Name, by: Instant) -> (Answers, Answers) {
        let (mut v4, mut v6) = (Answers::default(), Answers::default());
        match self.family {
            IpFamily::Any => return both_families(servers, name, by).await,
            IpFamily::Ipv4 => _ = walk(servers, name, Family::Ipv4, by, &mut v4).await,
            IpFamily::Ipv6 => _ = walk(servers, name, Family::Ipv6, by, &mut v6).await,
        }
        (v4, v6)
    }

    /// Where a service is (SRV, RFC 2782), as `_kerberos._tcp.realm`: hosts and ports, the preferred ones first; none
    /// where nobody knows of it in time. Among equals the heavier go first, so that one site's order stays the same.
    pub async fn services(&self, name: &str, by: Instant) -> Vec<(String, u16)> {
        let Some(name) = absolute(name) else { return Vec::new() };
        let servers = self.name_servers();
        let mut heard = Vec::new();
        // Where the monitor lacks something to ask with, nobody knows of it either.
        let _ = ask_in_turn(&servers.servers, by, |server| server.ask_for_services(&name), &mut heard).await;
        heard.pop().and_then(|last| last.said).unwrap_or_default()
    }

    fn name_servers(&self) -> Arc<NameServers> {
        match &self.servers {
            Servers::Listed(servers) => Arc::clone(servers),
            Servers::System(files) => files.name_servers(),
        }
    }

    /// The answer that needs no name server, if there is one.
    fn fixed(&self, host: &str) -> Option<Vec<IpAddr>> {
        if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse() {
            return Some(vec![address]);
        }
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        self.hosts.get(&name).cloned().or_else(|| match &self.servers {
            Servers::System(files) => files.hosts().get(&name).cloned(),
            Servers::Listed(_) => None,
        })
    }
}

/// What came of asking for one family.
#[derive(Debug, Default)]
struct Answers {
    heard: Vec<Heard<LookupOutcome>>,
    exhausted: Option<MonitorFault>,
}

impl Answers {
    fn first_address(&self) -> Option<IpAddr> {
        match &self.heard.last()?.said {
            LookupOutcome::Addresses { addresses, .. } => addresses.first().copied(),
            _ => None,
        }
    }

    fn lookups(self, family: Family) -> Vec<Lookup> {
        let lookup = |Heard { resolver, said }| Lookup { resolver, family, outcome: said };
        self.heard.into_iter().map(lookup).collect()
    }
}

impl Answer for LookupOutcome {
    fn silence() -> Self {
        Self::Timeout
    }

    fn is_known(&self) -> bool {
        !matches!(self, Self::Timeout | Self::ServerFailure { .. })
    }
}

/// Asks for both families at once and waits no longer than it has to.
async fn both_families(servers: &[Server], name: &Name, by: Instant) -> (Answers, Answers) {
    let (mut v4, mut v6) = (Answers::default(), Answers::default());
    {
        let mut ipv4 = pin!(walk(servers, name, Family::Ipv4, by, &mut v4));
        let mut ipv6 = pin!(walk(servers, name, Family::Ipv6, by, &mut v6));
        let (first, rest): (_, Pin<&mut _>) = tokio::select! {
            first = &mut ipv4 => (first, ipv6),
            first = &mut ipv6 => (first, ipv4),
        };
        finish(first, rest, has_route).await;
    }
    (v4, v6)
}

/// Waits for the second family: for as long as it takes, or only a moment if the first has an address of use.
async fn finish(
    first: Option<IpAddr>,
    mut rest: Pin<&mut impl Future<Output = Option<IpAddr>>>,
    routed: impl Fn(IpAddr) -> bool,
) {
    if let Some(address) = first
        && (timeout(RESOLUTION_DELAY, &mut rest).await.is_ok() || routed(address))
    {
        return;
    }
    rest.await;
}

/// Asks the servers in order for one family until one knows. Whatever becomes of this future, `answers` holds what came.
async fn walk(servers: &[Server], name: &Name, family: Family, by: Instant, answers: &mut Answers) -> Option<IpAddr> {
    let asked = ask_in_turn(servers, by, |server| server.ask(name, family), &mut answers.heard).await;
    answers.exhausted = asked.err();
    answers.first_address()
}

#[cfg(test)]
mod tests;
