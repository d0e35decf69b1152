//! Over Debian's squid.

use crate::site::{DENIED, PROXY, Site, with_lost};
use std::path::PathBuf;

use e2e::{Squid, SquidRules};
use testnet::CertificateKind;

/// Squid's answers to CONNECT and to requests in the clear.
const ANSWERS: &str = "
    open-https    reachable  -                      -      -        200
    denied-https  blocked    proxy_denied           proxy  proxy    403:ERR_ACCESS_DENIED
    dead-https    blocked    proxy_upstream_failed  proxy  network  503:ERR_CONNECT_FAIL
    silent-https  blocked    proxy_upstream_failed  proxy  network  -
    noroute-https blocked    proxy_upstream_failed  proxy  network  503:ERR_CONNECT_FAIL
    lost-https    blocked    proxy_upstream_failed  proxy  network  500:ERR_CANNOT_FORWARD
    open-http     reachable  -                      -      -        200
    denied-http   blocked    proxy_denied           proxy  proxy    403:ERR_ACCESS_DENIED
    dead-http     blocked    proxy_upstream_failed  proxy  network  503:ERR_CONNECT_FAIL
    silent-http   blocked    proxy_upstream_failed  proxy  network  -
    noroute-http  blocked    proxy_upstream_failed  proxy  network  503:ERR_CONNECT_FAIL
    lost-http     blocked    proxy_upstream_failed  proxy  network  502:ERR_READ_ERROR";

#[tokio::test]
async fn squid_alive_and_dead() {
    let site = Site::new().await;
    let squid = Squid::start(SquidRules::Deny(DENIED), &site.names()).await;
    let way = format!("'http://{}'", squid.address());
    let report = site.check(with_lost(site.config(true)).path("squid", &way)).await;
    report.assert("squid", ANSWERS);

    squid.peer.freeze();
    let report = site.check(site.open().timeout(1).path("squid", &way)).await;
    report.assert("squid", "open-https blocked proxy_timeout proxy proxy -");
    let _port = squid.peer.end().await;
    let report = site.check(site.open().path("squid", &way)).await;
    report.assert("squid", "open-https blocked proxy_refused proxy proxy -");
}

/// A squid that is spoken to over TLS, with a certificate of that kind, and the way to it.
async fn over_tls(site: &Site, kind: &CertificateKind, rules: SquidRules<'_>) -> (Squid, String) {
    let leaf = site.world.authority().leaf(PROXY, kind).unwrap();
    let squid = Squid::start_tls(&leaf, rules, &site.names()).await;
    let way = format!("'https://{PROXY}:{}'", squid.address().port());
    (squid, way)
}

/// Where squid is built with GnuTLS it sends nothing but its leaf, so that its issuer has to be trusted itself.
fn issuer(site: &Site) -> PathBuf {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let leaf = site.world.authority().leaf(PROXY, &CertificateKind::Good).unwrap();
    let issuer = leaf.chain_pem.rsplit(BEGIN).next().unwrap();
    site.folder.write("issuer.pem", &format!("{BEGIN}{issuer}"))
}

#[tokio::test]
async fn squid_over_tls() {
    let site = Site::new().await;
    let issuer = issuer(&site);
    let (squid, way) = over_tls(&site, &CertificateKind::Good, SquidRules::Deny(DENIED)).await;
    let config = with_lost(site.config(true)).trust(issuer.clone()).path("squid", &way);
    site.check(config).await.assert("squid", ANSWERS);

    squid.peer.freeze();
    let report = site.check(site.open().timeout(1).trust(issuer.clone()).path("squid", &way)).await;
    report.assert("squid", "open-https blocked proxy_tls_failed proxy proxy -");
    let _port = squid.peer.end().await;
    let report = site.check(site.open().trust(issuer).path("squid", &way)).await;
    report.assert("squid", "open-https blocked proxy_refused proxy proxy -");
}

#[tokio::test]
async fn squid_proves_nothing() {
    let site = Site::new().await;
    let issuer = issuer(&site);
    for (kind, said) in [
        (CertificateKind::WrongName, "for another name"),
        (CertificateKind::Expired, "expired"),
        (CertificateKind::NotYetValid, "not valid before"),
        (CertificateKind::SelfSigned, "which nobody trusts"),
        (CertificateKind::Intercepted, "which nobody trusts"),
    ] {
        let (_squid, way) = over_tls(&site, &kind, SquidRules::Allow).await;
        let report = site.check(site.open().trust(issuer.clone()).path("squid", &way)).await;
        report.assert("squid", "open-https blocked proxy_tls_failed proxy proxy -");
        let detail = &report.of("open-https", "squid")["detail"];
        assert!(detail.as_str().unwrap().contains(said), "{kind:?}: {detail}");
    }
}

#[tokio::test]
async fn squid_by_password() {
    let site = Site::new().await;
    let rules = SquidRules::Authenticate { user: "svc", password: "s3cret" };
    let squid = Squid::start(rules, &site.names()).await;
    let way = format!("'http://{}'", squid.address());
    let right = site.with_password(&way, "right", "s3cret");
    let wrong = site.with_password(&way, "wrong", "guess");
    // One after the other: squid knows one password of a user at a time, and answers by whichever it asked about last.
    let config = site.config(true).path("none", &way).path("wrong", &wrong);
    let report = site.check(config).await;
    for path in ["none", "wrong"] {
        for endpoint in ["open-https", "open-http", "dead-https", "dead-http"] {
            let result = report.of(endpoint, path);
            assert_eq!(result["cause"], "proxy_auth_required", "{result:#}");
            assert_eq!((&result["stage"], &result["blame"]), (&"proxy".into(), &"proxy".into()));
            assert_eq!(result["proxy"]["status"], 407);
            assert_eq!(result["evidence"]["auth_schemes"], "Basic");
        }
    }
    let report = site.check(site.config(true).path("right", &right)).await;
    report.assert(
        "right",
        "open-https    reachable  -                      -      -        200
         denied-https  reachable  -                      -      -        200
         dead-https    blocked    proxy_upstream_failed  proxy  network  503:ERR_CONNECT_FAIL
         silent-https  blocked    proxy_upstream_failed  proxy  network  -
         noroute-https blocked    proxy_upstream_failed  proxy  network  503:ERR_CONNECT_FAIL
         open-http     reachable  -                      -      -        200
         denied-http   reachable  -                      -      -        200
         dead-http     blocked    proxy_upstream_failed  proxy  network  503:ERR_CONNECT_FAIL
         silent-http   blocked    proxy_upstream_failed  proxy  network  -
         noroute-http  blocked    proxy_upstream_failed  proxy  network  503:ERR_CONNECT_FAIL",
    );
}
