//! Over Debian's tinyproxy.

use e2e::Tinyproxy;

use crate::site::{DENIED, Site};

#[tokio::test]
async fn tinyproxy_alive_and_dead() {
    let site = Site::new().await;
    let tinyproxy = Tinyproxy::start(&site.names(), DENIED).await;
    let way = format!("'http://{}'", tinyproxy.peer.address());
    let report = site.check(site.config(true).path("tinyproxy", &way)).await;
    report.assert(
        "tinyproxy",
        "open-https    reachable  -                      -      -        200
         denied-https  blocked    proxy_denied           proxy  proxy    403:tinyproxy
         dead-https    blocked    proxy_upstream_failed  proxy  network  500:tinyproxy
         silent-https  blocked    proxy_upstream_failed  proxy  network  -
         noroute-https blocked    proxy_upstream_failed  proxy  network  500:tinyproxy
         open-http     reachable  -                      -      -        200
         denied-http   blocked    proxy_denied           proxy  proxy    403:tinyproxy
         dead-http     blocked    proxy_upstream_failed  proxy  network  500:tinyproxy
         silent-http   blocked    proxy_upstream_failed  proxy  network  -
         noroute-http  blocked    proxy_upstream_failed  proxy  network  500:tinyproxy",
    );

    tinyproxy.peer.freeze();
    let report = site.check(site.open().timeout(1).path("tinyproxy", &way)).await;
    report.assert("tinyproxy", "open-https blocked proxy_timeout proxy proxy -");
    let _port = tinyproxy.peer.end().await;
    let report = site.check(site.open().path("tinyproxy", &way)).await;
    report.assert("tinyproxy", "open-https blocked proxy_refused proxy proxy -");
}
