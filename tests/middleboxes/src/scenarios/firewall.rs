//! Firewalls: by address, and by what a connection asks for.

use crate::boxes::nginx;
use crate::relay::{Cut, Filter};
use crate::scenario::Scenario;

const CUT: &str = "ip daddr { $licensing, $crl, $plain } tcp dport { 80, 443 }";

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("firewall drops")
            .forward(&format!("{CUT} drop"))
            .truth("licensing crl plain", "blocked tcp_timeout network"),
        Scenario::new("firewall rejects with reset")
            .forward(&format!("{CUT} reject with tcp reset"))
            .truth("licensing crl plain", "blocked tcp_refused network"),
        Scenario::new("firewall rejects with ICMP prohibited")
            .forward(&format!("{CUT} reject with icmp type admin-prohibited"))
            .truth("licensing crl plain", "blocked tcp_unreachable network"),
        Scenario::new("firewall rejects with ICMP net unreachable")
            .forward(&format!("{CUT} reject with icmp type net-unreachable"))
            .truth("licensing crl plain", "blocked tcp_unreachable network"),
        Scenario::new("firewall drops all but the list")
            .forward("ip daddr { $licensing, $crl, $plain, $cdn, $activation, $login, $register, $crl-www } accept")
            .forward("oifname wan tcp dport { 80, 443 } drop")
            .truth("ncsi", "blocked tcp_timeout network"),
        by_name(),
        page(),
        // A terminating box that has been forgotten.
        Scenario::new("a box that knows TLS 1.1 at most")
            .redirect("ip daddr $licensing tcp dport 443 redirect to :8443")
            .daemon(nginx(
                8443,
                "server { listen 8443 ssl; ssl_protocols TLSv1 TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0; return 403; }",
            ))
            .truth("licensing", "blocked tls_version_refused interceptor"),
        Scenario::new("an octet a second")
            .redirect(&format!("{CUT} redirect to :8444"))
            .filter(8444, Filter::Trickle)
            .truth("licensing", "blocked tls_timeout network")
            .truth("crl plain", "blocked http_timeout network"),
        // A tunnel on the way whose ICMP is filtered: what is large never comes, and nobody says so.
        Scenario::new("large packets are lost")
            .forward("ip saddr $licensing meta length > 600 drop")
            .truth("licensing", "blocked tls_timeout network"),
        // Everything that a direct way needs, and the proxy's way stays open.
        Scenario::new("firewall lets the proxy out alone")
            .path("direct", "direct")
            .path("squid", "http://10.77.0.1:3128")
            .daemon(crate::boxes::squid("http_access allow all"))
            .forward("oifname wan tcp dport { 80, 443 } drop")
            .truth_over("direct", "*", "blocked tcp_timeout network"),
    ]
}

/// A vendor's block page in the origins' place, over TLS under a certificate that nobody trusts.
fn page() -> Scenario {
    let page = "server { listen 8080; listen 8443 ssl; default_type text/html;
        return 403 '<html><head><title>Web Page Blocked</title></head><body><h1>Web Page Blocked!</h1>
            FortiGuard Intrusion Prevention - Access Blocked</body></html>'; }";
    Scenario::new("filter shows a vendor's page")
        .redirect("ip daddr $licensing tcp dport 443 redirect to :8443")
        .redirect("ip daddr { $crl, $plain } tcp dport 80 redirect to :8080")
        .daemon(nginx(8080, page))
        .truth("licensing crl plain", "blocked block_page interceptor")
}

/// Cut by the name in the ClientHello or the request, in every way there is.
fn by_name() -> Scenario {
    const TLS: &[(&str, Cut)] = &[
        ("ols.officeapps.live.com", Cut::Reset),
        ("activation.sls.microsoft.com", Cut::Hold),
        ("login.microsoftonline.com", Cut::Close),
        ("enterpriseregistration.windows.net", Cut::Alert),
    ];
    const CLEAR: &[(&str, Cut)] =
        &[("crl.microsoft.com", Cut::Reset), ("go.microsoft.com", Cut::Hold), ("www.msftconnecttest.com", Cut::Close)];
    Scenario::new("filter by SNI and by Host")
        .redirect("tcp dport 443 redirect to :8443")
        .redirect("tcp dport 80 redirect to :8480")
        .filter(8443, Filter::Cut(TLS))
        .filter(8480, Filter::Cut(CLEAR))
        .truth("licensing login", "blocked tls_reset network")
        .truth("activation", "blocked tls_timeout network")
        .truth("register", "blocked tls_handshake_failed interceptor")
        .truth("crl ncsi", "blocked http_reset network")
        .truth("plain", "blocked http_timeout network")
}
