//! Debian's Prometheus, with the rules that are shipped.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::process::Command;

use crate::folder::Folder;
use crate::http::get;
use crate::peer::Peer;
use crate::wait::eventually;

/// A running Prometheus that scrapes once a second.
#[derive(Debug)]
pub struct Prometheus {
    peer: Peer,
}

/// What a Prometheus is to do.
#[derive(Debug, Default)]
pub struct PrometheusOptions<'a> {
    /// Whom it scrapes as job `reachwatch`.
    pub targets: &'a [SocketAddr],
    /// The rules that it evaluates once a second.
    pub rules: &'a [PathBuf],
    /// Whether others may push to it.
    pub receives: bool,
    /// Whom it tells of alerts.
    pub alertmanager: Option<SocketAddr>,
}

impl Prometheus {
    /// Starts one.
    pub async fn start(options: &PrometheusOptions<'_>) -> Self {
        let folder = Folder::new();
        let config = folder.write("prometheus.yaml", &config(options));
        let command = |folder: &Folder, address: SocketAddr| {
            let mut command = Command::new("prometheus");
            command.arg(format!("--config.file={}", config.display()));
            command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
            command.arg(format!("--web.listen-address={address}")).arg("--log.level=warn");
            if options.receives {
                command.arg("--web.enable-remote-write-receiver");
            }
            command
        };
        let peer = Peer::start("prometheus", folder, command).await;
        let prometheus = Self { peer };
        eventually("prometheus is ready", async || {
            get(prometheus.address(), "/-/ready").await.filter(|answer| answer.status == 200)
        })
        .await;
        prometheus
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.peer.address()
    }

    /// The series of an instant query, as its API has them; panics with what it says of a query that is none.
    pub async fn query(&self, query: &str) -> Vec<Value> {
        let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
        let answer = get(self.address(), &format!("/api/v1/query?query={query}")).await.expect("prometheus answers");
        let document = answer.json();
        assert_eq!(document["status"], "success", "{document}");
        match document["data"]["resultType"].as_str() {
            Some("vector") => document["data"]["result"].as_array().expect("a list").clone(),
            _ => vec![document["data"]["result"].clone()],
        }
    }

    /// Waits until a query gives as many series.
    pub async fn has(&self, query: &str, series: usize) {
        eventually(query, async || (self.query(query).await.len() == series).then_some(())).await;
    }

    /// Waits until the rules have been evaluated so many times more.
    pub async fn evaluates(&self, times: u32) {
        let iterations = async || {
            let groups = get(self.address(), "/metrics").await.expect("prometheus answers").body;
            let counts = groups.lines().filter(|line| line.starts_with("prometheus_rule_group_iterations_total{"));
            counts.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).reduce(f64::min)
        };
        let before = iterations().await.expect("a group of rules");
        let enough = before + f64::from(times);
        eventually("rules are evaluated", async || iterations().await.filter(|now| *now >= enough)).await;
    }

    /// The alerts that are pending or firing, each as `name labels state`.
    pub async fn alerts(&self) -> Vec<Value> {
        let document = get(self.address(), "/api/v1/alerts").await.expect("prometheus answers").json();
        document["data"]["alerts"].as_array().expect("a list").clone()
    }
}

fn config(options: &PrometheusOptions<'_>) -> String {
    let quoted =
        |addresses: &[SocketAddr]| -> Vec<String> { addresses.iter().map(|address| format!("'{address}'")).collect() };
    let mut text = "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n".to_owned();
    let rules: Vec<_> = options.rules.iter().map(|file| format!("'{}'", file.display())).collect();
    let _infallible = writeln!(text, "rule_files: [{}]", rules.join(", "));
    if let Some(alertmanager) = options.alertmanager {
        let _infallible =
            writeln!(text, "alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{alertmanager}']}}]}}]}}");
    }
    let _infallible = writeln!(
        text,
        "scrape_configs: [{{job_name: reachwatch, static_configs: [{{targets: [{}]}}]}}]",
        quoted(options.targets).join(", ")
    );
    text
}

/// A file under `deploy/`.
pub fn shipped(file: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy")).join(file)
}

/// How many times faster time goes for rules and notifications in tests, as probes do: once a second, not once a minute.
const HASTE: u64 = 30;

/// A shipped file of rules or routes whose waits are shorter: what stands behind `for`, `keep_firing_for`, `group_wait` and
/// `group_interval`.
pub fn hurried(file: &str, folder: &Folder) -> PathBuf {
    const WAITS: [&str; 4] = ["for", "keep_firing_for", "group_wait", "group_interval"];
    let text = std::fs::read_to_string(shipped(file)).expect("a file that is shipped");
    let lines = text.lines().map(|line| match line.split_once(": ") {
        Some((key, wait)) if WAITS.contains(&key.trim()) => format!("{key}: {}ms", (seconds(wait) * 1000) / HASTE),
        _ => line.to_owned(),
    });
    let lines: Vec<_> = lines.collect();
    folder.write(file.rsplit('/').next().expect("a name"), &lines.join("\n"))
}

fn seconds(wait: &str) -> u64 {
    let (number, unit) = wait.split_at(wait.len() - 1);
    let number: u64 = number.parse().expect("a number");
    let unit = match unit {
        "s" => Duration::from_secs(1),
        "m" => Duration::from_mins(1),
        "h" => Duration::from_hours(1),
        "d" => Duration::from_hours(24),
        _ => panic!("{wait} is no duration"),
    };
    number * unit.as_secs()
}
