//! What is open now, every trouble once: a site that is offline, a path that is down, and what is blocked besides.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use time::OffsetDateTime;

use super::{EndpointDiagnosis, PathStanding, PathState, SiteState, endpoints, is_tenant, paths, site};
use crate::cause::{Blame, Cause, Stage, State};
use crate::plan::Severity;
use crate::snapshot::{Row, Snapshot};
use crate::state::Confirmed;
use crate::verdict::Reason;

/// Something that somebody has to mend.
#[derive(Debug, Clone)]
pub struct Incident<'a> {
    /// What is struck.
    pub scope: Scope,
    /// The results that it explains, in their order in the snapshot; never none, and never a control's.
    pub rows: Vec<&'a Row>,
    /// The paths of those, in the order in which they first appear.
    pub paths: Vec<&'a str>,
    /// `Blocked`, or `Degraded` where an origin reports errors of its own and is reached all the same.
    pub state: State,
    /// The cause, where all results have the same.
    pub cause: Option<Cause>,
    /// Where the probes stopped, where all did at the same place.
    pub stage: Option<Stage>,
    /// Who has to act, where it is the same for all.
    pub blame: Option<Blame>,
    /// That of the most severe endpoint.
    pub severity: Severity,
    /// For a site or a path, since when nothing gets through; for an endpoint, since when it has been so on the first
    /// of the paths.
    pub since: OffsetDateTime,
    /// What happened, in a sentence.
    pub detail: Cow<'a, str>,
}

/// What an incident strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// All paths: nothing gets out.
    Site,
    /// One path: nothing gets through on it.
    Path,
    /// One endpoint, on some paths or all.
    Endpoint,
}

impl Scope {
    /// Every scope, widest first.
    pub const ALL: [Self; 3] = [Self::Site, Self::Path, Self::Endpoint];

    /// The name used in labels and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Path => "path",
            Self::Endpoint => "endpoint",
        }
    }
}

impl<'a> Incident<'a> {
    /// The states of incidents, the worse first.
    pub const STATES: [State; 2] = [State::Blocked, State::Degraded];

    /// The endpoint, where it is one.
    pub fn endpoint(&self) -> Option<&'a str> {
        let first = self.rows.first().filter(|_| self.scope == Scope::Endpoint)?;
        Some(&first.pair.endpoint.name)
    }

    /// The names of the endpoints struck, each once.
    pub fn endpoints(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.rows.iter().map(|row| row.pair.endpoint.name.as_str()).collect();
        // A snapshot lists an endpoint's results one after the other.
        names.dedup();
        names
    }
}

/// What is open, the widest first and then the most severe.
pub fn incidents(snapshot: &Snapshot) -> Vec<Incident<'_>> {
    let standings = paths(snapshot);
    let down: HashSet<&str> = standings.iter().filter(|at| at.state == PathState::Down).map(|at| at.path).collect();
    // The tenant's domains are on none of the site's paths, and their records are wrong for clients everywhere.
    let (struck, besides): (Vec<&Row>, Vec<&Row>) =
        endpoint_rows(snapshot).partition(|row| down.contains(path(row)) && !is_tenant(row));
    let struck = struck.into_iter().filter(|row| row.state() == State::Blocked);
    let mut open = match site(snapshot, &standings) {
        SiteState::Offline => Incident::of(Scope::Site, struck.collect()).into_iter().collect(),
        SiteState::Online | SiteState::Unknown => of_paths(&standings, struck),
    };
    open.extend(of_endpoints(&endpoints(snapshot), besides));
    open.sort_by_key(|incident| (incident.scope, incident.severity));
    open
}

fn endpoint_rows(snapshot: &Snapshot) -> impl Iterator<Item = &Row> {
    snapshot.rows.iter().map(AsRef::as_ref).filter(|row| !row.pair.endpoint.control)
}

fn path(row: &Row) -> &str {
    &row.pair.path.name
}

/// One for every path that is down.
fn of_paths<'a>(standings: &[PathStanding<'a>], rows: impl Iterator<Item = &'a Row>) -> Vec<Incident<'a>> {
    let mut struck: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in rows {
        struck.entry(path(row)).or_default().push(row);
    }
    let each = standings.iter().filter_map(|standing| struck.remove(standing.path));
    each.filter_map(|rows| Incident::of(Scope::Path, rows)).collect()
}

/// What endpoints have besides the paths that are down.
fn of_endpoints<'a>(diagnoses: &HashMap<&str, EndpointDiagnosis<'_>>, rows: Vec<&'a Row>) -> Vec<Incident<'a>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut concerns: Vec<(Option<&EndpointDiagnosis<'_>>, Vec<&Row>)> = Vec::new();
    for row in rows {
        let name = row.pair.endpoint.name.as_str();
        let together = diagnoses.get(name);
        let is_open = match row.state() {
            State::Blocked => true,
            // An origin that is down may be degraded everywhere: it answers, with errors of its own.
            State::Degraded => matches!(together, Some(EndpointDiagnosis::OriginDown)),
            State::Reachable | State::Unknown => false,
        };
        if !is_open {
            continue;
        }
        let place = *places.entry(name).or_insert_with(|| {
            concerns.push((together, Vec::new()));
            concerns.len() - 1
        });
        if let Some((_, rows)) = concerns.get_mut(place) {
            rows.push(row);
        }
    }
    concerns.into_iter().flat_map(|(together, rows)| of_endpoint(together, rows)).collect()
}

/// One where the origin is down, or it is blocked everywhere in the same way; otherwise one for every path.
fn of_endpoint<'a>(diagnosis: Option<&EndpointDiagnosis<'_>>, rows: Vec<&'a Row>) -> Vec<Incident<'a>> {
    let is_one = match diagnosis {
        Some(EndpointDiagnosis::OriginDown) => true,
        Some(EndpointDiagnosis::BlockedEverywhere) => agreed(&rows, kind).is_some(),
        _ => false,
    };
    let groups = if is_one { vec![rows] } else { rows.into_iter().map(|row| vec![row]).collect() };
    groups.into_iter().filter_map(|rows| Incident::of(Scope::Endpoint, rows)).collect()
}

fn kind(reason: &Reason) -> (Cause, Stage, Blame) {
    (reason.cause, reason.stage, reason.blame)
}

/// What all results say alike.
fn agreed<T: PartialEq>(rows: &[&Row], of: impl Fn(&Reason) -> T) -> Option<T> {
    let mut said = rows.iter().map(|row| reason(row).map(&of));
    let first = said.next()??;
    said.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

fn confirmed(row: &Row) -> Option<&Confirmed> {
    row.confirmed.as_ref()
}

fn reason(row: &Row) -> Option<&Reason> {
    confirmed(row)?.report.verdict.reason.as_ref()
}

impl<'a> Incident<'a> {
    /// The incident of some results; `None` where there are none.
    fn of(scope: Scope, rows: Vec<&'a Row>) -> Option<Self> {
        let began = rows.iter().filter_map(|row| confirmed(row)).map(|confirmed| confirmed.since);
        let since = if scope == Scope::Endpoint { began.min() } else { began.max() }?;
        let severity = rows.iter().map(|row| row.pair.endpoint.severity).min()?;
        let is_blocked = rows.iter().any(|row| row.state() == State::Blocked);
        let paths = path_names(&rows);
        Some(Self {
            scope,
            state: if is_blocked { State::Blocked } else { State::Degraded },
            cause: agreed(&rows, |reason| reason.cause),
            stage: agreed(&rows, |reason| reason.stage),
            blame: agreed(&rows, |reason| reason.blame),
            severity,
            since,
            detail: detail(scope, &rows, &paths),
            paths,
            rows,
        })
    }
}

fn path_names<'a>(rows: &[&'a Row]) -> Vec<&'a str> {
    let mut known = HashSet::new();
    rows.iter().map(|row| path(row)).filter(|path| known.insert(*path)).collect()
}

fn detail<'a>(scope: Scope, rows: &[&'a Row], paths: &[&str]) -> Cow<'a, str> {
    let first = rows.first().and_then(|row| reason(row)).map_or("", |reason| reason.detail.as_str());
    let endpoints = |count| if count == 1 { "1 endpoint".to_owned() } else { format!("{count} endpoints") };
    match (scope, paths) {
        (Scope::Endpoint, _) => Cow::Borrowed(first),
        (Scope::Path, [path, ..]) => {
            let why = if agreed(rows, |reason| reason.cause).is_some() { first.to_owned() } else { causes(rows) };
            Cow::Owned(format!("nothing gets through on {path}, to none of {}: {why}", endpoints(rows.len())))
        }
        (_, [path]) => Cow::Owned(format!("nothing gets out on {path}, the only path: {}", causes(rows))),
        _ => Cow::Owned(format!("nothing gets out on any of {} paths: {}", paths.len(), causes(rows))),
    }
}

/// Why results are as they are, the most frequent first: "the proxy refuses connections (12), …".
fn causes(rows: &[&Row]) -> String {
    const SHOWN: usize = 3;
    let mut counts: Vec<(Cause, usize)> = Vec::new();
    for cause in rows.iter().filter_map(|row| reason(row)).map(|reason| reason.cause) {
        match counts.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, count)) => *count += 1,
            None => counts.push((cause, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let more = counts.len().saturating_sub(SHOWN);
    let mut parts: Vec<String> =
        counts.iter().take(SHOWN).map(|(cause, count)| format!("{} ({count})", cause.words())).collect();
    if more > 0 {
        parts.push(format!("and {more} more"));
    }
    parts.join(", ")
}
