//! The families with one series, or a few, for every endpoint and path.

use prober::cause::{Stage, State};
use prober::diagnosis;
use prober::observation::{AuditFacts, CrlFacts, CrlSignature, Observation};
use prober::plan::Freshness;
use prober::snapshot::{Row, Snapshot};
use time::OffsetDateTime;

use super::exposition::{Exposition, Labels, Section};
use super::family::{self, Family};
use crate::status::answers;

/// A row and the labels of all its series.
struct Series<'a> {
    labels: Labels,
    row: &'a Row,
}

/// Writes the families of all rows.
pub(super) fn write(snapshot: &Snapshot, exposition: &mut Exposition) {
    let series: Vec<_> = snapshot.rows.iter().map(|row| Series { labels: labels(row), row }).collect();
    let mut families = Families { series: &series, exposition };
    families.write_states();
    families.write_interception();
    families.write_probes();
    families.write_answers();
    families.write_audits();
    families.write_crls();
    families.write_maintenance(snapshot);
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

struct Families<'a> {
    series: &'a [Series<'a>],
    exposition: &'a mut Exposition,
}

impl Families<'_> {
    fn write_states(&mut self) {
        self.each(&family::ENDPOINT_REACHABLE, |Series { labels, row }, out| match row.state() {
            State::Reachable | State::Degraded => out.sample(labels, &[], 1),
            State::Blocked => out.sample(labels, &[], 0),
            State::Unknown => {}
        });
        self.each(&family::ENDPOINT_STATE, |Series { labels, row }, out| {
            for state in State::ALL {
                out.sample(labels, &[("state", state.as_str())], u8::from(state == row.state()));
            }
        });
        self.each(&family::ENDPOINT_CAUSE, |Series { labels, row }, out| {
            let confirmed = row.confirmed.as_ref().filter(|confirmed| confirmed.state != State::Reachable);
            if let Some(reason) = confirmed.and_then(|confirmed| confirmed.report.verdict.reason.as_ref()) {
                let (cause, stage, blame) = (reason.cause.as_str(), reason.stage.as_str(), reason.blame.as_str());
                out.sample(labels, &[("cause", cause), ("stage", stage), ("blame", blame)], 1);
            }
        });
        self.each(&family::ENDPOINT_SINCE, |Series { labels, row }, out| {
            if let Some(confirmed) = &row.confirmed {
                out.sample(labels, &[], unix_seconds(confirmed.since));
            }
        });
    }

    fn write_interception(&mut self) {
        self.each(&family::ENDPOINT_INTERCEPTED, |Series { labels, row }, out| {
            if let Some(announced) = diagnosis::interceptor_is_announced(row) {
                out.sample(labels, &[("announced", if announced { "true" } else { "false" })], 1);
            }
        });
    }

    fn write_probes(&mut self) {
        self.each_last(&family::PROBE_PHASE, |labels, seen, out| {
            for stage in Stage::ALL {
                if let Some(duration) = seen.phases.get(stage) {
                    out.sample(labels, &[("phase", stage.as_str())], duration.as_secs_f64());
                }
            }
        });
        self.each(&family::PROBES, |Series { labels, row }, out| {
            for state in State::ALL {
                out.sample(labels, &[("result", state.as_str())], row.counts.get(state));
            }
        });
        self.each(&family::RECEIVED, |Series { labels, row }, out| out.sample(labels, &[], row.received_bytes));
        self.each_last(&family::PROBE_LAST, |labels, seen, out| out.sample(labels, &[], unix_seconds(seen.probed_at)));
    }

    fn write_answers(&mut self) {
        self.each(&family::HTTP_STATUS, |Series { labels, row }, out| {
            if let Some(http) = row.last.as_deref().and_then(|last| answers(last).1) {
                out.sample(labels, &[], http.status);
            }
        });
        self.each(&family::PROXY_STATUS, |Series { labels, row }, out| {
            if let Some(proxy) = row.last.as_deref().and_then(|last| answers(last).0) {
                out.sample(labels, &[], proxy.status);
            }
        });
        self.each_last(&family::TLS_INFO, |labels, seen, out| {
            if let Some(tls) = &seen.tls {
                let trust = tls.verification.trust.as_str();
                out.sample(labels, &[("version", &tls.version), ("cipher", &tls.cipher), ("chain_trust", trust)], 1);
            }
        });
        self.each_last(&family::TLS_NOT_AFTER, |labels, seen, out| {
            if let Some(leaf) = seen.tls.as_ref().and_then(|tls| tls.chain.first()) {
                out.sample(labels, &[], unix_seconds(leaf.not_after));
            }
        });
    }

    fn write_audits(&mut self) {
        self.each_audit(&family::TLS_VERSION, |labels, audit, out| {
            for (version, outcome) in audit.versions() {
                if let Some(passes) = outcome.passes() {
                    out.sample(labels, &[("version", version)], u8::from(passes));
                }
            }
        });
        self.each_audit(&family::TLS_LARGE_HELLO, |labels, audit, out| {
            if let Some(passes) = audit.large_hello.passes() {
                out.sample(labels, &[], u8::from(passes));
            }
        });
        self.each_audit(&family::AUDIT_LAST, |labels, audit, out| out.sample(labels, &[], unix_seconds(audit.at)));
    }

    fn write_crls(&mut self) {
        self.each_crl(&family::CRL_THIS_UPDATE, |labels, crl, out| {
            out.sample(labels, &[], unix_seconds(crl.this_update));
        });
        self.each_crl(&family::CRL_NEXT_UPDATE, |labels, crl, out| {
            if let Some(next_update) = crl.next_update {
                out.sample(labels, &[], unix_seconds(next_update));
            }
        });
        self.each_crl(&family::CRL_REVOKED, |labels, crl, out| out.sample(labels, &[], crl.revoked));
        self.each_crl(&family::CRL_SIZE, |labels, crl, out| out.sample(labels, &[], crl.bytes));
        self.each(&family::CRL_FRESHNESS, |Series { labels, row }, out| {
            if let Some(crl) = &row.pair.endpoint.expect.crl {
                out.sample(labels, &[], u8::from(crl.freshness == Freshness::Required));
            }
        });
        self.each_crl(&family::CRL_SIGNATURE, |labels, crl, out| match crl.signature {
            CrlSignature::Valid => out.sample(labels, &[], 1),
            CrlSignature::Invalid => out.sample(labels, &[], 0),
            CrlSignature::Unchecked => {}
        });
    }

    fn write_maintenance(&mut self, snapshot: &Snapshot) {
        self.each(&family::MAINTENANCE, |Series { labels, row }, out| {
            if snapshot.maintenance.until(&row.pair).is_some() {
                out.sample(labels, &[], 1);
            }
        });
    }

    fn each(&mut self, family: &'static Family, write: impl Fn(&Series<'_>, &mut Section<'_>)) {
        let mut section = self.exposition.family(family);
        for series in self.series {
            write(series, &mut section);
        }
    }

    /// For what the last probe saw, whether or not its verdict was adopted.
    fn each_last(&mut self, family: &'static Family, write: impl Fn(&Labels, &Observation, &mut Section<'_>)) {
        self.each(family, |series, out| {
            if let Some(last) = &series.row.last {
                write(&series.labels, &last.observation, out);
            }
        });
    }

    fn each_audit(&mut self, family: &'static Family, write: impl Fn(&Labels, &AuditFacts, &mut Section<'_>)) {
        self.each(family, |series, out| {
            if let Some(audit) = series.row.last.as_ref().and_then(|last| last.audit.as_ref()) {
                write(&series.labels, audit, out);
            }
        });
    }

    fn each_crl(&mut self, family: &'static Family, write: impl Fn(&Labels, &CrlFacts, &mut Section<'_>)) {
        self.each(family, |series, out| {
            if let Some(crl) = series.row.last_crl.as_ref().and_then(|report| report.observation.parsed_crl()) {
                write(&series.labels, crl, out);
            }
        });
    }
}

pub(super) fn unix_seconds(moment: OffsetDateTime) -> f64 {
    (moment - OffsetDateTime::UNIX_EPOCH).as_seconds_f64()
}
