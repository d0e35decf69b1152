//! Which redirects are followed: those of CRLs, as clients follow them, as long as they stay with the publisher.

use url::Url;

use crate::net::same_site;
use crate::observation::HttpFacts;

/// How many redirects in a row are followed.
pub(super) const MAX: usize = 3;

/// Where a response sends the client, if it may be followed there: http or https, within the registrable domain.
pub(super) fn target(from: &Url, response: &HttpFacts) -> Option<Url> {
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    // A value over the kept length ends in an ellipsis: where it leads is not known.
    let location = response.headers.get("location").filter(|location| !location.ends_with('…'))?;
    let mut to = from.join(location).ok()?;
    let is_clean = to.username().is_empty() && to.password().is_none();
    to.set_fragment(None);
    let stays = same_site(from.host()?, to.host()?);
    (matches!(to.scheme(), "http" | "https") && is_clean && stays).then_some(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{BodyFacts, Headers};

    fn follow(from: &str, status: u16, location: &str) -> Option<String> {
        let headers = Headers(vec![("location".to_owned(), location.into())]);
        let response =
            HttpFacts { version: "HTTP/1.1".to_owned(), status, reason: None, headers, body: BodyFacts::default() };
        target(&from.parse().unwrap(), &response).map(String::from)
    }

    #[test]
    fn redirects_within_the_registrable_domain_are_followed() {
        let from = "http://crl.microsoft.com/pki/a.crl";
        for (location, to) in [
            ("/pki/b.crl#x", "http://crl.microsoft.com/pki/b.crl"),
            ("b.crl", "http://crl.microsoft.com/pki/b.crl"),
            ("//www.microsoft.com/a.crl", "http://www.microsoft.com/a.crl"),
            ("https://crl.microsoft.com/a.crl", "https://crl.microsoft.com/a.crl"),
        ] {
            assert_eq!(follow(from, 302, location).as_deref(), Some(to), "{location}");
        }
        assert_eq!(follow("http://127.0.0.1/a.crl", 301, "/b.crl").as_deref(), Some("http://127.0.0.1/b.crl"));
    }

    #[test]
    fn others_are_reported_only() {
        let from = "http://crl.microsoft.com/a.crl";
        for location in
            ["http://portal.example/login", "ftp://crl.microsoft.com/a.crl", "http://u:p@crl.microsoft.com/"]
        {
            assert_eq!(follow(from, 302, location), None, "{location}");
        }
        assert_eq!(follow(from, 302, &format!("/{}.crl", "b".repeat(300))), None, "cut short");
        assert_eq!(follow(from, 200, "/b.crl"), None);
        assert_eq!(follow(from, 304, "/b.crl"), None);
        assert_eq!(follow("http://a.co.uk/a.crl", 302, "http://b.co.uk/a.crl"), None);
        assert_eq!(follow("http://127.0.0.1/a.crl", 302, "http://127.0.0.2/a.crl"), None);
    }
}
