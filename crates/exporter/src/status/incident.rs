//! What is open now, as the status document and `GET /api/v1/incidents` show it.

use prober::cause::{Blame, Cause, Stage, State};
use prober::diagnosis::{Incident, Scope, incidents};
use prober::snapshot::Snapshot;
use prober::text::Clean;
use serde::Serialize;

use super::stamp::Stamp;
use super::trouble::TroubleEntry;
use crate::history::Trouble;
use crate::maintenance;

/// Something that somebody has to mend.
#[derive(Debug, Serialize)]
pub struct IncidentEntry<'a> {
    /// What is struck: `site`, `path` or `endpoint`.
    pub scope: &'static str,
    /// The endpoint, where it is one.
    pub endpoint: Option<&'a str>,
    /// On which paths.
    pub paths: Vec<&'a str>,
    /// `blocked`, or `degraded` where an origin reports errors of its own and is reached all the same.
    pub state: State,
    /// The cause, where all results have the same.
    pub cause: Option<Cause>,
    /// Where the probes stopped, where all did at the same place.
    pub stage: Option<Stage>,
    /// Who has to act, where it is the same for all.
    pub blame: Option<Blame>,
    /// That of the most severe endpoint.
    pub severity: &'static str,
    /// Since when.
    pub since: Stamp,
    /// What happened, in a sentence.
    pub detail: Clean,
    /// Until when maintenance windows cover all of it.
    pub maintenance: Option<Stamp>,
    /// The names of all endpoints struck.
    pub endpoints: Vec<&'a str>,
}

impl<'a> IncidentEntry<'a> {
    /// What is open, the widest first and then the most severe.
    pub(super) fn all(snapshot: &'a Snapshot) -> Vec<Self> {
        incidents(snapshot).into_iter().map(|incident| Self::of(snapshot, incident)).collect()
    }

    fn of(snapshot: &Snapshot, incident: Incident<'a>) -> Self {
        Self {
            scope: Scope::as_str(incident.scope),
            endpoint: incident.endpoint(),
            endpoints: incident.endpoints(),
            state: incident.state,
            cause: incident.cause,
            stage: incident.stage,
            blame: incident.blame,
            severity: incident.severity.as_str(),
            since: Stamp(incident.since),
            detail: Clean::new(&incident.detail),
            maintenance: maintenance::of_all(snapshot, incident.rows.iter().copied()).map(Stamp),
            paths: incident.paths,
        }
    }
}

/// What `GET /api/v1/incidents` says.
#[derive(Debug, Serialize)]
pub struct Incidents<'a> {
    /// The site's name.
    pub site: &'a str,
    /// When the snapshot behind it was made.
    pub generated_at: Stamp,
    /// What is open.
    pub incidents: Vec<IncidentEntry<'a>>,
    /// What was asked for of the history, the newest first; null where it cannot be read.
    pub troubles: Option<Vec<TroubleEntry<'a>>>,
}

impl<'a> Incidents<'a> {
    /// What is open in a snapshot, and what the history says.
    pub fn new(snapshot: &'a Snapshot, troubles: Option<&'a [Trouble]>) -> Self {
        let incidents = IncidentEntry::all(snapshot);
        let troubles = troubles.map(|told| told.iter().map(TroubleEntry::of).collect());
        Self { site: &snapshot.site, generated_at: Stamp(snapshot.generated_at), incidents, troubles }
    }
}
