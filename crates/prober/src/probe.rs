//! One probe of one pair: the phases in order, each handing its stream to the next and its facts to the observation.

mod audit;
mod download;
mod heir;
mod issuer;
mod kept;
mod network;
mod pac;
mod redirect;
mod responder;
mod served;
mod step;
mod tenant;
mod trip;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

pub use self::download::{Download, DownloadFault};
use self::heir::{Basis, Heritage};
use self::kept::KeptLists;
use self::network::PathResolvers;
pub use self::pac::Decision;
use self::pac::{Needs, PacFiles};
pub use self::step::{Listener, Step};
use self::trip::Trip;
use crate::fingerprint::Fingerprints;
use crate::net::Clock;
use crate::observation::{AuditFacts, Fault, MonitorFault, Observation, Published, RouteFacts};
use crate::phase::Deadline;
pub use crate::phase::SetupFault;
use crate::phase::dns::Resolver;
use crate::phase::proxy::Remembered;
use crate::phase::tls::Connector;
use crate::plan::{Discovery, Pair, Path, Plan, RootsChoice, Way};
use crate::trust::served::{Link, ServedChains};
use crate::trust::signer::KnownSigners;

/// Whoever can probe a pair: the real prober, or a script in a test.
pub trait Probe: Send + Sync + 'static {
    /// Probes a pair once; ends within the endpoint's timeout, whatever the network does.
    fn probe(&self, pair: &Pair) -> impl Future<Output = Observation> + Send;

    /// How many probes it takes to ask a pair for all that it is asked for: responders tell of one certificate at a time.
    fn questions(&self, _: &Pair) -> usize {
        1
    }

    /// Audits the TLS of a pair with an https URL once; ends within six of the endpoint's timeouts.
    fn audit(&self, pair: &Pair) -> impl Future<Output = AuditFacts> + Send;
}

/// The real prober: what all probes of one plan share.
#[derive(Debug)]
pub struct Prober {
    clock: Arc<dyn Clock>,
    resolvers: PathResolvers,
    /// What proxies took when they asked who we are.
    remembered: Arc<Remembered>,
    connectors: Vec<(RootsChoice, Arc<Connector>)>,
    /// Who may have signed the revocation lists that come; `None` where the plan has none.
    signers: Option<Arc<KnownSigners>>,
    /// By which chains endpoints proved themselves lately.
    served: Arc<ServedChains>,
    /// By which signs products in the way are known.
    fingerprints: Arc<Fingerprints>,
    /// Whom certificates may have us ask.
    discovery: Option<Discovery>,
    /// Revocation lists that need not come again as long as they have not changed.
    kept_lists: KeptLists,
    pac_files: PacFiles,
    /// Who is asked about the public DNS, where the configuration names somebody.
    external: Option<Resolver>,
    /// What of the plan all of this was set up for.
    basis: Basis,
}

impl Prober {
    /// Sets up resolvers and trust as the plan asks for.
    pub fn new(plan: &Plan, clock: Arc<dyn Clock>) -> Result<Self, SetupFault> {
        Self::set_up(plan, clock, None)
    }

    /// Sets up what a plan asks for, with what there is of it already.
    fn set_up(plan: &Plan, clock: Arc<dyn Clock>, before: Option<Heritage<'_>>) -> Result<Self, SetupFault> {
        let basis = Basis::of(plan);
        let inherited = before.filter(|before| before.prober.basis == basis);
        let resolvers = PathResolvers::new(plan)?;
        let mut connectors = Vec::with_capacity(2);
        for choice in [RootsChoice::Bundled, RootsChoice::System] {
            // The bundled ones also verify proxies and the servers of PAC files.
            if choice == RootsChoice::Bundled || plan.endpoints.iter().any(|endpoint| endpoint.roots == choice) {
                let connector = match inherited.and_then(|before| before.connector(choice)) {
                    Some(connector) => connector,
                    None => Arc::new(Connector::new(&plan.tls, choice, Arc::clone(&clock))?),
                };
                connectors.push((choice, connector));
            }
        }
        let connector = connectors.first().map(|(_, connector)| connector);
        let resolver = |path: &Path| Arc::clone(resolvers.of(&path.options));
        let held = inherited.map(Heritage::pac_files);
        let pac_files = PacFiles::new(plan, &Needs { clock: &clock, connector, resolver: &resolver }, held);
        let external = tenant::external(&plan.dns, &plan.tls)?;
        let has_lists = plan.discovery.is_some() || plan.endpoints.iter().any(|endpoint| endpoint.expect.crl.is_some());
        let signers = has_lists.then(|| {
            let roots = connectors.iter().flat_map(|(_, connector)| connector.roots_of_origins());
            let mut known = Vec::new();
            for root in roots {
                if !known.contains(root) {
                    known.push(root.clone());
                }
            }
            before.and_then(|before| before.signers(&known)).unwrap_or_else(|| Arc::new(KnownSigners::new(known)))
        });
        let learned = before.filter(|before| before.knows_as(signers.as_ref()));
        Ok(Self {
            clock,
            resolvers,
            remembered: before.map(|before| Arc::clone(&before.prober.remembered)).unwrap_or_default(),
            connectors,
            signers,
            served: learned.map(|before| Arc::clone(&before.prober.served)).unwrap_or_default(),
            fingerprints: Arc::clone(&plan.fingerprints),
            discovery: plan.discovery,
            kept_lists: learned.map(Heritage::kept_lists).unwrap_or_default(),
            pac_files,
            external,
            basis,
        })
    }

    /// Probes a pair of the plan once and tells a listener about every step as it is taken.
    pub async fn probe_with(&self, pair: &Pair, listener: &dyn Listener) -> Observation {
        if let Some(tenant) = &pair.endpoint.tenant {
            return Box::pin(self.ask_about(tenant, pair.endpoint.timeout, listener)).await;
        }
        if pair.endpoint.discovered == Some(Published::Ocsp) {
            return match self.question_for(pair) {
                Some((asked, link)) => {
                    let seen = Box::pin(self.probe_about(&asked, Some(&link), listener)).await;
                    self.note_answer(pair, &link, &seen);
                    seen
                }
                None => self.nothing_to_ask(pair),
            };
        }
        self.probe_about(pair, None, listener).await
    }

    /// Probes a pair; where it is a responder, `link` is what it is asked for.
    async fn probe_about(&self, pair: &Pair, link: Option<&Link>, listener: &dyn Listener) -> Observation {
        let start = Instant::now();
        let mut seen = self.travel((pair, link), start, pair.endpoint.timeout, listener).await;
        if is_about_to_go_direct(&seen) {
            // Rare, so it stays out of every other probe's future.
            let attempt = Box::pin(self.try_direct(pair, link, start + pair.endpoint.timeout));
            seen.direct = attempt.await.map(Box::new);
        }
        seen
    }

    async fn travel(
        &self,
        (pair, link): (&Pair, Option<&Link>),
        start: Instant,
        time: Duration,
        listener: &dyn Listener,
    ) -> Observation {
        let mut trip = Trip::new(self, pair, Deadline::new(start, time), listener).asking_for(link);
        // Every phase keeps to its own share; this is for what should not happen.
        let ended = timeout_at(trip.end(), trip.go()).await;
        trip.finish(ended)
    }

    /// What a direct attempt sees in the time that is left, if that is worth one.
    async fn try_direct(&self, pair: &Pair, link: Option<&Link>, by: Instant) -> Option<Observation> {
        let now = Instant::now();
        let left = by.saturating_duration_since(now);
        if left < pair.endpoint.timeout / 10 {
            return None;
        }
        let Path { name, options, .. } = &*pair.path;
        let direct = Path { name: name.clone(), way: Way::Direct, options: options.clone() };
        let pair = Pair { endpoint: Arc::clone(&pair.endpoint), path: Arc::new(direct) };
        Some(self.travel((&pair, link), now, left, &()).await)
    }

    /// The connector for an endpoint's choice of roots; the plan's endpoints all have theirs.
    fn connector(&self, choice: RootsChoice) -> Result<&Connector, Fault> {
        let made = self.connectors.iter().find(|(made_for, _)| *made_for == choice);
        made.map(|(_, connector)| &**connector).ok_or_else(|| {
            let reason = "the endpoint is not of the plan that the prober was set up for".into();
            Fault::Monitor(MonitorFault { operation: "verify certificates".to_owned(), reason })
        })
    }
}

/// Whether clients go direct, or soon will: WinHTTP and browsers do so without their PAC file, which those that start
/// now do not get, and where it decides nothing.
fn is_about_to_go_direct(seen: &Observation) -> bool {
    let is_of_no_use = matches!(&seen.fault, Some(Fault::Pac(_)));
    let is_stale = seen.pac.as_ref().is_some_and(|pac| pac.stale.is_some());
    is_of_no_use || (is_stale && seen.route != RouteFacts::Direct)
}

impl Probe for Prober {
    async fn probe(&self, pair: &Pair) -> Observation {
        self.probe_with(pair, &()).await
    }

    fn questions(&self, pair: &Pair) -> usize {
        match pair.endpoint.discovered {
            Some(Published::Ocsp) => self.served.count_to_ask(&pair.endpoint.url, self.clock.now()),
            _ => 1,
        }
    }

    async fn audit(&self, pair: &Pair) -> AuditFacts {
        self.audit_once(pair).await
    }
}
