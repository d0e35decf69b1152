//! What a contender is given to do.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use url::form_urlencoded::byte_serialize;

use crate::peers::{ORIGIN_NAME, Origin};

/// What is probed, on which way, and how often.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    /// Where the origin listens.
    pub(crate) origin: SocketAddr,
    /// The root that its chain ends at, PEM.
    pub(crate) root: PathBuf,
    /// A proxy to go through.
    pub(crate) proxy: Option<SocketAddr>,
    /// How often.
    pub(crate) pace: Pace,
    /// The time that a probe has.
    pub(crate) timeout: Duration,
}

/// How often targets are probed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// So many targets, each once an interval, evenly spread.
    Even {
        /// How many.
        targets: u32,
        /// The interval.
        every: Duration,
    },
    /// So many probes at a time, always.
    Full {
        /// How many.
        at_once: u32,
    },
    /// So many targets, all at the same time.
    Together {
        /// How many.
        targets: u32,
    },
}

/// The targets of a contender that is to have more to do than it can.
const PLENTY: u32 = 4000;
/// The shortest interval that there is: how often those are due.
const OFTEN: Duration = Duration::from_secs(1);
/// The time that blackbox_exporter has for a probe at least.
const PATIENCE: Duration = Duration::from_secs(10);
/// The interval of targets that are probed once while somebody looks.
const SELDOM: Duration = Duration::from_secs(120);

impl Task {
    /// Straight to an origin.
    pub(crate) fn direct(origin: &Origin, pace: Pace) -> Self {
        let timeout = match pace {
            Pace::Even { every, .. } => every * 9 / 10,
            Pace::Full { .. } | Pace::Together { .. } => OFTEN * 9 / 10,
        };
        Self { origin: origin.address(), root: origin.root().to_owned(), proxy: None, pace, timeout }
    }

    /// The same, through a proxy.
    pub(crate) fn through(self, proxy: SocketAddr) -> Self {
        Self { proxy: Some(proxy), ..self }
    }

    /// How many targets there are.
    pub(crate) fn targets(&self) -> u32 {
        match self.pace {
            Pace::Even { targets, .. } | Pace::Together { targets } => targets,
            Pace::Full { .. } => PLENTY,
        }
    }

    /// How often each is probed.
    pub(crate) fn interval(&self) -> Duration {
        match self.pace {
            Pace::Even { every, .. } => every,
            Pace::Full { .. } => OFTEN,
            Pace::Together { .. } => SELDOM,
        }
    }

    /// The time between two probes.
    pub(crate) fn gap(&self) -> Duration {
        self.interval() / self.targets().max(1)
    }

    /// The address of a target.
    fn url(&self, number: u32) -> String {
        format!("https://{ORIGIN_NAME}:{}/?{number}", self.origin.port())
    }

    /// The configuration of reachwatch. What blackbox_exporter has no like of is off: no controls, no audit of TLS.
    pub(crate) fn for_reachwatch(&self) -> String {
        let concurrency = match self.pace {
            Pace::Full { at_once } => at_once,
            Pace::Even { .. } | Pace::Together { .. } => 2000,
        };
        let (paths, path) = match self.proxy {
            Some(proxy) => (format!("{{squid: \"http://{proxy}\"}}"), "squid"),
            None => ("{}".to_owned(), "direct"),
        };
        let mut yaml = format!(
            "site: bench\ninterval: {}ms\ntimeout: {}ms\nconcurrency: {concurrency}\ncontrols: []\n\
             audit: {{enabled: false}}\ntls: {{extra_roots: [{}]}}\ndns: {{private_answers: allowed}}\n\
             paths: {paths}\ndefault_paths: [{path}]\nendpoints:\n",
            self.interval().as_millis(),
            self.timeout.as_millis(),
            self.root.display(),
        );
        for number in 0..self.targets() {
            let _infallible = writeln!(yaml, "  - {{name: origin-{number}, url: \"{}\"}}", self.url(number));
        }
        yaml
    }

    /// The configuration of blackbox_exporter. It is given time beyond an interval: what waits at its start would time out, and
    /// what times out would cost as much as what does not, for ever. The root comes by `SSL_CERT_FILE`: with `ca_file` it reads it for every probe.
    pub(crate) fn for_blackbox(&self) -> String {
        let proxy = self.proxy.map(|proxy| format!(", proxy_url: \"http://{proxy}\"")).unwrap_or_default();
        format!(
            "modules:\n  way: {{prober: http, timeout: {}ms, http: {{preferred_ip_protocol: ip4{proxy}}}}}\n",
            self.timeout.max(PATIENCE).as_millis()
        )
    }

    /// What blackbox_exporter is asked for to probe a target.
    pub(crate) fn blackbox_path(&self, number: u32) -> String {
        let target: String = byte_serialize(self.url(number).as_bytes()).collect();
        format!("/probe?module=way&target={target}")
    }

    /// The arguments of the bare loop.
    pub(crate) fn for_bare(&self) -> Vec<String> {
        let mut arguments = vec!["loop".to_owned(), format!("--root={}", self.root.display())];
        arguments.extend([format!("--origin={}", self.origin), format!("--name={ORIGIN_NAME}")]);
        match self.pace {
            Pace::Full { at_once } => arguments.push(format!("--at-once={at_once}")),
            Pace::Even { .. } | Pace::Together { .. } => {
                arguments.push(format!("--gap-micros={}", self.gap().as_micros()));
            }
        }
        arguments.extend(self.proxy.map(|proxy| format!("--proxy={proxy}")));
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(pace: Pace) -> Task {
        let (origin, root) = ("127.0.0.1:8443".parse().unwrap(), PathBuf::from("/tmp/root.pem"));
        Task { origin, root, proxy: None, pace, timeout: Duration::from_millis(900) }
    }

    #[test]
    fn every_contender_is_given_the_same() {
        let even =
            task(Pace::Even { targets: 2, every: Duration::from_secs(1) }).through("127.0.0.1:3128".parse().unwrap());
        let yaml = even.for_reachwatch();
        assert!(
            yaml.contains("interval: 1000ms\ntimeout: 900ms\n") && yaml.contains("squid: \"http://127.0.0.1:3128\"")
        );
        assert!(yaml.ends_with("{name: origin-1, url: \"https://origin.bench.example:8443/?1\"}\n"));
        assert!(
            even.for_blackbox().contains("timeout: 10000ms") && even.for_blackbox().contains("http://127.0.0.1:3128")
        );
        let path = even.blackbox_path(1);
        assert_eq!(path, "/probe?module=way&target=https%3A%2F%2Forigin.bench.example%3A8443%2F%3F1");
        let arguments = even.for_bare().join(" ");
        assert!(arguments.ends_with("--gap-micros=500000 --proxy=127.0.0.1:3128"), "{arguments}");
    }

    #[test]
    fn a_full_pace_never_runs_out_of_targets() {
        let full = task(Pace::Full { at_once: 16 });
        assert!(full.for_reachwatch().contains("concurrency: 16\n"));
        assert!(full.for_bare().contains(&"--at-once=16".to_owned()));
        assert_eq!(full.for_reachwatch().matches("url:").count(), 4000);
    }
}
