//! Judgement: what an observation means. Pure; `docs/causes.md` is the specification.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cause::{Blame, Cause, Stage, State};
use crate::text::Clean;

/// What one observation means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What a client can do.
    pub state: State,
    /// Why, unless the state is reachable.
    pub reason: Option<Reason>,
    /// What supports it, and what was seen besides.
    pub evidence: Evidence,
}

/// Why an endpoint is not (or not quite) reachable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The cause.
    pub cause: Cause,
    /// Where the probe stopped.
    pub stage: Stage,
    /// Who has to act.
    pub blame: Blame,
    /// One sentence that a person can act on, with names and numbers.
    pub detail: String,
}

/// Named facts that support a verdict, for people and tickets; keys come from the code, values are clean.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Evidence {
    /// The facts.
    #[serde(flatten)]
    pub facts: BTreeMap<&'static str, Clean>,
    /// Causes that applied too and gave way to the reason by precedence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Cause>,
}
