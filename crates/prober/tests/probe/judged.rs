//! From the wire to the cause: every fault of the world, probed and judged.

use std::sync::Arc;

use prober::net::SystemClock;
use prober::plan::Pair;
use prober::probe::{Probe, Prober};
use prober::verdict::{Question, Verdict, judge};
use testnet::{Fault, ProxyFault, Scheme, SocksFault};

use crate::site::{CRL_HOST, HTTPS_HOST, Site};

/// What is asked for.
#[derive(Debug, Clone, Copy)]
enum Ask {
    Https,
    Http,
    Crl,
}
use Ask::{Crl, Http, Https};

/// A fault by its word, what is asked for over which path, and the cause; `ok` where there is none.
type Row = (&'static str, Ask, &'static str, &'static str);

/// Enough for every answer of this machine, and soon over where none comes.
const TIMEOUT: &str = "timeout: 2s";

async fn verdict(site: &Site, ask: Ask, path: &str) -> Verdict {
    let url = match ask {
        Https => site.https(),
        Http => site.world.url(HTTPS_HOST, Scheme::Http, "/").unwrap(),
        Crl => site.crl(),
    };
    let plan = site.plan(&url, path, TIMEOUT);
    let prober = Prober::new(&plan, Arc::new(SystemClock)).unwrap();
    let pair: &Pair = &plan.pairs[0];
    let observation = prober.probe(pair).await;
    judge(&Question::alone(pair, &plan.fingerprints), &observation)
}

/// Sets each fault in turn, on the hosts or the proxy, and compares the causes; tells of all that differ at once.
async fn check(rows: &[Row], break_it: impl Fn(&Site, &str)) {
    let site = Site::new().await;
    let mut wrong = Vec::new();
    for (word, ask, path, expected) in rows {
        break_it(&site, word);
        let verdict = verdict(&site, *ask, path).await;
        let cause = verdict.reason.as_ref().map_or("ok", |reason| reason.cause.as_str());
        if cause != *expected {
            wrong.push(format!("{word}, {ask:?} over {path}: {expected} expected, judged {verdict:#?}"));
        }
        site.world.faults().clear_all().unwrap();
        site.world.proxy().clear().unwrap();
        site.world.socks().clear().unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn check_hosts(rows: &[Row]) {
    check(rows, |site, word| {
        let fault: Fault = word.parse().unwrap();
        for host in [HTTPS_HOST, CRL_HOST] {
            site.world.faults().set(host, fault.clone()).unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn names() {
    check_hosts(&[
        ("nxdomain", Https, "direct", "dns_nxdomain"),
        ("nodata", Https, "direct", "dns_no_address"),
        ("servfail", Http, "direct", "dns_server_failure"),
        ("dns-refused", Crl, "direct", "dns_server_failure"),
        ("dns-silent", Https, "direct", "dns_timeout"),
        ("aaaa-silent", Https, "direct", "ok"),
        ("dns-truncated", Https, "direct", "ok"),
        ("unspecified", Https, "direct", "dns_sinkholed"),
    ])
    .await;
}

#[tokio::test]
async fn connections() {
    check_hosts(&[
        ("refuse", Https, "direct", "tcp_refused"),
        ("refuse", Crl, "direct", "tcp_refused"),
        ("drop", Https, "direct", "tcp_timeout"),
        ("hang", Https, "direct", "tls_timeout"),
        ("hang", Http, "direct", "http_timeout"),
        ("close", Https, "direct", "tls_reset"),
        ("close", Http, "direct", "http_reset"),
        ("reset", Https, "direct", "tls_reset"),
        ("reset", Crl, "direct", "http_reset"),
    ])
    .await;
}

#[tokio::test]
async fn handshakes() {
    check_hosts(&[
        ("reset-after-hello", Https, "direct", "tls_reset"),
        ("close-after-hello", Https, "proxy", "tls_reset"),
        ("hang-after-hello", Https, "direct", "tls_timeout"),
        ("hang-after-hello-over:1000", Https, "direct", "ok"),
        ("plaintext", Https, "direct", "tls_not_tls"),
        ("plaintext", Https, "proxy", "tls_not_tls"),
        ("protocol-version", Https, "direct", "tls_version_refused"),
        ("handshake-failure", Https, "direct", "tls_handshake_failed"),
        ("unrecognized-name", Https, "direct", "tls_handshake_failed"),
        ("tls12-only", Https, "direct", "ok"),
        ("tls13-only", Https, "proxy", "ok"),
        ("wrong-name", Https, "direct", "tls_name_mismatch"),
        ("expired", Https, "direct", "tls_expired"),
        ("not-yet-valid", Https, "direct", "tls_expired"),
        ("self-signed", Https, "direct", "tls_intercepted"),
        ("intercepted", Https, "proxy", "tls_intercepted"),
        ("intercepted-expired", Https, "direct", "tls_intercepted"),
    ])
    .await;
}

#[tokio::test]
async fn answers() {
    check_hosts(&[
        ("status:404", Https, "direct", "ok"),
        ("status:403", Https, "proxy", "ok"),
        ("status:403", Http, "direct", "http_unproven"),
        ("status:503", Https, "direct", "http_server_error"),
        ("status:503", Http, "direct", "http_server_error"),
        ("status:504", Http, "proxy", "proxy_upstream_failed"),
        ("redirect:http://portal.example/", Http, "direct", "captive_portal"),
        ("redirect:http://portal.example/", Https, "direct", "ok"),
        ("redirect:http://portal.example/", Crl, "direct", "captive_portal"),
        ("captive-portal", Http, "direct", "captive_portal"),
        ("captive-portal", Crl, "proxy", "captive_portal"),
        ("hang-before-head", Https, "direct", "http_timeout"),
        ("close-before-head", Https, "direct", "http_reset"),
        ("reset-before-head", Http, "direct", "http_reset"),
        ("slow-head", Https, "direct", "http_timeout"),
        ("slow-body", Https, "direct", "ok"),
        ("slow-body", Http, "direct", "ok"),
        ("garbage", Https, "direct", "http_invalid"),
        ("garbage", Http, "direct", "http_invalid"),
        ("endless-headers", Https, "direct", "http_invalid"),
        ("endless-body", Https, "direct", "ok"),
        ("close-in-head", Https, "direct", "http_reset"),
        ("close-in-body", Https, "direct", "ok"),
        ("reset-in-body", Https, "direct", "ok"),
        ("huge-header", Https, "direct", "http_invalid"),
        ("gzip-bomb", Https, "direct", "ok"),
        ("folded-header", Https, "direct", "ok"),
        ("space-before-colon", Https, "direct", "ok"),
        ("goaway", Https, "direct", "ok"),
        ("http11-required", Https, "direct", "ok"),
    ])
    .await;
}

#[tokio::test]
async fn lists() {
    check_hosts(&[
        ("crl-number:7", Crl, "direct", "ok"),
        ("crl-pem", Crl, "proxy", "ok"),
        ("crl-expired", Crl, "direct", "crl_expired"),
        ("crl-truncated", Crl, "direct", "crl_truncated"),
        ("crl-cut-short", Crl, "direct", "crl_truncated"),
        // The page is FortiGuard's by its words.
        ("crl-html", Crl, "direct", "block_page"),
        ("status:404", Crl, "direct", "crl_gone"),
        ("status:410", Crl, "proxy", "crl_gone"),
        ("status:403", Crl, "direct", "crl_invalid"),
        ("status:503", Crl, "direct", "http_server_error"),
        ("deny-page", Crl, "direct", "block_page"),
        ("slow-body", Crl, "direct", "http_timeout"),
        ("reset-in-body", Crl, "direct", "http_reset"),
        ("endless-body", Crl, "direct", "crl_too_large"),
    ])
    .await;
}

#[tokio::test]
async fn proxies() {
    let rows: &[Row] = &[
        ("squid-denied", Https, "proxy", "proxy_denied"),
        ("squid-denied", Http, "proxy", "proxy_denied"),
        ("squid-denied", Crl, "proxy", "proxy_denied"),
        ("squid-connect-failed", Https, "proxy", "proxy_upstream_failed"),
        ("squid-connect-failed", Crl, "proxy", "proxy_upstream_failed"),
        ("forefront-denied", Https, "proxy", "proxy_denied"),
        ("auth-required", Https, "proxy", "proxy_auth_required"),
        ("auth-required", Http, "proxy", "proxy_auth_required"),
        ("auth-required-closing", Https, "proxy", "proxy_auth_required"),
        ("status:400", Https, "proxy", "proxy_protocol_error"),
        ("status:404", Https, "proxy", "proxy_denied"),
        ("status:504", Https, "proxy", "proxy_upstream_failed"),
        ("redirect:http://portal.example/", Https, "proxy", "proxy_denied"),
        ("hang", Https, "proxy", "proxy_timeout"),
        ("hang", Http, "proxy", "proxy_timeout"),
        ("close", Https, "proxy", "proxy_protocol_error"),
        ("close", Http, "proxy", "proxy_protocol_error"),
        ("reset", Https, "proxy", "proxy_protocol_error"),
        ("garbage", Https, "proxy", "proxy_protocol_error"),
        ("garbage", Http, "proxy", "proxy_protocol_error"),
        ("endless-head", Https, "proxy", "proxy_protocol_error"),
        ("slow-head", Https, "proxy", "proxy_timeout"),
        ("tunnel-garbage", Https, "proxy", "tls_not_tls"),
        ("tunnel-reset", Https, "proxy", "tls_reset"),
        ("tunnel-hang", Https, "proxy", "tls_timeout"),
        ("hang", Https, "direct", "ok"),
    ];
    check(rows, |site, word| site.world.proxy().set_fault(word.parse::<ProxyFault>().unwrap())).await;
}

#[tokio::test]
async fn proxies_that_cannot_be_reached() {
    let refused = [("refuse", Https, "proxy", "proxy_refused"), ("refuse", Http, "proxy", "proxy_refused")];
    check(&refused, |site, _| site.world.proxy().refuse_connections().unwrap()).await;
    let silent = [("drop", Https, "proxy", "proxy_timeout"), ("drop", Crl, "proxy", "proxy_timeout")];
    check(&silent, |site, _| site.world.proxy().drop_connections().unwrap()).await;
}

#[tokio::test]
async fn tls_to_the_proxy() {
    let rows: &[Row] = &[
        ("tls:tls13-only", Https, "secure", "ok"),
        ("tls:tls12-only", Crl, "secure", "ok"),
        ("tls:expired", Https, "secure", "proxy_tls_failed"),
        ("tls:not-yet-valid", Http, "secure", "proxy_tls_failed"),
        ("tls:wrong-name", Https, "secure", "proxy_tls_failed"),
        ("tls:self-signed", Https, "secure", "proxy_tls_failed"),
        ("tls:intercepted", Crl, "secure", "proxy_tls_failed"),
        ("tls:plaintext", Https, "secure", "proxy_tls_failed"),
        ("tls:protocol-version", Https, "secure", "proxy_tls_failed"),
        ("tls:handshake-failure", Https, "secure", "proxy_tls_failed"),
        ("tls:reset-after-hello", Https, "secure", "proxy_tls_failed"),
        ("tls:close-after-hello", Http, "secure", "proxy_tls_failed"),
        ("tls:hang-after-hello", Https, "secure", "proxy_tls_failed"),
        ("squid-denied", Https, "secure", "proxy_denied"),
        ("squid-denied", Http, "secure", "proxy_denied"),
        ("auth-required", Https, "secure", "proxy_auth_required"),
        ("hang", Https, "secure", "proxy_timeout"),
        ("close", Https, "secure", "proxy_protocol_error"),
        ("garbage", Https, "secure", "proxy_protocol_error"),
        ("tunnel-hang", Https, "secure", "tls_timeout"),
        ("tunnel-reset", Https, "secure", "tls_reset"),
    ];
    check(rows, |site, word| site.world.proxy().set_fault(word.parse::<ProxyFault>().unwrap())).await;
    let refused = [("refuse", Https, "secure", "proxy_refused")];
    check(&refused, |site, _| site.world.proxy().refuse_connections().unwrap()).await;
}

#[tokio::test]
async fn socks() {
    let rows: &[Row] = &[
        ("deny", Https, "socks5h", "proxy_denied"),
        ("deny", Crl, "socks5", "proxy_denied"),
        ("deny", Https, "socks4a", "proxy_denied"),
        ("reply:1", Https, "socks5h", "proxy_upstream_failed"),
        ("reply:3", Https, "socks5h", "proxy_upstream_failed"),
        ("reply:4", Http, "socks5h", "proxy_upstream_failed"),
        ("reply:5", Https, "socks5", "proxy_upstream_failed"),
        ("reply:6", Https, "socks5h", "proxy_upstream_failed"),
        ("reply:7", Https, "socks5h", "proxy_protocol_error"),
        ("reply:8", Https, "socks5h", "proxy_upstream_failed"),
        ("reply:9", Https, "socks5h", "proxy_protocol_error"),
        ("reply:255", Https, "socks5h", "proxy_protocol_error"),
        ("reply:91", Https, "socks4", "proxy_denied"),
        ("reply:92", Https, "socks4", "proxy_auth_required"),
        ("reply:93", Http, "socks4a", "proxy_auth_required"),
        ("method:255", Https, "socks5h", "proxy_auth_required"),
        ("method:1", Https, "socks5h", "proxy_auth_required"),
        ("method:2", Http, "socks5", "proxy_auth_required"),
        ("hang-at-once", Https, "socks5h", "proxy_timeout"),
        ("hang", Https, "socks5h", "proxy_timeout"),
        ("hang", Http, "socks4", "proxy_timeout"),
        ("slow-reply", Https, "socks5h", "proxy_timeout"),
        ("close", Https, "socks5h", "proxy_protocol_error"),
        ("reset", Https, "socks4a", "proxy_protocol_error"),
        ("version-4", Https, "socks5h", "proxy_protocol_error"),
        ("http", Https, "socks5h", "proxy_protocol_error"),
        ("http", Https, "socks4", "proxy_protocol_error"),
        ("garbage", Https, "socks5h", "proxy_protocol_error"),
        ("garbage", Http, "socks4a", "proxy_protocol_error"),
        ("tunnel-garbage", Https, "socks5h", "tls_not_tls"),
        ("tunnel-garbage", Http, "socks5h", "http_invalid"),
        ("tunnel-reset", Https, "socks4", "tls_reset"),
        ("tunnel-reset", Http, "socks5", "http_reset"),
        ("tunnel-hang", Https, "socks5h", "tls_timeout"),
        ("tunnel-hang", Crl, "socks4a", "http_timeout"),
        ("hang", Https, "proxy", "ok"),
    ];
    check(rows, |site, word| site.world.socks().set_fault(word.parse::<SocksFault>().unwrap())).await;
    let refused = [("refuse", Https, "socks5h", "proxy_refused"), ("refuse", Http, "socks4", "proxy_refused")];
    check(&refused, |site, _| site.world.socks().refuse_connections().unwrap()).await;
    let silent = [("drop", Https, "socks5", "proxy_timeout")];
    check(&silent, |site, _| site.world.socks().drop_connections().unwrap()).await;
}

#[tokio::test]
async fn names_that_socks_resolves_here() {
    check_hosts(&[
        ("nxdomain", Https, "socks5", "dns_nxdomain"),
        ("nxdomain", Http, "socks4", "dns_nxdomain"),
        ("nxdomain", Https, "socks5h", "ok"),
        ("nxdomain", Crl, "socks4a", "ok"),
        ("unspecified", Https, "socks5", "dns_sinkholed"),
        ("aaaa-silent", Https, "socks4", "ok"),
        ("addresses:2001:db8::1", Https, "socks4", "proxy_upstream_failed"),
        ("refuse", Https, "socks5h", "proxy_upstream_failed"),
    ])
    .await;
}
