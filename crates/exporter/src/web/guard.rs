//! What holds for every response: headers that keep browsers strict, and a limit in time.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

/// How long a handler may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Nothing but our own style sheet, pictures and compiled-in scripts is ever loaded; scripts and forms talk to nobody but
/// us, and nothing that stands in a page runs.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; \
                                       connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Addresses stay here. With `no-referrer` browsers would hide from us, too, that a form is our own: they send
/// `Origin: null` (<https://fetch.spec.whatwg.org/#append-a-request-origin-header>).
const REFERRER_POLICY: &str = "same-origin";

/// What no page of ours uses, so that nothing that gets into one could.
const PERMISSIONS_POLICY: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
                                  magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()";

/// `X-Frame-Options` would say what `frame-ancestors` says; HTTPS for a whole host (`Strict-Transport-Security`) is its
/// owner's to promise, by the headers of the web configuration.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, REFERRER_POLICY),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS_POLICY),
];

/// Adds the headers. What says nothing of caching is not to be cached: it is true for a moment.
pub(super) async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Answers in the handler's place when it takes too long.
pub(super) async fn time_limit(request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIME_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => super::plain(StatusCode::SERVICE_UNAVAILABLE, "This took too long."),
    }
}
