//! One endpoint: its paths side by side, how long they take, what its certificates and lists say, the evidence of what
//! failed, and what to do.

mod advice;
mod certificate;
mod compare;
mod failure;
mod latency;
mod name;
mod past;
mod probe;
mod revocation;
mod time_line;
mod trouble;
mod waterfall;
mod way;

use std::time::Duration;

use askama::Template;
use prober::cause::State;
use prober::diagnosis;
use prober::plan::Endpoint;
use prober::snapshot::{Row, Snapshot};
use time::OffsetDateTime;

use self::advice::Advice;
use self::compare::Comparison;
use self::failure::Failures;
use self::latency::Latencies;
use self::trouble::Troubles;
use self::way::WayCard;
use super::frame::Frame;
use super::overview::in_words;
use super::when::When;
use crate::runbook::Span;
use crate::web::assets;
use crate::words;

pub(in crate::web) use self::past::EndpointPast;
pub(in crate::web) use self::probe::{ProbePage, probe_page};

/// The whole page.
#[derive(Debug, Template)]
#[template(path = "endpoint/page.html")]
struct EndpointPage<'a> {
    frame: Frame,
    script: String,
    site: &'a str,
    endpoint: &'a Endpoint,
    /// The worst state, which gives the page its tone.
    tone: State,
    sentence: String,
    facts: Vec<(&'static str, String)>,
    updated: When,
    ways: Vec<WayCard<'a>>,
    failures: Failures<'a>,
    advice: Vec<Advice>,
    /// What the certificates, lists and answers say, one comparison each.
    comparisons: Vec<Comparison<'a>>,
    latencies: Vec<Latencies<'a>>,
    troubles: Troubles<'a>,
    /// Why the history is not complete.
    history_fault: Option<&'a str>,
}

/// What is said of an endpoint that does not exist.
#[derive(Debug, Template)]
#[template(path = "endpoint/unknown.html")]
struct Unknown {
    frame: Frame,
}

/// The page of an endpoint as HTML; `None` where there is no such endpoint.
pub(in crate::web) fn render(
    snapshot: &Snapshot,
    name: &str,
    past: &EndpointPast,
    now: OffsetDateTime,
) -> Option<askama::Result<String>> {
    EndpointPage::of(snapshot, name, past, now).map(|page| page.render())
}

/// The page in place of one that does not exist as HTML.
pub(in crate::web) fn unknown() -> askama::Result<String> {
    Unknown { frame: Frame::new() }.render()
}

/// The rows of an endpoint, in the order of its paths.
pub(in crate::web) fn rows_of<'a>(snapshot: &'a Snapshot, name: &str) -> Vec<&'a Row> {
    snapshot.rows.iter().map(AsRef::as_ref).filter(|row| row.pair.endpoint.name == name).collect()
}

impl<'a> EndpointPage<'a> {
    fn of(snapshot: &'a Snapshot, name: &str, past: &'a EndpointPast, now: OffsetDateTime) -> Option<Self> {
        let rows = rows_of(snapshot, name);
        let endpoint = &*rows.first()?.pair.endpoint;
        let tone = rows.iter().map(|row| row.state()).max_by_key(|state| badness(*state))?;
        Some(Self {
            frame: Frame::new(),
            script: assets::endpoint_script(),
            site: &snapshot.site,
            endpoint,
            tone,
            sentence: sentence(snapshot, endpoint, &rows),
            facts: facts(endpoint),
            updated: When::of(snapshot.generated_at, now),
            ways: rows.iter().map(|row| WayCard::of(row, now)).collect(),
            failures: Failures::of(&rows, past, now),
            advice: Advice::all(&snapshot.site, &rows),
            comparisons: [certificate::compare(&rows, now), revocation::list(&rows, now)]
                .into_iter()
                .chain([revocation::answer(&rows, now), revocation::issuer(&rows, now), name::compare(&rows)])
                .flatten()
                .collect(),
            latencies: past.paths.iter().map(|path| Latencies::of(path, now)).collect(),
            troubles: Troubles::of(past, now),
            history_fault: past.fault.as_deref(),
        })
    }

    /// Whether anything was ever taken the time of.
    fn has_latencies(&self) -> bool {
        self.latencies.iter().any(Latencies::is_known)
    }
}

/// What its paths say together, in a sentence.
fn sentence(snapshot: &Snapshot, endpoint: &Endpoint, rows: &[&Row]) -> String {
    let diagnoses = diagnosis::endpoints(snapshot);
    let told = diagnoses.get(endpoint.name.as_str()).and_then(|diagnosis| in_words(diagnosis, rows.len()));
    let told = told.unwrap_or_else(|| {
        let in_state = |state: State| {
            let paths: Vec<_> =
                rows.iter().filter(|row| row.state() == state).map(|row| row.pair.path.name.as_str()).collect();
            (!paths.is_empty()).then(|| format!("{state} on {}", words::all(&paths)))
        };
        let states = [State::Blocked, State::Degraded, State::Unknown, State::Reachable];
        states.into_iter().filter_map(in_state).collect::<Vec<_>>().join(", ")
    });
    words::capitalised(&told)
}

fn facts(endpoint: &Endpoint) -> Vec<(&'static str, String)> {
    let mut facts = vec![("group", endpoint.group.clone()), ("severity", endpoint.severity.as_str().to_owned())];
    if endpoint.control {
        facts.push(("control", "known to answer, and no part of the allowlist".to_owned()));
    }
    if endpoint.discovered.is_some() {
        facts.push(("discovered", "a certificate that served here names it".to_owned()));
    }
    if endpoint.tenant.is_none() {
        facts.push(("method", endpoint.method.to_string()));
    }
    facts.push(("probed every", lasting(endpoint.interval)));
    facts.push(("given up after", lasting(endpoint.timeout)));
    facts
}

/// "90 s", "15 min": in minutes only where that is exact.
fn lasting(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 60.. if seconds.is_multiple_of(60) => words::span(time::Duration::seconds(seconds.cast_signed())),
        _ => words::took(duration),
    }
}

const fn badness(state: State) -> u8 {
    match state {
        State::Blocked => 3,
        State::Degraded => 2,
        State::Unknown => 1,
        State::Reachable => 0,
    }
}

#[cfg(test)]
mod tests;
