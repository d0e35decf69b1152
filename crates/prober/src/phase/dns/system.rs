//! The system's own files: who resolves names (`/etc/resolv.conf`) and what is fixed (`/etc/hosts`).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use hickory_resolver::system_conf;
use rustls::ClientConfig;

use super::NameServers;
use super::search::Search;
use super::server::Server;

/// The most that is read of a file; a hosts file used as a block list can be long.
const MAX_FILE: u64 = 4 * 1024 * 1024;
/// The most name servers taken from the file, as the C library has it (resolv.conf(5), MAXNS).
const MAX_SERVERS: usize = 3;

type Hosts = BTreeMap<String, Vec<IpAddr>>;

/// The two files, read again when they change: laptops and containers move between networks.
#[derive(Debug)]
pub(super) struct SystemFiles {
    resolv_conf: Watched<NameServers>,
    hosts: Watched<Hosts>,
    tls: ClientConfig,
}

impl SystemFiles {
    /// The files at their usual places.
    pub(super) fn new(tls: ClientConfig) -> Self {
        Self::at(Path::new("/etc/resolv.conf"), Path::new("/etc/hosts"), tls)
    }

    fn at(resolv_conf: &Path, hosts: &Path, tls: ClientConfig) -> Self {
        Self { resolv_conf: Watched::new(resolv_conf), hosts: Watched::new(hosts), tls }
    }

    /// The name servers, in their order, and the search list; none where the file cannot be read.
    pub(super) fn name_servers(&self) -> Arc<NameServers> {
        self.resolv_conf.current(|text| parse_resolv_conf(text, &self.tls))
    }

    /// The fixed answers.
    pub(super) fn hosts(&self) -> Arc<Hosts> {
        self.hosts.current(parse_hosts)
    }
}

fn parse_resolv_conf(text: &[u8], tls: &ClientConfig) -> NameServers {
    let Ok((config, options)) = system_conf::parse_resolv_conf(text) else { return NameServers::default() };
    let addresses = config.name_servers().iter().map(|server| SocketAddr::new(server.ip, 53));
    let servers = addresses.take(MAX_SERVERS).map(|address| Server::plain(address, tls));
    let servers = servers
        .filter_map(|server| server.inspect_err(|fault| tracing::warn!(%fault, "name server left out")).ok())
        .collect();
    NameServers { servers, search: Search::new(&config, &options) }
}

/// hosts(5): an address, then its names; `#` starts a comment. Lines that are none of it are passed over.
fn parse_hosts(text: &[u8]) -> Hosts {
    let mut hosts = Hosts::new();
    for line in String::from_utf8_lossy(text).lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
        let Some(Ok(address)) = words.next().map(str::parse::<IpAddr>) else { continue };
        for name in words {
            let addresses = hosts.entry(name.trim_end_matches('.').to_ascii_lowercase()).or_default();
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    hosts
}

/// A file and what was last made of it.
#[derive(Debug)]
struct Watched<T> {
    path: PathBuf,
    last: Mutex<Option<(Option<Stamp>, Arc<T>)>>,
}

/// What changes when a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
}

impl<T> Watched<T> {
    fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), last: Mutex::new(None) }
    }

    /// What the file says now. A file that cannot be read says nothing.
    ///
    /// Looks at a small local file in place: handing that to another thread would cost more than it takes.
    fn current(&self, parse: impl FnOnce(&[u8]) -> T) -> Arc<T> {
        let stamp = self.stamp();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((seen, value)) = &*last
            && *seen == stamp
        {
            return Arc::clone(value);
        }
        let value = Arc::new(parse(&self.read()));
        *last = Some((stamp, Arc::clone(&value)));
        value
    }

    fn stamp(&self) -> Option<Stamp> {
        let metadata = fs::metadata(&self.path).ok()?;
        Some(Stamp { modified: metadata.modified().ok(), length: metadata.len() })
    }

    fn read(&self) -> Vec<u8> {
        let mut text = Vec::new();
        match File::open(&self.path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut text)) {
            Ok(_) => text,
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "cannot read");
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phase::dns::server::tls_config;
    use crate::plan::TlsPlan;

    #[test]
    fn hosts_lines() {
        let hosts = parse_hosts(
            b"127.0.0.1 localhost\n::1\tlocalhost ip6-localhost # comment\n\n# 192.0.2.9 no\nnot-an-address name\n\
              192.0.2.1 Proxy.Example. proxy\n192.0.2.1 proxy\n\xff\xfe",
        );
        let expected: Hosts = [
            ("localhost", vec!["127.0.0.1", "::1"]),
            ("ip6-localhost", vec!["::1"]),
            ("proxy.example", vec!["192.0.2.1"]),
            ("proxy", vec!["192.0.2.1"]),
        ]
        .into_iter()
        .map(|(name, texts)| (name.to_owned(), texts.iter().map(|text| text.parse().unwrap()).collect()))
        .collect();
        assert_eq!(hosts, expected);
    }

    #[test]
    fn files_are_read_again_when_they_change() {
        let folder = std::env::temp_dir().join(format!("prober-system-files-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (resolv_conf, hosts) = (folder.join("resolv.conf"), folder.join("hosts"));
        let files = SystemFiles::at(&resolv_conf, &hosts, tls_config(&TlsPlan::default()).unwrap());
        let labels = || files.name_servers().servers.iter().map(|one| one.label().to_owned()).collect::<Vec<_>>();
        let searched = || files.name_servers().search.names("proxy").unwrap().len() - 1;
        assert!(labels().is_empty() && files.hosts().is_empty(), "there are no files yet");

        fs::write(&resolv_conf, "search example\nnameserver 192.0.2.53\noptions ndots:5\n").unwrap();
        fs::write(&hosts, "192.0.2.1 name\n").unwrap();
        assert_eq!((labels(), searched()), (vec!["192.0.2.53:53".to_owned()], 1));
        assert!(files.hosts().contains_key("name"));
        assert!(Arc::ptr_eq(&files.hosts(), &files.hosts()), "an unchanged file is not read again");

        let four = "nameserver 192.0.2.1\nnameserver 2001:db8::53\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n";
        fs::write(&resolv_conf, four).unwrap();
        assert_eq!(labels(), ["192.0.2.1:53", "[2001:db8::53]:53", "192.0.2.3:53"]);
        assert_eq!(searched(), 0);
        fs::remove_dir_all(&folder).unwrap();
    }
}
