//! The chains by which endpoints proved themselves lately: where they say that their revocation is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::observation::Publication;

/// The chains met lately, the newest last.
#[derive(Debug, Default)]
pub struct ServedChains(Mutex<VecDeque<Arc<ServedChain>>>);

/// A chain that led to a root that origins are proven by.
#[derive(Debug)]
pub(crate) struct ServedChain {
    /// The SHA-256 of its leaf, in hexadecimal.
    pub(crate) leaf: String,
    /// Where its certificates say that something about them is published.
    pub(crate) published: Vec<Publication>,
}

impl ServedChains {
    /// The most chains kept: an endpoint's servers may each have one of their own.
    const MAX: usize = 256;

    /// A chain known by its leaf, met once more.
    pub(crate) fn again(&self, leaf: &str) -> Option<Arc<ServedChain>> {
        let mut chains = self.chains();
        let known = chains.iter().position(|chain| chain.leaf == leaf)?;
        let chain = chains.remove(known)?;
        chains.push_back(Arc::clone(&chain));
        Some(chain)
    }

    /// Takes note of a chain; the one that was not met for longest goes where there are too many.
    pub(crate) fn note(&self, chain: ServedChain) -> Arc<ServedChain> {
        let chain = Arc::new(chain);
        let mut chains = self.chains();
        if chains.len() >= Self::MAX {
            chains.pop_front();
        }
        chains.push_back(Arc::clone(&chain));
        chain
    }

    fn chains(&self) -> MutexGuard<'_, VecDeque<Arc<ServedChain>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
