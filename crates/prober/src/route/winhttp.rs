//! The way that WinHTTP's settings choose for a URL.
//!
//! Only the URL's own text counts, never an address that its name resolves to.

mod list;

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use url::{Host, Url};
use wildmatch::WildMatchPattern;

use crate::plan::{Bypass, BypassRule, HostPattern, Proxy, WinHttpProxies};

pub(crate) use list::{ListProblem, bypass, parse};

/// `*` is the only wildcard; the other character is one that no URL's host has.
type Wildcards = WildMatchPattern<'*', '\0'>;

/// The proxies that are tried for a URL, in this order; none where it is reached directly.
pub(super) fn proxies<'p>(settings: &'p WinHttpProxies, url: &Url) -> &'p [Arc<Proxy>] {
    let proxies = match url.scheme() {
        "https" => &settings.https,
        "http" => &settings.http,
        _ => return &[],
    };
    if is_this_computer(url) || bypasses(&settings.bypass, url) { &[] } else { proxies }
}

/// What Windows never sends to a proxy, whatever the list says: `localhost`, `loopback`, 127.0.0.1, ::1, 169.254/16 and
/// fe80::/10, as Chromium's authors found it (`ProxyBypassRules::MatchesImplicitRules`).
fn is_this_computer(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => matches!(name, "localhost" | "loopback"),
        Some(Host::Ipv4(ip)) => ip == Ipv4Addr::LOCALHOST || ip.is_link_local(),
        Some(Host::Ipv6(ip)) => ip == Ipv6Addr::LOCALHOST || ip.is_unicast_link_local(),
        None => false,
    }
}

fn bypasses(list: &Bypass, url: &Url) -> bool {
    list.0.iter().any(|rule| match rule {
        BypassRule::Local => matches!(url.host(), Some(Host::Domain(name)) if !name.contains('.')),
        BypassRule::Hosts { scheme, hosts, port } => {
            scheme.as_deref().is_none_or(|scheme| scheme == url.scheme())
                && port.is_none_or(|port| url.port_or_known_default() == Some(port))
                && is_among(url, hosts)
        }
    })
}

fn is_among(url: &Url, hosts: &HostPattern) -> bool {
    match hosts {
        HostPattern::Ipv6(address) => url.host() == Some(Host::Ipv6(*address)),
        HostPattern::Text(pattern) => url.host_str().is_some_and(|host| Wildcards::new(pattern).matches(host)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stops of a URL by these settings, as `host:port`.
    fn stops(proxy_server: &str, bypass_list: &str, url: &str) -> Vec<String> {
        let settings = parse(proxy_server, None).unwrap();
        let settings = WinHttpProxies { bypass: bypass(bypass_list).unwrap(), ..settings };
        let stops = proxies(&settings, &Url::parse(url).unwrap()).iter().map(ToString::to_string);
        let stops: Vec<String> = stops.collect();
        if stops.is_empty() { vec!["DIRECT".to_owned()] } else { stops }
    }

    #[test]
    fn a_scheme_has_its_own_proxies_or_the_bare_ones() {
        for (list, http, https) in [
            ("proxy_server", "proxy_server:80", "proxy_server:80"),
            ("testProxy:8999", "testproxy:8999", "testproxy:8999"),
            ("http=http://http_proxy other_proxy", "http_proxy:80", "other_proxy:80"),
            ("http=myproxy;https=sproxy:88", "myproxy:80", "sproxy:88"),
            ("http=10.0.0.4:8081;https=10.0.0.4:8443", "10.0.0.4:8081", "10.0.0.4:8443"),
            ("http://192.168.0.117:8080", "192.168.0.117:8080", "192.168.0.117:8080"),
            ("https=s:1", "DIRECT", "s:1"),
            ("HTTP=h:1", "h:1", "DIRECT"),
            ("a:1 b:2;https=c:3; https=d:4", "a:1 b:2", "c:3 d:4"),
            ("http=[2001:db8::1]:8080;[::1]", "[2001:db8::1]:8080", "[::1]:80"),
            ("https=https://s:8443;http=h", "h:80", "s:8443"),
            ("ftp=f:21;gopher=g;h:1;socks=k:1080", "h:1", "h:1"),
        ] {
            for (url, expected) in [("http://a.example/", http), ("https://a.example/", https)] {
                assert_eq!(stops(list, "", url).join(" "), expected, "{list} for {url}");
            }
        }
    }

    #[test]
    fn the_bypass_list_decides_for_direct() {
        for (list, url, direct) in [
            ("*.foo.com", "https://a.foo.com/", true),
            ("*.foo.com", "https://a.b.FOO.com/", true),
            ("*.FOO.com", "https://a.foo.com/", true),
            ("*.foo.com", "https://foo.com/", false),
            ("foo.com", "https://foo.com/", true),
            ("foo.com", "https://a.foo.com/", false),
            ("*foo.com", "https://nofoo.com/", true),
            ("foo.com", "https://foo.com./", false),
            ("aaa.*", "https://aaa.example/", true),
            ("a*c.example", "https://abc.example/", true),
            ("*", "https://a.example/", true),
            ("*", "https://[2001:db8::1]/", true),
            ("<local>", "https://intranet/", true),
            ("<LOCAL>", "http://intranet:8080/", true),
            ("<local>", "https://a.example/", false),
            ("<local>", "https://intranet./", false),
            ("<local>", "https://10.0.0.1/", false),
            ("<local>", "https://[2001:db8::1]/", false),
            ("<local>;*.microsoft.com", "https://ols.microsoft.com/", true),
            ("<local> *.microsoft.com", "https://ols.microsoft.com/", true),
            ("a.example;;\tb.example ", "https://b.example/", true),
            ("10.0.0.1", "https://10.0.0.1/", true),
            ("10.0.0.1", "https://10.0.0.10/", false),
            ("10.*", "https://10.2.3.4/", true),
            ("192.168.1.*", "https://192.168.1.9/", true),
            ("192.168.1.*", "https://192.168.11.9/", false),
            ("10.0.0.0/8", "https://10.0.0.1/", false),
            ("[2001:db8::1]", "https://[2001:db8::1]/", true),
            ("[2001:DB8:0::1]", "https://[2001:db8::1]/", true),
            ("2001:db8::1", "https://[2001:db8::1]/", true),
            ("[2001:db8::1]:443", "https://[2001:db8::1]/", true),
            ("[2001:db8::1]:444", "https://[2001:db8::1]/", false),
            ("[2001:db8:*", "https://[2001:db8::1]/", true),
            ("[::2]", "https://[2001:db8::1]/", false),
            ("a.example:8443", "https://a.example:8443/", true),
            ("a.example:8443", "https://a.example/", false),
            ("a.example:443", "https://a.example/", true),
            ("a.example:*", "https://a.example:8443/", true),
            ("a.example:99999", "https://a.example/", false),
            ("http://a.example", "http://a.example/", true),
            ("http://a.example", "https://a.example/", false),
            ("https://*.example:443", "https://a.example/", true),
            ("<-loopback>", "https://a.example/", false),
            ("<unknown>", "https://unknown/", false),
            ("(none)", "https://none/", false),
            ("a.example,b.example", "https://a.example/", false),
            ("", "https://a.example/", false),
        ] {
            let expected = if direct { "DIRECT" } else { "p:1" };
            assert_eq!(stops("p:1", list, url), [expected], "{list:?} and {url}");
        }
    }

    #[test]
    fn this_computer_needs_no_proxy() {
        for (url, direct) in [
            ("http://localhost:8080/", true),
            ("http://loopback/", true),
            ("http://127.0.0.1/", true),
            ("http://[::1]/", true),
            ("http://169.254.7.7/", true),
            ("http://[fe80::7]/", true),
            ("http://127.0.0.2/", false),
            ("http://localhost.example/", false),
        ] {
            for bypass_list in ["", "<-loopback>"] {
                let expected = if direct { "DIRECT" } else { "p:1" };
                assert_eq!(stops("p:1", bypass_list, url), [expected], "{url}");
            }
        }
    }

    #[test]
    fn a_pattern_made_to_be_slow_is_not() {
        let pattern = "*a".repeat(2000);
        let host = format!("{}.example", vec!["a".repeat(60); 4].join("."));
        let started = std::time::Instant::now();
        assert_eq!(stops("p:1", &pattern, &format!("https://{host}/")), ["p:1"]);
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    }
}
