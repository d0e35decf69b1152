//! Debian's nginx as an origin, and as the server of a PAC file.

use std::net::SocketAddr;

use testnet::Leaf;
use tokio::process::Command;

use crate::folder::Folder;
use crate::peer::{LOG, Peer};
use crate::squid::path_with_sbin;

/// Which versions of HTTP an nginx offers by ALPN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// h2 and HTTP/1.1.
    Both,
    /// HTTP/1.1 alone.
    Http1,
}

/// A running nginx that serves one page over TLS, and its own counters at `/status`; or a PAC file.
#[derive(Debug)]
pub struct Nginx {
    /// The daemon.
    pub peer: Peer,
}

impl Nginx {
    /// Starts one with this certificate.
    pub async fn start(leaf: &Leaf, offer: Offer) -> Self {
        let folder = Folder::new();
        folder.write("chain.pem", &leaf.chain_pem);
        folder.write("key.pem", &leaf.key_pem);
        let command = |folder: &Folder, address| command(folder, &over_tls(address, offer, folder));
        Self { peer: Peer::start("nginx", folder, command).await }
    }

    /// Starts one that serves a PAC file at `/proxy.pac`, in the clear.
    pub async fn start_pac(script: &str) -> Self {
        let folder = Folder::new();
        folder.write("proxy.pac", script);
        let command = |folder: &Folder, address| command(folder, &in_the_clear(address, folder));
        Self { peer: Peer::start("nginx", folder, command).await }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.peer.address()
    }
}

fn command(folder: &Folder, server: &str) -> Command {
    let config = folder.write("nginx.conf", &config(server, folder));
    let mut command = Command::new("nginx");
    command.arg("-p").arg(folder.path()).arg("-e").arg(folder.path().join(LOG)).arg("-c").arg(config);
    command.env("PATH", path_with_sbin());
    command
}

fn over_tls(address: SocketAddr, offer: Offer, folder: &Folder) -> String {
    let folder = folder.path().display();
    let http2 = if offer == Offer::Both { " http2" } else { "" };
    format!(
        "    listen {address} ssl{http2};\n\
         \x20   ssl_certificate {folder}/chain.pem;\n    ssl_certificate_key {folder}/key.pem;\n\
         \x20   location / {{ default_type text/plain; return 200 \"from nginx\\n\"; }}\n\
         \x20   location = /forbidden {{ return 403; }}\n    location = /status {{ stub_status; }}\n"
    )
}

fn in_the_clear(address: SocketAddr, folder: &Folder) -> String {
    format!(
        "    listen {address};\n    root {};\n    default_type application/x-ns-proxy-autoconfig;\n\
         \x20   location / {{ return 404; }}\n    location = /proxy.pac {{ }}\n",
        folder.path().display()
    )
}

fn config(server: &str, folder: &Folder) -> String {
    let folder = folder.path().display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("  {kind}_temp_path {folder}/{kind};\n"))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nevents {{ worker_connections 2048; }}\n\
         http {{\n  access_log off;\n{temporary}\
         \x20 server {{\n    server_name _;\n{server}  }}\n}}\n"
    )
}
