//! What needs attention: incidents first, and then what is degraded or unknown; of endpoints, those with the same
//! trouble on the same paths are told together.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ptr;

use prober::cause::{Blame, Cause, State};
use prober::diagnosis::{self, EndpointDiagnosis, Incident, Scope};
use prober::plan::Severity;
use prober::snapshot::{Row, Snapshot};
use prober::verdict::Reason;
use time::OffsetDateTime;

use super::member::Member;
use super::when::When;
use crate::maintenance;
use crate::rows::of_endpoints;
use crate::words;

/// What is told under one heading.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    /// What is struck.
    scope: Scope,
    /// The state of all that is struck.
    pub(super) state: State,
    /// The cause, where it is one.
    pub(super) cause: Option<Cause>,
    /// The paths, in the order of the configuration.
    pub(super) paths: Vec<&'a str>,
    /// Who has to act, where it is the same for all.
    pub(super) who: Option<&'static str>,
    /// Since when it has been so; of several endpoints, the first.
    pub(super) since: When,
    /// The endpoints.
    pub(super) members: Vec<Member<'a>>,
    /// Until when somebody works on all of it.
    pub(super) maintenance: Option<When>,
    covered: Option<OffsetDateTime>,
    blame: Option<Blame>,
    severity: Severity,
    began: OffsetDateTime,
}

/// What is open, and what needs attention besides.
#[derive(Debug)]
pub(super) struct Problems<'a> {
    /// How many incidents are open.
    pub(super) incidents: usize,
    /// They, those of endpoints with the same trouble together.
    pub(super) open: Vec<Problem<'a>>,
    /// What is degraded or unknown.
    pub(super) others: Vec<Problem<'a>>,
}

impl<'a> Problems<'a> {
    /// All problems of a snapshot.
    pub(super) fn of(snapshot: &'a Snapshot, now: OffsetDateTime) -> Self {
        let diagnoses = diagnosis::endpoints(snapshot);
        let incidents = diagnosis::incidents(snapshot);
        let told = Told { snapshot, diagnoses: &diagnoses, now };
        let others = mild(snapshot, &incidents);
        Self {
            incidents: incidents.len(),
            open: together(incidents.iter().map(|incident| told.incident(incident))),
            others: together(others.into_iter().filter_map(|rows| told.endpoint(&rows))),
        }
    }
}

/// The results that are degraded or unknown and no part of an incident, those of one endpoint with the same reason
/// together.
fn mild<'a>(snapshot: &'a Snapshot, incidents: &[Incident<'_>]) -> Vec<Vec<&'a Row>> {
    let open: HashSet<*const Row> = incidents.iter().flat_map(|one| &one.rows).map(|row| ptr::from_ref(*row)).collect();
    let is_mild =
        |row: &&Row| matches!(row.state(), State::Degraded | State::Unknown) && !open.contains(&ptr::from_ref(*row));
    let mut groups: Vec<Vec<&Row>> = Vec::new();
    let mut places = HashMap::new();
    for row in of_endpoints(snapshot).filter(is_mild) {
        let Some(reason) = reason(row) else { continue };
        let key = (row.pair.endpoint.name.as_str(), row.state(), reason.cause, reason.blame);
        let place = *places.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            group.push(row);
        }
    }
    groups
}

fn reason(row: &Row) -> Option<&Reason> {
    row.confirmed.as_ref()?.report.verdict.reason.as_ref()
}

/// How things are told: in the light of what the endpoints' paths say together, and of the time.
struct Told<'d, 's> {
    snapshot: &'d Snapshot,
    diagnoses: &'d HashMap<&'s str, EndpointDiagnosis<'s>>,
    now: OffsetDateTime,
}

impl Told<'_, '_> {
    fn incident<'a>(&self, incident: &Incident<'a>) -> Problem<'a> {
        let covered = maintenance::of_all(self.snapshot, incident.rows.iter().copied());
        let by_endpoint = incident.rows.chunk_by(|a, b| a.pair.endpoint.name == b.pair.endpoint.name);
        Problem {
            scope: incident.scope,
            state: incident.state,
            cause: incident.cause,
            paths: incident.paths.clone(),
            who: incident.blame.map(words::who),
            since: When::of(incident.since, self.now),
            members: by_endpoint.filter_map(|rows| self.member(rows, incident.scope)).collect(),
            maintenance: covered.map(|until| When::of(until, self.now)),
            covered,
            blame: incident.blame,
            severity: incident.severity,
            began: incident.since,
        }
    }

    /// One endpoint with the same reason on some paths.
    fn endpoint<'a>(&self, rows: &[&'a Row]) -> Option<Problem<'a>> {
        let first = rows.first()?;
        let reason = reason(first)?;
        let covered = maintenance::of_all(self.snapshot, rows.iter().copied());
        let began = rows.iter().filter_map(|row| row.confirmed.as_ref()).map(|confirmed| confirmed.since).min()?;
        Some(Problem {
            scope: Scope::Endpoint,
            state: first.state(),
            cause: Some(reason.cause),
            paths: rows.iter().map(|row| row.pair.path.name.as_str()).collect(),
            who: Some(words::who(reason.blame)),
            since: When::of(began, self.now),
            members: vec![self.member(rows, Scope::Endpoint)?],
            maintenance: covered.map(|until| When::of(until, self.now)),
            covered,
            blame: Some(reason.blame),
            severity: first.pair.endpoint.severity,
            began,
        })
    }

    fn member<'a>(&self, rows: &[&'a Row], scope: Scope) -> Option<Member<'a>> {
        let endpoint = &rows.first()?.pair.endpoint;
        let diagnosis = self.diagnoses.get(endpoint.name.as_str()).filter(|_| scope != Scope::Site);
        Member::of(rows, diagnosis, self.now)
    }
}

/// Endpoints with the same trouble on the same paths under one heading; incidents before all else, then blocked before
/// degraded before unknown, the most severe, the widest.
fn together<'a>(problems: impl Iterator<Item = Problem<'a>>) -> Vec<Problem<'a>> {
    let mut told: Vec<Problem<'a>> = Vec::new();
    let mut places = HashMap::new();
    for problem in problems {
        if problem.scope != Scope::Endpoint {
            told.push(problem);
            continue;
        }
        // What is worked on is told apart from what is not.
        let key = (problem.state, problem.cause, problem.blame, problem.covered, problem.paths.clone());
        if let Some(known) = places.get(&key).and_then(|place: &usize| told.get_mut(*place)) {
            known.absorb(problem);
        } else {
            places.insert(key, told.len());
            told.push(problem);
        }
    }
    told.sort_by_key(|one| (one.scope, rank(one.state), one.severity, Reverse(one.members.len())));
    told
}

impl<'a> Problem<'a> {
    /// How many endpoints are told at once; when everything fails, the matrix must not be pages away.
    const FIRST: usize = 4;

    /// The endpoints that are told at once. One that would be left alone is told too.
    pub(super) fn first(&self) -> &[Member<'a>] {
        self.members.get(..Self::FIRST).filter(|_| self.members.len() > Self::FIRST + 1).unwrap_or(&self.members)
    }

    /// The endpoints that are told on request.
    pub(super) fn others(&self) -> &[Member<'a>] {
        self.members.get(self.first().len()..).unwrap_or_default()
    }

    /// "2 endpoints on hq: the proxy refuses them", "Path hq is down: the proxy refuses connections".
    pub(super) fn headline(&self) -> String {
        let (count, paths) = (self.members.len(), words::list(&self.paths, "paths"));
        let endpoints = if count == 1 { "1 endpoint".to_owned() } else { format!("{count} endpoints") };
        match self.scope {
            Scope::Site => format!("The site is offline: nothing gets out on {paths}"),
            Scope::Path => match self.cause {
                Some(cause) => format!("Path {paths} is down: {}", words::cause_of(cause, count)),
                None => format!("Path {paths} is down: it gets to none of {endpoints}"),
            },
            Scope::Endpoint => {
                let words =
                    self.cause.map_or("the publisher has several problems", |cause| words::cause_of(cause, count));
                format!("{endpoints} on {paths}: {words}")
            }
        }
    }

    /// What stays the same while the problem does.
    pub(super) fn key(&self) -> String {
        let cause = self.cause.map_or("several", Cause::as_str);
        format!("{}-{}-{cause}-{}", self.scope.as_str(), self.state, self.paths.join(","))
    }

    fn absorb(&mut self, other: Self) {
        self.members.extend(other.members);
        self.severity = self.severity.min(other.severity);
        if other.began < self.began {
            (self.began, self.since) = (other.began, other.since);
        }
    }
}

const fn rank(state: State) -> u8 {
    match state {
        State::Blocked => 0,
        State::Degraded => 1,
        State::Unknown => 2,
        State::Reachable => 3,
    }
}
