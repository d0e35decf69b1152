//! A contender: a process that probes the origin, pinned to the first core.

use std::fmt::Write;
use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::cpu;
use crate::peers::{ORIGIN_NAME, Peers};

/// Who is measured.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// reachwatch itself.
    Product(PathBuf),
    /// The bare loop of this program.
    Bare,
}

/// A running contender; ended on drop.
#[derive(Debug)]
pub(crate) struct Contender(Child);

impl Contender {
    /// Starts a contender at a rate of probes per second.
    pub(crate) fn start(kind: &Kind, peers: &Peers, through_proxy: bool, rate: u32) -> io::Result<Self> {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", "0"]);
        match kind {
            Kind::Product(binary) => {
                let config = peers.dir().join("endpoints.yaml");
                std::fs::write(&config, configuration(peers, through_proxy, rate))?;
                command.arg(binary).arg("run").arg("--config").arg(config).args(["--listen", "127.0.0.1:0"]);
            }
            Kind::Bare => {
                command.arg(std::env::current_exe()?).arg("loop").arg("--root").arg(peers.root_file());
                command.arg("--origin").arg(peers.origin().to_string()).args(["--name", ORIGIN_NAME]);
                command.arg("--rate").arg(rate.to_string());
                if through_proxy {
                    command.arg("--proxy").arg(peers.proxy().to_string());
                }
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(Self)
    }

    /// CPU time used so far. `taskset` replaces itself by the contender, so the process is the contender's.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        cpu::cpu_time(self.0.id())
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// As many endpoints as probes are due each second, each probed every second over one path.
fn configuration(peers: &Peers, through_proxy: bool, rate: u32) -> String {
    let origin = peers.origin();
    let mut yaml = format!(
        "site: bench\ninterval: 1s\ntimeout: 900ms\nconcurrency: 256\ncontrols: []\ntls: {{extra_roots: [{}]}}\n\
         dns: {{hosts: {{{ORIGIN_NAME}: [{}]}}, private_answers: allowed}}\npaths: {{squid: \"http://{}\"}}\n\
         default_paths: [{}]\nendpoints:\n",
        peers.root_file().display(),
        origin.ip(),
        peers.proxy(),
        if through_proxy { "squid" } else { "direct" },
    );
    for number in 0..rate {
        let url = format!("https://{ORIGIN_NAME}:{}/?{number}", origin.port());
        let _infallible = writeln!(yaml, "  - {{name: origin-{number}, url: \"{url}\"}}");
    }
    yaml
}
