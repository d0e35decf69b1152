//! Hand-made snapshots: a branch office on an ordinary bad day, and the parts to make others.
//!
//! Depends on the prober alone, so that examples and benches can include it too.
#![allow(dead_code, reason = "whoever includes this file uses a part of it")]
#![allow(
    unreachable_pub,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "examples and benches include this file as a module"
)]

use std::sync::Arc;
use std::time::Duration;

use prober::cause::{Cause, Stage, State};
use prober::clock::ClockOffset;
use prober::observation::{
    AuditFacts, BodyFacts, CertificateFacts, ChainTrust, CrlFacts, CrlOutcome, CrlSignature, Fault, Headers,
    HelloOutcome, HttpFacts, Observation, OriginClock, Phases, ProxyFacts, RouteFacts, Sample, TenantFacts, TlsFacts,
    TlsFailure, TlsFault, Via,
};
use prober::plan::{
    CONTROL_GROUP, Cloud, Endpoint, Maintenance, Matching, Pair, Path, PathOptions, ProxyScheme, Severity, TenantCheck,
    Way, Window,
};
use prober::snapshot::{Counts, Row, Snapshot};
use prober::state::{Confirmed, Report};
use prober::text::Clean;
use prober::verdict::{Evidence, Reason, Verdict};
use time::OffsetDateTime;
use time::macros::datetime;

/// When the samples were made.
pub const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

/// A snapshot of rows.
pub fn snapshot(rows: impl IntoIterator<Item = RowSample>) -> Snapshot {
    Snapshot {
        site: "branch-042".into(),
        generated_at: NOW,
        first_round_complete: true,
        clock: None,
        maintenance: Maintenance::default(),
        rows: rows.into_iter().map(|row| Arc::new(row.row)).collect(),
    }
}

/// A row under construction; without a result until one is given.
#[derive(Debug, Clone)]
pub struct RowSample {
    row: Row,
    observation: Observation,
    evidence: Evidence,
    audit: Option<Arc<AuditFacts>>,
    since: OffsetDateTime,
}

/// A row for an endpoint and a path by their names.
pub fn row(endpoint: &str, path: &str) -> RowSample {
    row_of(&format!("https://{endpoint}.example/"), endpoint, path)
}

/// A row for a URL.
pub fn row_of(url: &str, name: &str, path: &str) -> RowSample {
    let endpoint = Endpoint::new(name, url.parse().expect("a URL"));
    let pair = Pair {
        endpoint: Arc::new(endpoint),
        path: Arc::new(Path { name: path.to_owned(), way: Way::Direct, options: PathOptions::default() }),
    };
    let counts = Counts::default();
    let row = Row { pair: Arc::new(pair), confirmed: None, last: None, last_crl: None, counts, received_bytes: 0 };
    RowSample {
        row,
        observation: observation(path),
        evidence: Evidence::default(),
        audit: None,
        since: datetime!(2026-01-01 9:14:07 UTC),
    }
}

/// A row for a domain of the tenant's.
pub fn domain(name: &str) -> RowSample {
    let check = TenantCheck { name: format!("msoid.{name}"), cloud: Cloud::Worldwide };
    let pair = check.pair(&TenantCheck::path(), Duration::from_secs(900), Duration::from_secs(10)).expect("a URL");
    let mut sample = row_of(pair.endpoint.url.as_str(), &pair.endpoint.name, &pair.path.name);
    sample.row.pair = Arc::new(pair);
    let facts = TenantFacts { external: false, lookups: Vec::new() };
    sample.observed(|seen| *seen = Observation { tenant: Some(facts), ..Observation::empty(NOW) })
}

/// The snapshot while somebody works on what globs of endpoints and paths mean, for two more hours.
pub fn maintained(snapshot: Snapshot, endpoint: &str, path: &str) -> Snapshot {
    let window = Window {
        from: NOW - Duration::from_secs(3600),
        to: NOW + Duration::from_secs(2 * 3600),
        matching: Matching::of(endpoint, path),
    };
    Snapshot { maintenance: Maintenance::new(vec![window]), ..snapshot }
}

/// A snapshot of a monitor whose clock is behind those of three origins by so many seconds.
pub fn at_clock(behind: i64) -> Snapshot {
    let clock = ClockOffset { offset: time::Duration::seconds(behind), origins: 3 };
    Snapshot { clock: Some(clock), ..snapshot([row("a", "direct").reachable()]) }
}

impl RowSample {
    /// Puts the endpoint into a group, with a severity.
    pub fn group(self, group: &str, severity: Severity) -> Self {
        self.endpoint(|endpoint| {
            group.clone_into(&mut endpoint.group);
            endpoint.severity = severity;
        })
    }

    /// Makes the endpoint a control.
    pub fn control(self) -> Self {
        self.group(CONTROL_GROUP, Severity::Info).endpoint(|endpoint| endpoint.control = true)
    }

    /// Changes the endpoint.
    pub fn endpoint(mut self, change: impl FnOnce(&mut Endpoint)) -> Self {
        let pair = Arc::make_mut(&mut self.row.pair);
        change(Arc::make_mut(&mut pair.endpoint));
        self
    }

    /// Changes what the following result will have seen.
    pub fn observed(mut self, change: impl FnOnce(&mut Observation)) -> Self {
        change(&mut self.observation);
        self
    }

    /// Adds evidence to the following result.
    pub fn evidence(mut self, key: &'static str, value: &str) -> Self {
        self.evidence.facts.insert(key, Clean::new(value));
        self
    }

    /// Sets what the last audit saw, ten minutes ago.
    pub fn audited(mut self, tls12: HelloOutcome, tls13: HelloOutcome, large_hello: HelloOutcome) -> Self {
        let at = NOW - Duration::from_secs(600);
        self.audit = Some(Arc::new(AuditFacts { at, tls12, tls13, large_hello }));
        self
    }

    /// Sets when the following state began.
    pub fn since(mut self, since: OffsetDateTime) -> Self {
        self.since = since;
        self
    }

    /// Confirms that it is reachable.
    pub fn reachable(self) -> Self {
        self.confirm(State::Reachable, None)
    }

    /// Confirms that it is degraded.
    pub fn degraded(self, cause: Cause, detail: &str) -> Self {
        self.confirm(State::Degraded, Some(reason(cause, detail)))
    }

    /// Confirms that it is blocked.
    pub fn blocked(self, cause: Cause, detail: &str) -> Self {
        self.blocked_for(reason(cause, detail))
    }

    /// Confirms that it is blocked, for a reason made elsewhere.
    pub fn blocked_for(self, reason: Reason) -> Self {
        self.confirm(State::Blocked, Some(reason))
    }

    /// Confirms that nothing is known.
    pub fn unknown(self, cause: Cause, detail: &str) -> Self {
        self.confirm(State::Unknown, Some(reason(cause, detail)))
    }

    /// Adds a newer raw result that has not become the confirmed state.
    pub fn then(mut self, state: State, cause: Cause, detail: &str) -> Self {
        self.report(state, Some(reason(cause, detail)));
        self
    }

    fn confirm(mut self, state: State, reason: Option<Reason>) -> Self {
        let report = self.report(state, reason);
        self.row.confirmed = Some(Confirmed { state, since: self.since, report });
        self
    }

    fn report(&mut self, state: State, reason: Option<Reason>) -> Arc<Report> {
        let verdict = Verdict { state, reason, evidence: self.evidence.clone() };
        let report = Arc::new(Report { observation: self.observation.clone(), verdict, audit: self.audit.clone() });
        self.row.counts.count(state);
        self.row.received_bytes += report.observation.all_received_bytes();
        self.row.last = Some(Arc::clone(&report));
        if report.observation.parsed_crl().is_some() {
            self.row.last_crl = Some(Arc::clone(&report));
        }
        report
    }
}

/// A reason with the cause's usual stage and blame.
pub fn reason(cause: Cause, detail: &str) -> Reason {
    Reason { cause, stage: cause.stage(), blame: cause.blame(), detail: detail.to_owned() }
}

fn via(path: &str) -> Via {
    Via { scheme: ProxyScheme::Http, address: format!("proxy.{path}.example:3128") }
}

/// An observation of nothing but time and route.
pub fn observation(path: &str) -> Observation {
    let mut phases = Phases::default();
    phases.set(Stage::Route, Duration::ZERO);
    phases.set(Stage::Resolve, Duration::from_micros(1250));
    phases.set(Stage::Connect, Duration::from_millis(2));
    let route = if path == "direct" { RouteFacts::Direct } else { RouteFacts::Proxy(via(path)) };
    Observation {
        duration: Duration::from_micros(48_250),
        phases,
        route,
        remote_address: Some(([10, 0, 0, 8], 3128).into()),
        ..Observation::empty(datetime!(2026-01-01 11:59:48.25 UTC))
    }
}

/// A response.
pub fn http(status: u16) -> HttpFacts {
    HttpFacts {
        version: "HTTP/1.1".to_owned(),
        status,
        reason: Some("Reason".into()),
        headers: Headers(vec![
            ("server".to_owned(), "squid/5.7".into()),
            ("content-type".to_owned(), "text/html".into()),
        ]),
        body: BodyFacts {
            bytes: 512,
            announced: Some(512),
            complete: true,
            limit_reached: false,
            sample: Sample::default(),
        },
    }
}

/// A refusal of CONNECT.
pub fn proxy(status: u16, phrase: &str) -> ProxyFacts {
    ProxyFacts {
        status,
        reason: Some(phrase.into()),
        headers: Headers(vec![("server".to_owned(), "squid/5.7".into())]),
        body: Sample::default(),
    }
}

/// A handshake.
pub fn tls(trust: ChainTrust) -> TlsFacts {
    let leaf = CertificateFacts {
        subject: "CN=*.officeapps.live.com, O=Microsoft Corporation, C=US".into(),
        issuer: "CN=Microsoft Azure RSA TLS Issuing CA 07, O=Microsoft Corporation, C=US".into(),
        not_before: datetime!(2025-09-01 0:00 UTC),
        not_after: datetime!(2026-08-26 23:59:59 UTC),
        self_issued: false,
        ca_issuers: Vec::new(),
    };
    TlsFacts { alpn: Some("h2".to_owned()), chain: Arc::new([leaf]), ..TlsFacts::of(trust) }
}

/// A handshake of an audit that passed.
pub fn passed() -> HelloOutcome {
    HelloOutcome::Passed { proven: true, period: None }
}

/// One whose hello nobody answered.
pub fn unanswered() -> HelloOutcome {
    let host = "go.microsoft.com".to_owned();
    let fault = TlsFault { host, failure: TlsFailure::TimedOut, answered: false, first_bytes: None };
    HelloOutcome::Failed(Fault::Tls(fault))
}

/// A CRL that parsed.
pub fn crl() -> CrlOutcome {
    let issuer = "CN=Microsoft Root Certificate Authority, DC=microsoft, DC=com".into();
    CrlOutcome::Parsed(CrlFacts {
        number: Some("123".to_owned()),
        next_update: Some(datetime!(2026-03-02 20:20 UTC)),
        signed_with: "sha256WithRSAEncryption".into(),
        revoked: 3,
        bytes: 812,
        signature: CrlSignature::Valid,
        ..CrlFacts::of(issuer, datetime!(2025-12-01 8:00 UTC))
    })
}

/// What a probe of a blocked endpoint comes to.
pub fn report() -> Report {
    let (row, name, path) = (row("ols", "hq"), "ols", "hq");
    on_a_bad_day(row, name, path).row.last.as_deref().cloned().expect("a result")
}

/// A branch office on an ordinary bad day: two paths, four groups, one control, and something of every state.
pub fn branch() -> Snapshot {
    let names: [(&str, &str, &str, Severity); 12] = [
        ("officecdn", "https://officecdn.microsoft.com/", "office-cdn", Severity::Critical),
        ("officecdn-edge", "https://officecdn.microsoft.com.edgesuite.net/", "office-cdn", Severity::Warning),
        ("otelrules", "https://otelrules.azureedge.net/", "office-cdn", Severity::Info),
        ("ols", "https://ols.officeapps.live.com/olsc", "activation", Severity::Critical),
        ("activation-sls", "https://activation.sls.microsoft.com/", "activation", Severity::Critical),
        ("validation-sls", "https://validation.sls.microsoft.com/", "activation", Severity::Critical),
        ("go", "https://go.microsoft.com/", "activation", Severity::Warning),
        ("login", "https://login.microsoftonline.com/", "identity", Severity::Critical),
        ("login-live", "https://login.live.com/", "identity", Severity::Warning),
        ("root-crl", "http://crl.microsoft.com/pki/crl/products/MicrosoftRootAuthority.crl", "crl", Severity::Warning),
        (
            "product-root-crl",
            "http://crl.microsoft.com/pki/crl/products/microsoftproductroot.crl",
            "crl",
            Severity::Warning,
        ),
        (
            "code-signing-crl",
            "http://www.microsoft.com/pki/crl/products/MicCodSigPCA_08-31-2010.crl",
            "crl",
            Severity::Info,
        ),
    ];
    let mut rows = Vec::new();
    for (name, url, group, severity) in names {
        for path in ["direct", "hq"] {
            rows.push(on_a_bad_day(row_of(url, name, path).group(group, severity), name, path));
        }
    }
    let ncsi = row_of("http://www.msftconnecttest.com/connecttest.txt", "ncsi", "direct").control();
    rows.push(ncsi.observed(|seen| seen.http = Some(http(200))).reachable());
    let clock = Some(ClockOffset { offset: time::Duration::ZERO, origins: 4 });
    maintained(Snapshot { clock, ..snapshot(rows) }, "product-root-crl", "direct")
}

fn on_a_bad_day(row: RowSample, name: &str, path: &str) -> RowSample {
    match (name, path) {
        ("ols", "hq") => row
            .observed(|seen| seen.proxy = Some(proxy(403, "Forbidden")))
            .evidence("via", "1.1 squid")
            .evidence("vendor", "squid")
            .evidence("server_message", "ERR_ACCESS_DENIED")
            .since(datetime!(2026-01-01 11:42:10 UTC))
            .blocked(Cause::ProxyDenied, "proxy hq (proxy.hq.example:3128) refused CONNECT with 403 Forbidden"),
        ("activation-sls", "hq") => row
            .observed(|seen| seen.proxy = Some(proxy(403, "Forbidden")))
            .evidence("vendor", "squid")
            .since(datetime!(2025-12-28 7:03:00 UTC))
            .blocked(Cause::ProxyDenied, "proxy hq (proxy.hq.example:3128) refused CONNECT with 403 Forbidden"),
        ("login", "direct") => row
            .observed(|seen| {
                let mut handshake = tls(ChainTrust::Untrusted);
                for certificate in Arc::make_mut(&mut handshake.chain) {
                    certificate.issuer = "CN=Branch Web Filter CA".into();
                }
                seen.tls = Some(handshake);
                seen.http = Some(http(200));
            })
            .evidence("issuer", "CN=Branch Web Filter CA <script>alert(1)</script>")
            .blocked(
                Cause::TlsIntercepted,
                "login.microsoftonline.com presented a certificate issued by \"Branch Web Filter CA\", which ends at no trusted root",
            ),
        ("otelrules", "direct") => row
            .observed(|seen| seen.tls = Some(tls(ChainTrust::Public)))
            .degraded(Cause::HttpServerError, "otelrules.azureedge.net answered 503 Service Unavailable"),
        ("code-signing-crl", "hq") => {
            row.unknown(Cause::MonitorError, "cannot open a socket: too many open files")
        }
        ("product-root-crl", "direct") => row,
        ("go", "hq") => row.audited(passed(), unanswered(), passed()).reachable().then(State::Blocked, Cause::TcpTimeout, "no answer from go.microsoft.com:443"),
        (name, _) if name.ends_with("-crl") => row
            .observed(|seen| {
                seen.http = Some(http(200));
                seen.crl = Some(Box::new(crl()));
            })
            .reachable(),
        (name, _) => {
            let row = row.observed(|seen| {
                seen.tls = Some(tls(ChainTrust::Public));
                seen.http = Some(http(200));
                seen.origin_clock = Some(OriginClock { date: seen.probed_at, ours: seen.probed_at });
            });
            if name == "ols" { row.audited(passed(), passed(), passed()).reachable() } else { row.reachable() }
        }
    }
}

/// Rows by the thousand, as a large company would have them.
pub fn crowd(endpoints: usize, paths: usize) -> Snapshot {
    let mut rows = Vec::with_capacity(endpoints * paths);
    for endpoint in 0..endpoints {
        for path in 0..paths {
            let row = row(&format!("endpoint-{endpoint}"), &format!("path-{path}")).observed(|seen| {
                seen.tls = Some(tls(ChainTrust::Public));
                seen.http = Some(http(200));
            });
            rows.push(match endpoint % 10 {
                0 => row.blocked(Cause::ProxyDenied, "proxy hq refused CONNECT with 403 Forbidden"),
                _ => row.reachable(),
            });
        }
    }
    snapshot(rows)
}

/// The same branch office on a good day.
pub fn good() -> Snapshot {
    let mut snapshot = branch();
    for row in &mut snapshot.rows {
        let endpoint = &row.pair.endpoint;
        let good = row_of(endpoint.url.as_str(), &endpoint.name, &row.pair.path.name)
            .observed(|seen| seen.http = Some(http(200)))
            .reachable();
        *row = Arc::new(Row { pair: Arc::clone(&row.pair), ..good.row });
    }
    snapshot
}
