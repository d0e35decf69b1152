//! What a PAC file is told of a URL.

use url::{Host, Url};

use crate::plan::UrlView;

/// The arguments of `FindProxyForURL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) url: String,
    /// Without port, and without the brackets of an IPv6 literal.
    pub(super) host: String,
}

impl Question {
    /// Of an https URL a file sees only scheme, host and port, as in browsers: it is code from the network, and often
    /// fetched in the clear. Credentials and fragments it never sees.
    pub(super) fn about(url: &Url, view: UrlView) -> Self {
        let host = match url.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let mut shown = url.clone();
        // Neither can fail where there is a host, and without one there is nothing to hide.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        shown.set_fragment(None);
        if view == UrlView::Stripped && matches!(url.scheme(), "https" | "wss") {
            shown.set_path("/");
            shown.set_query(None);
        }
        Self { url: shown.into(), host }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_urls_lose_everything_behind_the_host() {
        for (url, stripped, full, host) in [
            ("https://a.example/Foo", "https://a.example/", "https://a.example/Foo", "a.example"),
            ("https://[2001:db8::1]/foo?bar", "https://[2001:db8::1]/", "https://[2001:db8::1]/foo?bar", "2001:db8::1"),
            ("https://a.example:8080#search", "https://a.example:8080/", "https://a.example:8080/", "a.example"),
            ("https://user:word@a.example", "https://a.example/", "https://a.example/", "a.example"),
            ("http://a.example/x?y#z", "http://a.example/x?y", "http://a.example/x?y", "a.example"),
            ("http://[2001:db8::ff]:99/b", "http://[2001:db8::ff]:99/b", "http://[2001:db8::ff]:99/b", "2001:db8::ff"),
        ] {
            let url = Url::parse(url).unwrap();
            let expected = |shown: &str| Question { url: shown.to_owned(), host: host.to_owned() };
            assert_eq!(Question::about(&url, UrlView::Stripped), expected(stripped));
            assert_eq!(Question::about(&url, UrlView::Full), expected(full));
        }
    }
}
