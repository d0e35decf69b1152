//! A SOCKS server: versions 4, 4A and 5 on one port ([RFC 1928](https://www.rfc-editor.org/rfc/rfc1928),
//! [RFC 1929](https://www.rfc-editor.org/rfc/rfc1929)), with the codes that Dante gives.

mod exchange;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::TcpStream;

use crate::door::{Door, Mode};
use crate::fault::SocksFault;
use crate::host::{self, Hosts};
use crate::locked;

/// So many requests are kept.
const KEPT_REQUESTS: usize = 4096;

/// A handle to the SOCKS server: its address, its faults, and what it was asked.
#[derive(Debug, Clone)]
pub struct Socks {
    inner: Arc<Inner>,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocksRequest {
    /// 4 or 5.
    pub version: u8,
    /// Who asks, where the client said so.
    pub user: Option<String>,
    /// The target's name, or its address as text.
    pub host: String,
    /// Whether it came as a name.
    pub by_name: bool,
    /// The target's port.
    pub port: u16,
}

#[derive(Debug)]
struct Inner {
    door: Door,
    hosts: Hosts,
    settings: Mutex<Settings>,
    requests: Mutex<VecDeque<SocksRequest>>,
}

#[derive(Debug, Default)]
struct Settings {
    /// User and password that are asked for.
    credentials: Option<(String, String)>,
    for_all: Option<SocksFault>,
    for_target: BTreeMap<String, SocksFault>,
    mapped: BTreeMap<(String, u16), SocketAddr>,
}

impl Socks {
    pub(crate) fn open(hosts: Hosts) -> io::Result<Self> {
        let inner = Inner {
            door: Door::open((Ipv4Addr::LOCALHOST, 0).into())?,
            hosts,
            settings: Mutex::default(),
            requests: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.inner.door.address()
    }

    /// Its URL with that scheme (`socks4`, `socks4a`, `socks5`, `socks5h`), without credentials.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address())
    }

    /// From now on asks for these; of SOCKS4, which has no password, for the user.
    pub fn require_credentials(&self, username: &str, password: &str) {
        locked(&self.inner.settings).credentials = Some((username.to_owned(), password.to_owned()));
    }

    /// Whatever the target, this happens.
    pub fn set_fault(&self, fault: SocksFault) {
        locked(&self.inner.settings).for_all = Some(fault);
    }

    /// This happens to requests for the host, before what happens to all. What happens before a request is known (to the
    /// greeting) happens to all only.
    pub fn set_fault_for(&self, host: &str, fault: SocksFault) {
        locked(&self.inner.settings).for_target.insert(host.to_ascii_lowercase(), fault);
    }

    /// No faults and no credentials any more, and connections are accepted.
    pub fn clear(&self) -> io::Result<()> {
        let mut settings = locked(&self.inner.settings);
        settings.for_all = None;
        settings.for_target.clear();
        settings.credentials = None;
        self.inner.door.set(Mode::Open)
    }

    /// Connections to the server itself are refused.
    pub fn refuse_connections(&self) -> io::Result<()> {
        self.inner.door.set(Mode::Refuse)
    }

    /// Connections to the server itself are not answered.
    pub fn drop_connections(&self) -> io::Result<()> {
        self.inner.door.set(Mode::Drop)
    }

    /// Sends requests for that host (or address) and port there; the world's own hosts need none of this.
    pub fn map(&self, host: &str, port: u16, to: SocketAddr) {
        locked(&self.inner.settings).mapped.insert((host.to_ascii_lowercase(), port), to);
    }

    /// The newest requests, oldest first, those that were refused among them.
    pub fn requests(&self) -> Vec<SocksRequest> {
        locked(&self.inner.requests).iter().cloned().collect()
    }

    /// Accepts until dropped; the connections end with it.
    pub(crate) async fn serve(self) {
        let accepted = |stream| exchange::serve(stream, Arc::clone(&self.inner));
        self.inner.door.serve(accepted).await;
    }
}

impl Inner {
    fn record(&self, request: SocksRequest) {
        let mut requests = locked(&self.requests);
        if requests.len() == KEPT_REQUESTS {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    fn fault(&self) -> Option<SocksFault> {
        locked(&self.settings).for_all.clone()
    }

    fn fault_for(&self, host: &str) -> Option<SocksFault> {
        let settings = locked(&self.settings);
        settings.for_target.get(host).or(settings.for_all.as_ref()).cloned()
    }

    fn credentials(&self) -> Option<(String, String)> {
        locked(&self.settings).credentials.clone()
    }

    /// Connects to the target, or says by a reply of SOCKS5 why not, as Dante does.
    async fn reach(&self, request: &SocksRequest) -> Result<TcpStream, u8> {
        const GENERAL: u8 = 1;
        const HOST_UNREACHABLE: u8 = 4;
        const REFUSED: u8 = 5;
        let mapped = locked(&self.settings).mapped.get(&(request.host.clone(), request.port)).copied();
        let address = mapped.or_else(|| host::locate(&self.hosts, &request.host, request.port));
        let connected = TcpStream::connect(address.ok_or(HOST_UNREACHABLE)?).await;
        connected.map_err(|error| if error.kind() == io::ErrorKind::ConnectionRefused { REFUSED } else { GENERAL })
    }
}
