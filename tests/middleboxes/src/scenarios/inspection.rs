//! TLS inspection: squid with a CA of the company's, and mitmproxy with one of its own.

use crate::boxes::{inspecting_squid, mitmproxy};
use crate::scenario::Scenario;

const SQUID: &str = "http://10.77.0.1:3128";
const TLS: &str = "licensing cdn activation login register";
const INTERCEPTED: &str = "blocked tls_intercepted interceptor";
/// Where the company's CA is configured.
const INSPECTED: &str = "degraded tls_intercepted interceptor";
const ROOTS: &str = "inspection_roots: ['{inspection}']";
const CUT: &str = "acl first at_step SslBump1\nacl cut ssl::server_name ols.officeapps.live.com\n";

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        over("squid splices", "ssl_bump splice all\nhttp_access allow all"),
        over("squid inspects", "ssl_bump bump all\nhttp_access allow all").truth(TLS, INTERCEPTED),
        Scenario {
            tls_config: ROOTS,
            ..over("squid inspects, its CA is known", "ssl_bump bump all\nhttp_access allow all")
        }
        .truth(TLS, INSPECTED),
        over(
            "squid inspects one host",
            &format!("{CUT}ssl_bump peek first\nssl_bump bump cut\nssl_bump splice all\nhttp_access allow all"),
        )
        .truth("licensing", INTERCEPTED),
        over(
            "squid terminates one host by its SNI",
            &format!("{CUT}ssl_bump peek first\nssl_bump terminate cut\nssl_bump splice all\nhttp_access allow all"),
        )
        .truth("licensing", "blocked tls_reset proxy"),
        denied_within(),
        Scenario::new("squid inspects unasked")
            .redirect("ip daddr { $licensing, $login } tcp dport 443 redirect to :3130")
            .daemon(inspecting_squid("ssl_bump bump all\nhttp_access allow all"))
            .truth("licensing login", INTERCEPTED),
        Scenario::new("mitmproxy reads along with one host")
            .path("direct", "direct")
            .path("mitmproxy", "http://10.77.0.1:8081")
            .daemon(mitmproxy("ols.officeapps.live.com"))
            .truth_over("mitmproxy", "licensing", INTERCEPTED)
            .output("ip daddr { $cdn, $crl-www } reject with icmp type admin-prohibited")
            .truth_over("mitmproxy", "cdn crl-www", "blocked proxy_upstream_failed network"),
    ]
}

fn over(name: &'static str, lines: &str) -> Scenario {
    Scenario::new(name).path("squid", SQUID).daemon(inspecting_squid(lines))
}

/// Within the TLS that it answers itself, squid shows its page for a host that it denies, and says what it cannot get to.
fn denied_within() -> Scenario {
    let lines = "acl denied dstdomain ols.officeapps.live.com\nssl_bump bump all\nhttp_access deny !CONNECT denied\n\
                 http_access allow all";
    Scenario { tls_config: ROOTS, ..over("squid inspects and denies within", lines) }
        .endpoint("refusing", "https://refusing.contoso.com/")
        .truth(TLS, INSPECTED)
        .truth("licensing", "blocked block_page interceptor")
        .truth("refusing", "blocked proxy_upstream_failed network")
}
