//! The network as one path has it: who is asked for names, and where connections come from.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::time::Instant;

use super::Prober;
use crate::observation::{ConnectFault, ResolveFacts, ResolveFault};
use crate::phase::dns::Resolver;
use crate::phase::tcp::{self, Connected};
use crate::phase::{Failure, SetupFault};
use crate::plan::{IpFamily, Path, PathOptions, Plan, Resolvers};

/// The network as one path has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network<'a> {
    pub(super) resolver: &'a Resolver,
    pub(super) source: Option<IpAddr>,
}

impl Network<'_> {
    /// Resolves the name of a target (see [`Resolver::resolve`]).
    pub(super) async fn resolve(&self, host: &str, by: Instant) -> Result<ResolveFacts, Failure<ResolveFault>> {
        self.resolver.resolve(host, by).await
    }

    /// Resolves the name of a proxy (see [`Resolver::resolve_proxy`]).
    pub(super) async fn resolve_proxy(&self, host: &str, by: Instant) -> Result<ResolveFacts, Failure<ResolveFault>> {
        self.resolver.resolve_proxy(host, by).await
    }

    /// Connects to the first address that answers (see [`tcp::connect`]).
    pub(super) async fn connect(
        &self,
        host: &str,
        port: u16,
        addresses: &[IpAddr],
        by: Instant,
    ) -> Result<Connected, Failure<ConnectFault>> {
        tcp::connect(host, port, addresses, self.source, by).await
    }
}

/// Who is asked (`None`: whom the plan names), and for which family.
type Wish = (Option<Resolvers>, IpFamily);

/// One resolver for each way in which the paths of a plan want names resolved.
#[derive(Debug)]
pub(super) struct PathResolvers {
    default: Arc<Resolver>,
    others: Vec<(Wish, Arc<Resolver>)>,
}

impl PathResolvers {
    pub(super) fn new(plan: &Plan) -> Result<Self, SetupFault> {
        let mut others: Vec<(Wish, Arc<Resolver>)> = Vec::new();
        for options in plan.ways_out().map(|path| &path.options) {
            let wish = wish(options);
            if wish == (None, IpFamily::Any) || others.iter().any(|(known, _)| *known == wish) {
                continue;
            }
            let asked = wish.0.as_ref().unwrap_or(&plan.dns.resolvers);
            let resolver = Resolver::asking(asked, wish.1, &plan.dns, &plan.tls)?;
            others.push((wish, Arc::new(resolver)));
        }
        Ok(Self { default: Arc::new(Resolver::new(&plan.dns, &plan.tls)?), others })
    }

    pub(super) fn of(&self, options: &PathOptions) -> &Arc<Resolver> {
        let wish = wish(options);
        self.others.iter().find(|(known, _)| *known == wish).map_or(&self.default, |(_, resolver)| resolver)
    }
}

/// A source address connects to its own family alone.
fn wish(options: &PathOptions) -> Wish {
    let family = match options.source_address {
        Some(IpAddr::V4(_)) => IpFamily::Ipv4,
        Some(IpAddr::V6(_)) => IpFamily::Ipv6,
        None => options.ip_family,
    };
    (options.resolvers.clone(), family)
}

impl Prober {
    /// The network as a path of the plan has it.
    pub(super) fn network(&self, path: &Path) -> Network<'_> {
        Network { resolver: self.resolvers.of(&path.options), source: path.options.source_address }
    }
}
