//! What the families tell of a row, read off it once.

use prober::cause::{Blame, Cause, Stage, State};
use prober::diagnosis;
use prober::observation::{AuditFacts, CrlFacts, CrlSignature, Phases, TlsFacts};
use prober::plan::{Freshness, Maintenance};
use prober::snapshot::{Counts, Row};
use time::OffsetDateTime;

use super::super::exposition::{Labels, Section, Value};
use crate::status::answers;

/// What there is to write of a row, in little room. Nothing of the row itself: whoever reads an exposition slowly must not
/// keep alive what has been superseded meanwhile.
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
    /// The labels that tell of the handshake, after those of all series.
    pub(super) tls: Option<Labels>,
    pub(super) audit: Option<Audit>,
    /// Of the newest revocation list that could be read.
    pub(super) crl: Option<Box<Crl>>,
}

/// What an audit of TLS says.
#[derive(Debug)]
pub(super) struct Audit {
    pub(super) at: OffsetDateTime,
    pub(super) versions: [(&'static str, Option<bool>); 2],
    pub(super) large_hello: Option<bool>,
}

/// What a revocation list says of itself.
#[derive(Debug)]
pub(super) struct Crl {
    pub(super) this_update: OffsetDateTime,
    pub(super) next_update: Option<OffsetDateTime>,
    pub(super) revoked: u64,
    pub(super) bytes: u64,
    pub(super) signature: CrlSignature,
}

impl Values {
    pub(super) fn of(row: &Row, maintenance: &Maintenance) -> Self {
        let confirmed = row.confirmed.as_ref();
        let unusable = confirmed.filter(|confirmed| confirmed.state != State::Reachable);
        let reason = unusable.and_then(|confirmed| confirmed.report.verdict.reason.as_ref());
        let last = row.last.as_ref();
        let seen = last.map(|last| &last.observation);
        let tls = seen.and_then(|seen| seen.tls.as_ref());
        let crl = row.last_crl.as_ref().and_then(|report| report.observation.parsed_crl());
        let (proxy, http) = last.map_or((None, None), |last| answers(last));
        let labels = labels(row);
        Self {
            tls: tls.map(|tls| with_handshake(&labels, tls)),
            labels,
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
            audit: last.and_then(|last| last.audit.as_deref()).map(Audit::of),
            crl: crl.map(|crl| Box::new(Crl::of(crl))),
        }
    }

    /// Writes the one sample that a family has of a row, if there is a value.
    pub(super) fn write(&self, out: &mut Section<'_>, value: Option<impl Value>) {
        if let Some(value) = value {
            out.sample(&self.labels, &[], value);
        }
    }
}

impl Audit {
    fn of(audit: &AuditFacts) -> Self {
        let versions = audit.versions().map(|(version, outcome)| (version, outcome.passes()));
        Self { at: audit.at, versions, large_hello: audit.large_hello.passes() }
    }
}

impl Crl {
    const fn of(crl: &CrlFacts) -> Self {
        let CrlFacts { this_update, next_update, revoked, bytes, signature, .. } = *crl;
        Self { this_update, next_update, revoked, bytes, signature }
    }
}

fn with_handshake(labels: &Labels, tls: &TlsFacts) -> Labels {
    let trust = tls.verification.trust.as_str();
    labels.with(&[("version", &tls.version), ("cipher", &tls.cipher), ("chain_trust", trust)])
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
