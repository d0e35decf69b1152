//! The real binary: run to its end, or running.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::OnceLock;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use crate::wait::PATIENCE;

/// The binary under test: the one that `REACHWATCH_BIN` names, else the workspace's own, built here and now so that it
/// is never an old one.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os("REACHWATCH_BIN").map_or_else(build, PathBuf::from))
}

fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
    let built = std::process::Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "exporter",
            "--bin",
            "reachwatch",
            "--manifest-path",
            manifest,
        ])
        .status();
    assert!(built.expect("cargo is there").success(), "the binary builds");
    // This test is target/debug/deps/name, the binary target/debug/reachwatch.
    let test = std::env::current_exe().expect("this test has a path");
    let profile = test.ancestors().nth(2).expect("tests are built into a profile's folder");
    profile.join("reachwatch")
}

/// The program with arguments, in a known environment: no proxy, no colour, no configuration of the machine's.
pub fn reachwatch(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    command
}

/// A program that ended.
#[derive(Debug)]
pub struct Finished {
    /// The exit status; none after a signal.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Finished {
    /// Runs the program to its end.
    pub async fn of(arguments: &[&str]) -> Self {
        Self::after(reachwatch(arguments)).await
    }

    /// Runs a command to its end.
    pub async fn after(mut command: Command) -> Self {
        let output = timeout(PATIENCE, command.output()).await.expect("the command ends").expect("the command starts");
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A signal that asks a program for something.
#[derive(Debug, Clone, Copy)]
pub enum Signal {
    /// SIGTERM.
    Term,
    /// SIGINT.
    Int,
    /// SIGKILL, which asks nobody.
    Kill,
    /// SIGHUP.
    Hup,
}

/// The program, serving.
#[derive(Debug)]
pub struct Running {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    address: SocketAddr,
}

impl Running {
    /// Starts `run` with a configuration and returns once it says where it listens.
    pub async fn start(config: &Path) -> Self {
        Self::start_with(config, &[]).await
    }

    /// As [`start`](Self::start), with more options.
    pub async fn start_with(config: &Path, options: &[&str]) -> Self {
        let mut command = reachwatch(&Self::arguments(config));
        command.args(options);
        Self::after(command).await
    }

    /// Starts `run` with its history in a directory.
    pub async fn recording(config: &Path, directory: &Path) -> Self {
        let mut command = reachwatch(&Self::arguments(config));
        command.arg("--data-dir").arg(directory);
        Self::after(command).await
    }

    /// Starts `run` with its history on a disk of its own, so small, which it alone sees (mount_namespaces(7)).
    pub async fn recording_on_a_small_disk(config: &Path, directory: &Path, size: &str) -> Self {
        let mut command = Command::new("unshare");
        let script = format!("mount -t tmpfs -o size={size} tmpfs \"$0\" && exec \"$@\"");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).arg(directory);
        command.arg(binary()).args(Self::arguments(config)).arg("--data-dir").arg(directory);
        command.env_clear().env("PATH", crate::squid::path_with_sbin()).stdin(Stdio::null()).stderr(Stdio::piped());
        command.kill_on_drop(true);
        Self::after(command).await
    }

    fn arguments(config: &Path) -> [&str; 7] {
        let config = config.to_str().expect("a path of text");
        ["run", "--config", config, "--listen", "127.0.0.1:0", "--log-format", "json"]
    }

    /// Starts a command that ends up in `run` with a log of JSON, and returns once it says where it listens.
    pub async fn after(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).spawn().expect("the program starts");
        let stderr = child.stderr.take().expect("its log is piped");
        let mut log = BufReader::new(stderr).lines();
        let event = next_event(&mut log, "listening").await;
        let address = event["address"].as_str().expect("an address").parse().expect("an address");
        Self { child, log, address }
    }

    /// Where it serves.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id; none once it was waited for.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The next log line with a message, skipping others.
    pub async fn event(&mut self, message: &str) -> serde_json::Value {
        next_event(&mut self.log, message).await
    }

    /// Sends a signal.
    pub async fn signal(&self, signal: Signal) {
        let name = match signal {
            Signal::Term => "-TERM",
            Signal::Int => "-INT",
            Signal::Kill => "-KILL",
            Signal::Hup => "-HUP",
        };
        let id = self.child.id().expect("it runs").to_string();
        // The shell's own kill needs no further package.
        let sent = Command::new("sh").args(["-c", "kill \"$0\" \"$1\"", name, &id]).status().await;
        assert!(sent.expect("a shell").success(), "the signal is sent");
    }

    /// Waits for its end.
    pub async fn end(mut self) -> ExitStatus {
        // A pipe that nobody reads would stop it.
        let drained = tokio::spawn(async move { while let Ok(Some(_)) = self.log.next_line().await {} });
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it ends").expect("it is waited for once");
        drained.abort();
        status
    }

    /// Waits for its end, while nobody reads its log.
    pub async fn end_unread(mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait()).await.expect("it ends").expect("it is waited for once")
    }
}

async fn next_event(log: &mut Lines<BufReader<ChildStderr>>, message: &str) -> serde_json::Value {
    let mut seen = Vec::new();
    let found = timeout(PATIENCE, async {
        while let Some(line) = log.next_line().await.expect("a log of text") {
            let event: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            if event["message"] == message {
                return Some(event);
            }
            seen.push(line);
        }
        None
    });
    match found.await {
        Ok(Some(event)) => event,
        Ok(None) => panic!("it ended without {message:?}; its log: {seen:#?}"),
        Err(late) => panic!("no {message:?} within {PATIENCE:?} ({late}); its log: {seen:#?}"),
    }
}
