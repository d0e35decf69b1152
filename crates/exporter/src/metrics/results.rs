//! The families with one series, or a few, for every endpoint and path.

use std::sync::Arc;

use prober::cause::{Stage, State};
use prober::diagnosis;
use prober::observation::{AuditFacts, CrlFacts, CrlSignature, Observation, TlsFacts};
use prober::plan::{Freshness, Maintenance};
use prober::snapshot::{Row, Snapshot};
use time::OffsetDateTime;

use super::exposition::{Labels, Section, Value};
use super::family::{self, Family};
use crate::status::answers;

/// Writes the families of all rows, a piece at a time.
#[derive(Debug)]
pub(super) struct Results {
    snapshot: Arc<Snapshot>,
    /// The labels of every row's series, escaped once for all families.
    labels: Vec<Labels>,
    /// What comes next: a family, and a row of it.
    family: usize,
    row: usize,
    /// Whether that family's head is written.
    begun: bool,
}

impl Results {
    pub(super) fn of(snapshot: Arc<Snapshot>) -> Self {
        let labels = snapshot.rows.iter().map(|row| labels(row)).collect();
        Self { snapshot, labels, family: 0, row: 0, begun: false }
    }

    /// Goes on writing until the text has `enough` bytes, or everything is written.
    pub(super) fn write(&mut self, text: &mut String, enough: usize) {
        while let Some((family, write)) = FAMILIES.get(self.family) {
            let mut section = Section::of(family, self.begun, text);
            let rows = self.snapshot.rows.iter().zip(&self.labels).skip(self.row);
            for (row, labels) in rows {
                if section.len() >= enough {
                    self.begun = section.has_begun();
                    return;
                }
                write(&Series { labels, row, maintenance: &self.snapshot.maintenance }, &mut section);
                self.row += 1;
            }
            (self.family, self.row, self.begun) = (self.family + 1, 0, false);
        }
    }
}

/// A row, and what its series need besides.
struct Series<'a> {
    labels: &'a Labels,
    row: &'a Row,
    maintenance: &'a Maintenance,
}

fn labels(row: &Row) -> Labels {
    let endpoint = &row.pair.endpoint;
    Labels::new(&[
        ("endpoint", &endpoint.name),
        ("path", &row.pair.path.name),
        ("group", &endpoint.group),
        ("severity", endpoint.severity.as_str()),
    ])
}

impl Series<'_> {
    /// What the last probe saw, whether or not its verdict was adopted.
    fn seen(&self) -> Option<&Observation> {
        self.row.last.as_ref().map(|last| &last.observation)
    }

    fn tls(&self) -> Option<&TlsFacts> {
        self.seen()?.tls.as_ref()
    }

    fn audit(&self) -> Option<&AuditFacts> {
        self.row.last.as_ref()?.audit.as_deref()
    }

    fn crl(&self) -> Option<&CrlFacts> {
        self.row.last_crl.as_ref()?.observation.parsed_crl()
    }

    /// Writes the one sample that a family has of a row, if there is a value.
    fn write(&self, out: &mut Section<'_>, value: Option<impl Value>) {
        if let Some(value) = value {
            out.sample(self.labels, &[], value);
        }
    }
}

/// Writes what a family has of a row.
type Write = fn(&Series<'_>, &mut Section<'_>);

/// Every family, in the order of the exposition.
const FAMILIES: &[(&Family, Write)] = &[
    (&family::ENDPOINT_REACHABLE, |one, out| match one.row.state() {
        State::Reachable | State::Degraded => one.write(out, Some(1)),
        State::Blocked => one.write(out, Some(0)),
        State::Unknown => {}
    }),
    (&family::ENDPOINT_STATE, |one, out| {
        for state in State::ALL {
            out.sample(one.labels, &[("state", state.as_str())], u8::from(state == one.row.state()));
        }
    }),
    (&family::ENDPOINT_CAUSE, |one, out| {
        let confirmed = one.row.confirmed.as_ref().filter(|confirmed| confirmed.state != State::Reachable);
        if let Some(reason) = confirmed.and_then(|confirmed| confirmed.report.verdict.reason.as_ref()) {
            let (cause, stage, blame) = (reason.cause.as_str(), reason.stage.as_str(), reason.blame.as_str());
            out.sample(one.labels, &[("cause", cause), ("stage", stage), ("blame", blame)], 1);
        }
    }),
    (&family::ENDPOINT_SINCE, |one, out| {
        one.write(out, one.row.confirmed.as_ref().map(|confirmed| unix_seconds(confirmed.since)));
    }),
    (&family::ENDPOINT_INTERCEPTED, |one, out| {
        if let Some(announced) = diagnosis::interceptor_is_announced(one.row) {
            out.sample(one.labels, &[("announced", if announced { "true" } else { "false" })], 1);
        }
    }),
    (&family::PROBE_PHASE, |one, out| {
        let Some(seen) = one.seen() else { return };
        for stage in Stage::ALL {
            if let Some(duration) = seen.phases.get(stage) {
                out.sample(one.labels, &[("phase", stage.as_str())], duration.as_secs_f64());
            }
        }
    }),
    (&family::PROBES, |one, out| {
        for state in State::ALL {
            out.sample(one.labels, &[("result", state.as_str())], one.row.counts.get(state));
        }
    }),
    (&family::RECEIVED, |one, out| one.write(out, Some(one.row.received_bytes))),
    (&family::PROBE_LAST, |one, out| one.write(out, one.seen().map(|seen| unix_seconds(seen.probed_at)))),
    (&family::HTTP_STATUS, |one, out| {
        let http = one.row.last.as_deref().and_then(|last| answers(last).1);
        one.write(out, http.map(|http| http.status));
    }),
    (&family::PROXY_STATUS, |one, out| {
        let proxy = one.row.last.as_deref().and_then(|last| answers(last).0);
        one.write(out, proxy.map(|proxy| proxy.status));
    }),
    (&family::TLS_INFO, |one, out| {
        if let Some(tls) = one.tls() {
            let trust = tls.verification.trust.as_str();
            let labels = [("version", &*tls.version), ("cipher", &*tls.cipher), ("chain_trust", trust)];
            out.sample(one.labels, &labels, 1);
        }
    }),
    (&family::TLS_NOT_AFTER, |one, out| {
        one.write(out, one.tls().and_then(|tls| tls.chain.first()).map(|leaf| unix_seconds(leaf.not_after)));
    }),
    (&family::TLS_VERSION, |one, out| {
        for (version, outcome) in one.audit().into_iter().flat_map(AuditFacts::versions) {
            if let Some(passes) = outcome.passes() {
                out.sample(one.labels, &[("version", version)], u8::from(passes));
            }
        }
    }),
    (&family::TLS_LARGE_HELLO, |one, out| {
        one.write(out, one.audit().and_then(|audit| audit.large_hello.passes()).map(u8::from));
    }),
    (&family::AUDIT_LAST, |one, out| one.write(out, one.audit().map(|audit| unix_seconds(audit.at)))),
    (&family::CRL_THIS_UPDATE, |one, out| one.write(out, one.crl().map(|crl| unix_seconds(crl.this_update)))),
    (&family::CRL_NEXT_UPDATE, |one, out| {
        one.write(out, one.crl().and_then(|crl| crl.next_update).map(unix_seconds));
    }),
    (&family::CRL_REVOKED, |one, out| one.write(out, one.crl().map(|crl| crl.revoked))),
    (&family::CRL_SIZE, |one, out| one.write(out, one.crl().map(|crl| crl.bytes))),
    (&family::CRL_FRESHNESS, |one, out| {
        let expected = one.row.pair.endpoint.expect.crl.as_ref();
        one.write(out, expected.map(|crl| u8::from(crl.freshness == Freshness::Required)));
    }),
    (&family::CRL_SIGNATURE, |one, out| {
        let is_valid = match one.crl().map(|crl| crl.signature) {
            Some(CrlSignature::Valid) => Some(1),
            Some(CrlSignature::Invalid) => Some(0),
            Some(CrlSignature::Unchecked) | None => None,
        };
        one.write(out, is_valid);
    }),
    (&family::MAINTENANCE, |one, out| one.write(out, one.maintenance.until(&one.row.pair).map(|_| 1))),
];

pub(super) fn unix_seconds(moment: OffsetDateTime) -> f64 {
    (moment - OffsetDateTime::UNIX_EPOCH).as_seconds_f64()
}
