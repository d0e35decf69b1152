//! One connection, octet by octet.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use super::{Inner, SocksRequest};
use crate::fault::SocksFault;
use crate::origin::{GARBAGE, slowly};
use crate::wire::hold;

const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NONE_ACCEPTABLE: u8 = 255;
const GRANTED: u8 = 0;

/// From the first octet on.
pub(super) async fn serve(stream: TcpStream, server: Arc<Inner>) -> io::Result<()> {
    let fault = server.fault();
    let left = match fault {
        Some(SocksFault::HangAtOnce) => return hold(stream).await,
        Some(SocksFault::CloseAfter(octets)) => octets,
        _ => usize::MAX,
    };
    let mut talk = Talk { stream, left };
    match talk.stream.read_u8().await? {
        4 => socks4(talk, &server).await,
        5 => socks5(talk, &server, fault).await,
        // As Dante does.
        _ => talk.stream.shutdown().await,
    }
}

/// A connection on which no more is said than a fault lets through.
struct Talk {
    stream: TcpStream,
    left: usize,
}

impl Talk {
    /// Fails once no more may be said, after what may.
    async fn say(&mut self, octets: &[u8]) -> io::Result<()> {
        let said = octets.get(..self.left).unwrap_or(octets);
        self.stream.write_all(said).await?;
        self.left -= said.len();
        if said.len() < octets.len() {
            self.stream.shutdown().await?;
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(())
    }

    /// Says this last of all.
    async fn end(mut self, octets: &[u8]) -> io::Result<()> {
        self.say(octets).await?;
        self.stream.shutdown().await
    }

    async fn octets(&mut self, length: u8) -> io::Result<Vec<u8>> {
        let mut octets = vec![0; usize::from(length)];
        self.stream.read_exact(&mut octets).await?;
        Ok(octets)
    }

    /// A text behind its length.
    async fn text(&mut self) -> io::Result<String> {
        let length = self.stream.read_u8().await?;
        let octets = self.octets(length).await?;
        Ok(String::from_utf8_lossy(&octets).into_owned())
    }

    /// A text before a zero octet.
    async fn text_to_zero(&mut self) -> io::Result<String> {
        const LONGEST: usize = 512;
        let mut octets = Vec::new();
        while octets.len() < LONGEST {
            match self.stream.read_u8().await? {
                0 => return Ok(String::from_utf8_lossy(&octets).into_owned()),
                octet => octets.push(octet),
            }
        }
        Err(io::ErrorKind::InvalidData.into())
    }
}

async fn socks5(mut talk: Talk, server: &Inner, fault: Option<SocksFault>) -> io::Result<()> {
    let count = talk.stream.read_u8().await?;
    let offered = talk.octets(count).await?;
    let wanted = server.credentials();
    let needed = if wanted.is_some() { USER_AND_PASSWORD } else { NO_AUTHENTICATION };
    let method = match fault {
        Some(SocksFault::Version4) => return talk.end(&[0, 0x5b, 0, 0, 0, 0, 0, 0]).await,
        Some(SocksFault::Http) => return talk.end(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await,
        Some(SocksFault::Garbage) => return talk.end(GARBAGE).await,
        Some(SocksFault::Method(method)) => method,
        _ if offered.contains(&needed) => needed,
        _ => NONE_ACCEPTABLE,
    };
    talk.say(&[5, method]).await?;
    let mut user = None;
    match method {
        NO_AUTHENTICATION => {}
        USER_AND_PASSWORD => {
            talk.stream.read_u8().await?;
            let given = (talk.text().await?, talk.text().await?);
            if wanted.is_some_and(|wanted| wanted != given) {
                return talk.end(&[1, 1]).await;
            }
            talk.say(&[1, 0]).await?;
            user = Some(given.0);
        }
        _ => return talk.stream.shutdown().await,
    }
    let mut head = [0; 4];
    talk.stream.read_exact(&mut head).await?;
    let [_, command, _, kind] = head;
    let (host, by_name) = match kind {
        1 => (IpAddr::from(talk.stream.read_u32().await?.to_be_bytes()).to_string(), false),
        3 => (talk.text().await?.to_ascii_lowercase(), true),
        4 => (Ipv6Addr::from(talk.stream.read_u128().await?).to_string(), false),
        _ => return talk.end(&reply_5(8, None)).await,
    };
    let port = talk.stream.read_u16().await?;
    if command != 1 {
        return talk.end(&reply_5(7, None)).await;
    }
    conclude(talk, server, SocksRequest { version: 5, user, host, by_name, port }).await
}

async fn socks4(mut talk: Talk, server: &Inner) -> io::Result<()> {
    let command = talk.stream.read_u8().await?;
    let port = talk.stream.read_u16().await?;
    let address = talk.stream.read_u32().await?;
    let user = Some(talk.text_to_zero().await?).filter(|user| !user.is_empty());
    // 0.0.0.x, with x not 0: the name follows (SOCKS4A).
    let by_name = (1..=255).contains(&address);
    let host = if by_name {
        talk.text_to_zero().await?.to_ascii_lowercase()
    } else {
        IpAddr::from(address.to_be_bytes()).to_string()
    };
    if command != 1 {
        return talk.end(&reply_4(0x5b, None)).await;
    }
    if server.credentials().is_some_and(|(wanted, _)| user.as_deref() != Some(&wanted)) {
        return talk.end(&reply_4(0x5d, None)).await;
    }
    conclude(talk, server, SocksRequest { version: 4, user, host, by_name, port }).await
}

/// Opens the way, or does what the fault says.
async fn conclude(mut talk: Talk, server: &Inner, request: SocksRequest) -> io::Result<()> {
    let version = request.version;
    let fault = server.fault_for(&request.host);
    server.record(request.clone());
    let granted = reply(version, GRANTED, None);
    match fault {
        Some(SocksFault::Reply(code)) => talk.end(&reply(version, code, None)).await,
        Some(SocksFault::Hang) => hold(talk.stream).await,
        Some(SocksFault::Close) => talk.stream.shutdown().await,
        Some(SocksFault::Reset) => talk.stream.set_zero_linger(),
        Some(SocksFault::Garbage) => talk.end(GARBAGE).await,
        Some(SocksFault::Http) => talk.end(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await,
        Some(SocksFault::SlowReply) => slowly(&mut talk.stream, &granted).await,
        Some(SocksFault::TunnelGarbage) => {
            talk.say(&[&granted, GARBAGE].concat()).await?;
            hold(talk.stream).await
        }
        Some(SocksFault::TunnelHang) => {
            talk.say(&granted).await?;
            hold(talk.stream).await
        }
        Some(SocksFault::TunnelReset) => {
            talk.say(&granted).await?;
            talk.stream.read_u8().await?;
            talk.stream.set_zero_linger()
        }
        Some(SocksFault::HangAtOnce | SocksFault::CloseAfter(_) | SocksFault::Method(_) | SocksFault::Version4)
        | None => match server.reach(&request).await {
            Ok(mut upstream) => {
                talk.say(&reply(version, GRANTED, upstream.local_addr().ok())).await?;
                copy_bidirectional(&mut talk.stream, &mut upstream).await.map(drop)
            }
            Err(code) => talk.end(&reply(version, code, None)).await,
        },
    }
}

fn reply(version: u8, code: u8, bound: Option<SocketAddr>) -> Vec<u8> {
    match (version, code) {
        (5, _) => reply_5(code, bound),
        (_, GRANTED) => reply_4(0x5a, bound),
        (_, 0x5b..=0x5d) => reply_4(code, bound),
        // Of all that SOCKS5 can tell apart, SOCKS4 says but one thing.
        _ => reply_4(0x5b, bound),
    }
}

fn reply_5(code: u8, bound: Option<SocketAddr>) -> Vec<u8> {
    let (address, port) = v4(bound);
    [&[5, code, 0, 1][..], &address, &port].concat()
}

fn reply_4(code: u8, bound: Option<SocketAddr>) -> Vec<u8> {
    let (address, port) = v4(bound);
    [&[0, code][..], &port, &address].concat()
}

/// Everything here is of IPv4.
fn v4(bound: Option<SocketAddr>) -> ([u8; 4], [u8; 2]) {
    match bound {
        Some(SocketAddr::V4(bound)) => (bound.ip().octets(), bound.port().to_be_bytes()),
        _ => ([0; 4], [0; 2]),
    }
}
