//! A peer process that a test started: a daemon in the foreground, ended by its own id with its owner.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Stdio;

use tokio::net::TcpSocket;
use tokio::process::{Child, Command};

use crate::folder::Folder;
use crate::process;
use crate::wait::eventually;

/// How many ports are tried before something else must be wrong.
const TRIES: usize = 5;

/// The file in its folder that a daemon's log is, where it has one.
pub(crate) const LOG: &str = "log";
const STDERR: &str = "stderr";

/// A running daemon.
#[derive(Debug)]
pub struct Peer {
    name: &'static str,
    child: Child,
    address: SocketAddr,
    folder: Folder,
}

/// An address where a daemon was: connections are refused, and nobody else is given the port.
#[derive(Debug)]
pub struct Vacancy {
    _bound: TcpSocket,
}

impl Peer {
    /// Starts a daemon on a port that is free, and waits until it listens. Daemons cannot be told port 0, so somebody
    /// else may take the port meanwhile; then the daemon ends, and another port is tried.
    pub(crate) async fn start(
        name: &'static str,
        folder: Folder,
        mut command: impl FnMut(&Folder, SocketAddr) -> Command,
    ) -> Self {
        for _ in 0..TRIES {
            let address = free_address();
            let mut command = command(&folder, address);
            let stderr = File::create(folder.path().join(STDERR)).expect("a file for the test");
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).kill_on_drop(true);
            let mut child = command.spawn().unwrap_or_else(|error| {
                panic!("{name} does not start ({error}); tests/run installs what the tests need")
            });
            let up = eventually(name, async || match child.try_wait().expect("a child of ours") {
                Some(_) => Some(false),
                None => child.id().is_some_and(|id| process::listens(id, address)).then_some(true),
            });
            if up.await {
                return Self { name, child, address, folder };
            }
        }
        let said = [STDERR, LOG].map(|file| fs::read_to_string(folder.path().join(file)).unwrap_or_default());
        panic!("{name} ended {TRIES} times; it said: {}", said.concat());
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it was started with, and what it writes.
    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Stops it where it stands: the system goes on to accept connections for it, and nobody answers.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Has it read its configuration again.
    pub(crate) fn reload(&self) {
        if let Some(id) = self.child.id() {
            process::signal("-HUP", &[id]);
        }
    }

    /// Ends it at once, and keeps its port.
    pub async fn end(mut self) -> Vacancy {
        self.signal("-KILL");
        self.child.wait().await.expect("a child of ours");
        // Its own children may hold the port for another moment.
        eventually(self.name, async || vacancy(self.address).ok()).await
    }

    fn signal(&self, signal: &str) {
        // None once it was waited for.
        if let Some(id) = self.child.id() {
            process::signal(signal, &process::family(id));
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Its children too: those of some daemons take a while to see that they are alone.
        self.signal("-KILL");
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("a bound address")
}

/// A socket that is bound and does not listen.
pub(crate) fn vacancy(address: SocketAddr) -> io::Result<Vacancy> {
    let socket = TcpSocket::new_v4()?;
    // Connections that have ended do not keep the port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(Vacancy { _bound: socket })
}
