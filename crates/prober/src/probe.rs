//! One probe of one pair: the phases in order, each handing its stream to the next and its facts to the observation.

mod issuer;
mod network;
mod redirect;
mod step;
mod trip;

use std::future::Future;
use std::sync::Arc;

use tokio::time::timeout_at;

use self::network::PathResolvers;
pub use self::step::{Listener, Step};
use self::trip::Trip;
use crate::net::Clock;
use crate::observation::{Fault, MonitorFault, Observation};
pub use crate::phase::SetupFault;
use crate::phase::proxy::Remembered;
use crate::phase::tls::Connector;
use crate::plan::{Pair, Plan, RootsChoice};

/// Whoever can probe a pair: the real prober, or a script in a test.
pub trait Probe: Send + Sync + 'static {
    /// Probes a pair once; ends within the endpoint's timeout, whatever the network does.
    fn probe(&self, pair: &Pair) -> impl Future<Output = Observation> + Send;
}

/// The real prober: what all probes of one plan share.
#[derive(Debug)]
pub struct Prober {
    clock: Arc<dyn Clock>,
    resolvers: PathResolvers,
    /// What proxies took when they asked who we are.
    remembered: Remembered,
    connectors: Vec<(RootsChoice, Connector)>,
}

impl Prober {
    /// Sets up resolvers and trust as the plan asks for.
    pub fn new(plan: &Plan, clock: Arc<dyn Clock>) -> Result<Self, SetupFault> {
        let resolvers = PathResolvers::new(plan)?;
        let remembered = Remembered::default();
        let mut prober = Self { clock, resolvers, remembered, connectors: Vec::with_capacity(2) };
        for choice in [RootsChoice::Bundled, RootsChoice::System] {
            // The bundled ones also verify proxies, which a way may come to name only later.
            if choice == RootsChoice::Bundled || plan.endpoints.iter().any(|endpoint| endpoint.roots == choice) {
                let connector = Connector::new(&plan.tls, choice, Arc::clone(&prober.clock))?;
                prober.connectors.push((choice, connector));
            }
        }
        Ok(prober)
    }

    /// Probes a pair of the plan once and tells a listener about every step as it is taken.
    pub async fn probe_with(&self, pair: &Pair, listener: &dyn Listener) -> Observation {
        let mut trip = Trip::new(self, pair, listener);
        // Every phase keeps to its own share; this is for what should not happen.
        let ended = timeout_at(trip.end(), trip.go()).await;
        trip.finish(ended)
    }

    /// The connector for an endpoint's choice of roots; the plan's endpoints all have theirs.
    fn connector(&self, choice: RootsChoice) -> Result<&Connector, Fault> {
        let made = self.connectors.iter().find(|(made_for, _)| *made_for == choice);
        made.map(|(_, connector)| connector).ok_or_else(|| {
            let reason = "the endpoint is not of the plan that the prober was set up for".into();
            Fault::Monitor(MonitorFault { operation: "verify certificates".to_owned(), reason })
        })
    }
}

impl Probe for Prober {
    async fn probe(&self, pair: &Pair) -> Observation {
        self.probe_with(pair, &()).await
    }
}
