//! A server that many share, and pages that are not its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

use super::*;
use crate::web::places::PER_CLIENT;

/// A connection from one of this machine's addresses.
async fn connect_from(last: u8, address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), 0)).unwrap();
    socket.connect(address).await.unwrap()
}

/// Whether a request is answered; a connection without a place is closed instead.
async fn is_served(stream: &mut TcpStream) -> bool {
    let asked = stream.write_all(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let mut answer = [0; 15];
    asked.is_ok() && stream.read_exact(&mut answer).await.is_ok() && &answer == b"HTTP/1.1 200 OK"
}

#[tokio::test]
async fn slow_clients_do_not_take_the_place_of_others() {
    let (_sender, app) = app(sample::branch());
    let (address, _stop, _server) = serve_on_loopback(app);
    let mut slow = Vec::new();
    for _ in 0..PER_CLIENT {
        let mut stream = connect_from(2, address).await;
        stream.write_all(b"GET / HT").await.unwrap();
        slow.push(stream);
    }
    // However often it comes back, it gets no more; and whoever is another does.
    for _ in 0..PER_CLIENT {
        assert!(!is_served(&mut connect_from(2, address).await).await);
    }
    assert!(is_served(&mut connect_from(3, address).await).await);

    // What it gives back it may have again.
    drop(slow.pop());
    let again = tokio::time::timeout(Duration::from_secs(10), async {
        while !is_served(&mut connect_from(2, address).await).await {}
    });
    again.await.expect("a place that is free again");
}

#[tokio::test]
async fn pages_of_others_change_nothing_here() {
    let (_sender, app) = app(sample::branch());
    let ask = async |method: Method, path: &str, headers: &[(&'static str, &'static str)]| {
        let mut request = Request::builder().method(method).uri(path).header("host", "monitor:1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        router(app.clone()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status()
    };
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        for path in ["/metrics", "/nowhere"] {
            assert_eq!(ask(method.clone(), path, &[("origin", "http://evil.example")]).await, StatusCode::FORBIDDEN);
            assert_eq!(ask(method.clone(), path, &[("sec-fetch-site", "cross-site")]).await, StatusCode::FORBIDDEN);
        }
        assert_eq!(
            ask(method.clone(), "/metrics", &[("origin", "http://monitor:1")]).await,
            StatusCode::METHOD_NOT_ALLOWED
        );
        assert_eq!(ask(method, "/metrics", &[]).await, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert_eq!(ask(Method::GET, "/", &[("sec-fetch-site", "cross-site")]).await, StatusCode::OK, "links lead here");
}
