//! The status document: what `GET /api/v1/status` and `check --format json` say.
//!
//! Its shape is an interface described in `docs/http.md`. A field that does not apply is null, never left out, so that
//! a reader can rely on every key.

mod incident;
mod interception;
mod observed;
mod result;
mod stamp;
mod trouble;

use prober::cause::{Cause, State};
use prober::clock::ClockOffset;
use prober::diagnosis::{self, PathStanding};
use prober::snapshot::{Row, Snapshot};
use serde::Serialize;

pub use self::incident::{IncidentEntry, Incidents};
pub use self::interception::{InterceptorEntry, ReachEntry};
pub(crate) use self::observed::answers;
pub use self::observed::{
    AuditAnswer, CrlAnswer, HttpAnswer, Observed, OcspStatement, PhaseSeconds, ProxyAnswer, TlsAnswer,
};
pub use self::result::{LastResult, ResultEntry};
pub use self::stamp::Stamp;
pub use self::trouble::TroubleEntry;
use crate::rows::of_endpoints;

/// Everything known at one moment, as a document.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    /// The site's name.
    pub site: &'a str,
    /// The version of reachwatch that made the document.
    pub version: &'static str,
    /// When the snapshot behind it was made.
    pub generated_at: Stamp,
    /// `online`, `offline` or `unknown`.
    pub site_state: &'static str,
    /// How many results are in which state.
    pub summary: Summary,
    /// One entry for every path in use.
    pub paths: Vec<PathEntry<'a>>,
    /// What origins say of this machine's clock; null of fewer than three.
    pub clock: Option<ClockEntry>,
    /// Everybody who answers in place of origins.
    pub interception: Vec<InterceptorEntry<'a>>,
    /// One entry for every endpoint and path, in the order of the configuration; controls carry `control: true`.
    pub results: Vec<ResultEntry<'a>>,
    /// What is open now, every trouble once.
    pub incidents: Vec<IncidentEntry<'a>>,
}

impl<'a> Document<'a> {
    /// The document of a snapshot.
    pub fn from_snapshot(snapshot: &'a Snapshot) -> Self {
        let paths = diagnosis::paths(snapshot);
        let endpoints = diagnosis::endpoints(snapshot);
        let result =
            |row: &'a Row| ResultEntry::of(row, endpoints.get(row.pair.endpoint.name.as_str()), &snapshot.maintenance);
        Self {
            site: &snapshot.site,
            version: env!("CARGO_PKG_VERSION"),
            generated_at: Stamp(snapshot.generated_at),
            site_state: diagnosis::site(snapshot, &paths).as_str(),
            summary: Summary::of(snapshot),
            clock: snapshot.clock.map(ClockEntry::of),
            interception: diagnosis::interception(snapshot).interceptors.iter().map(InterceptorEntry::of).collect(),
            results: snapshot.rows.iter().map(|row| result(row)).collect(),
            paths: paths.into_iter().map(PathEntry::of).collect(),
            incidents: IncidentEntry::all(snapshot),
        }
    }
}

/// Counts of endpoint × path results by confirmed state; controls are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Results in state reachable.
    pub reachable: usize,
    /// Results in state degraded.
    pub degraded: usize,
    /// Results in state blocked.
    pub blocked: usize,
    /// Results in state unknown.
    pub unknown: usize,
}

impl Summary {
    /// Counts a snapshot's rows.
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut summary = Self::default();
        for row in of_endpoints(snapshot) {
            *match row.state() {
                State::Reachable => &mut summary.reachable,
                State::Degraded => &mut summary.degraded,
                State::Blocked => &mut summary.blocked,
                State::Unknown => &mut summary.unknown,
            } += 1;
        }
        summary
    }
}

/// What all results of one path say together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathEntry<'a> {
    /// The path's name.
    pub path: &'a str,
    /// `up`, `partial`, `down` or `unknown`.
    pub state: &'static str,
    /// The cause that takes the whole path down.
    pub cause: Option<Cause>,
}

impl<'a> PathEntry<'a> {
    fn of(standing: PathStanding<'a>) -> Self {
        Self { path: standing.path, state: standing.state.as_str(), cause: standing.cause }
    }
}

/// What origins say of this machine's clock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClockEntry {
    /// By how much it is behind theirs, the median; negative where it is ahead.
    pub offset_seconds: f64,
    /// How many say so, each of another registrable domain.
    pub origins: usize,
}

impl ClockEntry {
    fn of(clock: ClockOffset) -> Self {
        Self { offset_seconds: clock.offset.as_seconds_f64(), origins: clock.origins }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_document_keeps_its_shape() {
        let mut snapshot = sample::branch();
        let shown = [
            ("ols", "hq"),
            ("go", "hq"),
            ("login", "direct"),
            ("product-root-crl", "direct"),
            ("root-crl", "direct"),
            ("ncsi", "direct"),
        ];
        snapshot.rows.retain(|row| shown.contains(&row.pair.key()));
        insta::assert_yaml_snapshot!(Document::from_snapshot(&snapshot));
    }

    #[test]
    fn the_clock_is_told_once_enough_origins_say_so() {
        let document = |snapshot| serde_json::to_value(Document::from_snapshot(&snapshot)).unwrap()["clock"].clone();
        assert_eq!(document(sample::snapshot([])), serde_json::Value::Null);
        let told = serde_json::json!({"offset_seconds": 90.0, "origins": 3});
        assert_eq!(document(sample::at_clock(90)), told);
    }

    #[test]
    fn results_and_incidents_say_until_when_somebody_works_on_them() {
        let refused = |name, path| sample::row(name, path).blocked(Cause::TcpRefused, "refused");
        let rows = [refused("a", "hq"), refused("b", "hq"), sample::row("b", "vpn").reachable()];
        let snapshot = sample::maintained(sample::snapshot(rows), "a", "*");
        let document = serde_json::to_value(Document::from_snapshot(&snapshot)).unwrap();
        let of = |list: &str| -> Vec<serde_json::Value> {
            document[list].as_array().unwrap().iter().map(|entry| entry["maintenance"].clone()).collect()
        };
        let (until, null) = ("2026-01-01T14:00:00Z", serde_json::Value::Null);
        assert_eq!(of("results"), [until.into(), null.clone(), null.clone()]);
        // The path is down for both of them, of which one is not covered.
        assert_eq!(of("incidents"), [null]);
        let all = sample::maintained(snapshot, "*", "hq");
        let document = serde_json::to_value(Document::from_snapshot(&all)).unwrap();
        assert_eq!(document["incidents"][0]["maintenance"], until);
    }

    #[test]
    fn controls_are_in_no_summary() {
        let snapshot = sample::branch();
        let summary = Summary::of(&snapshot);
        let counted = summary.reachable + summary.degraded + summary.blocked + summary.unknown;
        let controls = snapshot.rows.iter().filter(|row| row.pair.endpoint.control).count();
        assert!(controls > 0);
        assert_eq!(counted, snapshot.rows.len() - controls);
    }

    #[test]
    fn no_text_is_longer_than_256_characters() {
        let mut reason = sample::reason(Cause::ProxyDenied, "");
        reason.detail = "x".repeat(10_000);
        let snapshot = sample::snapshot([sample::row("a", "hq").blocked_for(reason)]);
        let document = serde_json::to_value(Document::from_snapshot(&snapshot)).unwrap();
        assert_eq!(document["results"][0]["detail"].as_str().unwrap().chars().count(), 256);
    }

    #[test]
    fn the_only_answer_to_plain_http_is_the_proxys_where_the_probe_stopped_there() {
        let row = sample::row("crl", "hq").observed(|seen| seen.http = Some(sample::http(403)));
        let at = |cause| {
            let snapshot = sample::snapshot([row.clone().blocked(cause, "refused")]);
            let document = serde_json::to_value(Document::from_snapshot(&snapshot)).unwrap();
            let entry = &document["results"][0];
            (entry["proxy"]["status"].as_u64(), entry["http"]["status"].as_u64())
        };
        assert_eq!(at(Cause::ProxyDenied), (Some(403), None));
        assert_eq!(at(Cause::BlockPage), (None, Some(403)));
    }

    #[test]
    fn a_certificate_of_the_year_10000_does_not_take_the_document_away() {
        let row = sample::row("a", "hq").observed(|seen| {
            let mut tls = sample::tls(prober::observation::ChainTrust::Public);
            std::sync::Arc::make_mut(&mut tls.chain)[0].not_after = time::macros::datetime!(9999-12-31 23:59:59 -1);
            seen.tls = Some(tls);
        });
        let document = serde_json::to_value(Document::from_snapshot(&sample::snapshot([row.reachable()]))).unwrap();
        let tls = &document["results"][0]["tls"];
        assert_eq!((tls["version"].as_str(), &tls["not_after"]), (Some("TLSv1.3"), &serde_json::Value::Null));
    }

    #[test]
    fn a_result_that_waits_for_confirmation_stands_beside_the_confirmed_one() {
        let row = sample::row("a", "hq").reachable().then(State::Blocked, Cause::TcpRefused, "refused once");
        let document = serde_json::to_value(Document::from_snapshot(&sample::snapshot([row]))).unwrap();
        let entry = &document["results"][0];
        assert_eq!((&entry["state"], &entry["cause"]), (&"reachable".into(), &serde_json::Value::Null));
        assert_eq!(entry["last_result"]["state"], "blocked");
        assert_eq!(entry["last_result"]["detail"], "refused once");
    }

    #[test]
    fn a_domain_of_the_tenants_is_a_result_without_a_way() {
        let wrong = sample::domain("contoso.com").blocked(Cause::TenantCname, "it points to the wrong cloud");
        let snapshot = sample::snapshot([sample::row("a", "hq").reachable(), wrong]);
        let document = serde_json::to_value(Document::from_snapshot(&snapshot)).unwrap();
        let entry = &document["results"][1];
        let said = ["endpoint", "url", "group", "severity", "path", "cause", "blame"].map(|key| &entry[key]);
        let (name, url) = ("msoid.contoso.com", "dns:msoid.contoso.com?type=CNAME");
        assert_eq!(said, [name, url, "tenant", "critical", "dns", "tenant_cname", "tenant"]);
        assert_eq!((&entry["route"], &entry["diagnosis"]), (&serde_json::Value::Null, &serde_json::Value::Null));
        assert_eq!((&document["summary"]["blocked"], &document["site_state"]), (&1.into(), &"online".into()));
        assert_eq!(document["paths"].as_array().unwrap().len(), 1, "{document}");
    }
}
