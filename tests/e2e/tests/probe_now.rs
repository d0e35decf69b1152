//! A probe that somebody asks for.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::PathBuf;

use e2e::{Folder, Response, Running, Signal, eventually, get, post};
use serde_json::Value;
use testnet::{ConfigOptions, TcpFault, World};

const HOST: &str = "officecdn.microsoft.com";
const FORM: &str = "endpoint=officecdn-microsoft-com&path=direct";

/// A site whose endpoints are probed once and then not for long, so that nothing changes unless somebody asks.
async fn site() -> (World, Folder, PathBuf) {
    let world = World::start().await.unwrap();
    let folder = Folder::new();
    let options = ConfigOptions { interval: "1h".to_owned(), confirm: 1, ..ConfigOptions::default() };
    let config = folder.write("endpoints.yaml", &world.config_yaml_with(&options));
    (world, folder, config)
}

fn lines(response: &Response) -> Vec<Value> {
    response.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_probe_on_request_tells_its_steps_and_changes_nothing() {
    let (world, _folder, config) = site().await;
    let running = Running::start(&config).await;
    let address = running.address();
    eventually("readiness", async || get(address, "/-/ready").await.filter(|r| r.status == 200)).await;

    let probed = post(address, "/api/v1/probe", &[], FORM).await.unwrap();
    assert_eq!(
        (probed.status.as_u16(), &probed.headers["content-type"]),
        (200, &"application/x-ndjson".parse().unwrap())
    );
    let told = lines(&probed);
    let stages: Vec<_> = told.iter().filter_map(|line| line["step"]["stage"].as_str()).collect();
    assert_eq!(stages, ["route", "resolve", "connect", "tls", "http", "content"], "{told:#?}");
    assert_eq!(told.last().unwrap()["result"]["state"], "reachable");

    world.faults().set(HOST, TcpFault::Refuse).unwrap();
    let probed = post(address, "/api/v1/probe", &[], FORM).await.unwrap();
    let result = &lines(&probed).pop().unwrap()["result"];
    assert_eq!((&result["state"], &result["cause"]), (&"blocked".into(), &"tcp_refused".into()));
    // A browser without scripts gets a page.
    let page = post(address, "/api/v1/probe", &[("accept", "text/html")], FORM).await.unwrap().body;
    assert!(page.contains("the connection is refused") && page.trim_end().ends_with("</html>"), "{page}");

    let document = get(address, "/api/v1/status").await.unwrap().json();
    assert_eq!(document["summary"]["blocked"], 0, "only the scheduler's results count: {document:#}");
    let foreign = [("origin", "http://evil.example"), ("accept", "text/html")];
    assert_eq!(post(address, "/api/v1/probe", &foreign, FORM).await.unwrap().status, 403);
    assert_eq!(post(address, "/api/v1/probe", &[], "endpoint=nobody&path=direct").await.unwrap().status, 400);
    running.signal(Signal::Term).await;
    assert!(running.end().await.success());
}
