//! One failure as a page shows it: what was said by whom, word by word.

use prober::cause::{Cause, Stage};
use prober::observation::{Headers, Observation, Sample};
use prober::text::Clean;
use time::OffsetDateTime;

use super::super::when::When;
use crate::history::Finding;
use crate::words;

/// One failure.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    /// When the probe ended.
    pub(super) at: When,
    /// What happened, in a sentence.
    pub(super) detail: &'a str,
    pub(super) cause: Cause,
    pub(super) stage: Stage,
    pub(super) who: &'static str,
    /// Named facts: the way, the peer, what supports the verdict.
    pub(super) facts: Vec<(String, String)>,
    /// What was answered, by the proxy and by whoever stood for the origin.
    pub(super) answers: Vec<Answer<'a>>,
}

/// An answer, head and beginning.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    /// Whose.
    pub(super) whose: &'static str,
    /// The status line.
    pub(super) status: String,
    /// The header fields.
    pub(super) headers: &'a [(String, Clean)],
    /// The first lines of the body.
    pub(super) body: Clean,
}

impl<'a> Seen<'a> {
    pub(super) fn of(finding: &'a Finding, now: OffsetDateTime) -> Self {
        let seen = &finding.observation;
        Self {
            at: When::of(seen.probed_at, now),
            detail: finding.detail.as_str(),
            cause: finding.cause,
            stage: finding.stage,
            who: words::who(finding.blame),
            facts: facts(finding),
            answers: answers(seen, finding.stage),
        }
    }
}

fn facts(finding: &Finding) -> Vec<(String, String)> {
    let seen = &finding.observation;
    let mut facts = vec![("way".to_owned(), seen.route.to_string())];
    facts.extend(seen.remote_address.map(|address| ("peer".to_owned(), address.to_string())));
    facts.push(("took".to_owned(), words::took(seen.duration)));
    if let Some(tls) = &seen.tls {
        facts.push(("TLS".to_owned(), format!("{}, {}", tls.version, tls.cipher)));
        facts.extend(tls.chain.first().map(|leaf| ("certificate for".to_owned(), leaf.subject.to_string())));
        facts.extend(tls.chain.last().map(|last| ("issued by".to_owned(), last.issuer.to_string())));
    }
    facts.extend(finding.evidence.iter().map(|(key, value)| (key.replace('_', " "), value.to_string())));
    let also: Vec<_> = finding.also.iter().map(|cause| cause.as_str()).collect();
    if !also.is_empty() {
        facts.push(("also".to_owned(), also.join(", ")));
    }
    facts
}

/// What comes back to a plain-http request through a proxy is the proxy's where the probe stopped there.
fn answers(seen: &Observation, stage: Stage) -> Vec<Answer<'_>> {
    let proxy = seen.proxy.as_ref().map(|facts| {
        let status = format!("{} {}", facts.status, facts.reason.as_ref().map_or("", Clean::as_str));
        Answer::of("The proxy", status, &facts.headers, &facts.body)
    });
    let http = seen.http.as_ref().map(|facts| {
        let whose = if stage == Stage::Proxy { "The proxy" } else { "Whoever answers for the origin" };
        let phrase = facts.reason.as_ref().map_or("", Clean::as_str);
        let status = format!("{} {} {phrase}", facts.version, facts.status);
        Answer::of(whose, status, &facts.headers, &facts.body.sample)
    });
    proxy.into_iter().chain(http).collect()
}

impl<'a> Answer<'a> {
    fn of(whose: &'static str, status: String, headers: &'a Headers, body: &Sample) -> Self {
        Self { whose, status, headers: &headers.0, body: body.evidence() }
    }
}
