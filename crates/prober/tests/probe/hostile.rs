//! Peers that do their worst: each probe ends within its deadline and says what happened.

use std::time::Duration;

use prober::observation::{Fault, HttpFailure, IoKind, Moment, Observation, ProxyFailure, TlsFailure};
use testnet::{Fault as Broken, HttpFault, ProxyFault, Scheme};

use crate::site::{HTTPS_HOST, Site, fault, http};

const TIMEOUT: Duration = Duration::from_secs(2);

/// Probes with a deadline of two seconds, and holds the probe to it.
async fn probe(site: &Site, path: &str, more: &str) -> Observation {
    let seen = site.probe(&site.https(), path, &format!("timeout: 2s, {more}")).await;
    assert!(seen.duration <= TIMEOUT, "{:?} for {seen:#?}", seen.duration);
    seen
}

/// What an origin's fault comes to, told in one word.
fn word(seen: &Observation) -> String {
    match seen.fault.as_ref() {
        None => format!("{}", http(seen).status),
        Some(Fault::Http(fault)) => {
            let during = if fault.during == Moment::Head { "head" } else { "body" };
            let failure = match &fault.failure {
                HttpFailure::Lost(io) if io.kind == IoKind::Closed => "closed",
                HttpFailure::Lost(io) if io.kind == IoKind::Reset => "reset",
                HttpFailure::Lost(io) => panic!("{io:?}"),
                HttpFailure::TimedOut => "timeout",
                HttpFailure::Invalid(_) => "invalid",
            };
            format!("{during} {failure}")
        }
        Some(other) => format!("{other:?}"),
    }
}

#[tokio::test]
async fn origins() {
    let site = Site::new().await;
    for (broken, expected) in [
        (HttpFault::HangBeforeHead, "head timeout"),
        (HttpFault::CloseBeforeHead, "head closed"),
        (HttpFault::ResetBeforeHead, "head reset"),
        (HttpFault::CloseInHead, "head closed"),
        (HttpFault::SlowHead, "head timeout"),
        (HttpFault::Garbage, "head invalid"),
        (HttpFault::EndlessHeaders, "head invalid"),
        (HttpFault::HugeHeader, "head invalid"),
        (HttpFault::InformationalFlood, "head invalid"),
        (HttpFault::FoldedHeader, "200"),
        (HttpFault::SpaceBeforeColon, "200"),
        (HttpFault::EndlessBody, "200"),
        (HttpFault::GzipBomb, "200"),
        (HttpFault::CloseInBody, "body closed"),
    ] {
        site.world.faults().set(HTTPS_HOST, Broken::Http(broken.clone())).unwrap();
        let seen = probe(&site, "direct", "").await;
        assert_eq!(word(&seen), expected, "{broken:?}: {seen:#?}");
        if let Some(http) = &seen.http {
            assert!(http.body.bytes <= 64 * 1024 && http.body.sample.as_str().len() <= 3 * 64 * 1024, "{broken:?}");
        }
    }
}

#[tokio::test]
async fn a_reset_after_the_head_leaves_the_head() {
    let site = Site::new().await;
    site.world.faults().set(HTTPS_HOST, Broken::Http(HttpFault::ResetInBody)).unwrap();
    // In the clear, since TLS would have the world's origin hold the head back for an acknowledgement (Nagle).
    let url = site.world.url(HTTPS_HOST, Scheme::Http, "/").unwrap();
    let seen = site.probe(&url, "direct", "timeout: 2s").await;
    assert_eq!((http(&seen).status, word(&seen).as_str()), (200, "body reset"));
}

#[tokio::test]
async fn a_body_without_end_stops_at_the_limit() {
    let site = Site::new().await;
    site.world.faults().set(HTTPS_HOST, Broken::Http(HttpFault::EndlessBody)).unwrap();
    let seen = probe(&site, "direct", "expect: {body: {contains: never}}").await;
    let body = &http(&seen).body;
    assert_eq!((body.bytes, body.limit_reached, body.complete), (64 * 1024, true, false));
    assert_eq!(seen.fault, None);
}

#[tokio::test]
async fn proxies() {
    let site = Site::new().await;
    for broken in [
        ProxyFault::Hang,
        ProxyFault::Close,
        ProxyFault::Reset,
        ProxyFault::Garbage,
        ProxyFault::EndlessHead,
        ProxyFault::SlowHead,
    ] {
        site.world.proxy().set_fault(broken.clone());
        let seen = probe(&site, "proxy", "").await;
        let Fault::Proxy(fault) = fault(&seen) else { panic!("{broken:?}: {seen:#?}") };
        let as_expected = match (&broken, &fault.failure) {
            (ProxyFault::Hang, ProxyFailure::ReplyTimeout { received }) => *received == 0,
            (ProxyFault::SlowHead, ProxyFailure::ReplyTimeout { received }) => *received > 0,
            (ProxyFault::Close, ProxyFailure::Lost(io)) => io.kind == IoKind::Closed,
            (ProxyFault::Reset, ProxyFailure::Lost(io)) => io.kind == IoKind::Reset,
            (ProxyFault::Garbage, ProxyFailure::NotHttp(_)) | (ProxyFault::EndlessHead, ProxyFailure::HeadTooLong) => {
                true
            }
            _ => false,
        };
        assert!(as_expected, "{broken:?}: {fault:?}");
    }
}

#[tokio::test]
async fn proxies_that_open_a_tunnel_to_nowhere() {
    let site = Site::new().await;
    for broken in [ProxyFault::TunnelGarbage, ProxyFault::TunnelReset, ProxyFault::TunnelHang] {
        site.world.proxy().set_fault(broken.clone());
        let seen = probe(&site, "proxy", "").await;
        assert_eq!(seen.proxy.as_ref().unwrap().status, 200);
        let Fault::Tls(fault) = fault(&seen) else { panic!("{broken:?}: {seen:#?}") };
        let as_expected = match (&broken, &fault.failure) {
            (ProxyFault::TunnelGarbage, TlsFailure::NotTls) | (ProxyFault::TunnelHang, TlsFailure::TimedOut) => true,
            (ProxyFault::TunnelReset, TlsFailure::Lost(io)) => io.kind == IoKind::Reset,
            _ => false,
        };
        assert!(as_expected, "{broken:?}: {fault:?}");
    }
}

#[tokio::test]
async fn proxies_that_are_not_there() {
    let site = Site::new().await;
    site.world.proxy().refuse_connections().unwrap();
    let seen = probe(&site, "proxy", "").await;
    assert!(matches!(fault(&seen), Fault::Proxy(fault) if matches!(fault.failure, ProxyFailure::Connect(_))));

    site.world.proxy().drop_connections().unwrap();
    let seen = probe(&site, "proxy", "").await;
    assert!(matches!(fault(&seen), Fault::Proxy(fault) if matches!(fault.failure, ProxyFailure::Connect(_))));
}
