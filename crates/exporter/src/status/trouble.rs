//! What was, as `GET /api/v1/incidents` shows it.

use prober::cause::{Blame, Cause, State};
use serde::Serialize;

use super::stamp::Stamp;
use crate::history::Trouble;

/// One stretch in which an endpoint was not well over a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TroubleEntry<'a> {
    /// Its number, for `/incidents/{id}`.
    pub id: i64,
    /// The endpoint's name.
    pub endpoint: &'a str,
    /// The path's name.
    pub path: &'a str,
    /// The endpoint's group when it began.
    pub group: &'a str,
    /// The endpoint's severity when it began.
    pub severity: &'static str,
    /// `blocked` or `degraded`.
    pub state: State,
    /// The newest cause.
    pub cause: Cause,
    /// Who has to act.
    pub blame: Blame,
    /// The newest failure in a sentence.
    pub detail: &'a str,
    /// When it began.
    pub from: Stamp,
    /// When it was over; null while it is open.
    pub to: Option<Stamp>,
    /// How many probes failed.
    pub probes: u64,
}

impl<'a> TroubleEntry<'a> {
    /// The entry of a trouble.
    pub fn of(trouble: &'a Trouble) -> Self {
        Self {
            id: trouble.id,
            endpoint: &trouble.endpoint,
            path: &trouble.path,
            group: &trouble.group,
            severity: trouble.severity.as_str(),
            state: trouble.state,
            cause: trouble.cause,
            blame: trouble.blame,
            detail: trouble.detail.as_str(),
            from: Stamp(trouble.from),
            to: trouble.to.map(Stamp),
            probes: trouble.probes,
        }
    }
}
