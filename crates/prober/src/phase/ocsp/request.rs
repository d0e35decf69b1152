//! The request (RFC 6960, section 4.1, and how it goes over HTTP, appendix A).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::trust::served::Link;

/// The longest URL for a GET (appendix A.1, RFC 5019, section 5): what is longer goes by POST, as from Windows.
const MAX_URL: usize = 255;

/// `sha1` with its NULL parameters: by it everybody names certificates, and old responders know no other.
const SHA1: &[u8] = &[0x30, 9, 0x06, 5, 0x2b, 0x0e, 3, 2, 0x1a, 0x05, 0];

/// How a responder is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The URL of the request.
    pub url: Url,
    /// GET or POST.
    pub method: Method,
    /// What a POST says of its body.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body of a POST.
    pub body: Option<Bytes>,
}

/// The request for a certificate's state, to a responder at a URL.
pub fn ask(responder: &Url, link: &Link) -> Asked {
    let request = request(link);
    match get_url(responder, &request) {
        Some(url) => Asked { url, method: Method::GET, headers: Vec::new(), body: None },
        None => Asked {
            url: responder.clone(),
            method: Method::POST,
            headers: vec![(CONTENT_TYPE, HeaderValue::from_static("application/ocsp-request"))],
            body: Some(request.into()),
        },
    }
}

/// The responder's URL with the request as its last segment; `None` where that is too long, or does not fit a query.
fn get_url(responder: &Url, request: &[u8]) -> Option<Url> {
    let encoded = STANDARD.encode(request);
    let text =
        format!("{}/{}", responder.as_str().trim_end_matches('/'), utf8_percent_encode(&encoded, NON_ALPHANUMERIC));
    let fits = responder.query().is_none() && text.len() <= MAX_URL;
    Url::parse(&text).ok().filter(|_| fits)
}

/// `OCSPRequest` with one `CertID` and nothing else: no nonce, so that caches may answer, as with Windows.
fn request(link: &Link) -> Vec<u8> {
    (0..4).fold(id(link), |content, _| element(0x30, &content))
}

/// The content of a `CertID`, in its header.
pub(super) fn id(link: &Link) -> Vec<u8> {
    let name = sha1(&element(0x30, link.issuer.name()));
    let key = sha1(link.issuer.key().map_or(&[], |(_, key)| key));
    let parts = [SHA1, &element(0x04, &name), &element(0x04, &key), &element(0x02, &link.serial)];
    element(0x30, &parts.concat())
}

fn sha1(octets: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, octets).as_ref().to_vec()
}

/// Tag, length and content, in DER.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    if let Ok(length @ ..=127) = u8::try_from(content.len()) {
        out.push(length);
    } else {
        let octets = content.len().to_be_bytes();
        let length: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
        out.push(0x80 | u8::try_from(length.len()).unwrap_or(8));
        out.extend(length);
    }
    out.extend_from_slice(content);
    out
}
