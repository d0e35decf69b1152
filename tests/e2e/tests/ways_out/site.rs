//! A site with its endpoints, and what the program says of them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use e2e::{Config, Finished, Folder};
use serde_json::Value;
use testnet::{Scheme, TcpFault, World};

/// Everything is well behind the proxy.
pub(crate) const OPEN: &str = "open.example";
/// Everything is well, but the proxy is told to deny it.
pub(crate) const DENIED: &str = "denied.example";
/// It resets every connection.
const DEAD: &str = "dead.example";
/// It answers no SYN.
const SILENT: &str = "silent.example";
/// Its address is the broadcast's, which TCP has no route to: no packet leaves.
const NO_ROUTE: &str = "noroute.example";
/// Nobody knows it.
const LOST: &str = "lost.example";

/// A name for proxies on loopback that are spoken to over TLS.
pub(crate) const PROXY: &str = "proxy.example";

/// For every probe: hosts that say nothing cost so much time, and nothing else takes as long.
const TIMEOUT_SECONDS: u8 = 3;

/// A world with an endpoint of each kind.
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) folder: Folder,
}

impl Site {
    pub(crate) async fn new() -> Self {
        let hosts = [OPEN, DENIED, DEAD, SILENT];
        let world = hosts.into_iter().fold(World::builder(), testnet::WorldBuilder::with_host).start().await.unwrap();
        world.faults().set(DEAD, TcpFault::Refuse).unwrap();
        world.faults().set(SILENT, TcpFault::Drop).unwrap();
        Self { world, folder: Folder::new() }
    }

    /// What the proxies know.
    pub(crate) fn names(&self) -> Vec<(&'static str, IpAddr)> {
        let of_the_world = [OPEN, DENIED, DEAD, SILENT];
        let address = |host| self.world.address(host, Scheme::Https).unwrap().ip();
        let mut names: Vec<_> = of_the_world.map(|host| (host, address(host))).into();
        names.push((NO_ROUTE, IpAddr::V4(Ipv4Addr::BROADCAST)));
        names
    }

    /// A configuration without paths: all endpoints but the lost one, over https, and over http where `plain`.
    pub(crate) fn config(&self, plain: bool) -> Config {
        let mut config = self.nothing();
        let schemes = if plain { vec![Scheme::Https, Scheme::Http] } else { vec![Scheme::Https] };
        for scheme in schemes {
            for (name, host) in [("open", OPEN), ("denied", DENIED), ("dead", DEAD), ("silent", SILENT)] {
                let url = self.world.url(host, scheme, "/").unwrap();
                config = config.endpoint(&format!("{name}-{}", scheme.as_str()), &url);
            }
            let url = format!("{}://{NO_ROUTE}/", scheme.as_str());
            config = config.endpoint(&format!("noroute-{}", scheme.as_str()), &url);
        }
        config
    }

    /// The open endpoint alone.
    pub(crate) fn open(&self) -> Config {
        let url = self.world.url(OPEN, Scheme::Https, "/").unwrap();
        self.nothing().endpoint("open-https", &url)
    }

    fn nothing(&self) -> Config {
        Config::of(&self.world).timeout(TIMEOUT_SECONDS).name(PROXY, IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// A path with the user svc and this password, from a file of that name.
    pub(crate) fn with_password(&self, proxy: &str, file: &str, password: &str) -> String {
        let file = self.folder.write(file, &format!("{password}\n"));
        format!("{{proxy: {proxy}, username: svc, password_file: '{}'}}", file.display())
    }

    /// What `check` says.
    pub(crate) async fn check(&self, config: Config) -> Report {
        let config = config.write(&self.folder);
        let checked = Finished::of(&["check", "--config", config.to_str().unwrap(), "--format", "json"]).await;
        let document = serde_json::from_str(&checked.stdout).unwrap_or_else(|error| panic!("{error}: {checked:#?}"));
        Report { document }
    }
}

/// Adds an endpoint whose name the proxy cannot resolve. Only for those that have a resolver of their own on loopback.
pub(crate) fn with_lost(config: Config) -> Config {
    config.endpoint("lost-https", &format!("https://{LOST}/")).endpoint("lost-http", &format!("http://{LOST}/"))
}

/// What `check` said.
pub(crate) struct Report {
    document: Value,
}

impl Report {
    /// One result.
    pub(crate) fn of(&self, endpoint: &str, path: &str) -> &Value {
        let mut results = self.results();
        results.find(|result| result["endpoint"] == endpoint && result["path"] == path).unwrap()
    }

    fn results(&self) -> impl Iterator<Item = &Value> {
        self.document["results"].as_array().unwrap().iter()
    }

    /// Compares the results over a path, in any order, with lines of: endpoint, state, cause, stage, blame, what the
    /// proxy answered, and after a colon what it called that.
    pub(crate) fn assert(&self, path: &str, expected: &str) {
        let results = self.results().filter(|result| result["path"] == path);
        let seen: BTreeMap<_, _> = results.map(|result| (text(&result["endpoint"]), line(result))).collect();
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let expected: BTreeMap<_, _> =
            expected.lines().map(words).filter(|line| !line.is_empty()).map(|line| (first(&line), line)).collect();
        let told = self.results().filter(|result| {
            let endpoint = text(&result["endpoint"]);
            result["path"] == path && seen.get(&endpoint) != expected.get(&endpoint)
        });
        let told: Vec<_> = told.map(|result| format!("{:#} {:#}", result["detail"], result["evidence"])).collect();
        assert_eq!(seen, expected, "{path}: {}", told.join("\n"));
    }
}

fn first(line: &str) -> String {
    line.split(' ').next().unwrap_or_default().to_owned()
}

/// One result as a line of words.
fn line(result: &Value) -> String {
    let verdict = ["endpoint", "state", "cause", "stage", "blame"].map(|key| text(&result[key])).join(" ");
    let evidence = &result["evidence"];
    let answer = [&result["proxy"]["status"], &result["http"]["status"], &evidence["socks_reply"]].into_iter();
    let answer = answer.map(text).find(|answer| answer != "-").unwrap_or_else(|| "-".to_owned());
    // Without the version, which says nothing of what happened.
    let said = text(&evidence["server_message"]).split('/').next().unwrap_or_default().to_owned();
    let said = if said == "-" { String::new() } else { format!(":{said}") };
    format!("{verdict} {answer}{said}")
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
