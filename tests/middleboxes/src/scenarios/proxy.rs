//! Proxies: that refuse, that cannot get there, that are away.

use crate::boxes::{nginx, privoxy, squid, squid_unasked, tinyproxy};
use crate::relay::Filter;
use crate::scenario::Scenario;

const SQUID: &str = "http://10.77.0.1:3128";
const CUT: &str = "acl cut dstdomain ols.officeapps.live.com crl.microsoft.com go.microsoft.com\n";
const DENIED: &str = "blocked proxy_denied proxy";
/// What a proxy lets pass and does not get to itself.
const UNREACHED: &str = "ip daddr { $cdn, $crl-www } reject with icmp type admin-prohibited";
const UPSTREAM: &str = "blocked proxy_upstream_failed network";

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        over_squid("squid denies", &format!("{CUT}http_access deny cut\nhttp_access allow all")).truth_over(
            "squid",
            "licensing crl plain",
            DENIED,
        ),
        over_squid(
            "squid denies by a redirect",
            &format!("{CUT}deny_info http://blocked.contoso.com/why cut\nhttp_access deny cut\nhttp_access allow all"),
        )
        .truth_over("squid", "licensing crl plain", DENIED),
        over_squid(
            "squid denies by reset",
            &format!("{CUT}deny_info TCP_RESET cut\nhttp_access deny cut\nhttp_access allow all"),
        )
        .truth_over("squid", "licensing crl plain", "blocked proxy_protocol_error proxy"),
        over_squid("squid cannot get there", "http_access allow all")
            .output("ip daddr $licensing tcp dport 443 reject with icmp type admin-prohibited")
            .output("ip daddr $plain tcp dport 80 reject with tcp reset")
            .output("ip daddr $crl tcp dport 80 drop")
            .endpoint("nowhere", "https://nowhere.contoso.com/")
            .truth_over("squid", "licensing plain crl nowhere", UPSTREAM)
            .truth_over("direct", "nowhere", "blocked dns_nxdomain resolver"),
        over_squid(
            "squid wants credentials",
            "auth_param basic program /usr/lib/squid/basic_ncsa_auth {dir}/htpasswd\n\
             auth_param basic children 1 startup=1\nacl known proxy_auth REQUIRED\nhttp_access allow known\n\
             http_access deny all",
        )
        .truth_over("squid", "*", "blocked proxy_auth_required proxy"),
        Scenario { site: Some("offline"), ..Scenario::new("squid is not running") }
            .path("squid", SQUID)
            .truth("*", "blocked proxy_refused proxy"),
        away(),
        Scenario::new("tinyproxy filters")
            .path("direct", "direct")
            .path("tinyproxy", "http://10.77.0.1:8888")
            .daemon(tinyproxy(
                "^ols\\.officeapps\\.live\\.com$\n^crl\\.microsoft\\.com$\n^go\\.microsoft\\.com$",
                false,
            ))
            .truth_over("tinyproxy", "licensing crl plain", DENIED)
            .output(UNREACHED)
            .truth_over("tinyproxy", "cdn crl-www", UPSTREAM),
        Scenario::new("privoxy blocks")
            .path("direct", "direct")
            .path("privoxy", "http://10.77.0.1:8118")
            .daemon(privoxy("ols.officeapps.live.com\ncrl.microsoft.com\ngo.microsoft.com"))
            .truth_over("privoxy", "licensing crl plain", DENIED)
            .output(UNREACHED)
            .truth_over("privoxy", "cdn crl-www", UPSTREAM),
        polite(),
        // Nobody configured it: what it refuses is a filter's doing.
        Scenario::new("squid denies unasked")
            .redirect("tcp dport 80 redirect to :3129")
            .daemon(squid_unasked("acl cut dstdomain crl.microsoft.com\nhttp_access deny cut\nhttp_access allow all"))
            .output("ip daddr $plain tcp dport 80 reject with icmp type admin-prohibited")
            .truth("crl", "blocked block_page interceptor")
            .truth("plain", UPSTREAM),
        pac(),
        allowlist_only(),
    ]
}

/// Over squid, beside a direct way that is open.
fn over_squid(name: &'static str, lines: &str) -> Scenario {
    Scenario::new(name).path("direct", "direct").path("squid", SQUID).daemon(squid(lines))
}

/// Proxies that nobody gets to, while another way is open.
fn away() -> Scenario {
    Scenario::new("proxies that are away")
        .forward("ip daddr 203.0.113.1 reject with icmp type admin-prohibited")
        .forward("ip daddr 203.0.113.2 drop")
        .path("direct", "direct")
        .path("refused", "http://10.77.0.1:3129")
        .path("prohibited", "http://203.0.113.1:3128")
        .path("silent", "http://203.0.113.2:3128")
        .path("unknown", "http://proxy.contoso.com:3128")
        .path("untrusted", "https://10.77.0.1:8443")
        .daemon(nginx(8443, "server { listen 8443 ssl; return 204; }"))
        .truth_over("refused", "*", "blocked proxy_refused proxy")
        .truth_over("prohibited", "*", "blocked proxy_unreachable proxy")
        .truth_over("silent", "*", "blocked proxy_timeout proxy")
        .truth_over("untrusted", "*", "blocked proxy_tls_failed proxy")
        .truth_over("unknown", "*", "blocked proxy_unresolvable resolver")
}

/// PAC files that are gone, that are broken, one that names a dead proxy before one that lives, and one that sends an
/// endpoint another way than it should.
fn pac() -> Scenario {
    let mut server = nginx(8000, "server { listen 8000; root {dir}; }");
    server.files.push(("broken.pac", "function FindProxyForURL(url, host) { return 'DIRECT' ".to_owned()));
    server.files.push(("direct.pac", "function FindProxyForURL(url, host) { return 'DIRECT'; }".to_owned()));
    let dead_first = "function FindProxyForURL(url, host) { return 'PROXY 10.77.0.1:9; PROXY 10.77.0.1:3128'; }";
    server.files.push(("dead-first.pac", dead_first.to_owned()));
    Scenario::new("PAC files that fail")
        .daemon(server)
        .daemon(squid("http_access allow all"))
        .path("missing", "{pac: 'http://10.77.0.1:8000/missing.pac'}")
        .path("refused", "{pac: 'http://10.77.0.1:8001/direct.pac'}")
        .path("broken", "{pac: 'http://10.77.0.1:8000/broken.pac'}")
        .path("dead-first", "{pac: 'http://10.77.0.1:8000/dead-first.pac'}")
        .path("direct-for-all", "{pac: 'http://10.77.0.1:8000/direct.pac'}")
        .endpoint_with("by-proxy", "https://officecdn.microsoft.com/pr", "expect: {route: proxy}")
        .truth_over("direct-for-all", "by-proxy", "degraded route_unexpected proxy")
        .truth_over("dead-first", "*", "degraded proxy_refused proxy")
        .truth_over("missing", "*", "blocked pac_unavailable proxy")
        .truth_over("refused", "*", "blocked pac_unavailable proxy")
        .truth_over("broken", "*", "blocked pac_invalid proxy")
}

/// Proxies that say 200 to what they do not let through, and show a page that nobody knows.
fn polite() -> Scenario {
    Scenario::new("a proxy shows its page with 200")
        .path("tunnel", "http://10.77.0.1:8401")
        .path("clear", "http://10.77.0.1:8402")
        .path("text", "http://10.77.0.1:8403")
        .filter(8401, Filter::PoliteProxy("ols.officeapps.live.com"))
        .filter(8402, Filter::PoliteProxy("crl.microsoft.com"))
        .filter(8403, Filter::PoliteProxy("www.msftconnecttest.com"))
        .truth_over("tunnel", "licensing", "blocked tls_not_tls proxy")
        .truth_over("clear", "crl", "blocked crl_invalid interceptor")
        .truth_over("text", "ncsi", "blocked content_mismatch interceptor")
}

/// What is not on the list is denied, the controls among it: nobody is paged.
fn allowlist_only() -> Scenario {
    let list = "acl list dstdomain ols.officeapps.live.com .microsoft.com login.microsoftonline.com\n\
                acl list dstdomain enterpriseregistration.windows.net\nhttp_access allow list\nhttp_access deny all";
    Scenario::new("proxies with nothing but the list")
        .path("squid", SQUID)
        .path("tinyproxy", "http://10.77.0.1:8888")
        .daemon(squid(list))
        .daemon(tinyproxy(
            "^ols\\.officeapps\\.live\\.com$\n\\.microsoft\\.com$\n^login\\.microsoftonline\\.com$\n\
             ^enterpriseregistration\\.windows\\.net$",
            true,
        ))
        .truth("ncsi", DENIED)
}
