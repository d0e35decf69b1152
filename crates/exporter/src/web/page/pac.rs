//! What the PAC files decide: a table for each, and what is wrong with it.

use askama::Template;
use prober::cause::{Cause, State};
use prober::observation::{Fault, PacFacts, PacFailure};
use prober::plan::{Endpoint, RouteExpectation, Way};
use prober::probe::Decision;
use prober::route::Hop;
use prober::text::with_sources;
use time::OffsetDateTime;

use super::frame::Frame;
use super::when::When;
use crate::pac::Report;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pac.html")]
pub(super) struct PacPage<'a> {
    frame: Frame,
    site: &'a str,
    files: Vec<File<'a>>,
}

/// One file.
#[derive(Debug)]
struct File<'a> {
    path: &'a str,
    location: String,
    tone: State,
    /// What is the matter with it, in a sentence; `None` where nothing is.
    trouble: Option<Trouble>,
    lines: Vec<Line<'a>>,
}

/// What is the matter with a file.
#[derive(Debug)]
struct Trouble {
    cause: Cause,
    words: String,
    since: Option<When>,
}

/// What a file decides for one endpoint.
#[derive(Debug)]
struct Line<'a> {
    name: &'a str,
    url: &'a str,
    /// The entries of its answer, in the order in which they are tried.
    route: Vec<String>,
    /// Why there is none.
    fault: Option<String>,
    /// The way that is expected, where the file sends it another.
    expected: Option<&'static str>,
    /// Entries that mean nothing, names that were looked up in vain.
    remarks: Vec<String>,
}

impl<'a> PacPage<'a> {
    pub(super) fn of(site: &'a str, reports: &'a [Report], now: OffsetDateTime) -> Self {
        Self { frame: Frame::new(), site, files: reports.iter().map(|report| File::of(report, now)).collect() }
    }
}

impl<'a> File<'a> {
    fn of(report: &'a Report, now: OffsetDateTime) -> Self {
        let location = match &report.path.way {
            Way::Pac(file) => file.location.to_string(),
            _ => String::new(),
        };
        let lines: Vec<Line<'_>> =
            report.decisions.iter().map(|(endpoint, decision)| Line::of(endpoint, decision.as_ref())).collect();
        let trouble = Trouble::of(report, now);
        let tone = match &trouble {
            Some(Trouble { cause: Cause::PacStale, .. }) => State::Degraded,
            Some(_) => State::Blocked,
            None if lines.iter().any(|line| line.expected.is_some()) => State::Degraded,
            None => State::Reachable,
        };
        Self { path: &report.path.name, location, tone, trouble, lines }
    }

    /// What the file is called in a heading's colour.
    fn word(&self) -> &'static str {
        match (&self.trouble, self.tone) {
            (Some(trouble), _) => trouble.cause.words(),
            (None, State::Degraded) => "it leaves another way than expected",
            (None, _) => "answers",
        }
    }
}

impl Trouble {
    /// The worst that any answer shows: no file at all, one that decides nothing, one that cannot be had anew.
    fn of(report: &Report, now: OffsetDateTime) -> Option<Self> {
        let decisions = || report.decisions.iter().filter_map(|(_, decision)| decision.as_ref());
        let failed = decisions().find_map(|decision| match &decision.hops {
            Err(Fault::Pac(fault)) => Some(&fault.failure),
            _ => None,
        });
        if let Some(failure) = failed {
            let cause = match failure {
                PacFailure::Unavailable(_) => Cause::PacUnavailable,
                PacFailure::Invalid(_) => Cause::PacInvalid,
            };
            return Some(Self { cause, words: in_words(failure), since: None });
        }
        let stale = decisions().find_map(|decision| decision.pac.as_ref()?.stale.as_ref())?;
        Some(Self {
            cause: Cause::PacStale,
            words: with_sources(&stale.fault),
            since: Some(When::of(stale.since, now)),
        })
    }
}

impl<'a> Line<'a> {
    fn of(endpoint: &'a Endpoint, decision: Option<&Decision>) -> Self {
        let line = Self {
            name: &endpoint.name,
            url: endpoint.url.as_str(),
            route: Vec::new(),
            fault: None,
            expected: None,
            remarks: decision.and_then(|decision| decision.pac.as_ref()).map(remarks).unwrap_or_default(),
        };
        match decision.map(|decision| &decision.hops) {
            None => Self { fault: Some("not asked: the time for this page ran out".to_owned()), ..line },
            Some(Err(Fault::Pac(fault))) => Self { fault: Some(in_words(&fault.failure)), ..line },
            Some(Err(fault)) => Self { fault: Some(with_sources(fault)), ..line },
            Some(Ok(hops)) => {
                let ways: Vec<_> = hops.iter().map(Hop::facts).collect();
                let expected =
                    endpoint.expect.route.filter(|route| !ways.first().is_some_and(|way| route.is_met_by(way)));
                let route = ways.iter().map(ToString::to_string).collect();
                Self { route, expected: expected.map(RouteExpectation::as_str), ..line }
            }
        }
    }
}

fn remarks(facts: &PacFacts) -> Vec<String> {
    let malformed = facts.malformed.iter().map(|entry| format!("clients skip \"{entry}\""));
    let lookups =
        facts.failed_lookups.iter().map(|lookup| format!("{} was looked up in vain: {}", lookup.name, lookup.reason));
    malformed.chain(lookups).collect()
}

/// What is the matter with a file, and in which line where that is known.
fn in_words(failure: &PacFailure) -> String {
    let line = match failure {
        PacFailure::Invalid(flaw) => flaw.line(),
        PacFailure::Unavailable(_) => None,
    };
    let words = with_sources(failure);
    match line {
        Some(line) => format!("line {line}: {words}"),
        None => words,
    }
}
