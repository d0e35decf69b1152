//! The yardstick: what the same handshakes and requests cost when nothing else is done.
//!
//! A new TCP connection (and a new CONNECT) for every request, a full handshake with full verification, no resumption,
//! HTTP/1.1, the body read to its end; key exchange and ALPN as the product offers them. No DNS, no evidence, no
//! judgement, no metrics.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_rustls::TlsConnector;

/// What the loop is told.
#[derive(Debug, Clone, Args)]
pub(crate) struct Loop {
    /// Where the origin listens.
    #[arg(long)]
    origin: SocketAddr,
    /// The name in its certificate.
    #[arg(long)]
    name: String,
    /// The root that its chain ends at, PEM.
    #[arg(long)]
    root: PathBuf,
    /// Microseconds from one probe to the next.
    #[arg(long, default_value_t = 1_000_000)]
    gap_micros: u64,
    /// Instead of that, so many probes at a time, always.
    #[arg(long)]
    at_once: Option<u32>,
    /// An HTTP proxy to go through.
    #[arg(long)]
    proxy: Option<SocketAddr>,
}

/// Probes at the pace asked for until the process is ended.
pub(crate) async fn run(order: Loop) -> Result<(), Box<dyn std::error::Error>> {
    let client = Arc::new(order.client()?);
    if let Some(at_once) = order.at_once {
        let mut probes = JoinSet::new();
        for _ in 0..at_once {
            let client = Arc::clone(&client);
            probes.spawn(async move {
                loop {
                    client.probe().await;
                }
            });
        }
        probes.join_all().await;
    }
    let mut tick = tokio::time::interval(Duration::from_micros(order.gap_micros.max(1)));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        tick.tick().await;
        let client = Arc::clone(&client);
        tokio::spawn(async move { client.probe().await });
    }
}

/// What every probe shares.
pub(crate) struct Client {
    connector: TlsConnector,
    name: ServerName<'static>,
    authority: String,
    origin: SocketAddr,
    proxy: Option<SocketAddr>,
}

impl Loop {
    /// One that goes straight to an origin.
    pub(crate) fn direct(origin: SocketAddr, name: &str, root: PathBuf) -> Self {
        Self { origin, name: name.to_owned(), root, gap_micros: 1_000_000, at_once: None, proxy: None }
    }

    /// Reads the root and sets TLS up.
    pub(crate) fn client(&self) -> Result<Client, Box<dyn std::error::Error>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.root)?)?;
        let provider = CryptoProvider {
            kx_groups: vec![
                aws_lc_rs::kx_group::X25519,
                aws_lc_rs::kx_group::SECP256R1,
                aws_lc_rs::kx_group::SECP384R1,
            ],
            ..aws_lc_rs::default_provider()
        };
        let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Client {
            connector: TlsConnector::from(Arc::new(config)),
            name: ServerName::try_from(self.name.clone())?,
            authority: format!("{}:{}", self.name, self.origin.port()),
            origin: self.origin,
            proxy: self.proxy,
        })
    }
}

impl Client {
    async fn probe(&self) {
        if let Err(error) = self.fetch("/").await {
            eprintln!("probe failed: {error}");
        }
    }

    /// One probe: a 200 read to its end.
    pub(crate) async fn fetch(&self, path: &str) -> io::Result<String> {
        let authority = &self.authority;
        let mut tcp = TcpStream::connect(self.proxy.unwrap_or(self.origin)).await?;
        tcp.set_nodelay(true)?;
        if self.proxy.is_some() {
            tcp.write_all(format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n").as_bytes()).await?;
            read_head(&mut tcp).await?;
        }
        let mut tls = self.connector.connect(self.name.clone(), tcp).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
        tls.write_all(request.as_bytes()).await?;
        let mut response = Vec::with_capacity(2048);
        match tls.read_to_end(&mut response).await {
            // nginx does not always send close_notify; the response is whole all the same.
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
            _ => {}
        }
        let text = String::from_utf8_lossy(&response).into_owned();
        if text.starts_with("HTTP/1.1 200") { Ok(text) } else { Err(io::Error::other("not a 200")) }
    }
}

/// Reads the proxy's answer up to its blank line.
async fn read_head(tcp: &mut TcpStream) -> io::Result<()> {
    let mut head = Vec::with_capacity(512);
    while !head.ends_with(b"\r\n\r\n") {
        if tcp.read_buf(&mut head).await? == 0 || head.len() > 4096 {
            return Err(io::Error::other("no answer to CONNECT"));
        }
    }
    if head.starts_with(b"HTTP/1.1 200") { Ok(()) } else { Err(io::Error::other("CONNECT was refused")) }
}
