//! Over a PAC file that nginx serves, which splits traffic between real proxies.

use e2e::{Dante, Nginx, Squid, SquidRules, Tinyproxy};

use crate::site::{DENIED, Site};

#[tokio::test]
async fn a_pac_file_splits_traffic() {
    let site = Site::new().await;
    let names = site.names();
    let squid = Squid::start(SquidRules::Allow, &names).await;
    let tinyproxy = Tinyproxy::start(&names, DENIED).await;
    let dante = Dante::start(&names, DENIED).await;
    let gone = Squid::start(SquidRules::Allow, &[]).await.peer;
    let gone_address = gone.address();
    let _port = gone.end().await;
    let (squid_address, tinyproxy_address, dante_address) =
        (squid.address(), tinyproxy.peer.address(), dante.peer.address());
    let nginx = Nginx::start_pac(&format!(
        "function FindProxyForURL(url, host) {{
            if (dnsDomainIs(host, 'open.example')) return 'PROXY {gone_address}; PROXY {squid_address}';
            if (shExpMatch(host, 'denied.*')) return 'PROXY {tinyproxy_address}; DIRECT';
            if (host == 'dead.example') return 'SOCKS5 {dante_address}; DIRECT';
            if (host == 'noroute.example') return 'PROXY {gone_address}';
            return 'DIRECT';
        }}"
    ))
    .await;
    let way = format!("{{pac: 'http://nginx.example:{}/proxy.pac'}}", nginx.address().port());
    let report = site.check(site.config(false).path("pac", &way)).await;
    // The next entry serves where a proxy is gone, and not where it refuses.
    report.assert(
        "pac",
        "open-https    degraded   proxy_refused          proxy    proxy    200
         denied-https  blocked    proxy_denied           proxy    proxy    403:tinyproxy
         dead-https    blocked    proxy_upstream_failed  proxy    network  5 (connection refused)
         silent-https  blocked    tcp_timeout            connect  network  -
         noroute-https blocked    proxy_refused          proxy    proxy    -",
    );
    let routes =
        [("open-https", format!("PROXY {squid_address}")), ("denied-https", format!("PROXY {tinyproxy_address}"))];
    for (endpoint, route) in routes {
        assert_eq!(report.of(endpoint, "pac")["route"], route);
    }

    let lost = way.replace("/proxy.pac", "/other.pac");
    let report = site.check(site.open().path("pac", &lost)).await;
    report.assert("pac", "open-https blocked pac_unavailable route proxy -");
    let _port = nginx.peer.end().await;
    let report = site.check(site.open().path("pac", &way)).await;
    report.assert("pac", "open-https blocked pac_unavailable route proxy -");
}

#[tokio::test]
async fn a_pac_file_is_no_script() {
    let site = Site::new().await;
    for script in ["<html>Sign in</html>", "function FindProxyForURL(url, host) { return nothing; }"] {
        let nginx = Nginx::start_pac(script).await;
        let way = format!("{{pac: 'http://nginx.example:{}/proxy.pac'}}", nginx.address().port());
        let report = site.check(site.open().path("pac", &way)).await;
        report.assert("pac", "open-https blocked pac_invalid route proxy -");
    }
}
