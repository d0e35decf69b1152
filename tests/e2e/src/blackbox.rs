//! Debian's blackbox_exporter, whose families ours are compared with.

use std::net::SocketAddr;
use std::path::Path;

use tokio::process::Command;

use crate::folder::Folder;
use crate::peer::Peer;

/// A running blackbox_exporter with one module, `origin`.
#[derive(Debug)]
pub struct Blackbox {
    peer: Peer,
}

impl Blackbox {
    /// Starts one that believes an authority's certificates for this name, whatever address they are asked for at.
    pub async fn start(authority: &Path, name: &str) -> Self {
        let config = format!(
            "modules:\n  origin:\n    prober: http\n    timeout: 5s\n    http:\n      preferred_ip_protocol: ip4\n\
             \x20     headers: {{Host: {name}}}\n      tls_config: {{ca_file: '{}', server_name: {name}}}\n",
            authority.display()
        );
        let command = |folder: &Folder, address: SocketAddr| {
            let mut command = Command::new("prometheus-blackbox-exporter");
            command.arg(format!("--config.file={}", folder.write("blackbox.yml", &config).display()));
            command.arg(format!("--web.listen-address={address}"));
            command
        };
        Self { peer: Peer::start("prometheus-blackbox-exporter", Folder::new(), command).await }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.peer.address()
    }
}
