//! SOCKS4, 4A and 5 (RFC 1928, RFC 1929): asking a server to connect to a target, keeping every code of its answers.
//!
//! Written by hand, since the crates that speak it fold unknown codes and lost connections into a few errors.

mod wire;

use std::net::IpAddr;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use self::wire::Parsed;
use super::{Prefixed, lost};
use crate::net::is_unspecified;
use crate::observation::{IoFault, ProxyFailure, SocksFacts, SocksFailure, SocksVersion};
use crate::phase::Failure;
use crate::plan::{Credentials, ProxyScheme};

/// Whom a server is asked to connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A name, which the server resolves: SOCKS5 and 4A.
    Name(&'a str),
    /// An address.
    Address(IpAddr),
}

impl<'a> Target<'a> {
    /// The host of a URL.
    pub fn of(url: &'a Url) -> Option<Self> {
        Some(match url.host()? {
            Host::Domain(name) => Self::Name(name),
            Host::Ipv4(address) => Self::Address(address.into()),
            Host::Ipv6(address) => Self::Address(address.into()),
        })
    }

    /// One of the addresses that a name was resolved to here: an IPv4 one where there is any, since nobody knows whether
    /// the server has IPv6, and SOCKS4 cannot carry any other.
    pub fn resolved(addresses: &[IpAddr]) -> Option<Self> {
        let usable = || addresses.iter().copied().filter(|address| !is_unspecified(*address));
        usable().find(IpAddr::is_ipv4).or_else(|| usable().next()).map(Self::Address)
    }
}

/// A dialect of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SOCKS4: IPv4 addresses only.
    V4,
    /// SOCKS4A: names too.
    V4a,
    /// SOCKS5: names and addresses of both families.
    V5,
}

impl Dialect {
    /// The dialect in which a proxy is spoken to; `None` for one that speaks HTTP.
    pub const fn of(scheme: ProxyScheme) -> Option<Self> {
        match scheme {
            ProxyScheme::Http | ProxyScheme::Https => None,
            ProxyScheme::Socks4 => Some(Self::V4),
            ProxyScheme::Socks4a => Some(Self::V4a),
            ProxyScheme::Socks5 | ProxyScheme::Socks5h => Some(Self::V5),
        }
    }

    /// The version that it is a dialect of.
    pub const fn version(self) -> SocksVersion {
        match self {
            Self::V4 | Self::V4a => SocksVersion::Socks4,
            Self::V5 => SocksVersion::Socks5,
        }
    }
}

/// What is asked of a server.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// How it is spoken to.
    pub dialect: Dialect,
    /// Whom it is to connect to.
    pub target: Target<'a>,
    /// And to which port.
    pub port: u16,
    /// Who we are: user and password for SOCKS5, the user alone for SOCKS4.
    pub credentials: Option<&'a Credentials>,
}

/// What asking came to.
#[derive(Debug)]
pub struct Answer<S> {
    /// What the server said, as far as it went.
    pub facts: SocksFacts,
    /// The tunnel, beginning with whatever came right behind the reply.
    pub tunnel: Result<Prefixed<S>, Failure<ProxyFailure>>,
}

/// Asks the server at the other end of a stream to connect to a target, within the given instant.
///
/// Where time runs out, [`ProxyFailure::ReplyTimeout`] counts the bytes of the message that was waited for; the facts
/// tell which one that was.
pub async fn open<S>(stream: S, ask: &Ask<'_>, by: Instant) -> Answer<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let facts = SocksFacts::silent(ask.dialect.version());
    let mut exchange = Exchange { stream, received: Vec::new(), facts };
    let ended = timeout_at(by, exchange.run(ask)).await;
    let Exchange { stream, received, facts } = exchange;
    let unfinished = ProxyFailure::ReplyTimeout { received: received.len() as u64 };
    let ended = ended.unwrap_or(Err(Failure::Fault(unfinished)));
    Answer { facts, tunnel: ended.map(|()| Prefixed::new(Bytes::from(received), stream)) }
}

/// An exchange under way.
struct Exchange<S> {
    stream: S,
    /// What came and is not yet read as a message.
    received: Vec<u8>,
    facts: SocksFacts,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Exchange<S> {
    async fn run(&mut self, ask: &Ask<'_>) -> Result<(), Failure<ProxyFailure>> {
        match ask.dialect {
            Dialect::V4 => self.socks4(ask, false).await,
            Dialect::V4a => self.socks4(ask, true).await,
            Dialect::V5 => self.socks5(ask).await,
        }
    }

    async fn socks4(&mut self, ask: &Ask<'_>, by_name: bool) -> Result<(), Failure<ProxyFailure>> {
        let user = ask.credentials.map_or("", |credentials| &credentials.username);
        let request = wire::request_4(ask.target, ask.port, user, by_name).map_err(fault)?;
        self.send_and_conclude(&request, wire::read_reply_4).await
    }

    async fn socks5(&mut self, ask: &Ask<'_>) -> Result<(), Failure<ProxyFailure>> {
        let credentials = ask.credentials.map(wire::credentials).transpose().map_err(fault)?;
        let request = wire::request_5(ask.target, ask.port).map_err(fault)?;
        let offered = wire::methods(credentials.is_some());
        let chosen = self.send(&wire::greeting(&offered), wire::read_method).await?;
        self.facts.method = Some(chosen);
        match (chosen, credentials) {
            (wire::NO_AUTHENTICATION, _) => {}
            (wire::USER_AND_PASSWORD, Some(credentials)) => {
                let status = self.send(&credentials, wire::read_status).await?;
                if status != 0 {
                    return Err(fault(SocksFailure::CredentialsRefused { status }));
                }
                self.facts.authenticated = true;
            }
            _ => return Err(fault(SocksFailure::Method { offered, chosen })),
        }
        self.send_and_conclude(&request, wire::read_reply_5).await
    }

    /// Sends the request and takes in the reply to it.
    async fn send_and_conclude(
        &mut self,
        request: &[u8],
        read: fn(&[u8]) -> Parsed<wire::Reply>,
    ) -> Result<(), Failure<ProxyFailure>> {
        let reply = self.send(request, read).await?;
        self.facts.reply = Some(reply.code);
        self.facts.granted = reply.granted;
        self.facts.bound = reply.bound;
        if reply.granted {
            return Ok(());
        }
        Err(fault(SocksFailure::Refused { version: self.facts.version, reply: reply.code }))
    }

    /// Sends a message and reads the answer to it.
    async fn send<T>(&mut self, message: &[u8], read: fn(&[u8]) -> Parsed<T>) -> Result<T, Failure<ProxyFailure>> {
        // A server may answer and close without reading all; what it said is worth more than our broken pipe.
        let sent = async {
            self.stream.write_all(message).await?;
            self.stream.flush().await
        };
        let sent = sent.await;
        loop {
            match read(&self.received) {
                Parsed::Complete(value, length) => {
                    self.received.drain(..length);
                    return Ok(value);
                }
                Parsed::Invalid => {
                    let came = wire::in_words(&self.received);
                    return Err(fault(SocksFailure::NotSocks { version: self.facts.version, came }));
                }
                Parsed::Partial => {}
            }
            let room = wire::MAX_MESSAGE.saturating_sub(self.received.len()) as u64;
            self.received.reserve(wire::MAX_MESSAGE);
            match (&mut self.stream).take(room).read_buf(&mut self.received).await {
                Ok(1..) => {}
                Ok(0) => {
                    let closed = Failure::Fault(ProxyFailure::Lost(IoFault::closed()));
                    return Err(sent.err().filter(|_| self.received.is_empty()).map_or(closed, |error| lost(&error)));
                }
                Err(error) => return Err(lost(&error)),
            }
        }
    }
}

fn fault(failure: SocksFailure) -> Failure<ProxyFailure> {
    Failure::Fault(ProxyFailure::Socks(failure))
}

#[cfg(test)]
mod tests;
