//! The proxy, tunnels and plain requests.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use common::{CRL_HOST, CRL_PATH, HOST, client, handshake, raw_get};
use testnet::{DnsFault, INTERMEDIATE_PATH, PKI_HOST, ProxyFault, Scheme, TcpFault, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn connect(world: &World) -> TcpStream {
    TcpStream::connect(world.proxy().address()).await.unwrap()
}

/// Asks for a tunnel; the head of the reply, as far as it comes.
async fn tunnel(stream: &mut TcpStream, authority: &str, more: &str) -> String {
    let request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = BytesMut::new();
    while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.unwrap() > 0 {}
    String::from_utf8(head.to_vec()).unwrap()
}

#[tokio::test]
async fn names_resolve_at_the_proxy() {
    let world = World::start().await.unwrap();
    world.faults().set(HOST, DnsFault::NxDomain).unwrap();
    let real = world.address(HOST, Scheme::Https).unwrap().port();
    for port in [443, real] {
        let mut stream = connect(&world).await;
        let reply = tunnel(&mut stream, &format!("{HOST}:{port}"), "X-Site: b42\r\n").await;
        assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
        handshake(stream, client(&world, &["h2"]), HOST).await.unwrap();
    }
    let requests = world.proxy().requests();
    assert_eq!(requests.len(), 2);
    assert_eq!((requests[0].method.as_str(), requests[0].target.as_str()), ("CONNECT", "officecdn.microsoft.com:443"));
    assert_eq!(requests[0].header("x-site"), Some("b42"));
    assert_eq!(world.dns_queries(), []);
}

#[tokio::test]
async fn plain_requests_are_passed_on_in_origin_form() {
    let world = World::start().await.unwrap();
    let target = format!("http://{CRL_HOST}{CRL_PATH}");
    let (answer, ended) = raw_get(connect(&world).await, CRL_HOST, &target).await;
    ended.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
    let seen = world.faults().requests(CRL_HOST).unwrap();
    assert_eq!(seen[0].target, CRL_PATH);
    assert_eq!(seen[0].header("via"), Some("1.1 testnet"));
}

#[tokio::test]
async fn credentials_are_asked_for_and_not_passed_on() {
    let world = World::start().await.unwrap();
    world.proxy().require_credentials("svc", "secret");
    let mut stream = connect(&world).await;
    let reply = tunnel(&mut stream, &format!("{HOST}:443"), "").await;
    assert!(reply.starts_with("HTTP/1.1 407 "), "{reply}");
    assert!(reply.contains("Proxy-Authenticate: Basic realm"), "{reply}");
    // The same connection serves the second try: svc:secret in base64.
    let authorization = "Proxy-Authorization: Basic c3ZjOnNlY3JldA==\r\n";
    let reply = tunnel(&mut stream, &format!("{HOST}:443"), authorization).await;
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");

    let request = format!("GET http://{CRL_HOST}/ HTTP/1.1\r\nHost: {CRL_HOST}\r\n{authorization}\r\n");
    let mut stream = connect(&world).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.read_to_end(&mut Vec::new()).await.unwrap();
    let seen = world.faults().requests(CRL_HOST).unwrap();
    assert_eq!(seen[0].header("proxy-authorization"), None);
}

#[tokio::test]
async fn upstream_failures_are_told_as_squid_does() {
    let world = World::start().await.unwrap();
    let reply = tunnel(&mut connect(&world).await, "nowhere.example:443", "").await;
    assert!(reply.starts_with("HTTP/1.1 503 ") && reply.contains("ERR_DNS_FAIL"), "{reply}");
    world.faults().set(HOST, TcpFault::Refuse).unwrap();
    let reply = tunnel(&mut connect(&world).await, &format!("{HOST}:443"), "").await;
    assert!(reply.contains("X-Squid-Error: ERR_CONNECT_FAIL 111"), "{reply}");
}

#[tokio::test]
async fn replies_of_its_own() {
    let world = World::start().await.unwrap();
    let authority = format!("{HOST}:443");
    for (fault, start, part) in [
        (ProxyFault::squid_denied(), "HTTP/1.1 403 Forbidden\r\n", "ERR_ACCESS_DENIED"),
        (ProxyFault::squid_connect_failed(), "HTTP/1.1 503 Service Unavailable\r\n", "ERR_CONNECT_FAIL"),
        (ProxyFault::forefront_denied(), "HTTP/1.1 502 Proxy Error ( Forefront TMG denied", "Via"),
        (ProxyFault::auth_required(), "HTTP/1.1 407 ", "Basic realm"),
    ] {
        world.proxy().set_fault_for(HOST, fault);
        let mut stream = connect(&world).await;
        stream.write_all(format!("CONNECT {authority} HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        assert!(reply.starts_with(start) && reply.contains(part), "{reply}");
    }
    // Others pass.
    let reply = tunnel(&mut connect(&world).await, "go.microsoft.com:443", "").await;
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    world.proxy().clear().unwrap();
    let reply = tunnel(&mut connect(&world).await, &authority, "").await;
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
}

#[tokio::test]
async fn a_407_may_close() {
    let world = World::start().await.unwrap();
    world.proxy().set_fault(ProxyFault::auth_required_closing());
    let mut stream = connect(&world).await;
    let reply = tunnel(&mut stream, &format!("{HOST}:443"), "").await;
    assert!(reply.contains("Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM"), "{reply}");
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

/// Everything that the proxy sends for a CONNECT, and how it ends.
async fn all(world: &World, fault: ProxyFault) -> (String, std::io::Result<usize>) {
    world.proxy().set_fault(fault);
    let mut stream = connect(world).await;
    stream.write_all(format!("CONNECT {HOST}:443 HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    let ended = stream.read_to_end(&mut reply).await;
    (String::from_utf8_lossy(&reply).into_owned(), ended)
}

#[tokio::test]
async fn misbehaviour() {
    let world = World::start().await.unwrap();
    let (reply, ended) = all(&world, ProxyFault::Close).await;
    assert_eq!((reply.as_str(), ended.unwrap()), ("", 0));
    let (_, ended) = all(&world, ProxyFault::Reset).await;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let (reply, _) = all(&world, ProxyFault::Garbage).await;
    assert!(reply.contains("not http at all"));
    for endless in [
        ProxyFault::Hang,
        ProxyFault::EndlessHead,
        ProxyFault::SlowHead,
        ProxyFault::TunnelHang,
        ProxyFault::TunnelGarbage,
    ] {
        let wait = Duration::from_millis(200);
        assert!(tokio::time::timeout(wait, all(&world, endless.clone())).await.is_err(), "{endless:?}");
    }
    world.proxy().refuse_connections().unwrap();
    let error = TcpStream::connect(world.proxy().address()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn tunnels_that_break_or_begin_early() {
    let world = World::start().await.unwrap();
    world.proxy().set_fault(ProxyFault::TunnelReset);
    let mut stream = connect(&world).await;
    tunnel(&mut stream, &format!("{HOST}:443"), "").await;
    let error = handshake(stream, client(&world, &[]), HOST).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);

    world.proxy().set_fault(ProxyFault::ExtraBytes);
    let mut stream = connect(&world).await;
    stream.write_all(format!("CONNECT {HOST}:443 HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
    let mut reply = [0; "HTTP/1.1 200 Connection established\r\n\r\n".len()];
    stream.read_exact(&mut reply).await.unwrap();
    let mut extra = [0; 7];
    stream.peek(&mut extra).await.unwrap();
    assert_eq!(extra, [21, 3, 3, 0, 2, 1, 112]);
    handshake(stream, client(&world, &[]), HOST).await.unwrap();
}

#[tokio::test]
async fn the_issuer_of_a_leaf_is_at_port_80_through_the_proxy() {
    let world = World::start().await.unwrap();
    let target = format!("http://{PKI_HOST}{INTERMEDIATE_PATH}");
    let (answer, _) = raw_get(connect(&world).await, PKI_HOST, &target).await;
    assert!(answer.ends_with(world.authority().intermediate_der()));
}

#[tokio::test]
async fn a_fault_for_one_host_goes_by_itself_and_its_requests_are_counted() {
    let world = World::start().await.unwrap();
    let status = async |host: &str| {
        let mut stream = connect(&world).await;
        tunnel(&mut stream, &format!("{host}:443"), "").await.split(' ').nth(1).map(str::to_owned)
    };
    world.proxy().set_fault_for(HOST, ProxyFault::auth_required());
    world.proxy().set_fault_for(CRL_HOST, ProxyFault::auth_required());
    assert_eq!(status(HOST).await.as_deref(), Some("407"));
    world.proxy().clear_for(HOST);
    assert_eq!(status(HOST).await.as_deref(), Some("200"));
    world.proxy().set_fault(ProxyFault::squid_connect_failed());
    assert_eq!(status(HOST).await.as_deref(), Some("503"));
    world.proxy().clear_for_all().unwrap();
    assert_eq!(status(HOST).await.as_deref(), Some("200"));
    assert_eq!(status(CRL_HOST).await.as_deref(), Some("407"), "its own goes on");
    assert_eq!((world.proxy().asked_for(HOST), world.proxy().asked_for(CRL_HOST)), (4, 1));
}

#[tokio::test]
async fn who_goes_away_before_the_origin_is_reached_asks_it_nothing() {
    let world = World::start().await.unwrap();
    world.faults().set(CRL_HOST, TcpFault::Drop).unwrap();
    let mut stream = connect(&world).await;
    let request = format!("GET http://{CRL_HOST}{CRL_PATH} HTTP/1.1\r\nHost: {CRL_HOST}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let asked = async || {
        while world.proxy().asked_for(CRL_HOST) == 0 {
            tokio::task::yield_now().await;
        }
    };
    asked().await;
    stream.shutdown().await.unwrap();
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0, "it is let go");
    world.faults().clear(CRL_HOST).unwrap();
    assert_eq!(world.faults().served(CRL_HOST).unwrap(), 0);
}

#[tokio::test]
async fn a_door_that_clients_crowd_is_shut_at_once() {
    let world = World::start().await.unwrap();
    let address = world.proxy().address();
    // Threads, since the world's own may be held up.
    let is_over = Arc::new(AtomicBool::new(false));
    let crowd = [(); 4].map(|()| {
        let is_over = Arc::clone(&is_over);
        std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                let _turned_away = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(5));
            }
        })
    });
    let longest = (0..50).map(|_| {
        let began = Instant::now();
        world.proxy().drop_connections().unwrap();
        let took = began.elapsed();
        world.proxy().clear().unwrap();
        took
    });
    let longest = longest.max().unwrap();
    is_over.store(true, Ordering::Relaxed);
    for client in crowd {
        client.join().unwrap();
    }
    assert!(
        longest < Duration::from_millis(900),
        "a second is what a SYN waits for before it is sent again: {longest:?}"
    );
}
