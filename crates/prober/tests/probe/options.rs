//! What a path says about itself and its network reaches the wire.

use prober::observation::{Fault, ResolveFailure};
use testnet::Scheme;
use tokio::net::TcpListener;

use crate::site::{HTTPS_HOST, Site, fault, http};

async fn site(options: &str) -> Site {
    Site { path_options: options.to_owned(), ..Site::new().await }
}

#[tokio::test]
async fn the_proxy_hears_the_user_agent_and_the_headers_of_the_path() {
    let site = site("user_agent: Mozilla/5.0, connect_headers: {X-Site: b42}").await;
    let seen = site.probe(&site.https(), "proxy", "").await;
    assert_eq!(seen.fault, None);

    let connect = site.world.proxy().requests().pop().unwrap();
    assert_eq!((connect.method.as_str(), connect.header("user-agent")), ("CONNECT", Some("Mozilla/5.0")));
    assert_eq!(connect.header("x-site"), Some("b42"));
    let request = site.world.faults().requests(HTTPS_HOST).unwrap().pop().unwrap();
    assert_eq!(request.header("user-agent"), Some("Mozilla/5.0"));
    assert_eq!(request.header("x-site"), None, "meant for the proxy, not for the origin");
}

#[tokio::test]
async fn an_endpoints_own_user_agent_wins_in_its_requests() {
    let site = site("user_agent: Mozilla/5.0").await;
    let url = site.world.url(HTTPS_HOST, Scheme::Http, "/").unwrap();
    for (path, more, expected) in [
        ("straight", "", "Mozilla/5.0"),
        ("proxy", "", "Mozilla/5.0"),
        ("straight", "headers: {User-Agent: mine}", "mine"),
    ] {
        site.probe(&url, path, more).await;
        let request = site.world.faults().requests(HTTPS_HOST).unwrap().pop().unwrap();
        assert_eq!(request.header("user-agent"), Some(expected), "{path} {more}");
    }
}

#[tokio::test]
async fn connections_come_from_the_paths_address() {
    let site = site("source_address: 127.0.0.77").await;
    for path in ["straight", "proxy"] {
        let seen = site.probe(&site.https(), path, "").await;
        assert_eq!((seen.fault.as_ref(), http(&seen).status), (None, 200), "{path}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (_, accepted) = tokio::join!(site.probe(&url, "straight", "timeout: 2s"), async {
        // Dropped at once: where it came from is all that matters.
        listener.accept().await.unwrap().1
    });
    assert_eq!(accepted.ip().to_string(), "127.0.0.77");
}

#[tokio::test]
async fn a_source_that_is_not_ours_says_nothing_of_the_endpoint() {
    // An address for documentation (RFC 5737), which no machine has.
    let site = site("source_address: 192.0.2.7").await;
    let seen = site.probe(&site.https(), "straight", "").await;
    let Fault::Monitor(fault) = fault(&seen) else { panic!("{seen:#?}") };
    assert_eq!(fault.operation, "open a connection from 192.0.2.7");
}

#[tokio::test]
async fn only_the_wanted_family_is_asked_for() {
    let site = site("ip_family: ipv6").await;
    let seen = site.probe(&site.https(), "straight", "").await;
    let Fault::Resolve(fault) = fault(&seen) else { panic!("{seen:#?}") };
    assert_eq!(fault.failure, ResolveFailure::NoAddress);
    let queries = site.world.dns_queries();
    assert!(!queries.is_empty() && queries.iter().all(|query| format!("{query:?}").contains("AAAA")), "{queries:?}");
}

#[tokio::test]
async fn a_path_has_resolvers_of_its_own() {
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let site = site(&format!("resolvers: [\"{}\"]", nobody.local_addr().unwrap())).await;
    let seen = site.probe(&site.https(), "straight", "timeout: 1s").await;
    let Fault::Resolve(fault) = fault(&seen) else { panic!("{seen:#?}") };
    assert_eq!(fault.failure, ResolveFailure::Timeout);
    assert!(site.world.dns_queries().is_empty(), "the plan's resolvers are not asked for this path");

    let seen = site.probe(&site.https(), "direct", "").await;
    assert_eq!((seen.fault.as_ref(), http(&seen).status), (None, 200));
}
