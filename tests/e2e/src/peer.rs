//! A peer process that a test started: a daemon in the foreground, ended by its own id with its owner.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, Command};

use crate::wait::eventually;

/// How many ports are tried before something else must be wrong.
const TRIES: usize = 5;

/// A running daemon.
#[derive(Debug)]
pub(crate) struct Peer {
    _child: Child,
    pub(crate) address: SocketAddr,
}

impl Peer {
    /// Starts a daemon on a port that is free, and waits until it is `ready`. Daemons cannot be told port 0, so somebody
    /// else may take the port meanwhile; then the daemon ends, and another port is tried.
    pub(crate) async fn start(
        name: &str,
        log: &Path,
        mut command: impl FnMut(SocketAddr) -> Command,
        ready: impl Fn() -> bool,
    ) -> Self {
        for _ in 0..TRIES {
            let address = free_address();
            let mut command = command(address);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
            let mut child = command.spawn().unwrap_or_else(|error| {
                panic!("{name} does not start ({error}); tests/run installs what the tests need")
            });
            let up = eventually(name, async || match child.try_wait().expect("a child of ours") {
                Some(_) => Some(false),
                None => ready().then_some(true),
            });
            if up.await {
                return Self { _child: child, address };
            }
        }
        let log = std::fs::read_to_string(log).unwrap_or_default();
        panic!("{name} ended {TRIES} times; its log: {log}");
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("a bound address")
}
