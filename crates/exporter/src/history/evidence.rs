//! Failures as they are kept: as JSON, in bounds.

use prober::observation::{Observation, Sample};
use prober::state::Report;
use prober::text::Clean;

use super::model::{DETAIL_CHARS, Finding};

/// The longest finding kept, in bytes of JSON.
const MOST_BYTES: usize = 32 * 1024;

impl Finding {
    /// What failed, and what was seen; `None` of a result that is no failure.
    pub(crate) fn of(report: &Report) -> Option<Self> {
        let reason = report.verdict.reason.as_ref()?;
        let evidence = &report.verdict.evidence;
        Some(Self {
            state: report.verdict.state,
            cause: reason.cause,
            stage: reason.stage,
            blame: reason.blame,
            detail: Clean::bounded(&reason.detail, DETAIL_CHARS),
            evidence: evidence.facts.iter().map(|(key, fact)| ((*key).to_owned(), fact.clone())).collect(),
            also: evidence.also.clone(),
            observation: report.observation.clone(),
        })
    }
}

/// A failure as text. What is too long loses the bodies first, and then all but the way and the times.
pub(super) fn write(report: &Report) -> Option<String> {
    let mut finding = Finding::of(report)?;
    for lighten in [|_: &mut Finding| {}, without_bodies, without_details] {
        lighten(&mut finding);
        let text = serde_json::to_string(&finding).ok()?;
        if text.len() <= MOST_BYTES {
            return Some(text);
        }
    }
    None
}

/// The failure that was kept; `None` where another version kept it in another form.
pub(super) fn read(text: &str) -> Option<Finding> {
    serde_json::from_str(text).ok()
}

fn without_bodies(finding: &mut Finding) {
    let seen = &mut finding.observation;
    if let Some(http) = &mut seen.http {
        http.body.sample = Sample::default();
    }
    if let Some(proxy) = &mut seen.proxy {
        proxy.body = Sample::default();
    }
    seen.direct = None;
}

fn without_details(finding: &mut Finding) {
    let Observation { probed_at, duration, phases, ref route, remote_address, .. } = finding.observation;
    let way = Observation { duration, phases, route: route.clone(), remote_address, ..Observation::empty(probed_at) };
    finding.observation = way;
    finding.evidence.clear();
}

#[cfg(test)]
mod tests {
    use prober::cause::{Cause, State};

    use super::*;
    use crate::sample;

    fn report(change: impl FnOnce(&mut Observation)) -> Report {
        let row = sample::row("a", "hq").evidence("via", "1.1 squid").observed(change);
        let snapshot = sample::snapshot([row.blocked(Cause::ProxyDenied, &"long ".repeat(200))]);
        snapshot.rows[0].last.as_deref().unwrap().clone()
    }

    #[test]
    fn a_failure_comes_back_whole() {
        let report = report(|seen| seen.http = Some(sample::http(403)));
        let finding = read(&write(&report).unwrap()).unwrap();
        assert_eq!(Some(&finding), Finding::of(&report).as_ref());
        assert_eq!((finding.state, finding.evidence["via"].as_str()), (State::Blocked, "1.1 squid"));
        assert_eq!(finding.detail.as_str().chars().count(), DETAIL_CHARS);
        assert_eq!(finding.observation, report.observation);
    }

    #[test]
    fn what_is_reachable_is_no_failure() {
        let snapshot = sample::snapshot([sample::row("a", "hq").reachable()]);
        assert_eq!(write(snapshot.rows[0].last.as_deref().unwrap()), None);
    }

    #[test]
    fn what_is_too_long_loses_the_least_first() {
        let long = report(|seen| {
            let mut http = sample::http(403);
            http.body.sample = Sample("x".repeat(MOST_BYTES));
            seen.http = Some(http);
        });
        let seen = read(&write(&long).unwrap()).unwrap().observation;
        assert_eq!(seen.http.map(|http| (http.status, http.body.sample)), Some((403, Sample::default())));

        let longer = report(|seen| {
            let mut http = sample::http(403);
            http.headers.0 = vec![("x".repeat(100), Clean::new(&"y".repeat(256))); 100];
            seen.http = Some(http);
        });
        let text = write(&longer).unwrap();
        let seen = read(&text).unwrap().observation;
        assert!(text.len() <= MOST_BYTES);
        assert_eq!((seen.http, seen.remote_address), (None, longer.observation.remote_address));
    }

    #[test]
    fn what_another_version_wrote_is_absent() {
        for text in ["", "{", "{}", "[1]", r#"{"state":"blocked","cause":"no_such_cause"}"#] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
