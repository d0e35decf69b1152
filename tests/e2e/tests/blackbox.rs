//! `/probe` beside Debian's blackbox_exporter, both of the same nginx.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};

use e2e::{Blackbox, Config, Folder, Nginx, Offer, Response, Running, eventually, get};
use hyper::StatusCode;
use testnet::{CertificateKind, World};

const HOST: &str = "nginx.example";

/// What blackbox_exporter has and we do not, and why.
const NOT_OURS: [(&str, &str); 0] = [];

/// What dashboards and rules are made of: <https://grafana.com/grafana/dashboards/7587> and
/// <https://samber.github.io/awesome-prometheus-alerts/rules#blackbox>.
const IMPORTANT: [&str; 8] = [
    "probe_success",
    "probe_duration_seconds",
    "probe_dns_lookup_time_seconds",
    "probe_http_duration_seconds",
    "probe_http_ssl",
    "probe_http_status_code",
    "probe_http_version",
    "probe_ssl_earliest_cert_expiry",
];

/// Families by their names: help, type, and all sets of label names.
type Families = BTreeMap<String, (String, String, BTreeSet<Vec<String>>)>;

fn families(text: &str) -> Families {
    let mut families = Families::new();
    for line in text.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            help.clone_into(&mut families.entry(name.to_owned()).or_default().0);
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            kind.clone_into(&mut families.entry(name.to_owned()).or_default().1);
        } else {
            let (series, _value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let names = labels.split("=\"").filter_map(|part| part.rsplit(['"', ',', '{']).next());
            let names = names.filter(|name| !name.is_empty() && !name.ends_with('}')).map(str::to_owned);
            families.entry(name.to_owned()).or_default().2.insert(names.collect());
        }
    }
    families
}

/// The values of a phase's label, whichever order they come in.
fn phases(text: &str) -> BTreeSet<&str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("probe_http_duration_seconds{phase=\"")?.split('"').next())
        .collect()
}

fn value(text: &str, name: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

/// Both probe, and both succeed.
async fn both(url: &str, world: &World, at: &str) -> (String, String) {
    let folder = Folder::new();
    let config = Config::of(world).path("line", "direct").endpoint("nginx", url).write(&folder);
    let running = Running::start(&config).await;
    let blackbox = Blackbox::start(&world.root_file(), HOST).await;
    let ours = eventually("our probe", async || {
        let Response { status, body, .. } = get(running.address(), "/probe?target=nginx&module=line").await?;
        (status == StatusCode::OK && body.contains("\nprobe_success 1\n")).then_some(body)
    });
    let theirs = eventually("blackbox_exporter's probe", async || {
        let target = at.replace(':', "%3A").replace('/', "%2F");
        let body = get(blackbox.address(), &format!("/probe?target={target}&module=origin")).await?.body;
        body.contains("\nprobe_success 1\n").then_some(body)
    });
    let (ours, theirs) = (ours.await, theirs.await);
    for refused in ["/probe?target=https%3A%2F%2Fnginx.example%2F", "/probe", "/probe?target=nginx&module=http_2xx"] {
        let status = get(running.address(), refused).await.unwrap().status;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
    }
    (ours, theirs)
}

#[tokio::test]
async fn the_families_are_those_of_blackbox_exporter() {
    let world = World::start().await.unwrap();
    let leaf = world.authority().leaf(HOST, &CertificateKind::Good).unwrap();
    let nginx = Nginx::start(&leaf, Offer::Both).await;
    let url = format!("https://{HOST}:{}/", nginx.address().port());
    let (our_text, their_text) = both(&url, &world, &format!("https://{}/", nginx.address())).await;
    let (ours, theirs) = (families(&our_text), families(&their_text));

    for (name, family) in &ours {
        assert_eq!(Some(family), theirs.get(name), "{name} is not as blackbox_exporter has it");
    }
    for name in IMPORTANT {
        assert!(ours.contains_key(name), "{name} is missing: {our_text}");
    }
    let missing: BTreeSet<_> = theirs.keys().filter(|name| !ours.contains_key(*name)).map(String::as_str).collect();
    assert_eq!(missing, BTreeSet::from(NOT_OURS.map(|(name, _why)| name)), "{their_text}");
    assert_eq!(phases(&our_text), phases(&their_text));

    // The same origin in the same minute, so what does not depend on time is the same.
    for name in [
        "probe_http_status_code",
        "probe_http_version",
        "probe_http_ssl",
        "probe_http_redirects",
        "probe_http_content_length",
        "probe_http_uncompressed_body_length",
        "probe_ip_protocol",
        "probe_ip_addr_hash",
        "probe_ssl_earliest_cert_expiry",
        "probe_ssl_last_chain_expiry_timestamp_seconds",
        "probe_failed_due_to_regex",
    ] {
        assert_eq!(value(&our_text, name), value(&their_text, name), "{name}");
    }
    let fingerprint = |text: &str| text.split("fingerprint_sha256=\"").nth(1).map(|rest| rest[..64].to_owned());
    assert_eq!(fingerprint(&our_text), fingerprint(&their_text));
    assert!(our_text.contains("probe_tls_version_info{version=\"TLS 1.3\"} 1"), "{our_text}");
    assert!(their_text.contains("probe_tls_version_info{version=\"TLS 1.3\"} 1"), "{their_text}");
}
