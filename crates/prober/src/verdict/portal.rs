//! Captive portals: who wants people to sign in before anything passes.

use memchr::memmem;
use url::Url;

use super::case::Case;
use super::finding::Finding;
use super::http::words;
use crate::cause::Cause;
use crate::net::same_site;
use crate::observation::HttpFacts;

/// 511 (RFC 6585, section 6), a redirect from plain http to somebody else, or a sign-in page in place of the content.
pub(super) fn captive(case: &Case<'_>, http: &HttpFacts) -> Option<Finding> {
    let host = case.host();
    if http.status == 511 {
        return Some(portal(format!("a network sign-in is demanded for {host}: {}", words(http))));
    }
    case.plain_answer()?;
    if let Some(target) = redirect_elsewhere(&case.endpoint.url, http) {
        let to = target.host_str().unwrap_or_default();
        return Some(portal(format!("plain http to {host} is redirected to {to}, which is somebody else")));
    }
    if (200..300).contains(&http.status) && is_sign_in_page(http) {
        return Some(portal(format!("a sign-in page answers for {host}")));
    }
    None
}

fn portal(detail: String) -> Finding {
    Finding::blocked(Cause::CaptivePortal, detail)
}

/// Where a redirect leads, if to another registrable domain.
fn redirect_elsewhere(from: &Url, http: &HttpFacts) -> Option<Url> {
    if !matches!(http.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let target = from.join(http.headers.get("location")?).ok()?;
    let elsewhere = !same_site(from.host()?, target.host()?);
    elsewhere.then_some(target)
}

/// A password field, or the marker by which clients of Wi-Fi gateways recognise theirs (WISPr).
fn is_sign_in_page(http: &HttpFacts) -> bool {
    let page = http.body.sample.as_str().to_ascii_lowercase();
    memmem::find(page.as_bytes(), b"<wispaccessgatewayparam").is_some()
        || page.split("<input").skip(1).any(|rest| {
            let tag = rest.split('>').next().unwrap_or_default();
            let bare: String = tag.chars().filter(|c| !matches!(c, '"' | '\'' | ' ')).collect();
            bare.contains("type=password")
        })
}
