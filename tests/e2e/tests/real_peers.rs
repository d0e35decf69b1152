//! Probes through Debian's squid, and of Debian's nginx.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::net::IpAddr;

use e2e::{Config, Finished, Folder, Nginx, Offer, Squid, SquidRules};
use serde_json::Value;
use testnet::{CertificateKind, Scheme, TcpFault, World};

const HOST: &str = "officecdn.microsoft.com";

/// A world, a squid in front of it, and what `check` says of one endpoint over that squid.
struct Site {
    world: World,
    squid: Squid,
    folder: Folder,
}

impl Site {
    async fn new(rules: SquidRules<'_>) -> Self {
        let world = World::start().await.unwrap();
        let address = |host| -> IpAddr { world.address(host, Scheme::Https).unwrap().ip() };
        let squid = Squid::start(rules, &[(HOST, address(HOST))]).await;
        Self { world, squid, folder: Folder::new() }
    }

    /// The plain proxy URL as a path.
    fn path(&self) -> String {
        format!("'http://{}'", self.squid.address())
    }

    /// The exit status and the one result of `check` over a path.
    async fn check(&self, path: &str) -> (Option<i32>, Value) {
        let url = self.world.url(HOST, Scheme::Https, "/").unwrap();
        let config = Config::of(&self.world).path("squid", path).endpoint("cdn", &url).write(&self.folder);
        check(config.to_str().unwrap()).await
    }
}

async fn check(config: &str) -> (Option<i32>, Value) {
    let Finished { code, stdout, stderr } = Finished::of(&["check", "--config", config, "--format", "json"]).await;
    let document: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout} {stderr}"));
    assert_eq!(document["results"].as_array().unwrap().len(), 1, "{document:#}");
    (code, document["results"][0].clone())
}

#[tokio::test]
async fn squid_lets_through() {
    let site = Site::new(SquidRules::Allow).await;
    let (code, result) = site.check(&site.path()).await;
    assert_eq!(result["state"], "reachable", "{result:#}");
    assert_eq!(code, Some(0));
    assert_eq!(result["route"], format!("PROXY {}", site.squid.address()));
    assert_eq!(result["remote_address"], site.squid.address().to_string());
    assert_eq!(result["proxy"]["status"], 200);
    assert_eq!(result["tls"]["chain_trust"], "extra");
    assert!(site.world.faults().served(HOST).unwrap() > 0, "the request reached the origin");
}

#[tokio::test]
async fn squid_denies_by_its_rules() {
    let site = Site::new(SquidRules::Deny(HOST)).await;
    let (code, result) = site.check(&site.path()).await;
    assert_eq!(result["cause"], "proxy_denied", "{result:#}");
    assert_eq!(result["state"], "blocked");
    assert_eq!(result["stage"], "proxy");
    assert_eq!(result["blame"], "proxy");
    assert_eq!(result["proxy"]["status"], 403);
    assert_eq!(code, Some(1));
    assert_eq!(site.world.faults().connections(HOST).unwrap(), 0, "nothing reached the origin");
}

#[tokio::test]
async fn squid_wants_credentials_and_takes_the_right_ones() {
    let site = Site::new(SquidRules::Authenticate { user: "svc", password: "s3cret" }).await;
    let (code, result) = site.check(&site.path()).await;
    assert_eq!(result["cause"], "proxy_auth_required", "{result:#}");
    assert_eq!(code, Some(1));

    let with = |file: &str| format!("{{proxy: {}, username: svc, password_file: '{file}'}}", site.path());
    let wrong = site.folder.write("wrong", "guess\n");
    let (code, result) = site.check(&with(wrong.to_str().unwrap())).await;
    assert_eq!(result["cause"], "proxy_auth_required", "{result:#}");
    assert_eq!(code, Some(1));

    let right = site.folder.write("right", "s3cret\n");
    let (code, result) = site.check(&with(right.to_str().unwrap())).await;
    assert_eq!(result["state"], "reachable", "{result:#}");
    assert_eq!(code, Some(0));
    assert!(!result.to_string().contains("s3cret"), "the password stays where it is: {result:#}");
}

#[tokio::test]
async fn squid_finds_the_origin_dead() {
    let site = Site::new(SquidRules::Allow).await;
    site.world.faults().set(HOST, TcpFault::Refuse).unwrap();
    let (code, result) = site.check(&site.path()).await;
    assert_eq!(result["cause"], "proxy_upstream_failed", "{result:#}");
    assert_eq!(result["blame"], "network");
    assert_eq!(code, Some(1));
}

#[tokio::test]
async fn the_environment_names_squid() {
    let site = Site::new(SquidRules::Deny(HOST)).await;
    let url = site.world.url(HOST, Scheme::Https, "/").unwrap();
    let config = Config::of(&site.world).endpoint("cdn", &url).write(&site.folder);
    let arguments = ["check", "--config", config.to_str().unwrap(), "--format", "json"];
    for (name, value, state) in [
        ("HTTPS_PROXY", format!("http://{}", site.squid.address()), "blocked"),
        ("NO_PROXY", "microsoft.com".to_owned(), "reachable"),
    ] {
        let mut command = e2e::reachwatch(&arguments);
        command.env("HTTPS_PROXY", format!("http://{}", site.squid.address())).env(name, value);
        let document: Value = serde_json::from_str(&Finished::after(command).await.stdout).unwrap();
        assert_eq!(document["results"][0]["state"], state, "{name}: {document:#}");
    }
}

#[tokio::test]
async fn nginx_is_an_origin_over_both_protocols() {
    let world = World::start().await.unwrap();
    let leaf = world.authority().leaf("nginx.example", &CertificateKind::Good).unwrap();
    let nginx = Nginx::start(&leaf, Offer::Both).await;
    let folder = Folder::new();
    for (page, status) in [("/", 200), ("/forbidden", 403)] {
        let url = format!("https://nginx.example:{}{page}", nginx.address().port());
        let config = Config::of(&world).path("line", "direct").endpoint("nginx", &url).write(&folder);
        let (code, result) = check(config.to_str().unwrap()).await;
        assert_eq!(result["state"], "reachable", "any answer of a proven origin is one: {result:#}");
        assert_eq!(result["http"]["status"], status);
        assert_eq!(result["http"]["version"], "HTTP/2");
        assert_eq!(code, Some(0));
    }
}
