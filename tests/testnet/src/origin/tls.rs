//! Handshakes, right and wrong ones.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Shared;
use crate::certs::{Authority, CertificateKind};
use crate::fault::{DENY_PAGE, HostFaults, HttpFault, TlsFault};
use crate::locked;
use crate::shipped::{INTERMEDIATE_PATH, PKI_HOST};
use crate::wire::hold;

/// As ALPN names HTTP/2.
pub(super) const H2: &[u8] = b"h2";
const HTTP11: &[u8] = b"http/1.1";
const BOTH_VERSIONS: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];

/// What a handshake is made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Wanted {
    host: String,
    certificate: CertificateKind,
    versions: Versions,
    h2: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Versions {
    Both,
    Only12,
    Only13,
}

/// Server configurations, each made when first needed.
#[derive(Debug)]
pub(crate) struct TlsSettings {
    pki: SocketAddr,
    made: Mutex<HashMap<Wanted, Arc<ServerConfig>>>,
}

impl TlsSettings {
    /// `pki` is where the intermediate's certificate can be fetched.
    pub(crate) fn new(pki: SocketAddr) -> Self {
        Self { pki, made: Mutex::default() }
    }

    fn config(&self, wanted: Wanted, authority: &Authority) -> io::Result<Arc<ServerConfig>> {
        if let Some(config) = locked(&self.made).get(&wanted) {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(make(&wanted, authority).map_err(io::Error::other)?);
        locked(&self.made).insert(wanted, Arc::clone(&config));
        Ok(config)
    }

    fn issuer_url(&self, port_80: bool) -> String {
        if port_80 {
            format!("http://{PKI_HOST}{INTERMEDIATE_PATH}")
        } else {
            format!("http://{PKI_HOST}:{}{INTERMEDIATE_PATH}", self.pki.port())
        }
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

fn make(wanted: &Wanted, authority: &Authority) -> Result<ServerConfig, BoxError> {
    let leaf = authority.leaf(&wanted.host, &wanted.certificate)?;
    let versions = match wanted.versions {
        Versions::Both => BOTH_VERSIONS,
        Versions::Only12 => &[&TLS12],
        Versions::Only13 => &[&TLS13],
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)?
        .with_no_client_auth()
        .with_single_cert(leaf.chain, leaf.key)?;
    if wanted.h2 {
        config.alpn_protocols.push(H2.to_vec());
    }
    config.alpn_protocols.push(HTTP11.to_vec());
    Ok(config)
}

/// How a handshake is to go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handshake<'a> {
    /// Whom the certificate is for.
    pub(crate) name: &'a str,
    pub(crate) fault: Option<&'a TlsFault>,
    /// Whether ALPN offers HTTP/2.
    pub(crate) h2: bool,
}

impl<'a> Handshake<'a> {
    /// As an origin with these faults does it.
    pub(super) fn of_origin(name: &'a str, faults: &'a HostFaults) -> Self {
        Self { name, fault: faults.tls.as_ref(), h2: speaks_h2(faults.http.as_ref()) }
    }
}

/// Finishes the handshake; `None` where the fault leaves nothing to go on with.
pub(crate) async fn accept(
    mut stream: TcpStream,
    handshake: Handshake<'_>,
    shared: &Shared,
) -> io::Result<Option<TlsStream<TcpStream>>> {
    let Handshake { name, fault, h2 } = handshake;
    if let Some(fault) = fault {
        if is_before_handshake(fault) {
            return refuse(&mut stream, fault).await.map(|()| None);
        }
        if is_by_hello(fault) {
            match met_by(fault, &peeked_record(&stream).await?) {
                Some(Met::Silence) => return hold(stream).await.map(|()| None),
                Some(Met::Reset) => return stream.set_zero_linger().map(|()| None),
                None => {}
            }
        }
    }
    let wanted = Wanted {
        host: name.to_owned(),
        certificate: certificate(fault, &shared.tls),
        versions: match fault {
            Some(TlsFault::Only12) => Versions::Only12,
            Some(TlsFault::Only13) => Versions::Only13,
            _ => Versions::Both,
        },
        h2,
    };
    let config = shared.tls.config(wanted, &shared.authority)?;
    TlsAcceptor::from(config).accept(stream).await.map(Some)
}

fn certificate(fault: Option<&TlsFault>, settings: &TlsSettings) -> CertificateKind {
    match fault {
        Some(TlsFault::Certificate(kind)) => kind.clone(),
        Some(TlsFault::MissingIntermediate { port_80 }) => {
            CertificateKind::MissingIntermediate { issuer_url: settings.issuer_url(*port_80) }
        }
        _ => CertificateKind::Good,
    }
}

fn speaks_h2(fault: Option<&HttpFault>) -> bool {
    matches!(
        fault,
        None | Some(HttpFault::Reply(_) | HttpFault::Date(_) | HttpFault::GoAway | HttpFault::Http11Required)
    )
}

fn is_before_handshake(fault: &TlsFault) -> bool {
    matches!(
        fault,
        TlsFault::ResetAfterHello
            | TlsFault::CloseAfterHello
            | TlsFault::HangAfterHello
            | TlsFault::Plaintext
            | TlsFault::Alert(_)
    )
}

async fn refuse(stream: &mut TcpStream, fault: &TlsFault) -> io::Result<()> {
    read_record(stream).await?;
    match fault {
        TlsFault::ResetAfterHello => stream.set_zero_linger(),
        TlsFault::HangAfterHello => hold(stream).await,
        TlsFault::Plaintext => {
            let page = format!(
                "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{DENY_PAGE}",
                DENY_PAGE.len()
            );
            stream.write_all(page.as_bytes()).await?;
            stream.shutdown().await
        }
        TlsFault::Alert(description) => {
            const ALERT: u8 = 21;
            const FATAL: u8 = 2;
            stream.write_all(&[ALERT, 3, 3, 0, 2, FATAL, *description]).await?;
            stream.shutdown().await
        }
        _ => stream.shutdown().await,
    }
}

/// Reads the first TLS record, which holds the whole `ClientHello` of every client that matters here. Octets left
/// unread would turn a FIN into a RST.
async fn read_record(stream: &mut TcpStream) -> io::Result<()> {
    let mut header = [0; RECORD_HEADER];
    stream.read_exact(&mut header).await?;
    let mut rest = vec![0; record_length(header)];
    stream.read_exact(&mut rest).await.map(drop)
}

/// The first record with its header, left unread.
async fn peeked_record(stream: &TcpStream) -> io::Result<Vec<u8>> {
    let mut record = vec![0; RECORD_HEADER];
    loop {
        let come = stream.peek(&mut record).await?;
        match record.first_chunk() {
            _ if come == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            Some(header) if come >= RECORD_HEADER && record.len() == RECORD_HEADER => {
                record.resize(RECORD_HEADER + record_length(*header), 0);
            }
            _ if come == record.len() => return Ok(record),
            // There is something to read all along; what is still to come takes a moment.
            _ => tokio::task::yield_now().await,
        }
    }
}

const RECORD_HEADER: usize = 5;

fn record_length([_, _, _, high, low]: [u8; RECORD_HEADER]) -> usize {
    usize::from(u16::from_be_bytes([high, low]))
}

/// What a `ClientHello` meets that a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Met {
    Silence,
    Reset,
}

fn is_by_hello(fault: &TlsFault) -> bool {
    matches!(
        fault,
        TlsFault::HangAfterHelloOver(_)
            | TlsFault::ResetAfterHelloOver(_)
            | TlsFault::ResetWithout12
            | TlsFault::ResetWithout13
    )
}

/// What the fault has for a `ClientHello`; `None` where it lets it pass.
fn met_by(fault: &TlsFault, record: &[u8]) -> Option<Met> {
    let offers = |version| offered_versions(record).contains(&version);
    match fault {
        TlsFault::HangAfterHelloOver(limit) => (record.len() > *limit).then_some(Met::Silence),
        TlsFault::ResetAfterHelloOver(limit) => (record.len() > *limit).then_some(Met::Reset),
        TlsFault::ResetWithout12 => (!offers(VERSION_12)).then_some(Met::Reset),
        TlsFault::ResetWithout13 => (!offers(VERSION_13)).then_some(Met::Reset),
        _ => None,
    }
}

const VERSION_12: u16 = 0x0303;
const VERSION_13: u16 = 0x0304;

/// The versions that a `ClientHello` offers: those of `supported_versions`, where it has that
/// ([RFC 8446 section 4.2.1](https://www.rfc-editor.org/rfc/rfc8446#section-4.2.1)).
fn offered_versions(record: &[u8]) -> Vec<u16> {
    supported_versions(record).unwrap_or_else(|| vec![VERSION_12])
}

fn supported_versions(record: &[u8]) -> Option<Vec<u16>> {
    const SUPPORTED_VERSIONS: usize = 43;
    // The record's header, the message's, the version and the random.
    let rest = record.get(RECORD_HEADER + 4 + 2 + 32..)?;
    let (_session, rest) = vector(rest, 1)?;
    let (_suites, rest) = vector(rest, 2)?;
    let (_compression, rest) = vector(rest, 1)?;
    let (mut extensions, _) = vector(rest, 2)?;
    loop {
        let (kind, rest) = number(extensions, 2)?;
        let (body, rest) = vector(rest, 2)?;
        if kind == SUPPORTED_VERSIONS {
            let (versions, _) = vector(body, 1)?;
            return Some(
                versions.chunks_exact(2).map(|pair| pair.iter().fold(0, |n, o| n << 8 | u16::from(*o))).collect(),
            );
        }
        extensions = rest;
    }
}

fn number(octets: &[u8], length: usize) -> Option<(usize, &[u8])> {
    let (number, rest) = octets.split_at_checked(length)?;
    Some((number.iter().fold(0, |n, octet| n << 8 | usize::from(*octet)), rest))
}

/// What stands after its own length of so many octets.
fn vector(octets: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let (size, rest) = number(octets, length)?;
    rest.split_at_checked(size)
}
