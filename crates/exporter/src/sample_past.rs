//! A hand-made past for hand-made snapshots: days with a bad stretch here and there, and troubles with evidence.
//!
//! Whoever includes this file includes `sample` beside it.
#![allow(dead_code, reason = "whoever includes this file uses a part of it")]
#![allow(unreachable_pub, reason = "examples include this file as a module")]

use std::collections::BTreeMap;
use std::time::Duration;

use prober::cause::{Cause, State};
use prober::observation::{BodyFacts, Headers, HttpFacts, ProxyFacts, Sample};
use prober::plan::Severity;
use prober::snapshot::Snapshot;
use prober::text::Clean;

use super::sample;
use super::{
    Days, Filter, Finding, HALF_HOURS, HalfHour, HistoryError, Latency, LatencySpan, Past, Standing, Told, Trouble,
    TroubleState,
};

/// What was at the hand-made branch.
#[derive(Debug)]
pub struct SamplePast {
    days: Days,
    troubles: Vec<Told>,
}

impl SamplePast {
    /// What was before a snapshot.
    pub fn of(snapshot: &Snapshot) -> Self {
        Self { days: days(snapshot), troubles: troubles(snapshot) }
    }
}

impl Past for SamplePast {
    fn standing(&self) -> Standing {
        Standing::default()
    }

    fn days(&self) -> Days {
        self.days.clone()
    }

    fn troubles(&self, filter: &Filter) -> Result<Vec<Trouble>, HistoryError> {
        let is_open = |trouble: &Trouble| match filter.state {
            Some(TroubleState::Open) => trouble.to.is_none(),
            Some(TroubleState::Closed) => trouble.to.is_some(),
            None => true,
        };
        let is_asked = |trouble: &Trouble| {
            is_open(trouble)
                && filter.endpoint.as_ref().is_none_or(|name| *name == trouble.endpoint)
                && filter.cause.is_none_or(|cause| cause == trouble.cause)
                && filter.id.is_none_or(|id| id == trouble.id)
        };
        Ok(self.troubles.iter().map(|(trouble, ..)| trouble.clone()).filter(is_asked).collect())
    }

    fn evidence(&self, id: i64) -> Result<Option<(Finding, Finding)>, HistoryError> {
        let told = self.troubles.iter().find(|(trouble, _)| trouble.id == id);
        Ok(told.and_then(|(_, evidence)| evidence.clone()))
    }

    fn last_failure(&self, endpoint: &str, path: &str) -> Result<Option<(Trouble, Finding)>, HistoryError> {
        let is_of = |trouble: &Trouble| (trouble.endpoint.as_str(), trouble.path.as_str()) == (endpoint, path);
        let newest = self.troubles.iter().find(|(trouble, _)| is_of(trouble));
        Ok(newest.and_then(|(trouble, evidence)| Some((trouble.clone(), evidence.clone()?.1))))
    }

    fn latencies(&self, endpoint: &str, _: &str, span: LatencySpan) -> Result<Vec<Latency>, HistoryError> {
        Ok(latencies(endpoint, span))
    }
}

/// The last 24 hours of a snapshot's pairs: what is blocked now has been for a while, and some had a bad hour.
pub fn days(snapshot: &Snapshot) -> Days {
    let mut days = Days::empty(sample::NOW);
    for (place, row) in snapshot.rows.iter().enumerate() {
        let (endpoint, path) = row.pair.key();
        let mut day = [HalfHour { reachable: 30, ..HalfHour::default() }; HALF_HOURS];
        for (at, half) in day.iter_mut().enumerate() {
            // Probes of a re-probe and of a jump of the clock: not every half-hour has the same number.
            half.reachable += u32::from((place * 7 + at * 5).is_multiple_of(11));
            match (row.state(), place % 9, at) {
                (State::Blocked, _, 40..) => *half = HalfHour { blocked: 31, ..HalfHour::default() },
                (State::Blocked, _, 39) => (half.reachable, half.blocked) = (21, 10),
                (State::Degraded, _, 30..) => *half = HalfHour { degraded: 30, ..HalfHour::default() },
                (State::Unknown, _, 44..) => *half = HalfHour { unknown: 30, ..HalfHour::default() },
                (_, 2, 12..15) => (half.reachable, half.degraded) = (20, 10),
                (_, 4, 9) => (half.reachable, half.blocked) = (27, 3),
                (_, 6, ..6) => *half = HalfHour::default(),
                _ => {}
            }
        }
        days.pairs.entry(endpoint.to_owned()).or_default().insert(path.to_owned(), day);
    }
    days
}

/// How long the probes of a pair took: slower by day, and not at all for two hours of the night.
pub fn latencies(endpoint: &str, span: LatencySpan) -> Vec<Latency> {
    let (count, seconds) = match span {
        LatencySpan::Day => (288, 300),
        LatencySpan::Week => (336, 1800),
    };
    let of_span = |place: u64| {
        let from = sample::NOW - Duration::from_secs(seconds * (count - place));
        let by_day = if (8..18).contains(&from.hour()) { 30 } else { 0 };
        let p50 = Duration::from_millis(40 + by_day + (place * 7 + endpoint.len() as u64) % 9);
        Latency { from, probes: 5, p50, p95: p50 * 2 }
    };
    (0..count).map(of_span).filter(|latency| !(2..4).contains(&latency.from.hour())).collect()
}

/// Troubles, the newest first: those of a snapshot that are open, and some that are over.
pub fn troubles(snapshot: &Snapshot) -> Vec<Told> {
    let mut told = Vec::new();
    for row in &snapshot.rows {
        let Some(confirmed) =
            row.confirmed.as_ref().filter(|now| matches!(now.state, State::Blocked | State::Degraded))
        else {
            continue;
        };
        let Some(reason) = &confirmed.report.verdict.reason else { continue };
        let endpoint = &row.pair.endpoint;
        let trouble = Trouble {
            id: 0,
            endpoint: endpoint.name.clone(),
            path: row.pair.path.name.clone(),
            group: endpoint.group.clone(),
            severity: endpoint.severity,
            state: confirmed.state,
            cause: reason.cause,
            blame: reason.blame,
            detail: Clean::new(&reason.detail),
            from: confirmed.since,
            to: None,
            probes: 19,
        };
        told.push(with_evidence(trouble));
    }
    for (hours, endpoint, cause, detail) in OVER {
        let from = sample::NOW - Duration::from_secs(hours * 3600);
        let trouble = Trouble {
            id: 0,
            endpoint: endpoint.to_owned(),
            path: "hq".to_owned(),
            group: "activation".to_owned(),
            severity: Severity::Critical,
            state: State::Blocked,
            cause,
            blame: cause.blame(),
            detail: Clean::new(detail),
            from,
            to: Some(from + Duration::from_secs(hours * 47)),
            probes: hours,
        };
        told.push(with_evidence(trouble));
    }
    told.sort_by_key(|(trouble, ..)| std::cmp::Reverse(trouble.from));
    let count = told.len();
    for (place, (trouble, ..)) in told.iter_mut().enumerate() {
        trouble.id = i64::try_from(count - place).unwrap_or(i64::MAX);
    }
    told
}

const OVER: [(u64, &str, Cause, &str); 4] = [
    (19, "go", Cause::TcpTimeout, "no answer from go.microsoft.com:443 within 10 s"),
    (31, "ols", Cause::BlockPage, "a page in the origin's place says \"=HYPERLINK(1) <script>alert(1)</script>\""),
    (77, "login", Cause::TlsReset, "login.microsoftonline.com cut the connection after the ClientHello"),
    (200, "root-crl", Cause::DnsNxdomain, "the resolver 10.0.0.53 says that crl.microsoft.com does not exist"),
];

fn with_evidence(trouble: Trouble) -> Told {
    let page = "<html><title>Access denied</title><script>alert(1)</script><p>Category: Software downloads</p></html>";
    let mut seen = sample::observation(&trouble.path);
    seen.probed_at = trouble.from;
    let headers = Headers(vec![
        ("server".to_owned(), "squid/5.7".into()),
        ("x-squid-error".to_owned(), "ERR_ACCESS_DENIED 0 <b>".into()),
    ]);
    let body = Sample(page.to_owned());
    match trouble.cause {
        Cause::ProxyDenied => {
            seen.proxy = Some(ProxyFacts { status: 403, reason: Some("Forbidden".into()), headers, body });
        }
        Cause::BlockPage | Cause::HttpServerError => {
            seen.http = Some(HttpFacts {
                version: "HTTP/1.1".to_owned(),
                status: 503,
                reason: None,
                headers,
                body: BodyFacts { bytes: 512, sample: body, ..BodyFacts::default() },
            });
        }
        _ => {}
    }
    let first = Finding {
        state: trouble.state,
        cause: trouble.cause,
        stage: trouble.cause.stage(),
        blame: trouble.blame,
        detail: trouble.detail.clone(),
        evidence: BTreeMap::from([("via".to_owned(), "1.1 squid".into())]),
        also: vec![],
        observation: seen,
    };
    let mut last = first.clone();
    last.observation.probed_at = trouble.to.unwrap_or(sample::NOW);
    (trouble, Some((first, last)))
}
