//! What needs attention: endpoints with the same trouble on the same path, told together.

use std::cmp::Reverse;

use prober::cause::{Blame, Cause, State};
use prober::diagnosis::{self, EndpointDiagnosis};
use prober::plan::Severity;
use prober::snapshot::{Row, Snapshot};
use prober::text::Clean;
use prober::verdict::{Evidence, Reason};
use time::OffsetDateTime;

use super::when::When;
use crate::rows::of_endpoints;
use crate::words;

/// Endpoints with the same trouble on the same path.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    /// The state of all of them.
    pub(super) state: State,
    /// The cause of all of them.
    pub(super) cause: Cause,
    /// The path.
    pub(super) path: &'a str,
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

/// One endpoint with its evidence.
#[derive(Debug)]
pub(super) struct Member<'a> {
    /// The endpoint's name.
    pub(super) endpoint: &'a str,
    /// What is requested.
    pub(super) url: &'a str,
    /// How bad it is.
    pub(super) severity: &'static str,
    /// What was seen, in a sentence.
    pub(super) detail: Clean,
    /// What supports it.
    pub(super) evidence: Vec<(String, &'a str)>,
    /// What the endpoint's other paths say.
    pub(super) elsewhere: Option<String>,
    /// Since when.
    pub(super) since: When,
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
        let (count, path) = (self.members.len(), self.path);
        let words = words::cause_of(self.cause, count);
        match count {
            1 => format!("1 endpoint on {path}: {words}"),
            _ => format!("{count} endpoints on {path}: {words}"),
        }
    }

    /// All problems: blocked before degraded before unknown, then the most severe, then the widest.
    pub(super) fn all(snapshot: &'a Snapshot, now: OffsetDateTime) -> Vec<Self> {
        let mut problems = Vec::<Self>::new();
        let diagnoses = diagnosis::endpoints(snapshot);
        for row in of_endpoints(snapshot) {
            add(&mut problems, row, diagnoses.get(row.pair.endpoint.name.as_str()), now);
        }
        for problem in &mut problems {
            problem.since = When::of(problem.began, now);
        }
        problems.sort_by_key(|problem| (rank(problem.state), problem.severity, Reverse(problem.members.len())));
        problems
    }
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
    let severity = row.pair.endpoint.severity;
    let since = When::of(confirmed.since, now);
    let elsewhere = diagnosis.and_then(elsewhere);
    let member = Member { elsewhere, ..member(row, reason, &confirmed.report.verdict.evidence, since.clone()) };
    let key = |problem: &Problem<'a>| (problem.state, problem.cause, problem.blame, problem.path);
    let wanted = (confirmed.state, reason.cause, reason.blame, row.pair.path.name.as_str());
    if let Some(problem) = problems.iter_mut().find(|problem| key(problem) == wanted) {
        problem.members.push(member);
        problem.severity = problem.severity.min(severity);
        problem.began = problem.began.min(confirmed.since);
        return;
    }
    problems.push(Problem {
        state: confirmed.state,
        cause: reason.cause,
        path: &row.pair.path.name,
        who: words::who(reason.blame),
        since,
        members: vec![member],
        blame: reason.blame,
        severity,
        began: confirmed.since,
    });
}

/// What a person wants to know next: whether it is the path.
fn elsewhere(diagnosis: &EndpointDiagnosis<'_>) -> Option<String> {
    match diagnosis {
        EndpointDiagnosis::PathSpecific { usable, .. } => {
            Some(format!("gets through on {}", words::list(usable, "other paths")))
        }
        EndpointDiagnosis::OriginDown => Some("the same on every path, while the paths serve others".to_owned()),
        EndpointDiagnosis::ReachableEverywhere | EndpointDiagnosis::BlockedEverywhere => None,
    }
}

fn member<'a>(row: &'a Row, reason: &'a Reason, evidence: &'a Evidence, since: When) -> Member<'a> {
    let endpoint = &row.pair.endpoint;
    Member {
        endpoint: &endpoint.name,
        url: endpoint.url.as_str(),
        severity: endpoint.severity.as_str(),
        detail: Clean::new(&reason.detail),
        evidence: evidence.facts.iter().map(|(key, value)| (key.replace('_', " "), value.as_str())).collect(),
        elsewhere: None,
        since,
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
