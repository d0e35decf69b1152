//! What pushes for a site: Prometheus in agent mode, and vmagent, each with the file that is shipped.

use std::net::SocketAddr;

use tokio::process::Command;

use crate::folder::Folder;
use crate::http::get;
use crate::peer::Peer;
use crate::prometheus::shipped;
use crate::wait::eventually;

/// A site that pushes.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where its reachwatch is.
    pub reachwatch: SocketAddr,
    /// Where it pushes to.
    pub receiver: SocketAddr,
}

/// An agent that scrapes once a second and pushes.
#[derive(Debug)]
pub struct Agent {
    peer: Peer,
    /// What it calls the number of its scrapes.
    scrapes: &'static str,
}

impl Agent {
    /// Starts Debian's Prometheus in agent mode.
    pub async fn prometheus(site: Site<'_>) -> Self {
        Self::prometheus_with(site, &hastened("fleet/agent.yaml", site)).await
    }

    /// Starts one that is so many sites at once, all with the same reachwatch, scraped every so many seconds.
    pub async fn prometheus_of_many(site: Site<'_>, sites: usize, seconds: u32) -> Self {
        let target = format!("      - targets: [\"{}\"]\n", site.reachwatch);
        let each = |number| format!("{target}        labels: {{monitor: 'branch-{number}'}}\n");
        let config = hastened("fleet/agent.yaml", site);
        assert!(config.contains(&target), "the shipped file has its target elsewhere");
        let config = config.replace(&target, &(0..sites).map(each).collect::<String>());
        let config = config.replace("scrape_interval: 1s", &format!("scrape_interval: {seconds}s"));
        // What is one site's in the shipped file.
        Self::prometheus_with(site, &config.replace("max_shards: 1", "max_shards: 8")).await
    }

    async fn prometheus_with(site: Site<'_>, config: &str) -> Self {
        let folder = Folder::new();
        let config = folder.write("agent.yaml", config);
        let command = |folder: &Folder, address: SocketAddr| {
            let mut command = Command::new("prometheus");
            command.arg("--enable-feature=agent,expand-external-labels");
            command.arg(format!("--config.file={}", config.display()));
            command.arg(format!("--storage.agent.path={}", folder.path().join("wal").display()));
            command.arg(format!("--web.listen-address={address}")).arg("--log.level=warn");
            command.env("SITE", site.name).env("MONITOR", monitor(site));
            command
        };
        let peer = Peer::start("prometheus", folder, command).await;
        Self { peer, scrapes: "prometheus_target_interval_length_seconds_count" }
    }

    /// Starts Debian's vmagent.
    pub async fn victoria(site: Site<'_>) -> Self {
        let folder = Folder::new();
        let config = folder.write("vmagent.yaml", &hastened("fleet/vmagent.yaml", site));
        let command = |folder: &Folder, address: SocketAddr| {
            let mut command = Command::new("vmagent");
            command.arg(format!("-promscrape.config={}", config.display()));
            command.arg(format!("-remoteWrite.url=http://{}/api/v1/write", site.receiver));
            command.arg(format!("-remoteWrite.tmpDataPath={}", folder.path().join("queue").display()));
            command.arg(format!("-httpListenAddr={address}")).args(["-loggerLevel=WARN", "-remoteWrite.queues=1"]);
            command.env("SITE", site.name).env("MONITOR", monitor(site));
            command
        };
        let peer = Peer::start("vmagent", folder, command).await;
        Self { peer, scrapes: "vm_promscrape_scrapes_total" }
    }

    /// Waits until it has scraped so many times more, whether it could push or not.
    pub async fn scrapes(&self, times: u32) {
        let wanted = self.scraped().await + f64::from(times);
        eventually("the agent scrapes", async || (self.scraped().await >= wanted).then_some(())).await;
    }

    /// How often it has scraped.
    pub async fn scraped(&self) -> f64 {
        self.count(self.scrapes).await
    }

    /// The sum of one of its own metrics' series.
    pub async fn count(&self, family: &str) -> f64 {
        own_metric(self.peer.address(), family).await
    }
}

/// The sum of the series of a family that somebody says of himself.
pub async fn own_metric(address: SocketAddr, family: &str) -> f64 {
    let text = eventually("it tells of itself", async || get(address, "/metrics").await).await.body;
    let series = text.lines().filter(|line| line.split(['{', ' ']).next() == Some(family));
    series.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

fn monitor(site: Site<'_>) -> String {
    format!("{}.example:10365", site.name)
}

/// The shipped file with this site's addresses, and once a second where it says once a minute.
fn hastened(file: &str, site: Site<'_>) -> String {
    let mut text = std::fs::read_to_string(shipped(file)).expect("a file that is shipped");
    let mut replace = |from: &str, to: &str| {
        assert!(text.contains(from), "{file} has no {from} any more");
        text = text.replace(from, to);
    };
    replace("scrape_interval: 60s", "scrape_interval: 1s");
    replace("\"127.0.0.1:10365\"", &format!("\"{}\"", site.reachwatch));
    if file.ends_with("/agent.yaml") {
        replace("https://metrics.example.com", &format!("http://{}", site.receiver));
        replace("max_backoff: 30s", "max_backoff: 1s");
    }
    text
}
