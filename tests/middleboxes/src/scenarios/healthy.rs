//! Branches where nothing is wrong, however odd: no endpoint here may be called anything but reachable.

use std::time::Duration;

use crate::boxes::{nginx, privoxy, squid, tinyproxy};
use crate::relay::Filter;
use crate::scenario::Scenario;

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("healthy: nothing in the way"),
        Scenario::new("healthy: three proxies")
            .path("squid", "http://10.77.0.1:3128")
            .path("tinyproxy", "http://10.77.0.1:8888")
            .path("privoxy", "http://10.77.0.1:8118")
            .daemon(squid("http_access allow all"))
            .daemon(tinyproxy("^unwanted\\.contoso\\.com$", false))
            .daemon(privoxy("unwanted.contoso.com")),
        pac(),
        split_dns(),
        Scenario::new("healthy: IPv6 is off, and names have it")
            .with_dns("server=198.51.100.2\nhost-record=ols.officeapps.live.com,$licensing,2001:db8::10")
            .in_branch("echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"),
        Scenario::new("healthy: IPv6 leads nowhere, IPv4 does")
            .with_dns(
                "server=198.51.100.2\nhost-record=ols.officeapps.live.com,$licensing,2001:db8::10\n\
                 host-record=crl.microsoft.com,$crl,2001:db8::11",
            )
            .in_branch(
                "ip addr add 2001:db8:77::2/64 dev eth0 nodad; ip -6 route add default via 2001:db8:77::1 dev eth0",
            ),
        Scenario::new("healthy: a slow line")
            .redirect("tcp dport { 80, 443 } redirect to :8444")
            // By a relay, since not every kernel has the queue that delays packets.
            .filter(8444, Filter::Delay(Duration::from_millis(300))),
        Scenario::new("healthy: a line that loses packets")
            // The first SYN of every connection, and every eighth question.
            .forward(
                "tcp flags & (syn | ack) == syn \
                 meter first { ip saddr . tcp sport limit rate 1/hour burst 1 packets } drop",
            )
            .input("udp dport 53 numgen inc mod 8 == 0 drop"),
        Scenario::new("healthy: a resolver whose own answers get lost")
            .input("udp sport 53 numgen inc mod 8 == 0 drop"),
        peculiar(),
    ]
}

/// A PAC file from the gateway's web server: a proxy for some, a list of ways for others, the direct way for the rest.
fn pac() -> Scenario {
    let script = "function FindProxyForURL(url, host) {\n\
         if (dnsDomainIs(host, '.live.com')) return 'PROXY 10.77.0.1:3128';\n\
         if (shExpMatch(host, '*.microsoftonline.com')) return 'PROXY 10.77.0.1:3128; DIRECT';\n\
         return 'DIRECT';\n}\n";
    let mut server = nginx(8000, "server { listen 8000; root {dir}; }");
    server.files.push(("proxy.pac", script.to_owned()));
    Scenario::new("healthy: a PAC file")
        .path("pac", "{pac: 'http://10.77.0.1:8000/proxy.pac'}")
        .daemon(server)
        .daemon(squid("http_access allow all"))
}

/// Private addresses for public names, behind which the origin proves itself: Private Link, split DNS.
fn split_dns() -> Scenario {
    Scenario::new("private addresses, the origin behind them")
        .with_dns(
            "server=198.51.100.2\naddress=/ols.officeapps.live.com/10.88.0.5\naddress=/crl.microsoft.com/10.88.0.6\n\
             address=/go.microsoft.com/10.88.0.7",
        )
        .redirect("ip daddr 10.88.0.5 tcp dport 443 dnat to $licensing")
        .redirect("ip daddr 10.88.0.6 tcp dport 80 dnat to $crl")
        .redirect("ip daddr 10.88.0.7 tcp dport 80 dnat to $plain")
        // In the clear nothing proves the origin but a list; the site says that it may be so.
        .endpoint_with("allowed", "http://go.microsoft.com/fwlink", "private_answers: allowed")
        .truth("plain", "blocked dns_sinkholed resolver")
}

/// Origins that are odd and well.
fn peculiar() -> Scenario {
    Scenario::new("healthy: peculiar origins")
        .path("direct", "direct")
        .path("squid", "http://10.77.0.1:3128")
        .daemon(squid("http_access allow all"))
        .endpoint("forbidden", "https://forbidden.contoso.com/")
        .endpoint("moved", "https://moved.contoso.com/")
        .endpoint("to-https", "http://to-https.contoso.com/")
        .endpoint("moved-list", "http://moved-list.contoso.com/list.crl")
        .endpoint("tls12", "https://tls12.contoso.com/")
        .endpoint("tls13", "https://tls13.contoso.com/")
        .endpoint("folded", "https://folded.contoso.com/")
        .endpoint("goaway", "https://goaway.contoso.com/")
        .endpoint("h1-required", "https://h1-required.contoso.com/")
        .endpoint("slow-body", "https://slow-body.contoso.com/")
}
