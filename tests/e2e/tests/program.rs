//! The program as its users meet it: exit statuses, signals, what it serves and prints.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use e2e::{Config, Finished, Folder, Running, Signal, eventually, get, reachwatch};
use serde_json::Value;
use testnet::{CertificateKind, ConfigOptions, DnsFault, HttpFault, Scheme, TcpFault, TlsFault, World};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::Instant;

const HOST: &str = "officecdn.microsoft.com";
/// What the contract allows for stopping.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// A world and the configuration of all its endpoints over both paths.
async fn whole_world() -> (World, Folder, PathBuf) {
    let world = World::start().await.unwrap();
    let folder = Folder::new();
    let options = ConfigOptions { interval: "3s".to_owned(), confirm: 1, ..ConfigOptions::default() };
    let config = folder.write("endpoints.yaml", &world.config_yaml_with(&options));
    (world, folder, config)
}

async fn status_when(running: &Running, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || {
        let document = get(running.address(), "/api/v1/status").await?.json();
        holds(&document).then_some(document)
    })
    .await
}

fn result<'a>(document: &'a Value, endpoint: &str, path: &str) -> &'a Value {
    let mut results = document["results"].as_array().unwrap().iter();
    results.find(|result| result["endpoint"] == endpoint && result["path"] == path).unwrap()
}

#[tokio::test]
async fn check_tells_by_its_exit_status() {
    let (world, _folder, config) = whole_world().await;
    let config = config.to_str().unwrap();
    let well = Finished::of(&["check", "--config", config]).await;
    assert_eq!(well.code, Some(0), "{well:#?}");
    assert!(well.stdout.contains("20 endpoints"), "{well:#?}");
    assert!(!well.stdout.contains('\u{1b}') && well.stderr.is_empty(), "no colour, no bar: {well:#?}");

    world.faults().set(HOST, TcpFault::Refuse).unwrap();
    let sick = Finished::of(&["check", "--config", config]).await;
    assert_eq!(sick.code, Some(1), "{sick:#?}");
    assert!(sick.stdout.contains("the connection is refused"), "{sick:#?}");
    let elsewhere = Finished::of(&["check", "--config", config, "--endpoint", "*login*"]).await;
    assert_eq!(elsewhere.code, Some(0), "{elsewhere:#?}");

    let nothing = Finished::of(&["check", "--config", config, "--group", "actvation"]).await;
    assert_eq!(nothing.code, Some(2));
    assert_eq!(nothing.stderr, "error: --group actvation matches nothing; did you mean activation?\n");
}

#[tokio::test]
async fn controls_never_touch_the_exit_status() {
    let (world, _folder, config) = whole_world().await;
    world.faults().set(testnet::CONTROL_HOST, TcpFault::Refuse).unwrap();
    let checked = Finished::of(&["check", "--config", config.to_str().unwrap(), "--format", "json"]).await;
    assert_eq!(checked.code, Some(0), "{checked:#?}");
    let document: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!(result(&document, "ncsi", "direct")["state"], "blocked");
    assert_eq!(document["summary"]["blocked"], 0);
}

/// Thirty hours ahead by every origin: what has expired since is the monitor's trouble, and no exit status is touched.
#[tokio::test]
async fn a_wrong_clock_is_the_monitors_own() {
    let (world, _folder, config) = whole_world().await;
    for entry in testnet::ENTRIES {
        world.faults().set(entry.host, HttpFault::Date(-30 * 3600)).unwrap();
    }
    world.faults().set("ols.officeapps.live.com", CertificateKind::Expired).unwrap();
    let checked = Finished::of(&["check", "--config", config.to_str().unwrap(), "--format", "json"]).await;
    assert_eq!(checked.code, Some(0), "{checked:#?}");
    let document: Value = serde_json::from_str(&checked.stdout).unwrap();
    let offset = document["clock"]["offset_seconds"].as_f64().unwrap();
    assert!((offset + 30.0 * 3600.0).abs() < 120.0, "{offset}");
    assert!(document["clock"]["origins"].as_u64().unwrap() >= 5, "{}", document["clock"]);
    let licensing = result(&document, "ols-officeapps-live-com-olsc", "direct");
    assert_eq!((&licensing["state"], &licensing["cause"]), (&"degraded".into(), &"monitor_clock".into()));
    let table = Finished::of(&["check", "--config", config.to_str().unwrap()]).await;
    assert!(table.stdout.contains("The monitor's clock is 30 hours ahead of the clocks of"), "{table:#?}");
}

#[tokio::test]
async fn few_open_files_make_it_slower_and_nothing_else() {
    let (_world, _folder, config) = whole_world().await;
    // Enough file descriptors to start with, too few for forty probes at once.
    let script = "ulimit -n 20 && exec \"$0\" check --config \"$1\" --format json";
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(e2e::binary()).arg(&config).env_clear();
    let starved = Finished::after(command).await;
    assert_eq!(starved.code, Some(0), "{starved:#?}");
    assert!(starved.stderr.contains("too few files may be open (ulimit -n)"), "{starved:#?}");
    let document: Value = serde_json::from_str(&starved.stdout).unwrap();
    assert_eq!(document["summary"]["unknown"], 0, "{document:#}");
}

#[tokio::test]
async fn a_bad_configuration_has_status_78_and_all_its_faults_named() {
    let folder = Folder::new();
    let text = "intervall: 5s\nendpoints:\n  - {url: 'ftp://a.example/'}\n";
    let config = folder.write("bad.yaml", text);
    for command in ["validate", "check", "run"] {
        let refused = Finished::of(&[command, "--config", config.to_str().unwrap()]).await;
        assert_eq!(refused.code, Some(78), "{command}: {refused:#?}");
        assert!(refused.stdout.is_empty());
        assert!(refused.stderr.starts_with("error: the configuration has 2 faults\n"), "{refused:#?}");
        assert!(
            refused.stderr.contains("bad.yaml:1:1: intervall: unknown key; did you mean \"interval\"?"),
            "{refused:#?}"
        );
        assert!(refused.stderr.contains("bad.yaml:3:"), "{refused:#?}");
    }
    let missing = Finished::of(&["validate", "--config", "/nonexistent.yaml"]).await;
    assert_eq!(missing.code, Some(78));
    assert!(missing.stderr.contains("/nonexistent.yaml: No such file"), "{missing:#?}");
}

#[tokio::test]
async fn without_any_file_the_shipped_list_is_the_plan() {
    let folder = Folder::new();
    let mut command = reachwatch(&["validate"]);
    command.current_dir(folder.path());
    let plan = Finished::after(command).await;
    assert_eq!(plan.code, Some(0), "{plan:#?}");
    assert!(plan.stdout.contains("20 endpoints and 1 control over 1 path"), "{plan:#?}");
    assert!(plan.stdout.contains("https://activation.sls.microsoft.com/"), "{plan:#?}");
}

#[tokio::test]
async fn run_serves_at_once_and_stops_in_order() {
    let (_world, _folder, config) = whole_world().await;
    for signal in [Signal::Term, Signal::Int] {
        let running = Running::start(&config).await;
        assert_eq!(get(running.address(), "/-/healthy").await.unwrap().status, 200);
        assert_eq!(get(running.address(), "/metrics").await.unwrap().status, 200);
        let url = format!("http://{}/-/healthy", running.address());
        assert_eq!(Finished::of(&["health", &url]).await.code, Some(0));

        let told = Instant::now();
        running.signal(signal).await;
        assert_eq!(running.end().await.code(), Some(0));
        assert!(told.elapsed() < STOP_LIMIT, "{signal:?} took {:?}", told.elapsed());
        assert_eq!(Finished::of(&["health", &url]).await.code, Some(1));
    }
}

#[tokio::test]
async fn a_client_that_hangs_does_not_hold_up_the_stop() {
    let (world, _folder, config) = whole_world().await;
    // Probes that hang, and a request that never ends.
    world.faults().set(HOST, TlsFault::HangAfterHello).unwrap();
    let running = Running::start(&config).await;
    let mut client = tokio::net::TcpStream::connect(running.address()).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").await.unwrap();
    let told = Instant::now();
    running.signal(Signal::Term).await;
    assert_eq!(running.end().await.code(), Some(0));
    assert!(told.elapsed() < STOP_LIMIT, "took {:?}", told.elapsed());
}

#[tokio::test]
async fn a_second_signal_stops_at_once() {
    let (_world, _folder, config) = whole_world().await;
    let mut running = Running::start(&config).await;
    let mut client = tokio::net::TcpStream::connect(running.address()).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").await.unwrap();
    running.signal(Signal::Term).await;
    running.event("stopping").await;
    running.signal(Signal::Int).await;
    assert_eq!(running.end().await.code(), Some(0));
}

#[tokio::test]
async fn a_taken_port_is_a_clear_error() {
    let (_world, _folder, config) = whole_world().await;
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = Finished::of(&["run", "--config", config.to_str().unwrap(), "--listen", &address]).await;
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.starts_with(&format!("error: cannot listen on {address}: Address already in use")),
        "{refused:#?}"
    );
}

#[tokio::test]
async fn a_web_configuration_that_is_not_there_leaves_no_server_open() {
    let refused = Finished::of(&["run", "--web-config", "somewhere"]).await;
    assert_eq!(refused.code, Some(78), "{refused:#?}");
    assert!(refused.stderr.contains("somewhere"), "{refused:#?}");
}

#[tokio::test]
async fn metrics_please_promtool_and_tell_what_is_wrong() {
    let (world, _folder, config) = whole_world().await;
    world.faults().set(HOST, DnsFault::NxDomain).unwrap();
    let running = Running::start(&config).await;
    status_when(&running, "the whole first round", |status| {
        let summary = &status["summary"];
        summary["unknown"] == 0 && summary["blocked"].as_u64() > Some(0)
    })
    .await;
    eventually("readiness", async || get(running.address(), "/-/ready").await.filter(|r| r.status == 200)).await;
    let metrics = get(running.address(), "/metrics").await.unwrap().body;
    let blocked = "cause=\"dns_nxdomain\",stage=\"resolve\",blame=\"resolver\"} 1";
    assert!(
        metrics.lines().any(|line| line.starts_with("reachwatch_endpoint_cause{") && line.ends_with(blocked)),
        "{metrics}"
    );

    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = promtool.kill_on_drop(true).spawn().expect("promtool is installed; tests/run does it");
    child.stdin.take().unwrap().write_all(metrics.as_bytes()).await.unwrap();
    let verdict = child.wait_with_output().await.unwrap();
    let words = [verdict.stdout, verdict.stderr].map(|words| String::from_utf8_lossy(&words).into_owned());
    assert!(verdict.status.success() && words.concat().is_empty(), "{words:?}");
}

#[tokio::test]
async fn a_change_is_logged_shown_and_undone() {
    let (world, _folder, config) = whole_world().await;
    let mut running = Running::start(&config).await;
    status_when(&running, "all is well", |status| status["summary"]["reachable"] == 40).await;

    world.faults().set(HOST, TcpFault::Refuse).unwrap();
    let event = running.event("blocked").await;
    assert_eq!(event["level"], "WARN");
    assert_eq!(event["before"], "reachable");
    let endpoint = event["endpoint"].as_str().unwrap().to_owned();
    let status = status_when(&running, "the page's own data", |status| status["summary"]["blocked"] == 2).await;
    assert_eq!(result(&status, &endpoint, "direct")["cause"], "tcp_refused");
    let page = get(running.address(), "/").await.unwrap();
    assert_eq!(page.status, 200);
    assert!(page.body.contains("1 of 20 endpoints"), "{}", page.body);
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));

    world.faults().clear(HOST).unwrap();
    let event = running.event("reachable").await;
    assert_eq!((&event["level"], &event["before"]), (&"INFO".into(), &"blocked".into()));
    status_when(&running, "all is well again", |status| status["summary"]["reachable"] == 40).await;
}

#[tokio::test]
async fn explain_tells_every_step_and_the_verdict() {
    let (world, _folder, config) = whole_world().await;
    let url = world.url(HOST, Scheme::Https, "/some/page").unwrap();
    let explain = ["explain", &url, "--path", "proxy", "--config", config.to_str().unwrap()];
    let well = Finished::of(&explain).await;
    assert_eq!(well.code, Some(0), "{well:#?}");
    for step in ["route", "connect", "proxy", "tls", "http", "content"] {
        assert!(well.stdout.lines().any(|line| line.contains(&format!("ms  {step} "))), "{step}: {well:#?}");
    }
    assert!(well.stdout.contains("trust: extra, valid now, for this name"), "{well:#?}");

    let lost = Finished::of(&["explain", &url, "--path", "prxy", "--config", config.to_str().unwrap()]).await;
    assert_eq!(lost.code, Some(2));
    assert_eq!(lost.stderr, "error: --path prxy: there is no path \"prxy\"; did you mean \"proxy\"?\n");

    world.faults().set(HOST, TlsFault::ResetAfterHello).unwrap();
    let sick = Finished::of(&explain).await;
    assert_eq!(sick.code, Some(1), "{sick:#?}");
    assert!(sick.stdout.contains("blocked: the connection is cut after the ClientHello"), "{sick:#?}");
    assert!(sick.stdout.contains("whoever runs the proxy"), "after CONNECT it is the proxy's: {sick:#?}");
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_is_no_failure() {
    let (_world, _folder, config) = whole_world().await;
    let config = config.to_str().unwrap();
    for command in ["check", "validate", "man"] {
        let mut script = Command::new("sh");
        // Nobody reads; the status that counts is the program's own.
        script.args(["-c", "{ \"$0\" \"$@\"; echo $? >&2; } | true"]).arg(e2e::binary()).arg(command);
        if command != "man" {
            script.args(["--config", config]);
        }
        let finished = Finished::after(script).await;
        assert_eq!(finished.stderr, "0\n", "{command}");
    }
}

#[tokio::test]
async fn the_file_in_the_current_folder_is_found() {
    let world = World::start().await.unwrap();
    let folder = Folder::new();
    let url = world.url(HOST, Scheme::Https, "/").unwrap();
    let config = Config::of(&world).path("way", "direct").endpoint("cdn", &url).write(&folder);
    let mut command = reachwatch(&["check", "--format", "markdown"]);
    command.current_dir(config.parent().unwrap());
    let found = Finished::after(command).await;
    assert_eq!(found.code, Some(0), "{found:#?}");
    assert!(found.stdout.contains("| cdn | way | reachable |"), "./endpoints.yaml is found: {found:#?}");
}

#[tokio::test]
async fn credentials_in_a_url_are_refused_and_not_repeated() {
    for arguments in [["explain", "https://svc:s3cret@a.example/"], ["health", "http://svc:s3cret@127.0.0.1:9/"]] {
        let refused = Finished::of(&arguments).await;
        assert_eq!(refused.code, Some(2), "{refused:#?}");
        assert_eq!(refused.stderr, "error: no credentials are sent: leave the user info out of the URL\n");
        assert_eq!(refused.stdout, "");
    }
}
