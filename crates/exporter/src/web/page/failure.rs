//! What a failure looked like, for who has to act on it.

use std::collections::BTreeMap;

use prober::cause::{Cause, Stage, State};
use prober::observation::{Headers, Observation, Sample};
use prober::state::Report;
use prober::text::{Clean, with_sources};
use time::OffsetDateTime;

use super::when::When;
use crate::history::Finding;
use crate::words;

/// One failure.
#[derive(Debug)]
pub(in crate::web::page) struct Failure {
    pub(in crate::web::page) state: State,
    pub(in crate::web::page) cause: Cause,
    pub(in crate::web::page) stage: Stage,
    pub(in crate::web::page) who: &'static str,
    pub(in crate::web::page) detail: String,
    pub(in crate::web::page) when: When,
    /// What supports it.
    pub(in crate::web::page) facts: Vec<(String, String)>,
    /// Causes that applied too.
    pub(in crate::web::page) also: Vec<Cause>,
    /// What the proxy said, and what the origin did, or whoever stood for it.
    pub(in crate::web::page) answers: Vec<Answer>,
}

/// What somebody answered.
#[derive(Debug)]
pub(in crate::web::page) struct Answer {
    pub(in crate::web::page) who: &'static str,
    pub(in crate::web::page) status_line: String,
    pub(in crate::web::page) headers: Vec<(String, String)>,
    /// How many more headers there were.
    pub(in crate::web::page) left_out: usize,
    /// How the body begins.
    pub(in crate::web::page) body: Option<String>,
}

impl Failure {
    /// One that is kept.
    pub(in crate::web::page) fn of(finding: &Finding, now: OffsetDateTime) -> Self {
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
    pub(in crate::web::page) fn of_report(report: &Report, now: OffsetDateTime) -> Option<Self> {
        Finding::of(report).map(|finding| Self::of(&finding, now))
    }
}

fn facts(evidence: &BTreeMap<String, Clean>, seen: &Observation) -> Vec<(String, String)> {
    let mut facts: Vec<(String, String)> =
        evidence.iter().map(|(key, value)| (key.replace('_', " "), value.to_string())).collect();
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
