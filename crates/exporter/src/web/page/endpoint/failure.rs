//! What a failure looked like, for who has to act on it.

use std::collections::BTreeMap;

use prober::cause::{Cause, Stage, State};
use prober::observation::{Headers, Observation, Sample};
use prober::snapshot::Row;
use prober::state::Report;
use prober::text::{Clean, with_sources};
use time::OffsetDateTime;

use super::past::Past;
use crate::history::Finding;
use crate::web::page::when::When;
use crate::words;

/// The last failure of every path that has one.
#[derive(Debug)]
pub(super) struct Failures<'a> {
    pub(super) all: Vec<LastFailure<'a>>,
}

/// The last failure of a path.
#[derive(Debug)]
pub(super) struct LastFailure<'a> {
    pub(super) path: &'a str,
    /// Whether it fails still.
    pub(super) is_open: bool,
    pub(super) failure: Failure,
}

/// One failure.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) state: State,
    pub(super) cause: Cause,
    pub(super) stage: Stage,
    pub(super) who: &'static str,
    pub(super) detail: String,
    pub(super) when: When,
    /// What supports it.
    pub(super) facts: Vec<(String, String)>,
    /// Causes that applied too.
    pub(super) also: Vec<Cause>,
    /// What the proxy said, and what the origin did, or whoever stood for it.
    pub(super) answers: Vec<Answer>,
}

/// What somebody answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) who: &'static str,
    pub(super) status_line: String,
    pub(super) headers: Vec<(String, String)>,
    /// How many more headers there were.
    pub(super) left_out: usize,
    /// How the body begins.
    pub(super) body: Option<String>,
}

impl<'a> Failures<'a> {
    /// From the snapshot while it fails, else from the history.
    pub(super) fn of(rows: &[&'a Row], past: &Past, now: OffsetDateTime) -> Self {
        let of_row = |row: &&'a Row| {
            let path = row.pair.path.name.as_str();
            let confirmed = row.confirmed.as_ref().and_then(|confirmed| Failure::of_report(&confirmed.report, now));
            if let Some(failure) = confirmed {
                return Some(LastFailure { path, is_open: true, failure });
            }
            let kept = past.paths.iter().find(|past| past.path == path)?.last_failure.as_ref();
            kept.map(|(_, finding)| LastFailure { path, is_open: false, failure: Failure::of(finding, now) })
        };
        Self { all: rows.iter().filter_map(of_row).collect() }
    }
}

impl Failure {
    /// One that is kept.
    pub(super) fn of(finding: &Finding, now: OffsetDateTime) -> Self {
        Self {
            state: finding.state,
            cause: finding.cause,
            stage: finding.stage,
            who: words::who(finding.blame),
            detail: finding.detail.to_string(),
            when: When::of(finding.observation.probed_at, now),
            facts: facts(&finding.evidence, &finding.observation),
            also: finding.also.clone(),
            answers: answers(&finding.observation, finding.stage),
        }
    }

    /// One that was just seen; `None` of a report that has no fault to find.
    pub(super) fn of_report(report: &Report, now: OffsetDateTime) -> Option<Self> {
        let reason = report.verdict.reason.as_ref()?;
        let evidence = &report.verdict.evidence;
        Some(Self {
            state: report.verdict.state,
            cause: reason.cause,
            stage: reason.stage,
            who: words::who(reason.blame),
            detail: reason.detail.clone(),
            when: When::of(report.observation.probed_at, now),
            facts: facts(&evidence.facts, &report.observation),
            also: evidence.also.clone(),
            answers: answers(&report.observation, reason.stage),
        })
    }
}

fn facts<K: AsRef<str>>(evidence: &BTreeMap<K, Clean>, seen: &Observation) -> Vec<(String, String)> {
    let mut facts: Vec<(String, String)> =
        evidence.iter().map(|(key, value)| (key.as_ref().replace('_', " "), value.to_string())).collect();
    if let Some(fault) = &seen.fault {
        facts.push(("the probe ended with".to_owned(), Clean::bounded(&with_sources(fault), 600).into()));
    }
    if let Some(leaf) = seen.tls.as_ref().and_then(|tls| tls.chain.first()) {
        facts.push(("certificate of".to_owned(), leaf.subject.to_string()));
        facts.push(("certificate issued by".to_owned(), leaf.issuer.to_string()));
    }
    if seen.tenant.is_none() {
        facts.push(("route".to_owned(), seen.route.to_string()));
    }
    if let Some(peer) = seen.remote_address {
        facts.push(("connected to".to_owned(), peer.to_string()));
    }
    facts
}

fn answers(seen: &Observation, stage: Stage) -> Vec<Answer> {
    let proxy = seen.proxy.as_ref().map(|proxy| {
        let line = status_line("CONNECT answered", proxy.status, proxy.reason.as_ref());
        Answer::new("The proxy", line, &proxy.headers, &proxy.body)
    });
    let http = seen.http.as_ref().map(|http| {
        // The only answer to a plain-http request is the proxy's where the probe stopped there.
        let is_proxys = seen.proxy.is_none() && stage == Stage::Proxy;
        let who = if is_proxys { "The proxy" } else { "The origin, or whoever stands for it" };
        Answer::new(
            who,
            status_line(&http.version, http.status, http.reason.as_ref()),
            &http.headers,
            &http.body.sample,
        )
    });
    proxy.into_iter().chain(http).collect()
}

fn status_line(version: &str, status: u16, reason: Option<&Clean>) -> String {
    let reason = reason.map(AsRef::as_ref).unwrap_or_default();
    format!("{version} {status} {reason}").trim_end().to_owned()
}

impl Answer {
    /// How many headers are told.
    const MOST: usize = 30;

    fn new(who: &'static str, status_line: String, headers: &Headers, body: &Sample) -> Self {
        let told = headers.0.iter().take(Self::MOST);
        let body = body.evidence();
        Self {
            who,
            status_line,
            headers: told.map(|(name, value)| (name.clone(), value.to_string())).collect(),
            left_out: headers.0.len().saturating_sub(Self::MOST),
            body: (!body.is_empty()).then(|| body.into()),
        }
    }
}
