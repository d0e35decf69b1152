//! SOCKS in all its dialects: who resolves the target, what the server gets to hear, and what it may do wrong.

use prober::cause::Stage;
use prober::observation::{Fault, IoKind, ProxyFailure, RouteFacts, SocksFailure, SocksVersion};
use prober::plan::ProxyScheme;
use prober::verdict::{Question, judge};
use testnet::{Scheme, SocksFault, SocksRequest};

use crate::site::{HTTPS_HOST, Site, Steps, fault, http};

const DIALECTS: [(&str, u8, bool); 4] =
    [("socks4", 4, false), ("socks4a", 4, true), ("socks5", 5, false), ("socks5h", 5, true)];

#[tokio::test]
async fn every_dialect_asks_for_the_target_as_it_should() {
    let mut site = Site::new().await;
    site.credentials = Some(("svc", "s3cret: ü"));
    let address = site.world.address(HTTPS_HOST, Scheme::Https).unwrap();
    for (path, version, by_name) in DIALECTS {
        let steps = Steps::default();
        let asked_before = site.world.dns_queries().len();
        let seen = site.probe_heard(&site.https(), path, "", &steps).await;

        assert_eq!(seen.fault, None, "{path}");
        assert_eq!((http(&seen).status, http(&seen).version.as_str()), (200, "HTTP/2"), "{path}");
        let RouteFacts::Proxy(via) = &seen.route else { panic!("{:?}", seen.route) };
        assert_eq!((via.scheme.as_str(), via.address.clone()), (path, site.world.socks().address().to_string()));
        assert_eq!(seen.remote_address, Some(site.world.socks().address()));
        assert_eq!(seen.resolve.is_some(), !by_name, "{path}");
        assert_eq!(site.world.dns_queries().len() == asked_before, by_name, "{path}: who resolves?");
        let socks = seen.socks.as_ref().unwrap();
        assert!(socks.granted && socks.bound.as_ref().unwrap().as_str().starts_with("127.0.0."), "{socks:?}");
        assert!(seen.phases.get(Stage::Proxy).is_some());
        let names = steps.names();
        assert!(names.ends_with(&["SocksAnswered", "Secured", "Answered", "Read"].map(str::to_owned)), "{names:?}");

        let host = if by_name { HTTPS_HOST.to_owned() } else { address.ip().to_string() };
        // Credentials are told to version 5 where it asks for them, and to version 4 always.
        let user = (version == 4).then(|| "svc".to_owned());
        let request = SocksRequest { version, user, host, by_name, port: address.port() };
        assert_eq!(site.world.socks().requests().last(), Some(&request));
    }
}

#[tokio::test]
async fn plain_http_goes_through_the_tunnel_in_origin_form() {
    let site = Site::new().await;
    let url = site.world.url(HTTPS_HOST, Scheme::Http, "/a?b=c").unwrap();
    for (path, ..) in DIALECTS {
        let seen = site.probe(&url, path, "").await;
        assert_eq!((seen.fault.as_ref(), http(&seen).status), (None, 200), "{path}");
    }
    let requests = site.world.faults().requests(HTTPS_HOST).unwrap();
    assert_eq!(requests.len(), DIALECTS.len());
    for request in requests {
        assert_eq!((request.target.as_str(), request.header("via")), ("/a?b=c", None));
        assert_eq!(request.header("proxy-authorization"), None);
    }
}

#[tokio::test]
async fn credentials_open_the_way() {
    let mut site = Site::new().await;
    site.world.socks().require_credentials("svc", "s3cret: ü");
    let seen = site.probe(&site.https(), "socks5h", "").await;
    let wanted = ProxyFailure::Socks(SocksFailure::Method { offered: vec![0], chosen: 255 });
    assert!(matches!(fault(&seen), Fault::Proxy(fault) if fault.failure == wanted), "{seen:#?}");

    site.credentials = Some(("svc", "s3cret: ü"));
    for (path, ..) in DIALECTS {
        let seen = site.probe(&site.https(), path, "").await;
        assert_eq!(http(&seen).status, 200, "{path}");
        assert_eq!(seen.socks.unwrap().authenticated, path.starts_with("socks5"), "{path}");
    }
    site.credentials = Some(("svc", "wrong"));
    let seen = site.probe(&site.https(), "socks5", "").await;
    let refused = ProxyFailure::Socks(SocksFailure::CredentialsRefused { status: 1 });
    assert!(matches!(fault(&seen), Fault::Proxy(fault) if fault.failure == refused), "{seen:#?}");
    site.credentials = Some(("other", "s3cret: ü"));
    let seen = site.probe(&site.https(), "socks4a", "").await;
    let refused = ProxyFailure::Socks(SocksFailure::Refused { version: SocksVersion::Socks4, reply: 93 });
    assert!(matches!(fault(&seen), Fault::Proxy(fault) if fault.failure == refused), "{seen:#?}");
}

#[tokio::test]
async fn addresses_in_urls_go_as_they_are() {
    let site = Site::new().await;
    let origin = site.world.address(HTTPS_HOST, Scheme::Http).unwrap();
    site.world.socks().map("2001:db8::1", 80, origin);
    for (path, by_name) in [("socks5", false), ("socks5h", false), ("socks4a", true)] {
        let seen = site.probe("http://[2001:db8::1]/", path, "").await;
        assert_eq!((seen.fault.as_ref(), http(&seen).status), (None, 200), "{path}");
        let asked = site.world.socks().requests();
        let asked = asked.last().unwrap();
        assert_eq!((asked.host.as_str(), asked.by_name), ("2001:db8::1", by_name), "{path}");
    }
    let seen = site.probe("http://[2001:db8::1]/", "socks4", "").await;
    let unaskable = |failure: &ProxyFailure| matches!(failure, ProxyFailure::Socks(SocksFailure::CannotCarry { .. }));
    assert!(matches!(fault(&seen), Fault::Proxy(fault) if unaskable(&fault.failure)), "{seen:#?}");
    assert!(site.world.dns_queries().is_empty());
}

/// What follows the last octet that matters is the tunnel, so that a server may close after any of them.
#[tokio::test]
async fn closed_after_every_octet_of_a_real_connection() {
    let mut site = Site::new().await;
    site.world.socks().require_credentials("svc", "pw");
    site.credentials = Some(("svc", "pw"));
    for (path, octets) in [("socks5h", 2 + 2 + 10), ("socks5", 2 + 2 + 10), ("socks4a", 8)] {
        for left in 0..octets {
            site.world.socks().set_fault(SocksFault::CloseAfter(left));
            let seen = site.probe(&site.https(), path, "timeout: 5s").await;
            let Fault::Proxy(fault) = fault(&seen) else { panic!("{path}, {left}: {seen:#?}") };
            let is_lost = matches!(&fault.failure, ProxyFailure::Lost(io) if io.kind == IoKind::Closed);
            assert!(is_lost, "{path}, {left}: {:?}", fault.failure);
            assert!(seen.duration.as_secs() < 2, "{path}, {left}: {:?}", seen.duration);
        }
    }
}

#[tokio::test]
async fn what_breaks_behind_the_tunnel_is_the_proxys_business() {
    let site = Site::new().await;
    site.world.socks().set_fault(SocksFault::TunnelReset);
    let clear = site.world.url(HTTPS_HOST, Scheme::Http, "/").unwrap();
    for url in [site.https(), clear] {
        let plan = site.plan(&url, "socks5h", "timeout: 2s");
        let seen = site.probe(&url, "socks5h", "timeout: 2s").await;
        let verdict = judge(&Question::alone(&plan.pairs[0], &plan.fingerprints), &seen);
        let reason = verdict.reason.unwrap();
        assert_eq!(reason.blame, prober::Blame::Proxy, "{url}");
        assert!(reason.detail.contains("after the proxy opened the tunnel"), "{}", reason.detail);
        assert!(verdict.evidence.facts.contains_key("socks_bound"), "{:?}", verdict.evidence);
    }
}

#[tokio::test]
async fn a_server_that_answers_for_others_waits_for_what_lies_behind_it() {
    let site = Site::new().await;
    for (word, cause) in [("hang", "proxy_upstream_failed"), ("hang-at-once", "proxy_timeout")] {
        site.world.socks().set_fault(word.parse().unwrap());
        let plan = site.plan(&site.https(), "socks5h", "timeout: 1s");
        let seen = site.probe(&site.https(), "socks5h", "timeout: 1s").await;
        let question =
            Question { proxy_answered_recently: true, ..Question::alone(&plan.pairs[0], &plan.fingerprints) };
        let reason = judge(&question, &seen).reason.unwrap();
        assert_eq!(reason.cause.as_str(), cause, "{}", reason.detail);
    }
}

#[test]
fn the_schemes_are_told_apart() {
    assert_eq!(ProxyScheme::ALL.iter().filter(|scheme| !scheme.is_http()).count(), DIALECTS.len());
}
