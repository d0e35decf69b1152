//! Over Debian's squid.

use crate::site::{DENIED, Site, with_lost};
use e2e::{Squid, SquidRules};

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

#[tokio::test]
async fn squid_by_password() {
    let site = Site::new().await;
    let rules = SquidRules::Authenticate { user: "svc", password: "s3cret" };
    let squid = Squid::start(rules, &site.names()).await;
    let right = site.folder.write("right", "s3cret\n");
    let wrong = site.folder.write("wrong", "guess\n");
    let way = format!("'http://{}'", squid.address());
    let with = |file: &std::path::Path| format!("{{proxy: {way}, username: svc, password_file: '{}'}}", file.display());
    // One after the other: squid knows one password of a user at a time, and answers by whichever it asked about last.
    let config = site.config(true).path("none", &way).path("wrong", &with(&wrong));
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
    let report = site.check(site.config(true).path("right", &with(&right))).await;
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
