//! Answers that browsers keep: tagged by their content, and confirmed instead of sent again (RFC 9110, section 13.1.2).

use std::borrow::Cow;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Answers with the content, or says that what the client holds is it.
pub(super) fn answer(
    asked: &HeaderMap,
    caching: &'static str,
    content_type: &'static str,
    content: impl Into<Cow<'static, str>>,
) -> Response {
    let content = content.into();
    let tag = format!("\"{:016x}\"", fingerprint(&content));
    let held = asked.get(header::IF_NONE_MATCH).and_then(|held| held.to_str().ok());
    let is_held = held.is_some_and(|held| held.split(',').any(|one| is_match(one.trim(), &tag)));
    let caching = [(header::CACHE_CONTROL, caching.to_owned()), (header::ETAG, tag)];
    if is_held {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(header::CONTENT_TYPE, content_type)], content).into_response()
}

/// FNV-1a: tells versions of a content apart, nothing more.
pub(super) fn fingerprint(content: &str) -> u64 {
    content
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The weak comparison: a proxy that compresses on the way marks tags as weak.
fn is_match(held: &str, tag: &str) -> bool {
    held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag
}
