//! The world as a whole: started together, stopped together.

use std::fs::{self, DirBuilder};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use time::OffsetDateTime;
use tokio::task::JoinSet;

use crate::certs::{Authority, CertificateError};
use crate::config::{ConfigOptions, Places};
use crate::dns::{Dns, Query};
use crate::host::{Faults, Host, Hosts, UnknownHost};
use crate::origin::{self, Shared, TlsSettings};
use crate::proxy::Proxy;
use crate::shipped::{self, OCSP_HOST, PKI_HOST, Scheme, TRAP_HOST};
use crate::socks::Socks;

/// The world did not come up.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A listener or a file.
    #[error("starting {what}")]
    Io {
        /// Which.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// A certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// More hosts than there are addresses for them.
    #[error("too many hosts for one network: {0}")]
    TooManyHosts(usize),
}

fn starting(what: impl Into<String>) -> impl FnOnce(io::Error) -> StartError {
    let what = what.into();
    |source| StartError::Io { what, source }
}

/// A loopback internet; it ends when this is dropped.
#[derive(Debug)]
pub struct World {
    authority: Arc<Authority>,
    hosts: Hosts,
    dns: Dns,
    proxy: Proxy,
    socks: Socks,
    dir: RunDir,
    _serving: JoinSet<()>,
}

/// What a world is to hold beyond the shipped names.
#[derive(Debug, Clone, Default)]
pub struct WorldBuilder {
    hosts: Vec<String>,
    network: Option<Ipv4Addr>,
    revocation: bool,
}

impl WorldBuilder {
    /// One more host, with origins and addresses as the others have them.
    pub fn with_host(mut self, name: &str) -> Self {
        self.hosts.push(name.to_ascii_lowercase());
        self
    }

    /// Hosts and name server at the ports that the real ones have, at addresses of this /24, all of which have to be the
    /// machine's own: for a network namespace. The proxies stay on loopback.
    pub fn at_real_ports_of(mut self, network: Ipv4Addr) -> Self {
        self.network = Some(network);
        self
    }

    /// Certificates that say where their revocation is told, on ports that only the world's proxies can reach.
    pub fn with_revocation(self) -> Self {
        let revocation = Self { revocation: true, ..self };
        revocation.with_host(OCSP_HOST).with_host(TRAP_HOST)
    }

    /// Brings everything up, on ports of loopback that are free unless told otherwise.
    pub async fn start(self) -> Result<World, StartError> {
        let authority = Arc::new(Authority::new(wall_time(), self.revocation)?);
        let hosts = open_hosts(self.hosts, self.network)?;
        let name_server = match self.network {
            Some(network) => (at(network, NAME_SERVER), 53),
            None => (Ipv4Addr::LOCALHOST, 0),
        };
        let dns = Dns::start(Arc::clone(&hosts), name_server.into()).await.map_err(starting("the name server"))?;
        let proxy = Proxy::open(Arc::clone(&hosts)).map_err(starting("the proxy"))?;
        let socks = Socks::open(Arc::clone(&hosts)).map_err(starting("the SOCKS server"))?;
        let dir = RunDir::create(&authority).map_err(starting("the directory of the run"))?;
        let mut serving = JoinSet::new();
        serving.spawn(proxy.clone().serve());
        serving.spawn(socks.clone().serve());
        if let Some(pki) = hosts.get(PKI_HOST) {
            let shared = Arc::new(Shared {
                authority: Arc::clone(&authority),
                tls: TlsSettings::new(pki.address(Scheme::Http)),
            });
            serving.spawn(proxy.clone().serve_secure(Arc::clone(&shared)));
            for host in hosts.values() {
                for scheme in [Scheme::Https, Scheme::Http] {
                    serving.spawn(origin::serve(Arc::clone(host), scheme, Arc::clone(&shared)));
                }
            }
        }
        Ok(World { authority, hosts, dns, proxy, socks, dir, _serving: serving })
    }
}

/// Certificates have to be valid when a client looks, and clients look at the real clock.
#[expect(clippy::disallowed_methods, reason = "the one place where a world learns what time it is")]
fn wall_time() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// The first host's address; each has one of its own, so that a fault of one is no other's.
const FIRST_ADDRESS: u8 = 10;
/// On loopback there is room for more than a /24 has.
const LOOPBACK_NETWORKS: u8 = 8;
/// Where the name server is, in a network of its own.
const NAME_SERVER: u8 = 2;

fn at(network: Ipv4Addr, last: u8) -> Ipv4Addr {
    let [a, b, c, _] = network.octets();
    Ipv4Addr::new(a, b, c, last)
}

fn open_hosts(extra: Vec<String>, network: Option<Ipv4Addr>) -> Result<Hosts, StartError> {
    let mut names: Vec<String> = shipped::hosts().into_iter().map(str::to_owned).collect();
    names.extend(extra);
    names.sort_unstable();
    names.dedup();
    let count = names.len();
    let networks = if network.is_some() { 1 } else { LOOPBACK_NETWORKS };
    let addresses = (0..networks).flat_map(|third| (FIRST_ADDRESS..u8::MAX).map(move |last| (third, last)));
    if count > addresses.clone().count() {
        return Err(StartError::TooManyHosts(count));
    }
    let hosts = names.into_iter().zip(addresses).map(|(name, (third, last))| {
        let ip = at(network.unwrap_or(Ipv4Addr::new(127, 0, third, 0)), last);
        let port = |scheme: Scheme| if network.is_some() { scheme.default_port() } else { 0 };
        let host = Host::open(&name, ip, port).map_err(starting(format!("the origin of {name}")))?;
        Ok((name, Arc::new(host)))
    });
    hosts.collect::<Result<_, StartError>>().map(Arc::new)
}

impl World {
    /// A world with the shipped names.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// For a world with more names.
    pub fn builder() -> WorldBuilder {
        WorldBuilder::default()
    }

    /// The faults of the hosts, and what they were asked.
    pub fn faults(&self) -> Faults {
        Faults::new(Arc::clone(&self.hosts))
    }

    /// The HTTP proxy.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// The SOCKS server.
    pub fn socks(&self) -> &Socks {
        &self.socks
    }

    /// The issuers of the world's certificates.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Revokes the certificate of a host, from now on.
    pub fn revoke(&self, host: &str) {
        self.authority.revoke(host);
    }

    /// Where the name server listens, with UDP and TCP.
    pub fn dns_address(&self) -> SocketAddr {
        self.dns.address()
    }

    /// What the name server was asked, oldest first.
    pub fn dns_queries(&self) -> Vec<Query> {
        self.dns.queries()
    }

    /// How often the name server was asked this.
    pub fn dns_asked(&self, query: &Query) -> u64 {
        self.dns.asked(query)
    }

    /// How often it did not answer that.
    pub fn dns_unanswered(&self, query: &Query) -> u64 {
        self.dns.unanswered(query)
    }

    /// Where the host's listener is.
    pub fn address(&self, host: &str, scheme: Scheme) -> Result<SocketAddr, UnknownHost> {
        self.hosts.get(host).map(|host| host.address(scheme)).ok_or_else(|| UnknownHost(host.to_owned()))
    }

    /// The URL of a path on the host, with the port that it really listens on.
    pub fn url(&self, host: &str, scheme: Scheme, path: &str) -> Result<String, UnknownHost> {
        let port = self.address(host, scheme)?.port();
        Ok(format!("{}://{host}:{port}{path}", scheme.as_str()))
    }

    /// The directory of this run, removed with the world.
    pub fn dir(&self) -> &Path {
        &self.dir.path
    }

    /// The file with the root's certificate, PEM.
    pub fn root_file(&self) -> PathBuf {
        self.dir.path.join(ROOT_FILE)
    }

    /// The file with the interceptor's certificate, PEM.
    pub fn interceptor_file(&self) -> PathBuf {
        self.dir.path.join(INTERCEPTOR_FILE)
    }

    /// A reachwatch configuration with all entries, over `direct` and `proxy`.
    pub fn config_yaml(&self) -> String {
        self.config_yaml_with(&ConfigOptions::default())
    }

    /// The same with other settings.
    pub fn config_yaml_with(&self, options: &ConfigOptions) -> String {
        let places = Places {
            hosts: &self.hosts,
            dns: self.dns_address(),
            proxy_url: &self.proxy.url(),
            secure_proxy_url: &self.proxy.secure_url(),
            socks_url: &self.socks.url("socks5h"),
            root: &self.root_file(),
            interceptor: &self.interceptor_file(),
        };
        places.to_yaml(options)
    }
}

const ROOT_FILE: &str = "ca.pem";
const INTERCEPTOR_FILE: &str = "interceptor.pem";

/// A directory that goes away with its owner.
#[derive(Debug)]
struct RunDir {
    path: PathBuf,
}

impl RunDir {
    fn create(authority: &Authority) -> io::Result<Self> {
        static RUNS: AtomicU64 = AtomicU64::new(0);
        let path = loop {
            let run = RUNS.fetch_add(1, Ordering::Relaxed);
            let name = format!("reachwatch-testnet-{}-{run}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => break path,
                // Left behind by a process of the same id.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        };
        let dir = Self { path };
        fs::write(dir.path.join(ROOT_FILE), authority.root_pem())?;
        fs::write(dir.path.join(INTERCEPTOR_FILE), authority.interceptor_pem())?;
        Ok(dir)
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        // Nobody is left to tell; the system's own cleaning gets what remains.
        let _removed = fs::remove_dir_all(&self.path);
    }
}
