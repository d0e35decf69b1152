//! The hosts of a world: where each listens, what is wrong with it, and what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::door::{Door, Mode};
use crate::fault::{Fault, HostFaults, Met, Reply, TcpFault};
use crate::locked;
use crate::shipped::Scheme;
use crate::wire::Head;

/// So many requests are kept per host; the count goes on beyond.
const KEPT_REQUESTS: usize = 256;

/// One name with its two listeners.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) ip: Ipv4Addr,
    https: Door,
    http: Door,
    faults: Mutex<HostFaults>,
    connections: AtomicU64,
    served: AtomicU64,
    /// How many of them met what.
    met: Mutex<Vec<(Met, u64)>>,
    requests: Mutex<VecDeque<Head>>,
    /// What it answers at some paths instead of its usual answer.
    pages: Mutex<BTreeMap<String, Reply>>,
}

impl Host {
    /// `port` tells the port of each of the two listeners; 0 stands for a free one.
    pub(crate) fn open(name: &str, ip: Ipv4Addr, port: impl Fn(Scheme) -> u16) -> io::Result<Self> {
        let door = |scheme| Door::open(SocketAddr::from((ip, port(scheme))));
        Ok(Self {
            name: name.to_owned(),
            ip,
            https: door(Scheme::Https)?,
            http: door(Scheme::Http)?,
            faults: Mutex::default(),
            connections: AtomicU64::new(0),
            served: AtomicU64::new(0),
            met: Mutex::default(),
            requests: Mutex::default(),
            pages: Mutex::default(),
        })
    }

    pub(crate) fn door(&self, scheme: Scheme) -> &Door {
        match scheme {
            Scheme::Https => &self.https,
            Scheme::Http => &self.http,
        }
    }

    pub(crate) fn address(&self, scheme: Scheme) -> SocketAddr {
        self.door(scheme).address()
    }

    pub(crate) fn faults(&self) -> HostFaults {
        locked(&self.faults).clone()
    }

    pub(crate) fn count_connection(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn record(&self, request: Head, met: Met) {
        self.served.fetch_add(1, Ordering::Relaxed);
        let mut counts = locked(&self.met);
        match counts.iter_mut().find(|(known, _)| *known == met) {
            Some((_, count)) => *count += 1,
            None => counts.push((met, 1)),
        }
        drop(counts);
        let mut requests = locked(&self.requests);
        if requests.len() == KEPT_REQUESTS {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    /// What it has at a path.
    pub(crate) fn page(&self, path: &str) -> Option<Reply> {
        locked(&self.pages).get(path).cloned()
    }

    fn change(&self, change: impl FnOnce(&mut HostFaults)) -> io::Result<()> {
        let mut faults = locked(&self.faults);
        change(&mut faults);
        let mode = match faults.tcp {
            Some(TcpFault::Refuse) => Mode::Refuse,
            Some(TcpFault::Drop) => Mode::Drop,
            _ => Mode::Open,
        };
        self.https.set(mode)?;
        self.http.set(mode)
    }
}

/// All hosts by name, and who else has to know them.
pub(crate) type Hosts = Arc<BTreeMap<String, Arc<Host>>>;

/// The listener that a proxy is to reach for a name (or a host's own address) and port: only what the world knows, so that
/// nothing ever leaves the machine. Ports 443 and 80 and the ports in the world's URLs lead to its hosts.
pub(crate) fn locate(hosts: &Hosts, name: &str, port: u16) -> Option<SocketAddr> {
    let by_address = || hosts.values().find(|host| name.parse() == Ok(host.ip));
    let host = hosts.get(name).or_else(by_address)?;
    [Scheme::Https, Scheme::Http].into_iter().find_map(|scheme| {
        let address = host.address(scheme);
        [scheme.default_port(), address.port()].contains(&port).then_some(address)
    })
}

/// The name is not one of the world's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the world has no host `{0}`")]
pub struct UnknownHost(pub String);

/// A fault could not be set.
#[derive(Debug, thiserror::Error)]
pub enum SetFaultError {
    /// The name is not one of the world's.
    #[error(transparent)]
    UnknownHost(#[from] UnknownHost),
    /// The listener could not be brought into the other mode.
    #[error("switching the listeners of {host}")]
    Switch {
        /// The host.
        host: String,
        /// What the system said.
        source: io::Error,
    },
}

/// A handle to what is wrong with the hosts, and to what they were asked. Changes apply at once: to the next name
/// query, connection, handshake and request.
#[derive(Debug, Clone)]
pub struct Faults {
    hosts: Hosts,
}

impl Faults {
    pub(crate) fn new(hosts: Hosts) -> Self {
        Self { hosts }
    }

    /// Every host's name.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.keys().map(String::as_str)
    }

    /// Sets the fault of its layer; the host's faults of other layers stay.
    pub fn set(&self, host: &str, fault: impl Into<Fault>) -> Result<(), SetFaultError> {
        let fault = fault.into();
        self.change(host, |faults| faults.set(fault))
    }

    /// Sets things right for the host, on every layer.
    pub fn clear(&self, host: &str) -> Result<(), SetFaultError> {
        self.change(host, |faults| *faults = HostFaults::default())
    }

    /// Sets things right for all hosts.
    pub fn clear_all(&self) -> Result<(), SetFaultError> {
        self.hosts.keys().try_for_each(|host| self.clear(host))
    }

    /// Has the host answer so at a path, whatever stands behind it in the query.
    pub fn publish(&self, host: &str, path: &str, reply: Reply) -> Result<(), UnknownHost> {
        locked(&self.host(host)?.pages).insert(path.to_owned(), reply);
        Ok(())
    }

    /// What is wrong with the host.
    pub fn get(&self, host: &str) -> Result<HostFaults, UnknownHost> {
        Ok(self.host(host)?.faults())
    }

    /// How many requests the host has read, over both schemes.
    pub fn served(&self, host: &str) -> Result<u64, UnknownHost> {
        Ok(self.host(host)?.served.load(Ordering::Relaxed))
    }

    /// How many of those requests met what.
    pub fn met(&self, host: &str) -> Result<Vec<(Met, u64)>, UnknownHost> {
        Ok(locked(&self.host(host)?.met).clone())
    }

    /// How many connections the host has accepted, over both schemes.
    pub fn connections(&self, host: &str) -> Result<u64, UnknownHost> {
        Ok(self.host(host)?.connections.load(Ordering::Relaxed))
    }

    /// The newest requests that the host has read, oldest first.
    pub fn requests(&self, host: &str) -> Result<Vec<Head>, UnknownHost> {
        Ok(locked(&self.host(host)?.requests).iter().cloned().collect())
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut HostFaults)) -> Result<(), SetFaultError> {
        let host = self.host(name)?;
        host.change(change).map_err(|source| SetFaultError::Switch { host: host.name.clone(), source })
    }

    fn host(&self, name: &str) -> Result<&Arc<Host>, UnknownHost> {
        self.hosts.get(&name.to_ascii_lowercase()).ok_or_else(|| UnknownHost(name.to_owned()))
    }
}
