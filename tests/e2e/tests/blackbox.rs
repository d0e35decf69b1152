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

/// Ours and theirs, which probe the same origin.
struct Both {
    running: Running,
    blackbox: Blackbox,
    target: String,
    _folder: Folder,
}

impl Both {
    async fn of(nginx: &Nginx, world: &World) -> Self {
        let folder = Folder::new();
        let url = format!("https://{HOST}:{}/", nginx.address().port());
        let config = Config::of(world).path("line", "direct").endpoint("nginx", &url).write(&folder);
        let running = Running::start(&config).await;
        let blackbox = Blackbox::start(&world.root_file(), HOST).await;
        Self { running, blackbox, target: format!("https%3A%2F%2F{}%2F", nginx.address()), _folder: folder }
    }

    /// What ours and theirs say once it is a success, or none.
    async fn ask(&self, success: u8) -> (String, String) {
        let says_so = format!("\nprobe_success {success}\n");
        let ours = eventually("our probe", async || {
            let Response { status, body, .. } = get(self.running.address(), "/probe?target=nginx&module=line").await?;
            (status == StatusCode::OK && body.contains(&says_so)).then_some(body)
        });
        let theirs = eventually("blackbox_exporter's probe", async || {
            let path = format!("/probe?target={}&module=origin", self.target);
            let body = get(self.blackbox.address(), &path).await?.body;
            body.contains(&says_so).then_some(body)
        });
        (ours.await, theirs.await)
    }
}

#[tokio::test]
async fn the_families_are_those_of_blackbox_exporter() {
    let world = World::start().await.unwrap();
    let leaf = world.authority().leaf(HOST, &CertificateKind::Good).unwrap();
    let nginx = Nginx::start(&leaf, Offer::Both).await;
    let both = Both::of(&nginx, &world).await;
    let (our_text, their_text) = both.ask(1).await;
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
    let version = |text: &str| text.lines().find(|line| line.starts_with("probe_tls_version_info{")).map(str::to_owned);
    assert_eq!(version(&our_text), version(&their_text));
    assert!(version(&our_text).is_some(), "{our_text}");

    for refused in ["/probe?target=https%3A%2F%2Fnginx.example%2F", "/probe", "/probe?target=nginx&module=http_2xx"] {
        let status = get(both.running.address(), refused).await.unwrap().status;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
    }

    // What failed has the same families, and says of what never came the same.
    let _refuses = nginx.peer.end().await;
    let (our_text, their_text) = both.ask(0).await;
    assert_eq!(families(&our_text), families(&their_text));
    for line in their_text.lines().filter(|line| !line.contains("_seconds") && !line.starts_with('#')) {
        let name = line.split(' ').next().unwrap();
        assert_eq!(value(&our_text, name), value(&their_text, name), "{name}");
    }
}
