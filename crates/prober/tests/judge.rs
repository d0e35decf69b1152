//! Judges every observation under `tests/fixtures/observations`, without any network: a folder a cause, and
//! `reachable` for what is well. A fixture says only what matters to it; the rest is filled in here.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be read has to fail the test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use prober::clock::ClockOffset;
use prober::fingerprint::Fingerprints;
use prober::observation::{AuditFacts, Observation, Published, Via};
use prober::plan::{
    Cloud, Credentials, Endpoint, EnvironmentProxies, Expect, PacFile, PacLocation, Pair, Password, Path, PathOptions,
    PrivateAnswers, Proxy, Secret, TenantCheck, UrlView, Way, WinHttpProxies,
};
use prober::verdict::{Edition, Question, Revocation, Verdict, judge};
use prober::{Blame, Cause, Stage, State};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    endpoint: EndpointText,
    #[serde(default)]
    path: PathText,
    #[serde(default)]
    proxy_answered_recently: bool,
    #[serde(default)]
    leaf_proven_elsewhere: bool,
    #[serde(default)]
    revoked: Option<Revocation>,
    #[serde(default)]
    audit: Option<Value>,
    /// By how much four origins say that our clock is behind.
    #[serde(default)]
    clock_offset_seconds: Option<i64>,
    #[serde(default)]
    newer_edition: Option<Edition>,
    observation: Value,
    expected: Expected,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointText {
    url: String,
    expect: Option<Expect>,
    private_answers: Option<String>,
    /// `worldwide` or `china`, for a domain of the tenant's.
    tenant: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// What should lie there, where a certificate names it.
    discovered: Option<Published>,
}

/// A way out; direct where no proxy is named.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PathText {
    name: Option<String>,
    proxy: Option<String>,
    environment: bool,
    winhttp: bool,
    /// Where its PAC file is.
    pac: Option<String>,
    credentials: bool,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Expected {
    state: State,
    #[serde(default)]
    cause: Option<Cause>,
    #[serde(default)]
    stage: Option<Stage>,
    #[serde(default)]
    blame: Option<Blame>,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    evidence: BTreeMap<String, String>,
    #[serde(default)]
    also: Vec<Cause>,
}

impl From<Verdict> for Expected {
    fn from(verdict: Verdict) -> Self {
        let reason = verdict.reason.as_ref();
        let facts = verdict.evidence.facts.iter().map(|(key, value)| ((*key).to_owned(), value.to_string()));
        Self {
            state: verdict.state,
            cause: reason.map(|reason| reason.cause),
            stage: reason.map(|reason| reason.stage),
            blame: reason.map(|reason| reason.blame),
            detail: reason.map(|reason| reason.detail.clone()),
            evidence: facts.collect(),
            also: verdict.evidence.also.clone(),
        }
    }
}

#[test]
fn every_observation_is_judged_as_written() {
    let mut per_folder: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for file in fixtures() {
        let folder = file.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        let fixture = read(&file);
        let named = fixture.expected.cause.map_or("reachable", Cause::as_str);
        assert_eq!(folder, named, "{} is in the wrong folder", file.display());
        let judged = Expected::from(verdict_of(&fixture, &fixture, &file));
        if judged != fixture.expected {
            wrong.push(format!("{}\nexpected {:#?}\njudged   {judged:#?}", file.display(), fixture.expected));
        }
        *per_folder.entry(folder).or_default() += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));

    for folder in Cause::ALL.iter().map(|cause| cause.as_str()).chain(["reachable"]) {
        let count = per_folder.get(folder).copied().unwrap_or_default();
        assert!(count >= 2, "{folder} has {count} fixtures, two are the least");
    }
}

/// What one fixture saw, as the answer to what another, or the same, asked for.
fn verdict_of(asked: &Fixture, seen: &Fixture, file: &FilePath) -> Verdict {
    let mut endpoint = Endpoint::new("endpoint", asked.endpoint.url.parse().unwrap());
    if let Some(expect) = &asked.endpoint.expect {
        endpoint.expect = expect.clone();
    }
    let headers = asked.endpoint.headers.iter();
    endpoint.headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    if let Some(word) = &asked.endpoint.private_answers {
        assert_eq!(word, "allowed", "{}", file.display());
        endpoint.private_answers = PrivateAnswers::Allowed;
    }
    endpoint.tenant = asked.endpoint.tenant.as_deref().map(|cloud| TenantCheck {
        name: endpoint.url.path().to_owned(),
        cloud: match cloud {
            "worldwide" => Cloud::Worldwide,
            "china" => Cloud::China,
            other => panic!("{}: {other}", file.display()),
        },
    });
    endpoint.discovered = asked.endpoint.discovered;
    let path = path(&asked.path);
    let observation = completed(seen.observation.clone(), &asked.path);
    let observation: Observation =
        serde_json::from_value(observation).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let proxy_answered_recently = asked.proxy_answered_recently;
    let leaf_proven_elsewhere = asked.leaf_proven_elsewhere;
    let offset = asked.clock_offset_seconds.map(time::Duration::seconds);
    let clock = offset.map(|offset| ClockOffset { offset, origins: 4 });
    let fingerprints = &*Fingerprints::built_in().unwrap();
    let audit: Option<AuditFacts> = asked.audit.clone().map(|audit| serde_json::from_value(audit).unwrap());
    let question = Question {
        endpoint: &endpoint,
        path: &path,
        proxy_answered_recently,
        leaf_proven_elsewhere,
        revoked: asked.revoked.clone().map(Arc::new),
        audit: audit.as_ref(),
        newer_edition: asked.newer_edition.clone().map(Arc::new),
        clock,
        ranges: None,
        fingerprints,
    };
    judge(&question, &observation)
}

fn path(text: &PathText) -> Path {
    let proxy = text.proxy.as_ref().map(|proxy| {
        let Via { scheme, address } = proxy.clone().try_into().unwrap();
        let (host, port) = address.rsplit_once(':').unwrap();
        let credentials = || Credentials {
            username: "svc".to_owned(),
            password: Password::fixed(Secret::new("correct horse".to_owned())),
            scheme: None,
            kdc: None,
        };
        Arc::new(Proxy {
            scheme,
            host: url::Host::parse(host).unwrap(),
            port: port.parse().unwrap(),
            credentials: text.credentials.then(credentials),
        })
    });
    let way = match proxy {
        _ if text.pac.is_some() => {
            let url = text.pac.as_ref().unwrap().parse().unwrap();
            Way::Pac(PacFile {
                location: PacLocation::Url(url),
                view: UrlView::Stripped,
                my_address: None,
                login: None,
            })
        }
        None => Way::Direct,
        Some(proxy) if text.environment => {
            Way::Environment(EnvironmentProxies { all: Some(proxy), ..EnvironmentProxies::default() })
        }
        Some(proxy) if text.winhttp => Way::WinHttp(WinHttpProxies { http: vec![proxy], ..WinHttpProxies::default() }),
        Some(proxy) => Way::Proxy(proxy),
    };
    let name = text.name.clone().unwrap_or_else(|| "direct".to_owned());
    Path { name, way, options: PathOptions::default() }
}

/// An observation with everything that the fixture left to us: a quick probe of New Year 2026 and, where there was a
/// handshake at all, a good one.
fn completed(written: Value, path: &PathText) -> Value {
    let mut whole = json!({
        "probed_at": "2026-01-01T00:00:00Z",
        "duration": {"secs": 0, "nanos": 7_000_000},
        "route": path.proxy.as_ref().map_or(json!("direct"), |proxy| json!({"proxy": proxy})),
    });
    let presumed = [
        (
            "tls",
            json!({
                "version": "TLSv1.3",
                "cipher": "TLS13_AES_256_GCM_SHA384",
                "chain": [{
                    "subject": "CN=ols.officeapps.live.com",
                    "issuer": "CN=Example Issuing CA, O=Example",
                    "not_before": "2025-06-01T00:00:00Z",
                    "not_after": "2026-06-01T00:00:00Z",
                }],
                "verification": {
                    "trust": "public", "validity": "valid", "name_matches": true, "handshake_signature": "valid",
                },
            }),
        ),
        ("http", json!({"version": "HTTP/1.1"})),
    ];
    for (key, value) in presumed {
        if written.get(key).is_some() {
            overlay(&mut whole, json!({ key: value }));
        }
    }
    overlay(&mut whole, written);
    whole
}

/// Lays maps over maps, key by key; anything else replaces what was there.
fn overlay(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                overlay(below.entry(key).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}

fn read(file: &FilePath) -> Fixture {
    let text = fs::read_to_string(file).unwrap();
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn fixtures() -> Vec<PathBuf> {
    let root = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/observations");
    let folders = fs::read_dir(root).unwrap().map(|folder| folder.unwrap().path());
    let mut files: Vec<PathBuf> =
        folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|file| file.unwrap().path())).collect();
    files.sort();
    files
}

/// The page is what people look causes up in: a row for each, with the stage and blame of the code.
#[test]
fn the_page_of_causes_has_a_true_row_for_each() {
    let page = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/causes.md");
    let page = fs::read_to_string(page).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    for cause in Cause::ALL {
        let name = format!("`{cause}`");
        let row = rows.iter().find(|row| row.split('|').nth(1).is_some_and(|names| names.contains(&name)));
        let cells: Vec<&str> = row.unwrap_or_else(|| panic!("no row for {cause}")).split('|').map(str::trim).collect();
        let [_, _, stage, blame, _, when, _] = cells[..] else { panic!("a broken row for {cause}: {cells:?}") };
        let is_any = *cause == Cause::MonitorError && stage == "any";
        assert!(stage == cause.stage().as_str() || is_any, "{cause} stops at {stage}");
        assert_eq!(blame, cause.blame().as_str(), "{cause}");
        assert!(!when.is_empty(), "{cause} is met when?");
    }
    let named: usize = rows.iter().map(|row| row.split('|').nth(1).unwrap_or_default().matches('`').count() / 2).sum();
    assert_eq!(named, Cause::ALL.len(), "the page has rows for causes that do not exist");
}

/// Whatever is seen, whoever asks: a verdict keeps its form. Every observation is judged for every endpoint, with and
/// without proxy, which makes thousands of cases that nobody thought of.
#[test]
fn every_verdict_keeps_its_form() {
    let fixtures: Vec<(PathBuf, Fixture)> = fixtures().into_iter().map(|file| (file.clone(), read(&file))).collect();
    for (file, seen) in &fixtures {
        for (_, asked) in &fixtures {
            check_form(&verdict_of(asked, seen, file), asked.endpoint.tenant.is_some(), file);
        }
    }
}

fn check_form(verdict: &Verdict, is_tenants: bool, file: &FilePath) {
    let at = file.display();
    let Some(reason) = &verdict.reason else {
        assert_eq!(verdict.state, State::Reachable, "{at}");
        assert!(verdict.evidence.also.is_empty(), "{at}: what applied besides a reachable verdict?");
        return;
    };
    assert_ne!(verdict.state, State::Reachable, "{at}");
    // That nobody answers for a tenant's record says nothing of the record.
    let is_silence = is_tenants && matches!(reason.cause, Cause::DnsTimeout | Cause::DnsServerFailure);
    assert!(verdict.state != State::Unknown || reason.cause == Cause::MonitorError || is_silence, "{at}");
    assert!(reason.cause != Cause::MonitorError || verdict.state == State::Unknown, "{at}");
    assert!(!verdict.evidence.also.contains(&reason.cause), "{at}: {reason:?} lost to itself");
    assert!((10..=600).contains(&reason.detail.chars().count()), "{at}: {}", reason.detail);
    assert!(!reason.detail.contains(['\n', '\t', '\u{1b}']), "{at}: {}", reason.detail);
    assert!(!reason.detail.contains("correct horse"), "{at}");
}

/// Every combination of what a chain may be, against the table of `docs/causes.md` said once more in other words: an
/// incomplete chain, an interceptor in or out of date, a root that is not held, and another's certificate are never
/// taken for one another.
#[test]
fn no_chain_is_taken_for_another() {
    let pair = pair_to("https://activation.sls.microsoft.com/");
    let fingerprints = Fingerprints::built_in().unwrap();
    for trust in ["public", "microsoft", "extra", "inspection", "untrusted"] {
        for validity in ["valid", "expired", "not_yet_valid"] {
            for name_matches in [true, false] {
                for completed_by_aia in [true, false] {
                    for issuer in
                        ["CN=Some CA", "CN=FortiGate CA, O=Fortinet", "CN=Microsoft Root Certificate Authority"]
                    {
                        if completed_by_aia && matches!(trust, "inspection" | "untrusted") {
                            continue;
                        }
                        let seen = completed(
                            json!({"http": {"status": 200}, "tls": {
                                "verification": {
                                    "trust": trust, "validity": validity, "name_matches": name_matches,
                                    "completed_by_aia": completed_by_aia,
                                },
                                "chain": [{
                                    "subject": "CN=leaf", "issuer": issuer,
                                    "not_before": "2025-06-01T00:00:00Z", "not_after": "2026-06-01T00:00:00Z",
                                }],
                            }}),
                            &PathText::default(),
                        );
                        let observation: Observation = serde_json::from_value(seen.clone()).unwrap();
                        let verdict = judge(&Question::alone(&pair, &fingerprints), &observation);
                        let unheld = issuer.contains("Microsoft") && name_matches;
                        let expected = match (trust, name_matches, validity) {
                            ("untrusted", _, "valid") if unheld => Some(Cause::TlsRootUnknown),
                            ("untrusted", _, _) if unheld => Some(Cause::TlsExpired),
                            ("untrusted", ..) => Some(Cause::TlsIntercepted),
                            (_, false, _) => Some(Cause::TlsNameMismatch),
                            ("inspection", ..) => Some(Cause::TlsIntercepted),
                            (_, _, "expired" | "not_yet_valid") => Some(Cause::TlsExpired),
                            _ if completed_by_aia && issuer.contains("Fortinet") => Some(Cause::TlsIntercepted),
                            _ if completed_by_aia => Some(Cause::TlsChainIncomplete),
                            _ => None,
                        };
                        assert_eq!(verdict.reason.map(|reason| reason.cause), expected, "{seen}");
                    }
                }
            }
        }
    }
}

fn pair_to(url: &str) -> Pair {
    let path = path(&PathText::default());
    Pair { endpoint: Arc::new(Endpoint::new("endpoint", url.parse().unwrap())), path: Arc::new(path) }
}
