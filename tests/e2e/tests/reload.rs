//! A configuration that changes while the program runs, and maintenance windows in it.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use e2e::{Config, Folder, Running, Signal, eventually, get, post};
use serde_json::Value;
use testnet::{Scheme, TcpFault, World};

const HOSTS: [&str; 3] = ["officecdn.microsoft.com", "ols.officeapps.live.com", "activation.sls.microsoft.com"];

/// A world, a folder, and the configurations that are written into it.
struct Site {
    world: World,
    folder: Folder,
}

impl Site {
    async fn new() -> Self {
        Self { world: World::start().await.unwrap(), folder: Folder::new() }
    }

    /// The text of a configuration with these endpoints, each named by its number; more at the end.
    fn text(&self, endpoints: &[usize], more: &str) -> String {
        let config = endpoints.iter().fold(Config::of(&self.world).path("way", "direct"), |config, number| {
            let url = self.world.url(HOSTS[*number], Scheme::Https, "/").unwrap();
            config.endpoint(&format!("e{number}"), &url)
        });
        let drafts = Folder::new();
        let text = fs::read_to_string(config.write(&drafts)).unwrap();
        format!("{text}{more}")
    }

    /// Starts with a configuration, and waits until all is well.
    async fn start(&self, text: &str) -> (Running, PathBuf) {
        let config = self.folder.write("endpoints.yaml", text);
        let running = Running::start(&config).await;
        eventually("readiness", async || get(running.address(), "/-/ready").await.filter(|r| r.status == 200)).await;
        (running, config)
    }
}

async fn status(running: &Running) -> Value {
    get(running.address(), "/api/v1/status").await.unwrap().json()
}

async fn endpoints(running: &Running) -> Vec<String> {
    let status = status(running).await;
    let own = status["results"].as_array().unwrap().iter().filter(|result| result["group"] != "revocation");
    own.map(|result| result["endpoint"].as_str().unwrap().to_owned()).collect()
}

/// The value of the first sample whose line has all of some words.
async fn sample(running: &Running, words: &[&str]) -> Option<f64> {
    let metrics = get(running.address(), "/metrics").await?.body;
    let line = metrics.lines().find(|line| words.iter().all(|word| line.contains(word)) && !line.starts_with('#'))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

const SUCCESSFUL: &[&str] = &["reachwatch_config_last_reload_successful"];
const LOADED_AT: &[&str] = &["reachwatch_config_last_reload_success_timestamp_seconds"];

#[tokio::test]
async fn a_signal_and_a_request_load_what_changed_and_keep_what_did_not() {
    let site = Site::new().await;
    let (mut running, _) = site.start(&site.text(&[0, 1], "")).await;
    let since = |status: &Value, name: &str| {
        let mut results = status["results"].as_array().unwrap().iter();
        results.find(|result| result["endpoint"] == name).map(|result| result["since"].clone())
    };
    let before = status(&running).await;
    let counted: &[&str] = &["reachwatch_probes_total", "\"e0\"", "reachable"];
    let (probes, loaded_at) = (sample(&running, counted).await.unwrap(), sample(&running, LOADED_AT).await.unwrap());

    site.folder.write("endpoints.yaml", &site.text(&[2, 0], "site: elsewhere\n").replacen("site: e2e\n", "", 1));
    running.signal(Signal::Hup).await;
    let event = running.event("reloaded").await;
    let counts = ["added", "changed", "removed"].map(|count| event[count].as_u64().unwrap());
    assert_eq!((counts, &event["why"]), ([1, 0, 1], &"SIGHUP".into()), "{event}");
    let after = status(&running).await;
    assert_eq!(endpoints(&running).await, ["e2", "e0"]);
    assert_eq!((after["site"].as_str(), since(&after, "e0")), (Some("elsewhere"), since(&before, "e0")));
    assert!(sample(&running, counted).await.unwrap() >= probes, "counters go on");
    assert_eq!(sample(&running, &["\"e1\""]).await, None, "what is gone leaves the exposition");
    assert!(sample(&running, LOADED_AT).await.unwrap() > loaded_at);
    assert_eq!(get(running.address(), "/-/ready").await.unwrap().status, 200);
    eventually("a probe of who came", async || {
        sample(&running, &["reachwatch_endpoint_reachable", "\"e2\""]).await.filter(|value| *value > 0.5)
    })
    .await;

    site.folder.write("endpoints.yaml", &site.text(&[2], ""));
    let answer = post(running.address(), "/-/reload", &[], "").await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "loaded: 0 added, 0 changed, 1 removed\n"));
    assert_eq!(endpoints(&running).await, ["e2"]);
    let page = get(running.address(), "/").await.unwrap().body;
    assert!(page.contains("0 added, 0 changed, 1 removed."), "{page}");
    running.signal(Signal::Term).await;
    assert_eq!(running.end().await.code(), Some(0));
}

#[tokio::test]
async fn files_that_change_are_loaded_however_they_do() {
    let site = Site::new().await;
    // As a ConfigMap is mounted: the file is a link into a folder that is a link itself.
    let path = |name: &str| site.folder.path().join(name);
    for folder in ["first", "second"] {
        fs::create_dir(path(folder)).unwrap();
    }
    site.folder.write("first/endpoints.yaml", &site.text(&[0], ""));
    symlink("first", path("..data")).unwrap();
    symlink("..data/endpoints.yaml", path("mounted.yaml")).unwrap();
    let mut running = Running::start(&path("mounted.yaml")).await;

    let own = "fingerprints: [own.yaml]\n";
    site.folder.write("second/endpoints.yaml", &site.text(&[0, 1], own));
    site.folder.write("own.yaml", "[]");
    symlink("second", path("..new")).unwrap();
    fs::rename(path("..new"), path("..data")).unwrap();
    assert_eq!(running.event("reloaded").await["why"], "changed files");
    assert_eq!(endpoints(&running).await, ["e0", "e1"]);

    // In place.
    site.folder.write("second/endpoints.yaml", &site.text(&[1], own));
    running.event("reloaded").await;
    assert_eq!(endpoints(&running).await, ["e1"]);

    // By a new file over it.
    site.folder.write("second/new.yaml", &site.text(&[1, 2], own));
    fs::rename(path("second/new.yaml"), path("second/endpoints.yaml")).unwrap();
    running.event("reloaded").await;
    assert_eq!(endpoints(&running).await, ["e1", "e2"]);

    // One that it names.
    site.folder.write("own.yaml", "- {name: x}");
    let refused = running.event("configuration fault").await;
    assert!(refused["fault"].as_str().unwrap().contains("own.yaml"), "{refused}");
}

#[tokio::test]
async fn a_bad_configuration_changes_nothing_and_says_why() {
    let site = Site::new().await;
    let good = site.text(&[0, 1], "");
    let (mut running, config) = site.start(&good).await;
    let loaded_at = sample(&running, LOADED_AT).await.unwrap();

    site.folder.write("endpoints.yaml", "intervall: 5s\nendpoints: [ftp://a.example/]\n");
    let faults = [running.event("configuration fault").await, running.event("configuration fault").await];
    let words = faults.map(|event| event["fault"].as_str().unwrap().to_owned());
    let place = |line: &str| format!("{}:{line}", config.display());
    assert!(words[0].starts_with(&place("1:1: intervall: unknown key; did you mean")), "{words:?}");
    assert!(words[1].starts_with(&place("2:")), "{words:?}");
    let event = running.event("configuration refused, the one before goes on").await;
    assert_eq!(
        (&event["level"], &event["faults"], &event["why"]),
        (&"ERROR".into(), &2.into(), &"changed files".into())
    );

    assert_eq!(sample(&running, SUCCESSFUL).await, Some(0.0));
    assert_eq!(sample(&running, LOADED_AT).await, Some(loaded_at));
    assert_eq!(endpoints(&running).await, ["e0", "e1"]);
    let answer = post(running.address(), "/-/reload", &[], "").await.unwrap();
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains(&words[0]) && answer.body.contains(&words[1]), "{answer:?}");
    let page = get(running.address(), "/").await.unwrap().body;
    assert!(page.contains("is refused, and the one before goes on: it has 2 faults"), "{page}");
    let probes: &[&str] = &["reachwatch_probes_total", "\"e0\"", "reachable"];
    let so_far = sample(&running, probes).await.unwrap();
    eventually("further probes", async || sample(&running, probes).await.filter(|now| *now > so_far)).await;

    // Nor is a file that is gone a wish for the built-in list.
    fs::remove_file(&config).unwrap();
    let event = running.event("configuration refused, the one before goes on").await;
    assert_eq!(event["why"], "request");
    let event = running.event("configuration refused, the one before goes on").await;
    assert!(event["error"].as_str().unwrap().contains("cannot read the configuration"), "{event}");
    assert_eq!(post(running.address(), "/-/reload", &[], "").await.unwrap().status, 500);
    let foreign = [("origin", "http://evil.example")];
    assert_eq!(post(running.address(), "/-/reload", &foreign, "").await.unwrap().status, 403);

    site.folder.write("endpoints.yaml", &good);
    running.event("reloaded").await;
    assert_eq!(sample(&running, SUCCESSFUL).await, Some(1.0));
    assert!(sample(&running, LOADED_AT).await.unwrap() > loaded_at);
}

#[tokio::test]
async fn what_is_worked_on_goes_on_and_warns_nobody() {
    let site = Site::new().await;
    let window =
        "maintenance: [{from: \"2020-01-01T00:00:00Z\", to: \"2120-01-01T00:00:00Z\", match: {endpoint: e0}}]\n";
    let (mut running, _) = site.start(&site.text(&[0, 1], window)).await;
    let covers: &[&str] = &["reachwatch_maintenance", "\"e0\""];
    assert_eq!(sample(&running, covers).await, Some(1.0));
    assert_eq!(sample(&running, &["reachwatch_maintenance", "\"e1\""]).await, None);
    for fault in [HOSTS[0], HOSTS[1]] {
        site.world.faults().set(fault, TcpFault::Refuse).unwrap();
    }
    let quiet = running.event("blocked in maintenance").await;
    assert_eq!((&quiet["level"], &quiet["endpoint"]), (&"INFO".into(), &"e0".into()), "{quiet}");
    assert_eq!(quiet["until"], "2120-01-01T00:00:00Z");
    let status = eventually("both blocked", async || {
        Some(status(&running).await).filter(|status| status["summary"]["blocked"] == 2)
    })
    .await;
    let until: Vec<_> = status["results"].as_array().unwrap().iter().map(|result| &result["maintenance"]).collect();
    assert_eq!(until[..2], [&Value::from("2120-01-01T00:00:00Z"), &Value::Null]);

    // Without the window it is what it was, and pages.
    site.folder.write("endpoints.yaml", &site.text(&[0, 1], ""));
    let event = running.event("reloaded").await;
    assert_eq!(event["changed"], 0, "{event}");
    assert_eq!(sample(&running, covers).await, None);
    assert_eq!(sample(&running, &["reachwatch_endpoint_reachable", "\"e0\""]).await, Some(0.0));
}
