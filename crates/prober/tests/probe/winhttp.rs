//! The ways that WinHTTP's settings lead.

use std::sync::Arc;

use prober::config::{SystemSources, parse_path};
use prober::net::SystemClock;
use prober::observation::{Observation, RouteFacts};
use prober::plan::Pair;
use prober::probe::Prober;
use testnet::Scheme;

use crate::site::{HTTPS_HOST, Site, http};

const OTHER: &str = "login.microsoft.com";

/// Probes a URL over the path that `way`, in YAML's flow style, defines.
async fn probe(site: &Site, url: &str, way: &str) -> Observation {
    let text = format!("paths: {{clients: {way}}}\nendpoints: [a.example]");
    let path = parse_path(&text, "test.yaml", &SystemSources::in_folder(site.world.dir()), "clients")
        .unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    let mut plan = site.plan(url, "direct", "");
    let pair = Pair { endpoint: Arc::clone(&plan.pairs[0].endpoint), path: Arc::clone(&path) };
    (plan.paths, plan.pairs) = (vec![path], vec![Arc::new(pair)]);
    let prober = Prober::new(&plan, Arc::new(SystemClock)).unwrap();
    prober.probe_with(&plan.pairs[0], &()).await
}

fn address(seen: &Observation) -> &str {
    match &seen.route {
        RouteFacts::Direct => "DIRECT",
        RouteFacts::Proxy(via) => &via.address,
    }
}

#[tokio::test]
async fn each_scheme_has_its_proxy_and_the_bypassed_have_none() {
    let (site, elsewhere) = (Site::new().await, Site::new().await);
    let clear = site.world.url(HTTPS_HOST, Scheme::Http, "/").unwrap();
    let (secure_proxy, clear_proxy) = (site.world.proxy(), elsewhere.world.proxy());
    let origin = site.world.address(HTTPS_HOST, Scheme::Http).unwrap();
    clear_proxy.map(HTTPS_HOST, origin.port(), origin);
    let output = format!(
        "\r\nCurrent WinHTTP proxy settings:\r\n\r\n    Proxy Server(s) :  http={};https={}\r\n    \
         Bypass List     :  login.*;<local>\r\n\r\n",
        clear_proxy.address(),
        secure_proxy.address(),
    );
    let shell = [0xfeff].into_iter().chain(output.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    std::fs::write(site.world.dir().join("proxy.txt"), shell).unwrap();
    let way = "{winhttp: {show_output: proxy.txt}}";

    let seen = probe(&site, &site.https(), way).await;
    assert_eq!((seen.fault.as_ref(), http(&seen).status), (None, 200));
    assert_eq!(address(&seen), secure_proxy.address().to_string());
    assert_eq!((secure_proxy.requests().len(), clear_proxy.requests().len()), (1, 0));

    let seen = probe(&site, &clear, way).await;
    assert_eq!((seen.fault.as_ref(), http(&seen).status), (None, 200));
    assert_eq!(address(&seen), clear_proxy.address().to_string());
    assert_eq!((secure_proxy.requests().len(), clear_proxy.requests().len()), (1, 1));

    for scheme in [Scheme::Http, Scheme::Https] {
        let seen = probe(&site, &site.world.url(OTHER, scheme, "/").unwrap(), way).await;
        assert_eq!((seen.fault.as_ref(), http(&seen).status, address(&seen)), (None, 200, "DIRECT"));
    }
    assert_eq!((secure_proxy.requests().len(), clear_proxy.requests().len()), (1, 1));
}

#[tokio::test]
async fn the_next_proxy_of_a_scheme_is_tried_when_the_first_is_gone() {
    let (site, elsewhere) = (Site::new().await, Site::new().await);
    elsewhere.world.proxy().refuse_connections().unwrap();
    let (gone, there) = (elsewhere.world.proxy().address(), site.world.proxy().address());
    let way = format!("{{winhttp: {{proxy_server: \"{gone} http://{there}\"}}}}");

    let seen = probe(&site, &site.https(), &way).await;
    assert_eq!((seen.fault.as_ref(), http(&seen).status), (None, 200));
    assert_eq!(address(&seen), there.to_string());
    let detours: Vec<_> = seen.detours.iter().map(|detour| detour.route.to_string()).collect();
    assert_eq!(detours, [format!("PROXY {gone}")]);
}

#[tokio::test]
async fn credentials_are_for_every_proxy_of_the_settings() {
    let site = Site::new().await;
    let proxy = site.world.proxy();
    proxy.require_credentials("svc", "s3cret");
    std::fs::write(site.world.dir().join("password"), "s3cret").unwrap();
    let way = |more: &str| format!("{{winhttp: {{proxy_server: \"{}\"}}{more}}}", proxy.address());

    let seen = probe(&site, &site.https(), &way("")).await;
    assert_eq!(seen.proxy.as_ref().map(|said| said.status), Some(407));
    let seen = probe(&site, &site.https(), &way(", username: svc, password_file: password")).await;
    assert_eq!((seen.fault.as_ref(), http(&seen).status), (None, 200));
}
