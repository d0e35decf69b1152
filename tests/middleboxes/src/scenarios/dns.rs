//! Resolvers: dnsmasq that lies about three hosts, or fails for all.

use crate::boxes::{dnsmasq, nginx};
use crate::scenario::Scenario;

/// nginx with a block page that nobody knows, in the clear and under a certificate that nobody trusts.
const BLOCK_PAGE: &str = "server { listen 80; listen 443 ssl; default_type text/html;
    return 200 '<html><head><title>Notice</title></head><body>This site is not for you.</body></html>'; }";

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        lying(
            "sinkhole: unspecified addresses",
            "server=198.51.100.2\naddress=/ols.officeapps.live.com/crl.microsoft.com/go.microsoft.com/#",
        ),
        lying(
            "sinkhole: an address known for block pages",
            "server=198.51.100.2\naddress=/ols.officeapps.live.com/crl.microsoft.com/go.microsoft.com/208.91.112.55",
        ),
        lying(
            "sinkhole: a private address, nobody there",
            "server=198.51.100.2\naddress=/ols.officeapps.live.com/crl.microsoft.com/go.microsoft.com/10.77.0.1",
        ),
        lying(
            "sinkhole: a private address with a block page",
            "server=198.51.100.2\naddress=/ols.officeapps.live.com/crl.microsoft.com/go.microsoft.com/10.77.0.1",
        )
        .daemon(nginx(443, BLOCK_PAGE)),
        // What is served at `plain` cannot be told from the origin's: nothing proves an origin in the clear.
        Scenario::new("sinkhole: a public address with a block page")
            .with_dns("server=198.51.100.2\naddress=/ols.officeapps.live.com/crl.microsoft.com/203.0.113.80")
            .redirect("ip daddr 203.0.113.80 tcp dport { 80, 443 } redirect")
            .daemon(nginx(443, BLOCK_PAGE))
            .truth("licensing", "blocked tls_intercepted interceptor")
            .truth("crl", "blocked crl_invalid interceptor"),
        Scenario::new("resolver says NXDOMAIN")
            .with_dns("server=198.51.100.2\naddress=/ols.officeapps.live.com/crl.microsoft.com/go.microsoft.com/")
            .truth("licensing crl plain", "blocked dns_nxdomain resolver"),
        Scenario::new("resolver has no address")
            .with_dns(
                "server=198.51.100.2\nlocal=/ols.officeapps.live.com/\ntxt-record=ols.officeapps.live.com,blocked",
            )
            .truth("licensing", "blocked dns_no_address resolver"),
        Scenario { dns: Some(""), site: Some("offline"), ..Scenario::new("resolver refuses everything") }
            .truth("*", "blocked dns_server_failure resolver"),
        Scenario { dns: None, site: Some("offline"), ..Scenario::new("resolver is not running") }
            .truth("*", "blocked dns_timeout resolver"),
        Scenario { site: Some("offline"), ..Scenario::new("questions to the resolver are dropped") }
            .input("udp dport 53 drop")
            .input("tcp dport 53 drop")
            .truth("*", "blocked dns_timeout resolver"),
        // The proxy asks the internet's own name server, and gets there.
        lying_over_direct(),
        one_of_two(),
    ]
}

fn lying(name: &'static str, lines: &'static str) -> Scenario {
    Scenario::new(name).with_dns(lines).truth("licensing crl plain", "blocked dns_sinkholed resolver")
}

fn lying_over_direct() -> Scenario {
    let lines = "server=198.51.100.2\naddress=/ols.officeapps.live.com/crl.microsoft.com/go.microsoft.com/#";
    Scenario::new("sinkhole, but not for the proxy")
        .with_dns(lines)
        .path("direct", "direct")
        .path("squid", "http://10.77.0.1:3128")
        .daemon(crate::boxes::squid("http_access allow all"))
        .truth_over("direct", "licensing crl plain", "blocked dns_sinkholed resolver")
}

/// The next resolver is asked where the first is silent, not running, or refuses.
fn one_of_two() -> Scenario {
    Scenario::new("one of two resolvers is bad")
        .daemon(dnsmasq(5353, ""))
        .input("udp dport 5354 drop")
        .path("silent", "{proxy: direct, resolvers: ['10.77.0.1:5354', 10.77.0.1]}")
        .path("gone", "{proxy: direct, resolvers: ['10.77.0.1:5355', 10.77.0.1]}")
        .path("refusing", "{proxy: direct, resolvers: ['10.77.0.1:5353', 10.77.0.1]}")
}
