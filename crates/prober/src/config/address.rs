//! The address of an endpoint, as a URL or as an allowlist writes it.

use url::{Host, Url};

use crate::net::is_host_name;

/// What is wrong with an address, and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem(pub(super) &'static str, pub(super) Option<&'static str>);

/// Reads `host`, `host/path`, `host:port` or a URL. Without a scheme it is https; but http where the path ends in
/// `.crl`, since revocation lists are fetched so (RFC 5280, section 4.2.1.13), or where the port is 80.
pub(super) fn parse(text: &str) -> Result<Url, Problem> {
    // The URL parser would drop these without a word.
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(Problem("an address has no blanks, control characters or backslashes", None));
    }
    let url = if text.contains("://") { absolute(text)? } else { bare(text)? };
    check(url)
}

fn bare(text: &str) -> Result<Url, Problem> {
    let secure = absolute(&format!("https://{text}"))?;
    let list = secure.path().to_ascii_lowercase().ends_with(".crl") && secure.port().is_none();
    if list || secure.port() == Some(80) { absolute(&format!("http://{text}")) } else { Ok(secure) }
}

fn absolute(text: &str) -> Result<Url, Problem> {
    // The URL parser takes `https:///path` for the host `path`.
    let url = if text.contains(":///") { None } else { Url::parse(text).ok() };
    url.ok_or(Problem("this is no address", Some("write host, host/path, host:port or a URL")))
}

fn check(url: Url) -> Result<Url, Problem> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Problem("the scheme of an address is http or https", None));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Problem("an address carries no user or password", None));
    }
    if url.fragment().is_some() {
        return Err(Problem("an address has no fragment (#…): it would never be sent", None));
    }
    if url.port() == Some(0) {
        return Err(Problem("nothing can listen on port 0", None));
    }
    match url.host() {
        Some(Host::Domain(name)) if name.contains('*') => {
            Err(Problem("a wildcard is no address", Some("name a host that it stands for")))
        }
        Some(Host::Domain(name)) if !is_host_name(name) => Err(Problem("this is no host name", None)),
        Some(Host::Ipv4(ip)) if ip.is_unspecified() => Err(Problem("this address stands for no host", None)),
        Some(Host::Ipv6(ip)) if ip.is_unspecified() => Err(Problem("this address stands for no host", None)),
        None => Err(Problem("this has no host", None)),
        Some(_) => Ok(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form() {
        for (text, expected) in [
            ("officecdn.microsoft.com", "https://officecdn.microsoft.com/"),
            ("Office15client.microsoft.com", "https://office15client.microsoft.com/"),
            ("ols.officeapps.live.com/olsc", "https://ols.officeapps.live.com/olsc"),
            ("example.com:8443", "https://example.com:8443/"),
            ("example.com:80/x", "http://example.com/x"),
            ("crl.example/A.CRL", "http://crl.example/A.CRL"),
            ("crl.example:8443/a.crl", "https://crl.example:8443/a.crl"),
            ("https://crl.example/a.crl", "https://crl.example/a.crl"),
            ("http://example.com", "http://example.com/"),
            ("10.0.0.1/x?y=z", "https://10.0.0.1/x?y=z"),
            ("[::1]:8443", "https://[::1]:8443/"),
            ("bücher.example", "https://xn--bcher-kva.example/"),
        ] {
            assert_eq!(parse(text).as_ref().map(Url::as_str), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "",
            "a b",
            "ftp://example.com",
            "user@example.com",
            "https://u:p@example.com",
            "example.com/#top",
            "*.example.com",
            "example.com:0",
            "example.com:99999",
            "-.example",
            "0.0.0.0",
            "[::]:443",
            "https:///",
            "https:///path",
            &format!("{}.example", "x".repeat(64)),
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
