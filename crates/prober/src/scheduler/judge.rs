//! Judging a probe in the light of what others saw lately.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::time::Instant;

use super::others::Others;
use crate::observation::{AuditFacts, Observation};
use crate::plan::{Pair, Plan};
use crate::verdict::{Question, Verdict, judge};

/// Judges as the scheduler does, with all that its probes learned from each other. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Judge {
    plan: Arc<Plan>,
    others: Arc<Others>,
}

impl Judge {
    pub(super) fn new(plan: Arc<Plan>, others: Arc<Others>) -> Self {
        Self { plan, others }
    }

    /// What a probe saw that ended just now, with the last audit of the pair's TLS, unless that was too long ago. The judge
    /// learns nothing from it: what is probed by hand changes nothing for others.
    pub fn judge(&self, pair: &Pair, observation: &Observation, audit: Option<&AuditFacts>) -> Verdict {
        let interval = self.plan.audit_interval();
        let audit = audit.filter(|audit| !AuditFacts::is_over(audit.at, observation.probed_at, interval));
        let question = self.others.question(pair, &self.plan.fingerprints, observation, Instant::now());
        let ranges = self.plan.published.as_deref();
        judge(&Question { audit, ranges, ..question }, observation)
    }

    /// Whether a certificate proved the same endpoint elsewhere.
    #[cfg(test)]
    pub(super) fn knows_leaf(&self, pair: &Pair, observation: &Observation) -> bool {
        self.others.question(pair, &self.plan.fingerprints, observation, Instant::now()).leaf_proven_elsewhere
    }

    /// Takes note of what a probe of the scheduler's saw.
    pub(super) fn note(&self, pair: &Pair, observation: &Observation) {
        self.others.note(pair, observation, Instant::now());
    }
}

/// The judge of the plan that is followed now; all clones are one.
#[derive(Debug, Clone)]
pub struct Judges(Arc<RwLock<Judge>>);

impl Judges {
    pub(super) fn of(judge: Judge) -> Self {
        Self(Arc::new(RwLock::new(judge)))
    }

    /// Who judges now.
    pub fn now(&self) -> Judge {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn follow(&self, judge: Judge) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = judge;
    }
}
