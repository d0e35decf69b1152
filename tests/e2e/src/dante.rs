//! Debian's dante-server, a SOCKS server of versions 4 and 5, configured for one test.

use std::net::{IpAddr, SocketAddr};

use tokio::process::Command;

use crate::folder::Folder;
use crate::names;
use crate::peer::{LOG, Peer};
use crate::squid::path_with_sbin;

/// A running danted that asks for no credentials.
#[derive(Debug)]
pub struct Dante {
    /// The daemon.
    pub peer: Peer,
}

impl Dante {
    /// Starts one that knows these names and has a rule that denies one of them.
    pub async fn start(names: &[(&str, IpAddr)], denied: &str) -> Self {
        let folder = Folder::new();
        names::write(&folder, names);
        let start = |folder: &Folder, address| {
            let config = folder.write("danted.conf", &config(address, denied, folder));
            let mut command = Command::new("danted");
            command.arg("-f").arg(config).arg("-p").arg(folder.path().join("danted.pid"));
            command.env("PATH", path_with_sbin());
            names::teach(&mut command, folder);
            command
        };
        Self { peer: Peer::start("danted", folder, start).await }
    }
}

fn config(address: SocketAddr, denied: &str, folder: &Folder) -> String {
    let (folder, ip, port) = (folder.path().display(), address.ip(), address.port());
    format!(
        "logoutput: {folder}/{LOG}\ninternal: {ip} port = {port}\nexternal: {ip}\n\
         clientmethod: none\nsocksmethod: none\n\
         client pass {{\n  from: 0.0.0.0/0 to: 0.0.0.0/0\n}}\n\
         socks block {{\n  from: 0.0.0.0/0 to: {denied}\n}}\n\
         socks pass {{\n  from: 0.0.0.0/0 to: 0.0.0.0/0\n  command: connect\n}}\n"
    )
}
