//! The SOCKS server and TLS to the proxy.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use std::io::ErrorKind;

use common::{CRL_HOST, CRL_PATH, HOST, client, handshake, raw_get};
use testnet::{CertificateKind, PROXY_HOST, ProxyFault, Scheme, SocksFault, SocksRequest, TcpFault, TlsFault, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const GREETING: &[u8] = &[5, 1, 0];

async fn connect(world: &World) -> TcpStream {
    TcpStream::connect(world.socks().address()).await.unwrap()
}

fn by_name(host: &str, port: u16) -> Vec<u8> {
    let length = u8::try_from(host.len()).unwrap();
    [&[5, 1, 0, 3, length][..], host.as_bytes(), &port.to_be_bytes()].concat()
}

async fn exchange(stream: &mut TcpStream, message: &[u8], answer: usize) -> Vec<u8> {
    stream.write_all(message).await.unwrap();
    let mut octets = vec![0; answer];
    stream.read_exact(&mut octets).await.unwrap();
    octets
}

#[tokio::test]
async fn version_5_by_name_and_by_address() {
    let world = World::start().await.unwrap();
    let address = world.address(HOST, Scheme::Https).unwrap();
    let std::net::IpAddr::V4(ip) = address.ip() else { panic!("{address}") };
    let by_address = [&[5, 1, 0, 1][..], &ip.octets(), &address.port().to_be_bytes()].concat();
    for request in [by_name(HOST, 443), by_address] {
        let mut stream = connect(&world).await;
        assert_eq!(exchange(&mut stream, GREETING, 2).await, [5, 0]);
        assert_eq!(exchange(&mut stream, &request, 10).await[..4], [5, 0, 0, 1]);
        handshake(stream, client(&world, &["h2"]), HOST).await.unwrap();
    }
    let request =
        |host: &str, by_name, port| SocksRequest { version: 5, user: None, host: host.to_owned(), by_name, port };
    let asked = [request(HOST, true, 443), request(&ip.to_string(), false, address.port())];
    assert_eq!(world.socks().requests(), asked);
    assert_eq!(world.dns_queries(), []);
}

#[tokio::test]
async fn version_4_and_4a() {
    let world = World::start().await.unwrap();
    let named = [&[4, 1, 0, 80, 0, 0, 0, 1][..], b"svc\0", CRL_HOST.as_bytes(), b"\0"].concat();
    let mut stream = connect(&world).await;
    assert_eq!(exchange(&mut stream, &named, 8).await[..2], [0, 0x5a]);
    let (answer, _) = raw_get(stream, CRL_HOST, CRL_PATH).await;
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert_eq!(world.socks().requests()[0].user.as_deref(), Some("svc"));

    world.socks().require_credentials("other", "secret");
    assert_eq!(exchange(&mut connect(&world).await, &named, 8).await[..2], [0, 0x5d]);
}

#[tokio::test]
async fn credentials_are_asked_for() {
    let world = World::start().await.unwrap();
    world.socks().require_credentials("svc", "secret");
    assert_eq!(exchange(&mut connect(&world).await, GREETING, 2).await, [5, 0xff]);
    for (given, status) in [(b"\x01\x03svc\x06secret", 0), (b"\x01\x03svc\x06SECRET", 1)] {
        let mut stream = connect(&world).await;
        assert_eq!(exchange(&mut stream, &[5, 2, 0, 2], 2).await, [5, 2]);
        assert_eq!(exchange(&mut stream, given, 2).await, [1, status]);
    }
}

/// Everything that the server says to a request by name, and how it ends.
async fn all(world: &World, host: &str) -> (Vec<u8>, std::io::Result<usize>) {
    let mut stream = connect(world).await;
    stream.write_all(&[GREETING, &by_name(host, 443)].concat()).await.unwrap();
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer).await;
    (answer, ended)
}

#[tokio::test]
async fn failures_have_codes() {
    let world = World::start().await.unwrap();
    assert_eq!(all(&world, "nowhere.example").await.0[..4], [5, 0, 5, 4]);
    world.faults().set(HOST, TcpFault::Refuse).unwrap();
    assert_eq!(all(&world, HOST).await.0[..4], [5, 0, 5, 5]);
    world.socks().set_fault_for(HOST, SocksFault::Reply(2));
    assert_eq!(all(&world, HOST).await.0, [5, 0, 5, 2, 0, 1, 0, 0, 0, 0, 0, 0]);
    world.socks().clear().unwrap();
    world.socks().set_fault(SocksFault::CloseAfter(3));
    assert_eq!(all(&world, HOST).await.0, [5, 0, 5]);
    world.socks().set_fault(SocksFault::Reset);
    assert_eq!(all(&world, HOST).await.1.unwrap_err().kind(), ErrorKind::ConnectionReset);
    world.socks().set_fault(SocksFault::Version4);
    assert_eq!(all(&world, HOST).await.0[..2], [0, 0x5b]);
    world.socks().refuse_connections().unwrap();
    let error = TcpStream::connect(world.socks().address()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn the_proxy_behind_tls() {
    let world = World::start().await.unwrap();
    let secure = async || {
        let stream = TcpStream::connect(world.proxy().secure_address()).await.unwrap();
        handshake(stream, client(&world, &["http/1.1"]), PROXY_HOST).await
    };
    let mut stream = secure().await.unwrap();
    stream.write_all(format!("CONNECT {HOST}:443 HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
    let mut head = [0; "HTTP/1.1 200 Connection established\r\n\r\n".len()];
    stream.read_exact(&mut head).await.unwrap();
    handshake(stream, client(&world, &["h2"]), HOST).await.unwrap();

    world.proxy().set_fault(ProxyFault::Tls(TlsFault::Certificate(CertificateKind::WrongName)));
    let error = secure().await.unwrap_err();
    assert!(error.to_string().contains("not valid for name"), "{error}");
    world.proxy().clear().unwrap();
    secure().await.unwrap();
}
