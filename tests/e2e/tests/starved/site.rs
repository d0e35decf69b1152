//! A site whose probing is watched over one connection, which is there before anything is scarce.

use std::net::SocketAddr;
use std::path::PathBuf;

use e2e::{Config, Folder, Running, eventually};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use testnet::{Scheme, World};

/// Hosts of the world that serve pages.
pub(crate) const HOSTS: [&str; 6] = [
    "officecdn.microsoft.com",
    "ols.officeapps.live.com",
    "login.microsoftonline.com",
    "login.windows.net",
    "go.microsoft.com",
    "officeclient.microsoft.com",
];

/// A world, and a configuration of endpoints that are probed every two seconds and once before they count as blocked.
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) folder: Folder,
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self { world: World::start().await.unwrap(), folder: Folder::new() }
    }

    /// The usual configuration, with so many endpoints on every host.
    pub(crate) fn config(&self, endpoints: usize) -> Config {
        let mut config = Config::of(&self.world).timeout(2);
        for host in HOSTS {
            config = config.name(host, self.world.address(host, Scheme::Https).unwrap().ip());
            for number in 0..endpoints {
                let url = self.world.url(host, Scheme::Https, &format!("/{number}")).unwrap();
                config = config.endpoint(&format!("{}-{number}", host.replace('.', "-")), &url);
            }
        }
        config
    }

    /// The same over one path, written.
    pub(crate) fn over(&self, way: &str, endpoints: usize) -> PathBuf {
        self.config(endpoints).path("out", way).write(&self.folder)
    }
}

/// Looks at a running program through one connection, which it keeps.
pub(crate) struct Watcher {
    client: Client<HttpConnector, Empty<Bytes>>,
    address: SocketAddr,
}

/// Raw results so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) reachable: u64,
    pub(crate) degraded: u64,
    pub(crate) blocked: u64,
    pub(crate) unknown: u64,
}

impl Watcher {
    pub(crate) fn of(running: &Running) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), address: running.address() }
    }

    pub(crate) async fn get(&self, path: &str) -> Option<String> {
        let asked = self.client.get(format!("http://{}{path}", self.address).parse().unwrap());
        Some(String::from_utf8_lossy(&asked.await.ok()?.into_body().collect().await.ok()?.to_bytes()).into_owned())
    }

    /// The sum of all samples whose line begins so and has a text in it.
    pub(crate) async fn sum(&self, name: &str, having: &str) -> Option<f64> {
        let text = self.get("/metrics").await?;
        let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(having));
        Some(lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum())
    }

    pub(crate) async fn tally(&self) -> Option<Tally> {
        let text = self.get("/metrics").await?;
        let of = |result: &str| -> u64 {
            let result = format!("result=\"{result}\"");
            let lines =
                text.lines().filter(|line| line.starts_with("reachwatch_probes_total{") && line.contains(&result));
            lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
        };
        Some(Tally {
            reachable: of("reachable"),
            degraded: of("degraded"),
            blocked: of("blocked"),
            unknown: of("unknown"),
        })
    }

    /// Waits until the raw results are as somebody wants them.
    pub(crate) async fn until(&self, what: &str, mut holds: impl FnMut(Tally) -> bool) -> Tally {
        eventually(what, async || self.tally().await.filter(|tally| holds(*tally))).await
    }

    /// Waits for so many more reachable results.
    pub(crate) async fn more(&self, what: &str, count: u64) -> Tally {
        let mut from = None;
        self.until(what, |tally| tally.reachable >= *from.get_or_insert(tally.reachable) + count).await
    }

    /// The confirmed states, each once.
    pub(crate) async fn states(&self) -> Option<Vec<String>> {
        let told: serde_json::Value = serde_json::from_str(&self.get("/api/v1/status").await?).ok()?;
        let results = told.get("results")?.as_array()?.iter();
        let mut states: Vec<_> = results.filter_map(|result| Some(result.get("state")?.as_str()?.to_owned())).collect();
        states.sort();
        states.dedup();
        Some(states)
    }

    /// Waits until every endpoint is held in one state.
    pub(crate) async fn all(&self, state: &str) {
        eventually(&format!("all are {state}"), async || (self.states().await? == [state]).then_some(())).await;
    }
}
