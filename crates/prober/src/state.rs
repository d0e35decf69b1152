//! What is held true of a pair: raw results folded into a confirmed state, with a memory of since when.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::cause::State;
use crate::observation::Observation;
use crate::verdict::Verdict;

/// One raw result: what was seen and what it means.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What was seen, compacted.
    pub observation: Observation,
    /// What it means.
    pub verdict: Verdict,
}

/// What is held true of a pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirmed {
    /// The state.
    pub state: State,
    /// When it began: the end of the first probe that saw it.
    pub since: OffsetDateTime,
    /// The newest result that agrees with the state; its cause is the one shown.
    pub report: Arc<Report>,
}
