//! A loopback internet for tests and for trying the product by hand.
//!
//! [`World::start`] brings up, on free ports of 127.0.0.0/8 only:
//!
//! ```text
//!  DNS (UDP and TCP) ── every name of the allowlist → its own 127.0.0.x
//!  origins           ── per name one HTTPS and one HTTP listener, h2 and HTTP/1.1 really spoken
//!  CRL hosts         ── really signed lists of the world's own authority
//!  an HTTP proxy     ── CONNECT and absolute-form, in the clear and behind TLS; names resolve at the proxy
//!  a SOCKS server    ── SOCKS4, 4A and 5 on one port
//! ```
//!
//! The certificates are made anew for every world. Faults are switched while it runs, per host with [`Faults`] and
//! for the proxies with [`Proxy`] and [`Socks`]; what was asked of whom is recorded. Everything stops when the [`World`] is dropped.

mod certs;
mod config;
mod crl;
mod dns;
mod door;
mod fault;
mod host;
mod ocsp;
mod origin;
mod proxy;
mod shipped;
mod socks;
mod wire;
mod world;

pub use certs::{Authority, CertificateError, CertificateKind, Leaf};
pub use config::ConfigOptions;
pub use dns::Query;
pub use fault::{
    BadFault, CrlFault, DnsFault, Fault, HostFaults, HttpFault, Met, OcspFault, ProxyFault, Reply, SocksFault, Subject,
    TcpFault, TlsFault, WORDS, Word,
};
pub use host::{Faults, SetFaultError, UnknownHost};
pub use proxy::{PROXY_HOST, Proxy};
pub use shipped::{
    CONTROL_BODY, CONTROL_HOST, CONTROL_PATH, ENTRIES, Entry, INTERMEDIATE_PATH, ISSUING_CRL_PATH, OCSP_HOST, PKI_HOST,
    ROOT_CRL_PATH, ROOT_PATH, Scheme, TRAP_HOST,
};
pub use socks::{Socks, SocksRequest};
pub use wire::Head;
pub use world::{StartError, World, WorldBuilder};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic elsewhere: what the world keeps under locks is whole after every single write.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
