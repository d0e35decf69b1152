//! What certificates name, and what it says of them, as users meet it.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::PathBuf;

use e2e::{Finished, Folder, Running, Signal, eventually, get, post};
use serde_json::Value;
use testnet::{ConfigOptions, Scheme, World};

const HOST: &str = "officecdn.microsoft.com";
const LIST: &str = "pki-testnet-example-issuing-crl";
const RESPONDER: &str = "ocsp-testnet-example";

/// A site behind a proxy, in a world whose certificates say where their revocation is told.
async fn site() -> (World, Folder, PathBuf) {
    let world = World::builder().with_revocation().start().await.unwrap();
    let folder = Folder::new();
    let options = ConfigOptions {
        interval: "2s".to_owned(),
        timeout: "2s".to_owned(),
        default_paths: vec!["proxy".to_owned()],
        ..ConfigOptions::default()
    };
    let config = folder.write("endpoints.yaml", &world.config_yaml_with(&options));
    (world, folder, config)
}

fn result<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document["results"].as_array()?.iter().find(|result| result["endpoint"] == name)
}

#[tokio::test]
async fn run_finds_a_revocation_while_it_runs() {
    let (world, _folder, config) = site().await;
    let running = Running::start(&config).await;
    let status = async || Some(get(running.address(), "/api/v1/status").await?.json());
    let document = eventually("what certificates name is probed", async || {
        let document = status().await?;
        let is_known = |name| result(&document, name).is_some_and(|result| result["state"] == "reachable");
        (is_known(LIST) && is_known(RESPONDER)).then_some(document)
    })
    .await;
    for name in [LIST, RESPONDER] {
        let labels = ["group", "severity", "path"].map(|key| &result(&document, name).unwrap()[key]);
        assert_eq!(labels, ["revocation", "warning", "proxy"]);
    }
    assert_eq!(result(&document, RESPONDER).unwrap()["ocsp"]["status"], "good");
    assert_eq!(result(&document, LIST).unwrap()["crl"]["signature"], "valid");
    let page = async |name: &str| get(running.address(), &format!("/endpoints/{name}")).await.unwrap().body;
    for (name, words) in [(LIST, "The revocation list"), (RESPONDER, "good: not revoked")] {
        let page = page(name).await;
        assert!(page.contains(words) && page.contains("class=\"time-line\""), "{page}");
    }
    let form = format!("endpoint={RESPONDER}&path=proxy");
    let probed = post(running.address(), "/api/v1/probe", &[], &form).await.unwrap();
    assert!(probed.body.contains(r#"{"more":"good, of "#), "{probed:?}");

    world.revoke(HOST);
    let url = world.url(HOST, Scheme::Https, "/").unwrap();
    let document = eventually("the revocation is told", async || {
        let document = status().await?;
        let revoked = document["results"].as_array()?.iter().any(|result| result["cause"] == "certificate_revoked");
        revoked.then_some(document)
    })
    .await;
    let revoked: Vec<_> =
        document["results"].as_array().unwrap().iter().filter(|one| one["state"] != "reachable").collect();
    let [one] = revoked[..] else { panic!("{document:#}") };
    assert_eq!((&one["url"], &one["state"], &one["blame"]), (&url.into(), &"degraded".into(), &"origin".into()));
    let metrics = get(running.address(), "/metrics").await.unwrap().body;
    let received = format!("reachwatch_received_bytes_total{{endpoint=\"{LIST}\",path=\"proxy\"");
    assert!(metrics.lines().any(|line| line.starts_with(&received) && !line.ends_with(" 0")), "{metrics}");
    running.signal(Signal::Term).await;
    assert!(running.end().await.success());
}

#[tokio::test]
async fn check_probes_it_in_a_second_wave() {
    let (world, _folder, config) = site().await;
    world.revoke(HOST);
    let check = async |more: &[&str]| {
        let arguments = [&["check", "--format", "json", "--config", config.to_str().unwrap()], more].concat();
        let finished = Finished::of(&arguments).await;
        let document: Value = serde_json::from_str(&finished.stdout).unwrap();
        (finished.code, document)
    };
    let groups = |document: &Value| {
        let mut groups: Vec<String> = document["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["group"].as_str().unwrap().to_owned())
            .collect();
        groups.sort();
        groups.dedup();
        groups
    };
    let (code, document) = check(&[]).await;
    assert_eq!(code, Some(0), "{document:#}");
    assert!(groups(&document).contains(&"revocation".to_owned()));
    assert!(document["results"].as_array().unwrap().iter().any(|one| one["cause"] == "certificate_revoked"));
    let (_, document) = check(&["--group", "revocation"]).await;
    assert_eq!(groups(&document), ["revocation"]);
    let (_, document) = check(&["--group", "identity"]).await;
    assert_eq!(groups(&document), ["identity"]);
    // Clients need it too.
    world.faults().set("ocsp.testnet.example", testnet::HttpFault::Garbage).unwrap();
    let (code, document) = check(&[]).await;
    assert_eq!((code, &result(&document, RESPONDER).unwrap()["state"]), (Some(1), &"blocked".into()));
}
