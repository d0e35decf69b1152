//! Microsoft's endpoint list, from a service that is as it should be, and from one that is not.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::PathBuf;

use e2e::{Config, Finished, Folder, Running, Signal, eventually, get};
use serde_json::{Value, json};
use testnet::{DnsFault, Reply, Scheme, TcpFault, World};

/// Serves the list: a copy, which may be asked as often as a test likes.
const SERVICE: &str = "endpoints.mirror.example";
const CDN: &str = "officecdn.microsoft.com";
const OLS: &str = "ols.officeapps.live.com";
const GONE: &str = "odc.officeapps.live.com";

struct Site {
    world: World,
    folder: Folder,
}

impl Site {
    async fn new() -> Self {
        let world = World::builder().with_host(SERVICE).start().await.unwrap();
        Self { world, folder: Folder::new() }
    }

    /// Has the service offer a list of these hosts.
    fn offer(&self, version: &str, hosts: &[&str], changes: &Value) {
        self.publish(
            "/version/Worldwide",
            Reply::json(&json!({"instance": "Worldwide", "latest": version}).to_string()),
        );
        let record = json!([{"id": 64, "serviceArea": "Common", "category": "Allow", "required": true, "urls": hosts,
                             "ips": ["192.0.2.0/24"], "tcpPorts": "80,443"}]);
        self.publish("/endpoints/Worldwide", Reply::json(&record.to_string()));
        self.publish("/changes/Worldwide/0000000000", Reply::json(&changes.to_string()));
    }

    fn publish(&self, path: &str, reply: Reply) {
        self.world.faults().publish(SERVICE, path, reply).unwrap();
    }

    /// The paths that the service was asked for.
    fn asked(&self) -> Vec<String> {
        let requests = self.world.faults().requests(SERVICE).unwrap();
        let path = |target: &str| target.split_once("/m").map_or(target, |(_, rest)| rest).to_owned();
        requests.iter().map(|head| path(head.target.split('?').next().unwrap_or_default())).collect()
    }

    /// A configuration of two endpoints that follows the list through the world's proxy.
    fn config(&self, more: &str) -> PathBuf {
        let (url, source) = (|host| self.world.url(host, Scheme::Https, "/").unwrap(), self.source());
        let config = Config::of(&self.world)
            .path("way", "direct")
            .path("hq", &format!("'{}'", self.world.proxy().url()))
            .endpoint("cdn", &url(CDN))
            .endpoint("gone", &url(GONE))
            .write(&self.folder);
        let text = fs::read_to_string(&config).unwrap();
        let section = format!("microsoft365: {{source: '{source}', refresh: 1s, path: hq{more}}}\n");
        self.folder.write("endpoints.yaml", &format!("{text}{section}"))
    }

    fn source(&self) -> String {
        self.world.url(SERVICE, Scheme::Https, "/").unwrap()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    async fn start(&self, more: &str) -> Running {
        Running::recording(&self.config(more), &self.data()).await
    }
}

async fn list(running: &Running) -> Option<Value> {
    Some(get(running.address(), "/api/v1/microsoft365").await.filter(|answer| answer.status == 200)?.json())
}

/// How things stand, once that holds.
async fn until(running: &Running, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || list(running).await.filter(&holds)).await
}

fn version(list: &Value) -> &str {
    list["list"]["version"].as_str().unwrap_or_default()
}

fn fault(list: &Value) -> &str {
    list["fetch"]["fault"]["kind"].as_str().unwrap_or_default()
}

async fn sample(running: &Running, name: &str) -> Option<String> {
    let metrics = get(running.address(), "/metrics").await?.body;
    metrics.lines().find_map(|line| line.strip_prefix(name).map(|rest| rest.trim().to_owned()))
}

#[tokio::test]
async fn drift_is_told_on_the_page_in_json_and_as_metrics() {
    let site = Site::new().await;
    let change = json!([{"id": 7, "endpointSetId": 64, "disposition": "Change", "impact": "AddedUrl", "version": "2025120100",
                         "add": {"effectiveDate": "21000101", "urls": [OLS]}}]);
    site.offer("2025120100", &[CDN, GONE, OLS, "*.office.com"], &change);
    let mut running = site.start("").await;
    let told = until(&running, "a list", |list| version(list) == "2025120100" && !list["changes"].is_null()).await;
    assert_eq!(
        (&told["uncovered"][0]["host"], &told["uncovered_patterns"][0]["host"]),
        (&json!(OLS), &json!("*.office.com"))
    );
    assert_eq!((told["unlisted"].as_array().unwrap().len(), &told["changes"]["pending"]), (0, &json!(1)));
    assert_eq!(told["settings"]["path"], "hq");
    assert!(format!("{:?}", site.world.proxy().requests()).contains(SERVICE), "it comes over the path");
    let queries: Vec<_> = site.world.faults().requests(SERVICE).unwrap().into_iter().map(|head| head.target).collect();
    let id = fs::read_to_string(site.data().join("microsoft365/client-id")).unwrap();
    assert!(queries.iter().all(|target| target.ends_with(&format!("?ClientRequestId={}", id.trim()))), "{queries:?}");

    // Microsoft takes a host out, and the next version is held.
    site.offer("2026010100", &[CDN, OLS], &change);
    site.publish("/changes/Worldwide/2025120100", Reply::json("[]"));
    let told = until(&running, "the next", |list| version(list) == "2026010100").await;
    let told = if told["unlisted"][0]["endpoint"] == "gone" {
        told
    } else {
        until(&running, "what is gone", |list| list["unlisted"][0]["endpoint"] == "gone").await
    };
    assert_eq!(told["unlisted"][0]["went"], "2026010100");
    let version_info = "reachwatch_microsoft365_version_info{list=\"worldwide\",version=\"2026010100\"}";
    assert_eq!(sample(&running, version_info).await.as_deref(), Some("1"));
    for (name, value) in [("uncovered_hosts", "1"), ("unlisted_endpoints", "1"), ("last_fetch_successful", "1")] {
        assert_eq!(
            sample(&running, &format!("reachwatch_microsoft365_{name} ")).await.as_deref(),
            Some(value),
            "{name}"
        );
    }
    let page = get(running.address(), "/microsoft365").await.unwrap().body;
    assert!(page.contains(OLS) && page.contains("/endpoints/gone"), "{page}");
    assert!(get(running.address(), "/").await.unwrap().body.contains("href=\"/microsoft365\""));
    running.signal(Signal::Term).await;
    assert_eq!(running.end().await.code(), Some(0));

    // A service that is not there any more: what was held is held, by the same id.
    site.world.faults().set(SERVICE, TcpFault::Refuse).unwrap();
    running = site.start("").await;
    let told =
        until(&running, "the list of before", |list| version(list) == "2026010100" && fault(list) == "unreachable")
            .await;
    assert_eq!(told["unlisted"][0]["endpoint"], "gone");
    assert_eq!(sample(&running, "reachwatch_microsoft365_last_fetch_successful ").await.as_deref(), Some("0"));
    assert_eq!(fs::read_to_string(site.data().join("microsoft365/client-id")).unwrap(), id);
}

#[tokio::test]
async fn whatever_the_service_answers_the_last_good_list_stays() {
    let site = Site::new().await;
    site.offer("2025120100", &[CDN, GONE], &json!([]));
    let running = site.start("").await;
    until(&running, "a list", |list| version(list) == "2025120100" && list["fetch"]["successful"] == true).await;
    let version_is = |version: &str| Reply::json(&json!({"instance": "Worldwide", "latest": version}).to_string());
    let page = Reply::status(200).html("<html><head><title>Web Page Blocked</title></head></html>");
    let entries = format!("[{}{{}}]", "{\"id\": 1}, ".repeat(1_000_000 / 11));
    for (path, reply, expected) in [
        ("version", page.clone(), "unreadable"),
        ("version", version_is("2024010100"), "older"),
        ("version", Reply::status(404), "not_found"),
        ("version", Reply::redirect("http://portal.example/"), "refused"),
        ("version", Reply::json(&"x".repeat(100_000)), "too_large"),
        ("endpoints", page, "unreadable"),
        ("endpoints", Reply::json("[{\"id\": 1, \"serv"), "unreadable"),
        ("endpoints", Reply::json(&entries), "unreadable"),
        ("endpoints", Reply::json(&" ".repeat(5 << 20)), "too_large"),
    ] {
        let newest = if path == "version" { reply.clone() } else { version_is("2026010100") };
        site.publish("/version/Worldwide", newest);
        site.publish(&format!("/{path}/Worldwide"), reply);
        let told = until(&running, expected, |list| fault(list) == expected).await;
        assert_eq!((version(&told), told["uncovered"].as_array().unwrap().len()), ("2025120100", 0), "{told}");
        // Between two faults of one kind it is well.
        site.offer("2025120100", &[CDN, GONE], &json!([]));
        until(&running, "it is well", |list| list["fetch"]["successful"] == true).await;
    }
    // An hour is longer than this test lasts.
    site.publish("/version/Worldwide", Reply::status(429).header("Retry-After", "5"));
    let told = until(&running, "it is limited", |list| fault(list) == "rate_limited").await;
    let asked = site.asked().len();
    let waits = |list: &Value| list["fetch"]["next_at"].as_str().unwrap() > list["fetch"]["asked_at"].as_str().unwrap();
    assert!(waits(&told), "{told}");
    site.offer("2026010100", &[CDN], &json!([]));
    // Probes go on meanwhile.
    let probes = site.world.faults().served(CDN).unwrap();
    eventually("more probes", async || (site.world.faults().served(CDN).unwrap() > probes + 3).then_some(())).await;
    assert_eq!((site.asked().len(), version(&list(&running).await.unwrap())), (asked, "2025120100"));
}

#[tokio::test]
async fn a_copy_that_is_damaged_is_set_aside_and_fetched_anew() {
    let site = Site::new().await;
    site.offer("2025120100", &[CDN], &json!([]));
    let running = site.start("").await;
    until(&running, "a list", |list| version(list) == "2025120100" && !list["changes"].is_null()).await;
    running.signal(Signal::Term).await;
    running.end().await;
    let file = site.data().join("microsoft365/worldwide.json");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let mut running = site.start("").await;
    let event = running.event("the endpoint list that was kept is of no use; it is fetched anew").await;
    assert!(event["error"].as_str().unwrap().contains("worldwide.json.unreadable: it is damaged"), "{event}");
    until(&running, "a list", |list| version(list) == "2025120100" && list["fetch"]["storage_fault"].is_null()).await;
    eventually("the file", async || fs::metadata(&file).ok().filter(|file| file.len() >= whole.len() as u64)).await;
}

#[tokio::test]
async fn hosts_that_nobody_covers_are_probed_and_addresses_outside_are_evidence() {
    let site = Site::new().await;
    site.offer("2025120100", &[CDN, OLS, "*.office.com"], &json!([]));
    // Directly there is no such name; the proxy knows the host, at the port that it really has.
    site.world.faults().set(OLS, DnsFault::NxDomain).unwrap();
    let mut running = site.start(", mode: probe").await;
    running.event("following Microsoft's endpoint list").await;
    let results = async |running: &Running| {
        let status: Value = get(running.address(), "/api/v1/status").await?.json();
        status["results"].as_array().cloned()
    };
    let listed = eventually("they are probed", async || {
        let results = results(&running).await?;
        let own: Vec<Value> = results.into_iter().filter(|result| result["group"] == "microsoft365").collect();
        let states: Vec<&Value> = own.iter().map(|result| &result["state"]).collect();
        (states == ["blocked", "reachable"]).then_some(own)
    })
    .await;
    assert_eq!(
        (&listed[0]["endpoint"], &listed[0]["severity"]),
        (&json!("ols-officeapps-live-com"), &json!("warning"))
    );
    assert_eq!((&listed[0]["path"], &listed[1]["path"]), (&json!("way"), &json!("hq")));
    let told = until(&running, "it is covered", |list| list["probed"] == 1).await;
    assert_eq!(told["uncovered"], json!([]));
    // 127.0.0.x is not where Microsoft says that the host is; it serves all the same.
    let cdn = eventually("evidence", async || {
        let results = results(&running).await?;
        let mut own = results.into_iter().filter(|result| result["endpoint"] == "cdn" && result["path"] == "way");
        own.find(|result| !result["evidence"]["outside_published_ranges"].is_null())
    })
    .await;
    assert_eq!(cdn["state"], "reachable");
    let address = site.world.address(CDN, Scheme::Https).unwrap().ip().to_string();
    assert_eq!(cdn["evidence"]["outside_published_ranges"], address);

    // Whoever only looks sees the same, by what the instance has kept.
    let (config, data) = (site.config(", mode: probe"), site.data());
    let (config, data) = (config.to_str().unwrap(), data.to_str().unwrap());
    let checked = Finished::of(&["check", "--config", config, "--data-dir", data, "--format", "json"]).await;
    let report: Value = serde_json::from_str(&checked.stdout).unwrap();
    let found = |name: &str| {
        let mut results = report["results"].as_array().unwrap().iter();
        results.find(|result| result["endpoint"] == name && result["path"] == "way").cloned().unwrap()
    };
    assert_eq!(found("ols-officeapps-live-com")["group"], "microsoft365");
    assert_eq!(found("cdn")["evidence"]["outside_published_ranges"], address);
    let cdn = site.world.url(CDN, Scheme::Https, "/").unwrap();
    let told = Finished::of(&["explain", &cdn, "--path", "way", "--config", config, "--data-dir", data]).await;
    assert!(told.stdout.contains("outside"), "{}", told.stdout);
    let without = Finished::of(&["check", "--config", config, "--data-dir", "nowhere", "--format", "json"]).await;
    assert!(!without.stdout.contains("ols-officeapps") && without.stderr.contains("nowhere"), "{}", without.stderr);

    // It leaves the list, and is probed no more.
    site.publish("/changes/Worldwide/2025120100", Reply::json("[]"));
    site.offer("2026010100", &[CDN], &json!([]));
    eventually("they are gone", async || {
        let results = results(&running).await?;
        (!results.iter().any(|result| result["group"] == "microsoft365")).then_some(())
    })
    .await;
}

/// The list is at hand only once it is read; until then nobody knows the endpoints that it adds.
#[tokio::test]
async fn a_trouble_of_a_listed_host_goes_on_after_a_restart_and_what_is_switched_off_stays_so() {
    let site = Site::new().await;
    site.offer("2025120100", &[CDN, GONE, OLS], &json!([]));
    site.world.faults().set(OLS, DnsFault::NxDomain).unwrap();
    let config = site.config(", mode: probe");
    let text = fs::read_to_string(&config).unwrap();
    let off = text.replacen("  - {name: gone,", "  - {enabled: false, name: gone,", 1);
    assert_ne!(text, off);
    fs::write(&config, off).unwrap();
    let begun = async |running: &Running| {
        eventually("it is blocked", async || {
            let incidents: Value = get(running.address(), "/api/v1/incidents").await?.json();
            let all = incidents["troubles"].as_array()?.clone();
            let open: Vec<_> = all.into_iter().filter(|one| one["to"].is_null() && one["state"] == "blocked").collect();
            let status: Value = get(running.address(), "/api/v1/status").await?.json();
            let is_blocked = |one: &&Value| one["endpoint"] == "ols-officeapps-live-com" && one["state"] == "blocked";
            let result = status["results"].as_array()?.iter().find(is_blocked)?.clone();
            (open.len() == 1).then(|| (open[0]["id"].clone(), open[0]["from"].clone(), result["since"].clone(), status))
        })
        .await
    };
    let running = Running::recording(&config, &site.data()).await;
    let before = begun(&running).await;
    let has_gone = before.3["results"]
        .as_array()
        .unwrap()
        .iter()
        .any(|result| result["endpoint"].as_str().unwrap().contains("odc"));
    assert!(!has_gone, "an endpoint that is switched off covers its host");
    running.signal(Signal::Term).await;
    running.end().await;
    let running = Running::recording(&config, &site.data()).await;
    let after = begun(&running).await;
    assert_eq!((after.0, after.1, after.2), (before.0, before.1, before.2));
}
