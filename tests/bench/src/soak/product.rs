//! The product as it runs through a soak: its process, what it says of itself, and what it logs.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::site::Site;
use crate::exposition::values;
use crate::wait::until;

/// A running reachwatch; ended on drop.
#[derive(Debug)]
pub(super) struct Product {
    child: Child,
    pub(super) address: SocketAddr,
    log: PathBuf,
}

/// What the process said of itself at one time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Resident memory in MiB, and that part of it that no file holds.
    pub(super) memory: f64,
    pub(super) heap: f64,
    /// Open file descriptors.
    pub(super) files: f64,
    pub(super) threads: f64,
    pub(super) tasks: f64,
    /// The history on the disk, in MiB.
    pub(super) history: f64,
}

const MEBI: f64 = 1_048_576.0;

impl Product {
    /// Starts it, and returns once it serves.
    pub(super) async fn start(binary: &Path, config: &Path, site: &Site) -> Result<Self, Box<dyn std::error::Error>> {
        let log = site.world.dir().join("log");
        let mut command = Command::new(binary);
        command.arg("run").arg("--config").arg(config).arg("--data-dir").arg(site.data());
        command.args(["--listen", "127.0.0.1:0", "--log-format", "json"]).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let child = command.spawn().map_err(|error| format!("{}: {error}", binary.display()))?;
        let mut product = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), log };
        product.address = until("it serves", async || product.listening()).await?;
        Ok(product)
    }

    fn events(&self) -> Vec<Value> {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    fn listening(&self) -> Option<SocketAddr> {
        let events = self.events();
        let event = events.iter().find(|event| event.get("message").is_some_and(|said| said == "listening"))?;
        event.get("address")?.as_str()?.parse().ok()
    }

    /// What it logged as an error: nothing that happens to the world is one of its own.
    pub(super) fn errors(&self) -> Vec<String> {
        let events = self.events().into_iter();
        events.filter(|event| event.get("level").is_some_and(|level| level == "ERROR")).map(|e| e.to_string()).collect()
    }

    /// What it answers at a path.
    pub(super) async fn get(&self, path: &str) -> Result<String, Box<dyn std::error::Error>> {
        let answer = e2e::get(self.address, path).await.ok_or_else(|| format!("no answer on {path}"))?;
        if answer.status == 200 { Ok(answer.body) } else { Err(format!("{} on {path}", answer.status).into()) }
    }

    /// What the process says of itself.
    pub(super) fn look(&self, exposition: &str) -> Result<Look, Box<dyn std::error::Error>> {
        let one = |family: &str| values(exposition, family).next().ok_or_else(|| format!("no {family}"));
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let heap: f64 = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:")?.trim().strip_suffix(" kB")?.parse().ok())
            .ok_or("no RssAnon in /proc/PID/status")?;
        Ok(Look {
            memory: one("process_resident_memory_bytes")? / MEBI,
            heap: heap / 1024.0,
            files: one("process_open_fds")?,
            threads: one("process_threads")?,
            tasks: one("reachwatch_monitor_tasks")?,
            history: one("reachwatch_history_size_bytes")? / MEBI,
        })
    }

    /// Asks it to stop, as a service manager does, and waits until it has.
    pub(super) async fn end(&mut self) -> Result<ExitStatus, Box<dyn std::error::Error>> {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).ok_or("no process id")?;
        kill_process(id, Signal::TERM)?;
        Ok(until("its end", async || self.child.try_wait().ok().flatten()).await?)
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}
