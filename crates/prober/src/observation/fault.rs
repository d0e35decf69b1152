//! What ended a probe early: one type for each phase, each naming the operation and the peer.

use std::io;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::http::Sample;
use super::pac::PacFault;
use super::resolve::ResolveFault;
use super::socks::SocksFailure;
use crate::text::Clean;

/// What ended a probe before its natural end, by phase.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// A PAC file decides nothing.
    #[error(transparent)]
    Pac(PacFault),
    /// The target's name did not resolve.
    #[error(transparent)]
    Resolve(ResolveFault),
    /// No TCP connection to the target.
    #[error(transparent)]
    Connect(ConnectFault),
    /// The proxy could not be reached or did not open the way.
    #[error(transparent)]
    Proxy(ProxyFault),
    /// The TLS handshake with the target did not complete.
    #[error(transparent)]
    Tls(TlsFault),
    /// No complete response.
    #[error(transparent)]
    Http(HttpFault),
    /// The monitor itself could not go on.
    #[error(transparent)]
    Monitor(MonitorFault),
    /// What a certificate names is not to be asked.
    #[error(transparent)]
    Unasked(UnaskedFault),
}

impl Fault {
    /// Drops what only judgement needs (the sample of what is no TLS), so that a kept fault stays small.
    pub fn compact(mut self) -> Self {
        if let Self::Tls(TlsFault { first_bytes: Some(first_bytes), .. }) = &mut self {
            first_bytes.truncate_to_evidence();
        }
        self
    }
}

/// No TCP connection came about.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("cannot connect to {host}:{port}")]
#[serde(deny_unknown_fields)]
pub struct ConnectFault {
    /// The host as named in the URL or the proxy's address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The failure that speaks for all attempts: refused before timeout before unreachable.
    #[source]
    pub failure: ConnectFailure,
    /// Every attempt, in order of its end; a family without a local route is left out.
    #[serde(default)]
    pub attempts: Vec<ConnectAttempt>,
}

/// One failed attempt at one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectAttempt {
    /// The address tried.
    pub address: SocketAddr,
    /// How it failed.
    pub failure: ConnectFailure,
}

/// How a TCP connection attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectFailure {
    /// ICMP unreachable or prohibited, no route.
    #[error("unreachable")]
    Unreachable,
    /// No answer to the SYN.
    #[error("no answer to the SYN")]
    TimedOut,
    /// RST or port unreachable.
    #[error("connection refused")]
    Refused,
}

/// The proxy could not be reached or did not open the way.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("proxy {proxy}")]
#[serde(deny_unknown_fields)]
pub struct ProxyFault {
    /// The proxy as `host:port`.
    pub proxy: String,
    /// How it failed.
    #[source]
    pub failure: ProxyFailure,
}

/// How a proxy failed.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyFailure {
    /// Its own name does not resolve.
    #[error(transparent)]
    Resolve(ResolveFault),
    /// No TCP connection to it.
    #[error(transparent)]
    Connect(ConnectFault),
    /// The TLS handshake with it did not complete.
    #[error(transparent)]
    Tls(TlsFault),
    /// It completed the handshake and did not prove who it is, so that clients turn away; what is wrong stands in the
    /// observation's `proxy_tls`.
    #[error("its certificate does not prove who it is")]
    Unproven,
    /// It accepted the connection and its reply, to CONNECT or in SOCKS, was not complete in time; so many bytes of it
    /// had come.
    #[error("no complete reply in time ({received} bytes came)")]
    ReplyTimeout {
        /// Bytes of a reply that had come.
        received: u64,
    },
    /// It answered CONNECT with another status than 2xx; the answer stands in the observation's `proxy`.
    #[error("refused CONNECT with status {status}")]
    Refused {
        /// The status.
        status: u16,
    },
    /// It closed or reset the connection before its reply was complete.
    #[error("connection lost before the reply was complete")]
    Lost(#[source] IoFault),
    /// Its reply is not HTTP.
    #[error("reply to CONNECT is not HTTP: {0}")]
    NotHttp(Clean),
    /// Its reply's head exceeds 64 KiB.
    #[error("head of the reply to CONNECT is too long")]
    HeadTooLong,
    /// It speaks SOCKS, or should, and did not open the way; what it said stands in the observation's `socks`.
    #[error(transparent)]
    Socks(SocksFailure),
}

/// The TLS handshake with the target did not complete.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("TLS handshake with {host}")]
#[serde(deny_unknown_fields)]
pub struct TlsFault {
    /// The name asked for (SNI).
    pub host: String,
    /// How it failed.
    #[source]
    pub failure: TlsFailure,
    /// Whether any TLS record had come from the peer before: a server that reset after its own hello is no SNI filter.
    #[serde(default)]
    pub answered: bool,
    /// The first 4 KiB at most that the peer sent, as text, where they are no TLS.
    #[serde(default)]
    pub first_bytes: Option<Sample>,
}

/// How a TLS handshake failed.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsFailure {
    /// Reset or closed by the peer.
    #[error("connection lost")]
    Lost(#[source] IoFault),
    /// Not complete in time.
    #[error("not complete in time")]
    TimedOut,
    /// The first bytes are no TLS record.
    #[error("the answer is no TLS")]
    NotTls,
    /// The peer refuses our versions: alert `protocol_version`, or a ServerHello of another version.
    #[error("no common TLS version: {0}")]
    Version(Clean),
    /// The peer sent another fatal alert.
    #[error("alert {0}")]
    Alert(Clean),
    /// The peer broke the protocol.
    #[error("{0}")]
    Protocol(Clean),
}

/// No complete response came.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("HTTP exchange with {host}")]
#[serde(deny_unknown_fields)]
pub struct HttpFault {
    /// Whom the request was for.
    pub host: String,
    /// When in the exchange.
    pub during: Moment,
    /// How it failed.
    #[source]
    pub failure: HttpFailure,
    /// Bytes of a response that had come in all (after TLS); 0 where the peer said nothing.
    #[serde(default)]
    pub received: u64,
}

/// When in an HTTP exchange something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Before the response head was complete.
    Head,
    /// After it; the observation's `http` is present.
    Body,
}

/// How an HTTP exchange failed.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpFailure {
    /// Reset or closed by the peer.
    #[error("connection lost")]
    Lost(#[source] IoFault),
    /// Not complete in time.
    #[error("not complete in time")]
    TimedOut,
    /// Not HTTP, or beyond our limits (head over 64 KiB, too many headers).
    #[error("{0}")]
    Invalid(Clean),
}

/// The monitor itself could not go on: never the endpoint's fault.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{operation}: {reason}")]
#[serde(deny_unknown_fields)]
pub struct MonitorFault {
    /// What was tried: "open a socket".
    pub operation: String,
    /// What stood in the way: "too many open files".
    pub reason: Clean,
}

/// What a certificate names is not to be asked: nothing is wrong, and nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{host} is not asked: {reason}")]
#[serde(deny_unknown_fields)]
pub struct UnaskedFault {
    /// The host that is named.
    pub host: String,
    /// Why.
    pub reason: Clean,
}

/// An `io::Error` as a value.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{message}")]
#[serde(deny_unknown_fields)]
pub struct IoFault {
    /// What kind of error, as far as judgement cares.
    pub kind: IoKind,
    /// The operating system's or the library's words.
    pub message: Clean,
}

/// What kind of I/O error, as far as judgement cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IoKind {
    /// ECONNREFUSED.
    Refused,
    /// ECONNRESET, ECONNABORTED, EPIPE.
    Reset,
    /// The peer closed in order, too early.
    Closed,
    /// ETIMEDOUT.
    TimedOut,
    /// EHOSTUNREACH, ENETUNREACH; EACCES and EPERM too: a local or remote firewall said "prohibited".
    Unreachable,
    /// EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL: the monitor is out of something.
    Exhausted,
    /// Anything else.
    Other,
}

impl IoFault {
    /// The end of a stream that should have gone on.
    pub fn closed() -> Self {
        Self { kind: IoKind::Closed, message: Clean::new("closed by the peer") }
    }
}

impl From<&io::Error> for IoFault {
    fn from(error: &io::Error) -> Self {
        Self { kind: io_kind(error), message: Clean::new(&error.to_string()) }
    }
}

/// errno values of Linux without a stable [`io::ErrorKind`].
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;
const ENOBUFS: i32 = 105;

fn io_kind(error: &io::Error) -> IoKind {
    match (error.raw_os_error(), error.kind()) {
        (Some(ENFILE | EMFILE | ENOBUFS), _) | (_, io::ErrorKind::OutOfMemory | io::ErrorKind::AddrNotAvailable) => {
            IoKind::Exhausted
        }
        (_, io::ErrorKind::ConnectionRefused) => IoKind::Refused,
        (_, io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe) => {
            IoKind::Reset
        }
        (_, io::ErrorKind::UnexpectedEof) => IoKind::Closed,
        (_, io::ErrorKind::TimedOut) => IoKind::TimedOut,
        (_, io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::PermissionDenied) => {
            IoKind::Unreachable
        }
        _ => IoKind::Other,
    }
}
