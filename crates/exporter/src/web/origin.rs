//! Who asks: a page of ours, a page of somebody else's, or no browser at all.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

/// Lets only requests through that read, and others that [come from ourselves](is_same_origin).
///
/// Credentials do not help a page of somebody else's: a browser that holds some for us adds them to whatever is sent here.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    if reads(request.method()) || is_same_origin(request.uri(), request.headers()) {
        return next.run(request).await;
    }
    super::plain(StatusCode::FORBIDDEN, "Only this server's own pages may ask for this, not those of others.")
}

/// The methods that are safe (RFC 9110, section 9.2.1).
fn reads(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

/// Whether a request that makes the server do something comes from a page of its own, or from no page at all.
///
/// A browser tells by itself where a request comes from, and no page can make it lie: by `Sec-Fetch-Site`
/// (<https://www.w3.org/TR/fetch-metadata/>) where it trusts the connection, by `Origin` with every POST
/// (<https://fetch.spec.whatwg.org/#origin-header>) over plain http too. Whatever sends neither is no browser that a page
/// of somebody else's could have sent here; whether such a program may do what it asks for is what credentials are for.
/// `null` is the origin of nobody.
pub(super) fn is_same_origin(uri: &Uri, headers: &HeaderMap) -> bool {
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
    let authority = uri.authority().map(Authority::as_str);
    authority.or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    const HOST: (&str, &str) = ("host", "monitor.example:10365");

    fn is_ours(headers: &[(&str, &str)]) -> bool {
        let header = |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        is_same_origin(&Uri::from_static("/-/reload"), &headers.iter().map(header).collect())
    }

    #[test]
    fn our_own_pages_and_programs_are_let_through() {
        assert!(is_ours(&[HOST]));
        assert!(is_ours(&[HOST, ("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(is_ours(&[HOST, ("origin", "http://monitor.example:10365")]));
        assert!(is_ours(&[HOST, ("origin", "https://Monitor.example:10365")]), "TLS may end before us");
        let over_http_2 = Uri::from_static("http://monitor.example:10365/-/reload");
        let headers = HeaderMap::from_iter([(header::ORIGIN, "http://monitor.example:10365".parse().unwrap())]);
        assert!(is_same_origin(&over_http_2, &headers));
    }

    #[test]
    fn pages_of_others_are_not() {
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!is_ours(&[HOST, ("sec-fetch-site", site), ("origin", "http://monitor.example:10365")]), "{site}");
        }
        for origin in ["http://evil.example", "http://monitor.example", "http://monitor.example:80", "null", ""] {
            assert!(!is_ours(&[HOST, ("origin", origin)]), "{origin:?}");
        }
        assert!(!is_ours(&[("origin", "http://monitor.example:10365")]), "without a host nothing matches");
    }
}
