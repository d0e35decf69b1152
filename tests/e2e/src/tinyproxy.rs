//! Debian's tinyproxy, configured for one test.

use std::net::{IpAddr, SocketAddr};

use tokio::process::Command;

use crate::folder::Folder;
use crate::names;
use crate::peer::{LOG, Peer};

/// A running tinyproxy.
#[derive(Debug)]
pub struct Tinyproxy {
    /// The daemon.
    pub peer: Peer,
}

impl Tinyproxy {
    /// Starts one that knows these names and denies one of them.
    pub async fn start(names: &[(&str, IpAddr)], denied: &str) -> Self {
        let folder = Folder::new();
        names::write(&folder, names);
        // Basic regular expressions.
        folder.write("filter", &format!("^{}$\n", denied.replace('.', "\\.")));
        let start = |folder: &Folder, address| {
            let config = folder.write("tinyproxy.conf", &config(address, folder));
            let mut command = Command::new("tinyproxy");
            command.arg("-d").arg("-c").arg(config);
            names::teach(&mut command, folder);
            command
        };
        Self { peer: Peer::start("tinyproxy", folder, start).await }
    }
}

fn config(address: SocketAddr, folder: &Folder) -> String {
    let folder = folder.path().display();
    format!(
        "Port {}\nListen {}\nTimeout 30\nMaxClients 100\nLogFile \"{folder}/{LOG}\"\nLogLevel Info\n\
         Filter \"{folder}/filter\"\nFilterDefaultDeny No\n",
        address.port(),
        address.ip()
    )
}
