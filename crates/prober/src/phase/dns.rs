//! Resolving a name: both families at once, the name servers in turn, every answer kept.

mod merge;
mod server;
mod sockets;
mod system;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::rr::Name;
use tokio::time::{Instant, timeout, timeout_at};

pub use self::merge::interleave;
use self::server::Server;
use self::system::SystemFiles;
use super::{Failure, SetupFault};
use crate::net::has_route;
use crate::observation::{Family, Lookup, LookupOutcome, MonitorFault, ResolveFacts, ResolveFailure, ResolveFault};
use crate::plan::{DnsPlan, Resolvers, TlsPlan};

/// How long a family that has addresses waits for the other (RFC 8305, section 3, "Resolution Delay").
const RESOLUTION_DELAY: Duration = Duration::from_millis(50);

/// Resolves names as the plan says.
#[derive(Debug)]
pub struct Resolver {
    hosts: BTreeMap<String, Vec<IpAddr>>,
    servers: Servers,
}

/// Who is asked.
#[derive(Debug)]
enum Servers {
    Listed(Arc<Vec<Server>>),
    System(Box<SystemFiles>),
}

impl Resolver {
    /// Sets up a resolver. Name servers over TLS are authenticated by Mozilla's roots and the plan's extra ones.
    pub fn new(dns: &DnsPlan, tls: &TlsPlan) -> Result<Self, SetupFault> {
        let tls = server::tls_config(tls)?;
        let servers = match &dns.resolvers {
            Resolvers::System => Servers::System(Box::new(SystemFiles::new(tls))),
            Resolvers::Listed(listed) => {
                let servers: Result<Vec<_>, _> = listed.iter().map(|one| Server::new(one, &tls)).collect();
                Servers::Listed(Arc::new(servers?))
            }
        };
        Ok(Self { hosts: dns.hosts.clone(), servers })
    }

    /// Resolves a host, which may also be an address, bare or in brackets.
    ///
    /// Fixed answers come first: those of the plan, and with the system's resolvers those of `/etc/hosts`, as for
    /// every other client on the machine; neither they nor addresses are open to suspicion. Then the name servers are
    /// asked in order, both families at once, until the given instant; addresses of one family go ahead 50 ms after
    /// they came, unless there is no route to them.
    pub async fn resolve(&self, host: &str, by: Instant) -> Result<ResolveFacts, Failure<ResolveFault>> {
        let fault = |failure, lookups| Failure::Fault(ResolveFault { name: host.to_owned(), failure, lookups });
        if let Some(addresses) = self.fixed(host) {
            let addresses = merge::usable(&addresses).map_err(|failure| fault(failure, Vec::new()))?;
            return Ok(ResolveFacts { addresses, fixed: true, lookups: Vec::new() });
        }
        // A name that DNS cannot carry (a label over 63 bytes) cannot exist either (RFC 1035, section 2.3.4).
        let Some(name) = absolute(host) else { return Err(fault(ResolveFailure::NxDomain, Vec::new())) };
        let servers = match &self.servers {
            Servers::Listed(servers) => Arc::clone(servers),
            Servers::System(files) => files.servers(),
        };

        let (v4, v6) = both_families(&servers, &name, by).await;
        let merged = merge::merge(&v4.lookups, &v6.lookups);
        let exhausted = v4.exhausted.or(v6.exhausted);
        let lookups = [v4.lookups, v6.lookups].concat();
        match (merged, exhausted) {
            (Ok(addresses), _) => Ok(ResolveFacts { addresses, fixed: false, lookups }),
            (Err(_), Some(exhausted)) => Err(Failure::Monitor(exhausted)),
            (Err(failure), None) => Err(fault(failure, lookups)),
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

/// The name as DNS has it, absolute, so that no search domain is ever appended.
fn absolute(host: &str) -> Option<Name> {
    let mut name = Name::from_ascii(host).ok()?;
    name.set_fqdn(true);
    Some(name)
}

/// What came of asking for one family.
#[derive(Debug, Default)]
struct Answers {
    lookups: Vec<Lookup>,
    exhausted: Option<MonitorFault>,
}

impl Answers {
    fn first_address(&self) -> Option<IpAddr> {
        match &self.lookups.last()?.outcome {
            LookupOutcome::Addresses { addresses, .. } => addresses.first().copied(),
            _ => None,
        }
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

/// Asks the servers in order for one family until one knows; each gets an equal share of the time that is left.
/// Whatever becomes of this future, `answers` holds what came; a question without an answer so far counts as timed out.
async fn walk(servers: &[Server], name: &Name, family: Family, by: Instant, answers: &mut Answers) -> Option<IpAddr> {
    for (server, remaining) in servers.iter().zip((1..=u32::try_from(servers.len()).unwrap_or(u32::MAX)).rev()) {
        let now = Instant::now();
        let share = now + by.saturating_duration_since(now) / remaining;
        let unanswered = Lookup { resolver: server.label().to_owned(), family, outcome: LookupOutcome::Timeout };
        answers.lookups.push(unanswered);
        let outcome = match timeout_at(share, server.ask(name, family)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(exhausted)) => {
                answers.exhausted = Some(exhausted);
                return None;
            }
            Err(_) => LookupOutcome::Timeout,
        };
        let next = matches!(outcome, LookupOutcome::Timeout | LookupOutcome::ServerFailure { .. });
        if let Some(lookup) = answers.lookups.last_mut() {
            lookup.outcome = outcome;
        }
        if !next {
            break;
        }
    }
    answers.first_address()
}

#[cfg(test)]
mod tests;
