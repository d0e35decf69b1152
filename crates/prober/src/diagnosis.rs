//! Comparing what several paths and endpoints saw: is it the endpoint, the path, or the site?
//!
//! Pure functions over a snapshot's confirmed results; `docs/causes.md`, "Diagnosis", is the specification. Controls
//! show that a way is open; that they fail is never sufficient for anything.

mod endpoint;
mod incident;
mod interception;
mod path;
mod suspicion;
mod tally;

use time::OffsetDateTime;

pub use self::endpoint::{EndpointDiagnosis, endpoints};
pub use self::incident::{Incident, Scope, incidents};
pub use self::interception::{
    Extent, Interception, Interceptor, PathTally, Reach, interception, interceptor_is_announced,
};
pub use self::path::{PathStanding, PathState, paths};
pub(crate) use self::suspicion::{Suspicion, is_witness, suspicion};
use crate::snapshot::{Row, Snapshot};

/// Whether the site gets anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteState {
    /// An endpoint or a control is usable over some path.
    Online,
    /// Every path is down.
    Offline,
    /// Neither is known.
    Unknown,
}

impl SiteState {
    /// The name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
            Self::Unknown => "unknown",
        }
    }
}

/// Where the site stands; `paths` as [`paths`] made them of the same snapshot.
pub fn site(snapshot: &Snapshot, paths: &[PathStanding<'_>]) -> SiteState {
    // On a path that is down since, what is held usable is merely old.
    let is_down = |row: &Row| paths.iter().any(|path| path.state == PathState::Down && path.path == row.pair.path.name);
    if snapshot.rows.iter().any(|row| !is_tenant(row) && row.state().is_usable() && !is_down(row)) {
        SiteState::Online
    } else if !paths.is_empty() && paths.iter().all(|path| path.state == PathState::Down) {
        SiteState::Offline
    } else {
        SiteState::Unknown
    }
}

/// Whether a row is about a domain of the tenant's, which says nothing of any path: that a name server answers is no way out.
fn is_tenant(row: &Row) -> bool {
    row.pair.endpoint.tenant.is_some()
}

/// Whether a row's newest probe ended at most two intervals ago (and a timeout, which it may have taken).
fn is_recent(row: &Row, now: OffsetDateTime) -> bool {
    let endpoint = &row.pair.endpoint;
    row.last.as_ref().is_some_and(|last| {
        let age = now - last.observation.probed_at;
        age <= endpoint.interval.saturating_mul(2).saturating_add(endpoint.timeout)
    })
}

#[cfg(test)]
mod tests;
