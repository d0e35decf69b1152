//! The origins and the proxy: Debian's nginx and squid on loopback, and certificates made for this run.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use e2e::{Folder, Nginx, Offer, Squid, SquidRules};

use crate::bare::{Client, Loop};
use crate::chains::{Chain, Keys};

/// The name in the origins' certificates.
pub(crate) const ORIGIN_NAME: &str = "origin.bench.example";

/// Everything that contenders talk to.
pub(crate) struct Peers {
    p256: Origin,
    rsa: Origin,
    squid: Squid,
    folder: Folder,
}

/// An origin that counts.
pub(crate) struct Origin {
    nginx: Nginx,
    root: PathBuf,
    counting: Client,
    /// How often it was asked for its count.
    asked: AtomicU64,
}

impl Peers {
    /// Starts all of them.
    pub(crate) async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let folder = Folder::new();
        let (p256, rsa) = (Origin::start(Keys::P256, &folder).await?, Origin::start(Keys::Rsa, &folder).await?);
        let names: [(&str, IpAddr); 1] = [(ORIGIN_NAME, Ipv4Addr::LOCALHOST.into())];
        folder.write("hosts", &format!("{} {ORIGIN_NAME}\n127.0.0.1 localhost\n", Ipv4Addr::LOCALHOST));
        let squid = Squid::start(SquidRules::Allow, &names).await;
        Ok(Self { p256, rsa, squid, folder })
    }

    /// A folder of this run.
    pub(crate) fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// A hosts file that knows the origins' name.
    pub(crate) fn hosts_file(&self) -> PathBuf {
        self.folder.path().join("hosts")
    }

    /// The origin whose chain has such keys.
    pub(crate) fn origin(&self, keys: Keys) -> &Origin {
        match keys {
            Keys::P256 => &self.p256,
            Keys::Rsa => &self.rsa,
        }
    }

    /// Where the proxy listens.
    pub(crate) fn proxy(&self) -> SocketAddr {
        self.squid.address()
    }
}

impl Origin {
    async fn start(keys: Keys, folder: &Folder) -> Result<Self, Box<dyn std::error::Error>> {
        let chain = Chain::of(keys, ORIGIN_NAME)?;
        let root = folder.write(&format!("root-{}.pem", keys.label()), &chain.root);
        let nginx = Nginx::start(&chain.leaf, Offer::Http1).await;
        let counting = Loop::direct(nginx.address(), ORIGIN_NAME, root.clone()).client()?;
        Ok(Self { nginx, root, counting, asked: AtomicU64::new(0) })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.nginx.address()
    }

    /// The root that its chain ends at, PEM.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// How many requests it has served, by its own count, but for those that asked for it.
    pub(crate) async fn served(&self) -> io::Result<u64> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let page = self.counting.fetch("/status").await?;
        let served = requests(&page).map(|requests| requests.saturating_sub(asked));
        served.ok_or_else(|| io::Error::other(format!("no counts in nginx's status: {page:?}")))
    }
}

/// The third number of nginx's `stub_status`: "server accepts handled requests\n 12 12 12 \n".
fn requests(status: &str) -> Option<u64> {
    let counts = status.lines().skip_while(|line| !line.starts_with("server accepts")).nth(1)?;
    counts.split_whitespace().nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::requests;

    #[test]
    fn requests_are_counted_and_not_connections() {
        let page = "HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\nActive connections: 2 \nserver accepts handled requests\n \
                    17 16 31 \nReading: 0 Writing: 1 Waiting: 1 \n";
        assert_eq!(requests(page), Some(31));
        assert_eq!(requests("HTTP/1.1 200 OK\r\n\r\nserver accepts handled requests\n"), None);
        assert_eq!(requests("502"), None);
    }
}
