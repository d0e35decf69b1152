//! The origin and the proxy: Debian's nginx and squid on loopback, and a certificate made for this run.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use e2e::{Folder, Nginx, Offer, Squid, SquidRules};
use testnet::{CertificateKind, World};

use crate::bare::Loop;

/// The name in the origin's certificate.
pub(crate) const ORIGIN_NAME: &str = "origin.bench.example";

/// Everything that contenders talk to.
#[derive(Debug)]
pub(crate) struct Peers {
    world: World,
    nginx: Nginx,
    squid: Squid,
    folder: Folder,
}

impl Peers {
    /// Starts both.
    pub(crate) async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let world = World::start().await?;
        let leaf = world.authority().leaf(ORIGIN_NAME, &CertificateKind::Good)?;
        let nginx = Nginx::start(&leaf, Offer::Http1).await;
        let names: [(&str, IpAddr); 1] = [(ORIGIN_NAME, nginx.address().ip())];
        let squid = Squid::start(SquidRules::Allow, &names).await;
        Ok(Self { world, nginx, squid, folder: Folder::new() })
    }

    /// A folder of this run.
    pub(crate) fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// The root that the origin's chain ends at.
    pub(crate) fn root_file(&self) -> PathBuf {
        self.world.root_file()
    }

    /// Where the origin listens.
    pub(crate) fn origin(&self) -> SocketAddr {
        self.nginx.address()
    }

    /// Where the proxy listens.
    pub(crate) fn proxy(&self) -> SocketAddr {
        self.squid.address()
    }

    /// How many requests the origin has served so far, by its own count (nginx's stub_status).
    pub(crate) async fn served(&self) -> Result<u64, Box<dyn std::error::Error>> {
        let asking = Loop::direct(self.origin(), ORIGIN_NAME, self.root_file());
        let page = asking.client()?.fetch("/status").await?;
        // "server accepts handled requests\n 12 12 12 \n": the third number.
        let counts = page.lines().skip_while(|line| !line.starts_with("server accepts")).nth(1).unwrap_or_default();
        let requests = counts.split_whitespace().nth(2).and_then(|count| count.parse().ok());
        Ok(requests.ok_or_else(|| io::Error::other(format!("no counts in nginx's status: {page:?}")))?)
    }
}
