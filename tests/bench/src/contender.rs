//! A contender: a process that probes, pinned to the first core, with a hosts file of its own.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use e2e::eventually;
use rustix::process::{Pid, Signal, kill_process};

use crate::cpu::{self, Stopwatch};
use crate::task::Task;

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// reachwatch itself.
    Product,
    /// Debian's blackbox_exporter.
    Blackbox,
    /// The bare loop of this program.
    Bare,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Product, Self::Blackbox, Self::Bare];

    /// As tables call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Product => "reachwatch",
            Self::Blackbox => "blackbox_exporter",
            Self::Bare => "bare loop",
        }
    }
}

/// A running contender; ended on drop.
#[derive(Debug)]
pub(crate) struct Contender {
    child: Child,
    /// Where it serves, if it does.
    address: Option<SocketAddr>,
}

/// What every contender needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The product.
    pub(crate) binary: &'a Path,
    /// A folder for its files.
    pub(crate) dir: &'a Path,
    /// What stands in for `/etc/hosts`.
    pub(crate) hosts: &'a Path,
    /// What each is started by, in front of its command.
    pub(crate) wrapper: &'a [&'a str],
}

impl<'a> Place<'a> {
    /// Pinned to the first core.
    pub(crate) fn pinned(binary: &'a Path, dir: &'a Path, hosts: &'a Path) -> Self {
        Self { binary, dir, hosts, wrapper: &["taskset", "--cpu-list", "0"] }
    }
}

/// Gives what follows a hosts file of its own and goes on as that (mount_namespaces(7)); no step in between remains.
const AMONG_NAMES: &str = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";

impl Contender {
    /// Starts a contender at a task, and returns once it serves.
    pub(crate) async fn start(kind: Kind, place: Place<'_>, task: &Task) -> io::Result<Self> {
        let log = place.dir.join(format!("log-{}", kind.label()));
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", AMONG_NAMES]).arg(place.hosts);
        command.args(place.wrapper);
        let port = free_port()?;
        match kind {
            Kind::Product => {
                let config = place.dir.join("endpoints.yaml");
                fs::write(&config, task.for_reachwatch())?;
                command.arg(place.binary).arg("run").arg("--config").arg(config);
                command.args(["--listen", "127.0.0.1:0", "--log-format", "json"]);
            }
            Kind::Blackbox => {
                let config = place.dir.join("blackbox.yaml");
                fs::write(&config, task.for_blackbox())?;
                command.arg("prometheus-blackbox-exporter").arg(format!("--config.file={}", config.display()));
                command.arg(format!("--web.listen-address={port}"));
            }
            Kind::Bare => {
                command.arg(std::env::current_exe()?).args(task.for_bare());
            }
        }
        command.env_clear().env("PATH", e2e::path_with_sbin()).env("SSL_CERT_FILE", &task.root);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let mut contender = Self { child: command.spawn()?, address: None };
        contender.address = match kind {
            Kind::Product => Some(eventually("reachwatch serves", async || listening(&log)).await),
            Kind::Blackbox => {
                let healthy = async || e2e::get(port, "/-/healthy").await.filter(|answer| answer.status == 200);
                eventually("blackbox_exporter serves", healthy).await;
                Some(port)
            }
            Kind::Bare => None,
        };
        Ok(contender)
    }

    /// Where it serves.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.address.ok_or_else(|| io::Error::other("the bare loop does not serve"))
    }

    /// Begins to count CPU time. Whatever it was started by has replaced itself, so the process is the contender's.
    pub(crate) fn stopwatch(&self) -> io::Result<Stopwatch> {
        Stopwatch::of(self.child.id())
    }

    /// Resident memory in MiB.
    pub(crate) fn memory(&self) -> io::Result<f64> {
        Ok(cpu::as_f64(cpu::resident_kib(self.child.id())?) / 1024.0)
    }

    /// Ends it as a service manager does, and waits until it has.
    pub(crate) fn end(mut self) -> io::Result<()> {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
        kill_process(id, Signal::TERM)?;
        self.child.wait().map(drop)
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// blackbox_exporter does not say which port it took. Somebody else may take this one meanwhile; then it ends, and so does
/// the run.
fn free_port() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// Where reachwatch says that it listens.
fn listening(log: &Path) -> Option<SocketAddr> {
    let log = fs::read_to_string(log).ok()?;
    let mut events = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let event = events.find(|event| event.get("message").is_some_and(|message| message == "listening"))?;
    event.get("address")?.as_str()?.parse().ok()
}
