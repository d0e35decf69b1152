//! Proxies that are taken for what they are not: the wrong scheme in front of the right address.

use e2e::{Dante, Microsocks, Squid, SquidRules, Tinyproxy};

use crate::site::{DENIED, Site};

#[tokio::test]
async fn proxies_are_taken_for_others() {
    let site = Site::new().await;
    let names = site.names();
    let squid = Squid::start(SquidRules::Allow, &names).await;
    let tinyproxy = Tinyproxy::start(&names, DENIED).await;
    let dante = Dante::start(&names, DENIED).await;
    let microsocks = Microsocks::start(&names, "svc", "s3cret").await;
    let ways = [
        ("squid", &squid.peer, "https", "proxy_tls_failed proxy proxy -"),
        ("tinyproxy", &tinyproxy.peer, "https", "proxy_tls_failed proxy proxy -"),
        // The three bytes of a greeting are no line, and both wait for one.
        ("squid", &squid.peer, "socks5h", "proxy_timeout proxy proxy -"),
        ("tinyproxy", &tinyproxy.peer, "socks5h", "proxy_timeout proxy proxy -"),
        // It closes without a word.
        ("dante", &dante.peer, "http", "proxy_protocol_error proxy proxy -"),
        // It overlooks the name and tries the address 0.0.0.1, which stands for it.
        ("dante", &dante.peer, "socks4a", "proxy_denied proxy proxy 91 (rejected or failed)"),
        // It says 05 FF, as to everybody whom it does not let in.
        ("microsocks", &microsocks.peer, "http", "proxy_protocol_error proxy proxy -"),
        ("microsocks", &microsocks.peer, "socks4a", "proxy_protocol_error proxy proxy -"),
    ];
    let path = |name: &str, scheme: &str| format!("{name}-as-{scheme}");
    let config = ways.iter().fold(site.open().timeout(2), |config, (name, peer, scheme, _)| {
        config.path(&path(name, scheme), &format!("'{scheme}://{}'", peer.address()))
    });
    let report = site.check(config).await;
    for (name, _, scheme, expected) in ways {
        report.assert(&path(name, scheme), &format!("open-https blocked {expected}"));
    }
}
