//! The audit of TLS and the tenant check, as users meet them.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::PathBuf;

use e2e::{Finished, Folder, Running, Signal, eventually, get};
use serde_json::Value;
use testnet::{ConfigOptions, DnsFault, Scheme, TlsFault, World};

const HOST: &str = "officecdn.microsoft.com";
const RECORD: &str = "msoid.contoso.com";
const RECORD_URL: &str = "dns:msoid.contoso.com?type=CNAME";
const VIANET: &str = "clientconfig.partner.microsoftonline-p.net.cn";

/// A world with a middlebox that takes no large hello, and a tenant whose record leads to the wrong cloud.
async fn ill_world() -> (World, Folder, PathBuf) {
    let world = World::builder().with_host(RECORD).start().await.unwrap();
    world.faults().set(HOST, TlsFault::HangAfterHelloOver(1400)).unwrap();
    world.faults().set(RECORD, DnsFault::Cname(vec![VIANET.to_owned()])).unwrap();
    let folder = Folder::new();
    let options = ConfigOptions {
        interval: "2s".to_owned(),
        timeout: "2s".to_owned(),
        extra: "tenant: {domains: [contoso.com]}\naudit: {interval: 10s}\n".to_owned(),
        ..ConfigOptions::default()
    };
    let config = folder.write("endpoints.yaml", &world.config_yaml_with(&options));
    (world, folder, config)
}

fn results<'a>(document: &'a Value, url: &str) -> Vec<&'a Value> {
    document["results"].as_array().unwrap().iter().filter(|result| result["url"] == url).collect()
}

#[tokio::test]
async fn run_finds_both_by_itself() {
    let (world, _folder, config) = ill_world().await;
    let url = world.url(HOST, Scheme::Https, "/").unwrap();
    let running = Running::start(&config).await;
    let document = eventually("both are found", async || {
        let document = get(running.address(), "/api/v1/status").await?.json();
        let audited = results(&document, &url).iter().all(|result| result["cause"] == "tls_large_hello");
        let looked_up = results(&document, RECORD_URL).iter().all(|result| result["cause"] == "tenant_cname");
        (audited && looked_up).then_some(document)
    })
    .await;
    assert_eq!(results(&document, &url).len(), 2, "over both paths");
    for result in results(&document, &url) {
        assert_eq!(result["state"], "degraded", "{result:#}");
        let audit = &result["audit"];
        assert_eq!(audit["versions"], serde_json::json!({"TLSv1.2": true, "TLSv1.3": true}), "{audit:#}");
        assert_eq!(audit["large_hello"], false);
        assert!(audit["failures"]["large_hello"].as_str().unwrap().ends_with("not complete in time"), "{audit:#}");
    }
    let [record] = results(&document, RECORD_URL)[..] else { panic!("{document:#}") };
    assert_eq!(
        (&record["state"], &record["blame"], &record["path"]),
        (&"blocked".into(), &"tenant".into(), &"dns".into())
    );
    assert_eq!(record["evidence"]["cnames"], VIANET);
    assert_eq!(document["site_state"], "online");
    assert!(document["paths"].as_array().unwrap().iter().all(|path| path["path"] != "dns"), "{document:#}");

    let metrics = get(running.address(), "/metrics").await.unwrap().body;
    for (family, of, value) in [
        ("reachwatch_tls_large_hello_supported", HOST, "0"),
        ("reachwatch_tls_version_supported", HOST, "1"),
        ("reachwatch_endpoint_reachable", RECORD, "0"),
    ] {
        let name = of.replace('.', if of == HOST { "-" } else { "." });
        let found = metrics.lines().any(|line| {
            line.starts_with(family) && line.contains(&format!("endpoint=\"{name}")) && line.ends_with(value)
        });
        assert!(found, "{family} of {name} is not {value}:\n{metrics}");
    }
    let page = get(running.address(), "/").await.unwrap().body;
    assert!(page.contains("fails: large hello") && page.contains(RECORD_URL), "{page}");
    running.signal(Signal::Term).await;
    assert!(running.end().await.success());
}

#[tokio::test]
async fn both_are_had_on_demand() {
    let (world, _folder, config) = ill_world().await;
    let config = config.to_str().unwrap();
    let url = world.url(HOST, Scheme::Https, "/").unwrap();
    let plain = Finished::of(&["check", "--config", config, "--endpoint", "officecdn*", "--format", "json"]).await;
    let document: Value = serde_json::from_str(&plain.stdout).unwrap();
    assert!(results(&document, &url).iter().all(|result| result["state"] == "reachable" && result["audit"].is_null()));

    let audit = ["check", "--config", config, "--endpoint", "officecdn*", "--format", "json", "--audit"];
    let audited = Finished::of(&audit).await;
    assert_eq!(audited.code, Some(0), "degraded is usable: {audited:#?}");
    let document: Value = serde_json::from_str(&audited.stdout).unwrap();
    assert_eq!(results(&document, &url).len(), 2);
    assert!(results(&document, &url).iter().all(|result| result["cause"] == "tls_large_hello"), "{document:#}");

    let told = Finished::of(&["explain", &url, "--config", config, "--path", "proxy", "--audit"]).await;
    assert_eq!(told.code, Some(0), "{told:#?}");
    for words in ["TLS 1.2 alone passes", "TLS 1.3 alone passes", "large hello fails", "tls_large_hello"] {
        assert!(told.stdout.contains(words), "{words}: {told:#?}");
    }

    let tenant = Finished::of(&["check", "--config", config, "--group", "tenant"]).await;
    assert_eq!(tenant.code, Some(1), "it counts: {tenant:#?}");
    let told = Finished::of(&["explain", RECORD_URL, "--config", config]).await;
    assert_eq!(told.code, Some(1), "{told:#?}");
    assert!(told.stdout.contains(&format!("alias {VIANET}")) && told.stdout.contains("tenant_cname"), "{told:#?}");
    let other = Finished::of(&["explain", "dns:msoid.fabrikam.com?type=CNAME", "--config", config]).await;
    assert_eq!(other.code, Some(2), "{other:#?}");
}
