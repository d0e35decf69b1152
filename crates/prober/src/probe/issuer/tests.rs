//! Fetching from a publisher on the loopback, directly and as a proxy would be asked.

use std::sync::Arc;
use std::time::Duration;

use ::url::Host;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::net::SystemClock;
use crate::plan::{DnsPlan, PathOptions, Plan, Proxy, ProxyScheme, Resolvers, TlsPlan, Way, WinHttpProxies};

fn prober(host: &str) -> Prober {
    let hosts = [(host.to_owned(), vec!["127.0.0.1".parse().unwrap()])].into();
    let dns = DnsPlan { resolvers: Resolvers::Listed(Vec::new()), hosts, ..DnsPlan::default() };
    let plan = Plan {
        site: String::new(),
        concurrency: std::num::NonZeroUsize::MIN,
        confirm: std::num::NonZeroU32::MIN,
        audit: None,
        discovery: None,
        microsoft365: None,
        published: None,
        disabled: Arc::default(),
        maintenance: crate::plan::Maintenance::default(),
        dns,
        tls: TlsPlan::default(),
        fingerprints: crate::fingerprint::Fingerprints::built_in().unwrap(),
        paths: Vec::new(),
        endpoints: Vec::new(),
        pairs: Vec::new(),
    };
    Prober::new(&plan, Arc::new(SystemClock)).unwrap()
}

/// Fetches over a way from a publisher who gives one response; tells the request line too.
async fn fetch(way: impl FnOnce(u16) -> Way, response: Vec<u8>) -> (Option<Vec<u8>>, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let path = Arc::new(Path { name: String::new(), way: way(port), options: PathOptions::default() });
    let prober = prober("aia.example");
    let issuers = Issuers { prober: &prober, path: &path, served: &RouteFacts::Direct };
    let url = Url::parse(&format!("http://aia.example:{port}/one.crt")).unwrap();
    let publish = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (reader, mut writer) = stream.split();
        let mut lines = BufReader::new(reader).lines();
        let first = lines.next_line().await.unwrap().unwrap();
        while lines.next_line().await.unwrap().is_some_and(|line| !line.is_empty()) {}
        // A client that has had enough hangs up in the middle.
        let _ = writer.write_all(&response).await;
        first
    };
    let by = Instant::now() + Duration::from_secs(5);
    tokio::join!(issuers.fetch(&url, by), publish)
}

fn ok(body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

#[tokio::test]
async fn directly() {
    let (body, line) = fetch(|_| Way::Direct, ok(b"certificate")).await;
    assert_eq!((body.as_deref(), line.as_str()), (Some(&b"certificate"[..]), "GET /one.crt HTTP/1.1"));
}

#[tokio::test]
async fn through_a_proxy_which_resolves_the_name_itself() {
    let proxy = |port| {
        let host = Host::Ipv4(std::net::Ipv4Addr::LOCALHOST);
        Way::Proxy(Arc::new(Proxy { scheme: ProxyScheme::Http, host, port, credentials: None }))
    };
    let (body, line) = fetch(proxy, ok(b"certificate")).await;
    assert_eq!(body.as_deref(), Some(&b"certificate"[..]));
    assert!(line.starts_with("GET http://aia.example:"), "{line}");
}

#[tokio::test]
async fn through_the_next_proxy_of_a_list_where_the_first_is_dead() {
    let proxy = |port| {
        let host = Host::Ipv4(std::net::Ipv4Addr::LOCALHOST);
        Arc::new(Proxy { scheme: ProxyScheme::Http, host, port, credentials: None })
    };
    // Nobody listens on the port that is reserved for TCPMUX.
    let list = |port| Way::WinHttp(WinHttpProxies { http: vec![proxy(1), proxy(port)], ..WinHttpProxies::default() });
    let (body, _) = fetch(list, ok(b"certificate")).await;
    assert_eq!(body.as_deref(), Some(&b"certificate"[..]));
}

#[tokio::test]
async fn anything_else_is_nothing() {
    let responses = [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx".to_vec(),
        b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut off".to_vec(),
        ok(&vec![0x30; MAX_BYTES + 1]),
        b"no HTTP at all".to_vec(),
    ];
    for response in responses {
        let beginning = String::from_utf8_lossy(&response).chars().take(40).collect::<String>();
        assert_eq!(fetch(|_| Way::Direct, response).await.0, None, "{beginning}");
    }
}
