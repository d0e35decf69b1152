//! What needs attention: endpoints with the same trouble on the same paths, told together.

use std::cmp::Reverse;

use prober::cause::{Blame, Cause, State};
use prober::diagnosis::{self, EndpointDiagnosis};
use prober::plan::Severity;
use prober::snapshot::{Row, Snapshot};
use prober::text::Clean;
use prober::verdict::Evidence;
use time::OffsetDateTime;

use super::when::When;
use crate::rows::of_endpoints;
use crate::words;

/// Endpoints with the same trouble on the same paths.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    /// The state of all of them.
    pub(super) state: State,
    /// The cause of all of them.
    pub(super) cause: Cause,
    /// The paths, in the order of the configuration.
    pub(super) paths: Vec<&'a str>,
    /// Who has to act.
    pub(super) who: &'static str,
    /// Since when the first of them has been so.
    pub(super) since: When,
    /// The endpoints.
    pub(super) members: Vec<Member<'a>>,
    blame: Blame,
    severity: Severity,
    began: OffsetDateTime,
}

/// One endpoint with what was seen of it.
#[derive(Debug)]
pub(super) struct Member<'a> {
    /// The endpoint's name.
    pub(super) endpoint: &'a str,
    /// What is requested.
    pub(super) url: &'a str,
    /// How bad it is.
    pub(super) severity: &'static str,
    /// What was seen over each path; one entry where all saw the same.
    pub(super) sightings: Vec<Sighting<'a>>,
    /// What the endpoint's other paths say.
    pub(super) elsewhere: Option<String>,
}

/// What was seen of an endpoint.
#[derive(Debug)]
pub(super) struct Sighting<'a> {
    /// Over which paths.
    pub(super) paths: Vec<&'a str>,
    /// What, in a sentence.
    pub(super) detail: Clean,
    /// What supports it.
    pub(super) evidence: Vec<(String, &'a str)>,
    /// Since when.
    pub(super) since: When,
    began: OffsetDateTime,
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

    /// "2 endpoints on hq: the proxy refuses them".
    pub(super) fn headline(&self) -> String {
        let (count, paths) = (self.members.len(), words::list(&self.paths, "paths"));
        let words = words::cause_of(self.cause, count);
        match count {
            1 => format!("1 endpoint on {paths}: {words}"),
            _ => format!("{count} endpoints on {paths}: {words}"),
        }
    }

    /// All problems: blocked before degraded before unknown, then the most severe, then the widest.
    pub(super) fn all(snapshot: &'a Snapshot, now: OffsetDateTime) -> Vec<Self> {
        let mut problems = Vec::<Self>::new();
        let diagnoses = diagnosis::endpoints(snapshot);
        for row in of_endpoints(snapshot) {
            add(&mut problems, row, diagnoses.get(row.pair.endpoint.name.as_str()), now);
        }
        let mut problems = across_paths(problems);
        for problem in &mut problems {
            problem.since = When::of(problem.began, now);
        }
        problems.sort_by_key(|problem| (rank(problem.state), problem.severity, Reverse(problem.members.len())));
        problems
    }

    fn is_same_trouble(&self, other: &Self) -> bool {
        (self.state, self.cause, self.blame) == (other.state, other.cause, other.blame)
            && self.members.len() == other.members.len()
            && self.members.iter().zip(&other.members).all(|(one, another)| one.endpoint == another.endpoint)
    }

    fn absorb(&mut self, other: Self) {
        self.paths.extend(other.paths);
        self.severity = self.severity.min(other.severity);
        self.began = self.began.min(other.began);
        for (member, same) in self.members.iter_mut().zip(other.members) {
            same.sightings.into_iter().for_each(|sighting| member.also(sighting));
        }
    }
}

impl<'a> Member<'a> {
    /// Whether the paths saw different things, so that each has to be named.
    pub(super) fn is_seen_differently(&self) -> bool {
        self.sightings.len() > 1
    }

    fn also(&mut self, sighting: Sighting<'a>) {
        let is_same =
            |known: &&mut Sighting<'_>| known.detail == sighting.detail && known.evidence == sighting.evidence;
        let Some(known) = self.sightings.iter_mut().find(is_same) else {
            return self.sightings.push(sighting);
        };
        known.paths.extend(sighting.paths);
        if sighting.began < known.began {
            (known.began, known.since) = (sighting.began, sighting.since);
        }
    }
}

impl Sighting<'_> {
    /// "direct and hq".
    pub(super) fn over(&self) -> String {
        words::list(&self.paths, "paths")
    }
}

/// Problems of one path each, told once where the same endpoints have the same trouble on several.
fn across_paths(problems: Vec<Problem<'_>>) -> Vec<Problem<'_>> {
    let mut told = Vec::<Problem<'_>>::new();
    for problem in problems {
        match told.iter_mut().find(|known| known.is_same_trouble(&problem)) {
            Some(known) => known.absorb(problem),
            None => told.push(problem),
        }
    }
    told
}

fn add<'a>(
    problems: &mut Vec<Problem<'a>>,
    row: &'a Row,
    diagnosis: Option<&EndpointDiagnosis<'_>>,
    now: OffsetDateTime,
) {
    let Some((confirmed, reason)) =
        row.confirmed.as_ref().and_then(|confirmed| Some((confirmed, confirmed.report.verdict.reason.as_ref()?)))
    else {
        return;
    };
    if confirmed.state == State::Reachable {
        return;
    }
    let (path, severity) = (row.pair.path.name.as_str(), row.pair.endpoint.severity);
    let since = When::of(confirmed.since, now);
    let sighting = Sighting {
        paths: vec![path],
        detail: Clean::new(&reason.detail),
        evidence: shown(&confirmed.report.verdict.evidence),
        since: since.clone(),
        began: confirmed.since,
    };
    let member = member(row, sighting, diagnosis.and_then(|diagnosis| elsewhere(diagnosis, confirmed.state)));
    let key = |problem: &Problem<'a>| (problem.state, problem.cause, problem.blame, problem.paths.first().copied());
    let wanted = (confirmed.state, reason.cause, reason.blame, Some(path));
    if let Some(problem) = problems.iter_mut().find(|problem| key(problem) == wanted) {
        problem.members.push(member);
        problem.severity = problem.severity.min(severity);
        problem.began = problem.began.min(confirmed.since);
        return;
    }
    problems.push(Problem {
        state: confirmed.state,
        cause: reason.cause,
        paths: vec![path],
        who: words::who(reason.blame),
        since,
        members: vec![member],
        blame: reason.blame,
        severity,
        began: confirmed.since,
    });
}

/// What a person wants to know next: whether it is the path. A degraded endpoint gets through on its own path too.
fn elsewhere(diagnosis: &EndpointDiagnosis<'_>, state: State) -> Option<String> {
    match diagnosis {
        EndpointDiagnosis::PathSpecific { usable, .. } if !state.is_usable() => {
            Some(format!("gets through on {}", words::list(usable, "other paths")))
        }
        EndpointDiagnosis::OriginDown => Some("the same on every path, while the paths serve others".to_owned()),
        _ => None,
    }
}

fn member<'a>(row: &'a Row, sighting: Sighting<'a>, elsewhere: Option<String>) -> Member<'a> {
    let endpoint = &row.pair.endpoint;
    Member {
        endpoint: &endpoint.name,
        url: endpoint.url.as_str(),
        severity: endpoint.severity.as_str(),
        sightings: vec![sighting],
        elsewhere,
    }
}

fn shown(evidence: &Evidence) -> Vec<(String, &str)> {
    evidence.facts.iter().map(|(key, value)| (key.replace('_', " "), value.as_str())).collect()
}

const fn rank(state: State) -> u8 {
    match state {
        State::Blocked => 0,
        State::Degraded => 1,
        State::Unknown => 2,
        State::Reachable => 3,
    }
}
