//! A client that believes only in the world's root.
#![allow(dead_code, reason = "every test binary uses its own part")]

use std::io;
use std::sync::Arc;

use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use testnet::{Scheme, World};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(crate) const HOST: &str = "officecdn.microsoft.com";
pub(crate) const CRL_HOST: &str = "crl.microsoft.com";
pub(crate) const CRL_PATH: &str = "/pki/crl/products/MicrosoftRootAuthority.crl";

pub(crate) fn roots(pem: &str) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    roots
}

pub(crate) fn client(world: &World, alpn: &[&str]) -> ClientConfig {
    let mut config = client_of(world, rustls::DEFAULT_VERSIONS);
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    config
}

pub(crate) async fn tcp(world: &World, host: &str, scheme: Scheme) -> io::Result<TcpStream> {
    TcpStream::connect(world.address(host, scheme).unwrap()).await
}

pub(crate) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: ClientConfig,
    host: &str,
) -> io::Result<TlsStream<S>> {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// A client of certain versions, without ALPN.
pub(crate) fn client_of(world: &World, versions: &[&'static rustls::SupportedProtocolVersion]) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots(&world.authority().root_pem()))
        .with_no_client_auth()
}

/// A handshake over a connection of its own.
pub(crate) async fn tls(world: &World, host: &str) -> io::Result<TlsStream<TcpStream>> {
    let stream = tcp(world, host, Scheme::Https).await?;
    handshake(stream, client(world, &["h2", "http/1.1"]), host).await
}

/// Everything that comes back for a plain GET.
pub(crate) async fn raw_get<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    host: &str,
    target: &str,
) -> (Vec<u8>, io::Result<usize>) {
    let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer).await;
    (answer, ended)
}

/// The same, by hyper, over HTTP/1.1 in the clear.
pub(crate) async fn get(world: &World, host: &str, path: &str) -> (StatusCode, Result<Bytes, hyper::Error>) {
    let io = TokioIo::new(tcp(world, host, Scheme::Http).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get(path).header("Host", host).body(Empty::<Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    (response.status(), response.into_body().collect().await.map(http_body_util::Collected::to_bytes))
}

/// The status over h2.
pub(crate) async fn get_h2(world: &World, host: &str) -> Result<StatusCode, hyper::Error> {
    let stream = tls(world, host).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get(format!("https://{host}/")).body(Empty::<Bytes>::new()).unwrap();
    Ok(sender.send_request(request).await?.status())
}
