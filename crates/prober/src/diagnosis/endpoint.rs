//! One endpoint over all its paths.

use std::collections::HashMap;

use super::is_tenant;
use crate::cause::{Blame, Cause, State};
use crate::snapshot::{Row, Snapshot};
use crate::verdict::Reason;

/// What an endpoint's paths say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointDiagnosis<'a> {
    /// Usable over every path that is known.
    ReachableEverywhere,
    /// Blocked on some paths while others get through.
    PathSpecific {
        /// The paths on which it is blocked.
        blocked: Vec<&'a str>,
        /// The paths that get through.
        usable: Vec<&'a str>,
    },
    /// Blocked on every path that is known.
    BlockedEverywhere,
    /// The publisher has a problem: every path says so, and each gets through to others.
    OriginDown,
}

impl EndpointDiagnosis<'_> {
    /// The name used in JSON.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::ReachableEverywhere => "reachable_everywhere",
            Self::PathSpecific { .. } => "path_specific",
            Self::BlockedEverywhere => "blocked_everywhere",
            Self::OriginDown => "origin_down",
        }
    }
}

/// The diagnosis of every endpoint and control of which something is known, by name.
pub fn endpoints(snapshot: &Snapshot) -> HashMap<&str, EndpointDiagnosis<'_>> {
    let open = OpenPaths::of(snapshot);
    let mut known: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in snapshot.rows.iter().filter(|row| row.state() != State::Unknown && !is_tenant(row)) {
        known.entry(row.pair.endpoint.name.as_str()).or_default().push(row);
    }
    known.into_iter().map(|(name, rows)| (name, diagnose(&rows, &open))).collect()
}

fn diagnose<'a>(rows: &[&'a Row], open: &OpenPaths<'a>) -> EndpointDiagnosis<'a> {
    if is_origin_down(rows, open) {
        return EndpointDiagnosis::OriginDown;
    }
    let (usable, blocked): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.state().is_usable());
    let names = |rows: Vec<&'a Row>| rows.into_iter().map(|row| row.pair.path.name.as_str()).collect();
    match (usable.is_empty(), blocked.is_empty()) {
        (_, true) => EndpointDiagnosis::ReachableEverywhere,
        (true, false) => EndpointDiagnosis::BlockedEverywhere,
        (false, false) => EndpointDiagnosis::PathSpecific { blocked: names(blocked), usable: names(usable) },
    }
}

/// Every path fails at the origin, or every proxy says that it cannot get there, while the paths serve others. The
/// origin's 5xx counts as a failure here, though it leaves an endpoint usable.
fn is_origin_down<'a>(rows: &[&'a Row], open: &OpenPaths<'a>) -> bool {
    let fails = |row: &Row| row.state() == State::Blocked || cause(row) == Some(Cause::HttpServerError);
    let by_origin = |row: &Row| reason(row).is_some_and(|reason| reason.blame == Blame::Origin);
    let upstream = |row: &Row| cause(row) == Some(Cause::ProxyUpstreamFailed);
    rows.iter().all(|row| fails(row) && open.serves_another(row))
        && (rows.iter().all(|row| by_origin(row)) || rows.iter().all(|row| upstream(row)))
}

fn reason(row: &Row) -> Option<&Reason> {
    row.confirmed.as_ref()?.report.verdict.reason.as_ref()
}

fn cause(row: &Row) -> Option<Cause> {
    reason(row).map(|reason| reason.cause)
}

/// Which hosts are fine on each path: two are enough to know of another one for every host.
struct OpenPaths<'a>(HashMap<&'a str, (&'a str, Option<&'a str>)>);

impl<'a> OpenPaths<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let mut open: HashMap<&str, (&str, Option<&str>)> = HashMap::new();
        let fine = |row: &&std::sync::Arc<Row>| row.state().is_usable() && cause(row) != Some(Cause::HttpServerError);
        for row in snapshot.rows.iter().filter(fine) {
            let host = row.pair.endpoint.url.host_str().unwrap_or_default();
            let hosts = open.entry(row.pair.path.name.as_str()).or_insert((host, None));
            if hosts.0 != host {
                hosts.1.get_or_insert(host);
            }
        }
        Self(open)
    }

    fn serves_another(&self, row: &Row) -> bool {
        let host = row.pair.endpoint.url.host_str().unwrap_or_default();
        let path = row.pair.path.name.as_str();
        self.0.get(path).is_some_and(|(first, second)| *first != host || second.is_some())
    }
}
