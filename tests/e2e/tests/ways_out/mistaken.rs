//! Proxies that are taken for what they are not: the wrong scheme in front of the right address.

use e2e::{Dante, Microsocks, Peer};

use crate::site::{DENIED, Site};

/// The verdict over a path that takes the peer for a proxy of that scheme.
async fn taken_for(site: &Site, scheme: &str, peer: &Peer, expected: &str) {
    let way = format!("'{scheme}://{}'", peer.address());
    let report = site.check(site.open().path("mistaken", &way)).await;
    report.assert("mistaken", expected);
}

#[tokio::test]
async fn socks_servers_are_asked_in_http() {
    let site = Site::new().await;
    let dante = Dante::start(&site.names(), DENIED).await;
    // It closes without a word.
    taken_for(&site, "http", &dante.peer, "open-https blocked proxy_protocol_error proxy proxy -").await;
    let microsocks = Microsocks::start(&site.names(), "svc", "s3cret").await;
    // It says 05 FF: no acceptable method.
    taken_for(&site, "http", &microsocks.peer, "open-https blocked proxy_protocol_error proxy proxy -").await;
}
