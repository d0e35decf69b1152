//! Judging a probe in the light of what others saw lately.

use std::sync::Arc;

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
        judge(&Question { audit, ..question }, observation)
    }

    /// Takes note of what a probe of the scheduler's saw.
    pub(super) fn note(&self, pair: &Pair, observation: &Observation) {
        self.others.note(pair, observation, Instant::now());
    }
}
