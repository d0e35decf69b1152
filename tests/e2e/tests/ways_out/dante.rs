//! Over Debian's dante-server, which speaks SOCKS5 and SOCKS4.

use e2e::Dante;

use crate::site::{DENIED, Site};

#[tokio::test]
async fn dante_alive_and_dead() {
    let site = Site::new().await;
    let dante = Dante::start(&site.names(), DENIED).await;
    let way = |scheme| format!("'{scheme}://{}'", dante.peer.address());
    let dialects = ["socks5h", "socks5", "socks4"];
    let config = dialects.into_iter().fold(site.config(true), |config, scheme| config.path(scheme, &way(scheme)));
    let report = site.check(config).await;
    report.assert(
        "socks5h",
        "open-https    reachable  -                      -        -         200
         denied-https  blocked    proxy_denied           proxy    proxy     2 (not allowed by its rules)
         dead-https    blocked    proxy_upstream_failed  proxy    network   5 (connection refused)
         silent-https  blocked    proxy_upstream_failed  proxy    network   -
         noroute-https blocked    proxy_upstream_failed  proxy    network   3 (network unreachable)
         open-http     reachable  -                      -        -         200
         denied-http   blocked    proxy_denied           proxy    proxy     2 (not allowed by its rules)
         dead-http     blocked    proxy_upstream_failed  proxy    network   5 (connection refused)
         silent-http   blocked    proxy_upstream_failed  proxy    network   -
         noroute-http  blocked    proxy_upstream_failed  proxy    network   3 (network unreachable)",
    );
    // Names resolve here, where nobody knows the one without a route; the rule applies to the address as well.
    report.assert(
        "socks5",
        "open-https    reachable  -                      -        -         200
         denied-https  blocked    proxy_denied           proxy    proxy     2 (not allowed by its rules)
         dead-https    blocked    proxy_upstream_failed  proxy    network   5 (connection refused)
         silent-https  blocked    proxy_upstream_failed  proxy    network   -
         noroute-https blocked    dns_nxdomain           resolve  resolver  -
         open-http     reachable  -                      -        -         200
         denied-http   blocked    proxy_denied           proxy    proxy     2 (not allowed by its rules)
         dead-http     blocked    proxy_upstream_failed  proxy    network   5 (connection refused)
         silent-http   blocked    proxy_upstream_failed  proxy    network   -
         noroute-http  blocked    dns_nxdomain           resolve  resolver  -",
    );
    // SOCKS4 has one reply for a rule and for a dead upstream.
    report.assert(
        "socks4",
        "open-https    reachable  -                      -        -         200
         denied-https  blocked    proxy_denied           proxy    proxy     91 (rejected or failed)
         dead-https    blocked    proxy_denied           proxy    proxy     91 (rejected or failed)
         silent-https  blocked    proxy_upstream_failed  proxy    network   -
         noroute-https blocked    dns_nxdomain           resolve  resolver  -
         open-http     reachable  -                      -        -         200
         denied-http   blocked    proxy_denied           proxy    proxy     91 (rejected or failed)
         dead-http     blocked    proxy_denied           proxy    proxy     91 (rejected or failed)
         silent-http   blocked    proxy_upstream_failed  proxy    network   -
         noroute-http  blocked    dns_nxdomain           resolve  resolver  -",
    );

    dante.peer.freeze();
    let report = site.check(site.open().timeout(1).path("dante", &way("socks5h"))).await;
    report.assert("dante", "open-https blocked proxy_timeout proxy proxy -");
    let way = way("socks5h");
    let _port = dante.peer.end().await;
    let report = site.check(site.open().path("dante", &way)).await;
    report.assert("dante", "open-https blocked proxy_refused proxy proxy -");
}
