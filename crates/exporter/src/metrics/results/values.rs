//! What the families tell of a row, read off it once.

use std::sync::Arc;

use prober::cause::{Blame, Cause, Stage, State};
use prober::diagnosis;
use prober::observation::{AuditFacts, CrlFacts, Phases, TlsFacts};
use prober::plan::{Freshness, Maintenance};
use prober::snapshot::{Counts, Row};
use prober::state::Report;
use time::OffsetDateTime;

use super::super::exposition::{Labels, Section, Value};
use crate::status::answers;

/// What there is to write of a row, in little room.
#[derive(Debug)]
pub(super) struct Values {
    /// The labels of all its series, escaped once.
    pub(super) labels: Labels,
    pub(super) state: State,
    /// Why it is held not to be reachable.
    pub(super) reason: Option<(Cause, Stage, Blame)>,
    pub(super) since: Option<OffsetDateTime>,
    pub(super) interceptor_is_announced: Option<bool>,
    pub(super) counts: Counts,
    pub(super) received_bytes: u64,
    pub(super) freshness: Option<Freshness>,
    pub(super) in_maintenance: bool,
    // What the last probe saw, whether or not its verdict was adopted.
    pub(super) probed_at: Option<OffsetDateTime>,
    pub(super) phases: Phases,
    pub(super) http_status: Option<u16>,
    pub(super) proxy_status: Option<u16>,
    pub(super) not_after: Option<OffsetDateTime>,
    pub(super) audit: Option<Arc<AuditFacts>>,
    /// The last report, where it has a handshake, and the last with a revocation list that could be read: what they have
    /// more of is read off for one family each.
    with_tls: Option<Arc<Report>>,
    with_crl: Option<Arc<Report>>,
}

impl Values {
    pub(super) fn of(row: &Row, maintenance: &Maintenance) -> Self {
        let confirmed = row.confirmed.as_ref();
        let unusable = confirmed.filter(|confirmed| confirmed.state != State::Reachable);
        let reason = unusable.and_then(|confirmed| confirmed.report.verdict.reason.as_ref());
        let last = row.last.as_ref();
        let seen = last.map(|last| &last.observation);
        let tls = seen.and_then(|seen| seen.tls.as_ref());
        let (proxy, http) = last.map_or((None, None), |last| answers(last));
        Self {
            labels: labels(row),
            state: row.state(),
            reason: reason.map(|reason| (reason.cause, reason.stage, reason.blame)),
            since: confirmed.map(|confirmed| confirmed.since),
            interceptor_is_announced: diagnosis::interceptor_is_announced(row),
            counts: row.counts,
            received_bytes: row.received_bytes,
            freshness: row.pair.endpoint.expect.crl.as_ref().map(|crl| crl.freshness),
            in_maintenance: maintenance.until(&row.pair).is_some(),
            probed_at: seen.map(|seen| seen.probed_at),
            phases: seen.map_or_else(Phases::default, |seen| seen.phases),
            http_status: http.map(|http| http.status),
            proxy_status: proxy.map(|proxy| proxy.status),
            not_after: tls.and_then(|tls| tls.chain.first()).map(|leaf| leaf.not_after),
            audit: last.and_then(|last| last.audit.clone()),
            with_tls: last.filter(|_| tls.is_some()).cloned(),
            with_crl: row.last_crl.clone(),
        }
    }

    pub(super) fn tls(&self) -> Option<&TlsFacts> {
        self.with_tls.as_ref()?.observation.tls.as_ref()
    }

    pub(super) fn crl(&self) -> Option<&CrlFacts> {
        self.with_crl.as_ref()?.observation.parsed_crl()
    }

    /// Writes the one sample that a family has of a row, if there is a value.
    pub(super) fn write(&self, out: &mut Section<'_>, value: Option<impl Value>) {
        if let Some(value) = value {
            out.sample(&self.labels, &[], value);
        }
    }
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
