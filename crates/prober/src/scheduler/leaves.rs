//! Which certificates proved their endpoint lately, on whatever path.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use crate::observation::Observation;
use crate::plan::Pair;

/// The newest leaves that proved each endpoint: of as many as there are at a time.
#[derive(Debug, Default)]
pub(super) struct Leaves(Mutex<HashMap<String, VecDeque<Arc<str>>>>);

impl Leaves {
    /// The most leaves kept for an endpoint: its servers may each have one of their own.
    const KEPT: usize = 8;

    /// Takes note of a leaf that proved the endpoint.
    pub(super) fn note(&self, pair: &Pair, observation: &Observation) {
        let proven = observation.tls.as_ref().filter(|tls| tls.is_proven());
        let Some(leaf) = proven.and_then(|tls| tls.leaf_sha256.as_ref()) else { return };
        let mut leaves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = leaves.entry(pair.endpoint.name.clone()).or_default();
        if kept.contains(leaf) {
            return;
        }
        kept.push_back(Arc::clone(leaf));
        if kept.len() > Self::KEPT {
            kept.pop_front();
        }
    }

    /// Forgets the leaves of an endpoint that is gone.
    pub(super) fn forget(&self, endpoint: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(endpoint);
    }

    /// What goes on with another plan: the leaves of the same endpoints.
    pub(super) fn follow(&self, is_same: impl Fn(&str) -> bool) -> Self {
        let leaves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Self(Mutex::new(leaves.iter().filter(|(name, _)| is_same(name)).map(|(a, b)| (a.clone(), b.clone())).collect()))
    }

    /// Whether the leaf of this observation proved the same endpoint elsewhere.
    pub(super) fn proved(&self, pair: &Pair, observation: &Observation) -> bool {
        let Some(leaf) = observation.tls.as_ref().and_then(|tls| tls.leaf_sha256.as_ref()) else { return false };
        let leaves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        leaves.get(&pair.endpoint.name).is_some_and(|kept| kept.contains(leaf))
    }
}
