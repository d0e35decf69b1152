//! Debian's microsocks, a SOCKS5 server without rules.

use std::net::{IpAddr, SocketAddr};

use tokio::process::Command;

use crate::folder::Folder;
use crate::names;
use crate::peer::Peer;

/// A running microsocks that asks for a password.
#[derive(Debug)]
pub struct Microsocks {
    /// The daemon.
    pub peer: Peer,
}

impl Microsocks {
    /// Starts one that knows these names, for those who know the password.
    pub async fn start(names: &[(&str, IpAddr)], user: &str, password: &str) -> Self {
        let folder = Folder::new();
        names::write(&folder, names);
        let start = |folder: &Folder, address: SocketAddr| {
            let mut command = Command::new("microsocks");
            command.arg("-i").arg(address.ip().to_string()).arg("-p").arg(address.port().to_string());
            command.args(["-u", user, "-P", password]);
            names::teach(&mut command, folder);
            command
        };
        Self { peer: Peer::start("microsocks", folder, start).await }
    }
}
