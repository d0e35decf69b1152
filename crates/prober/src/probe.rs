//! One probe of one pair: the phases in order, each handing its stream to the next and its facts to the observation.

use std::future::Future;

use crate::observation::Observation;
use crate::plan::Pair;

/// Whoever can probe a pair: the real prober, or a script in a test.
pub trait Probe: Send + Sync + 'static {
    /// Probes a pair once; ends within the endpoint's timeout, whatever the network does.
    fn probe(&self, pair: &Pair) -> impl Future<Output = Observation> + Send;
}
