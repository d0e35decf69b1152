//! Who asks: a page of ours, a page of others, or no browser at all.

use axum::http::{HeaderMap, Uri, header};

/// Whether a request may be followed that makes the server do something.
///
/// A browser tells by itself where a request comes from, and no page can make it lie: by `Sec-Fetch-Site`
/// (<https://www.w3.org/TR/fetch-metadata/>) where it trusts the connection, by `Origin` with every POST
/// (<https://fetch.spec.whatwg.org/#origin-header>) over plain http too. Whatever sends neither is no browser that a
/// page of somebody else's could have sent here: who can run programs on this network needs no such detour. `null` is an
/// origin that nobody is, and is refused.
pub(super) fn is_ours(uri: &Uri, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    // TLS may end before us, so that the scheme tells nothing.
    authority.is_some_and(|(_, authority)| host(uri, headers).is_some_and(|host| host.eq_ignore_ascii_case(authority)))
}

/// Whom the client meant: `:authority` in HTTP/2, else `Host`.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let authority = uri.authority().map(axum::http::uri::Authority::as_str);
    authority.or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_ours(headers: &[(&str, &str)]) -> bool {
        let name = |name: &str| name.parse::<axum::http::HeaderName>().unwrap();
        let headers = headers.iter().map(|(key, value)| (name(key), value.parse().unwrap())).collect();
        super::is_ours(&Uri::from_static("/api/v1/probe"), &headers)
    }

    const HOST: (&str, &str) = ("host", "monitor.example:10365");

    #[test]
    fn our_own_pages_and_what_is_no_browser_may() {
        assert!(is_ours(&[HOST]));
        assert!(is_ours(&[HOST, ("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(is_ours(&[HOST, ("origin", "http://monitor.example:10365")]));
        assert!(is_ours(&[HOST, ("origin", "https://Monitor.example:10365")]), "TLS may end before us");
    }

    #[test]
    fn pages_of_others_may_not() {
        for site in ["cross-site", "same-site", "none", ""] {
            let claimed = ("origin", "http://monitor.example:10365");
            assert!(!is_ours(&[HOST, ("sec-fetch-site", site), claimed]), "{site:?}");
        }
        for origin in ["http://evil.example", "http://monitor.example", "http://monitor.example:80", "null", ""] {
            assert!(!is_ours(&[HOST, ("origin", origin)]), "{origin:?}");
        }
        assert!(!is_ours(&[("origin", "http://monitor.example:10365")]), "without a host nothing matches");
    }

    #[test]
    fn http_2_names_the_host_in_its_own_way() {
        let uri = Uri::from_static("http://monitor.example:10365/api/v1/probe");
        let headers = HeaderMap::from_iter([(header::ORIGIN, "http://monitor.example:10365".parse().unwrap())]);
        assert!(super::is_ours(&uri, &headers));
    }
}
