//! `http_server_config.headers`: the few headers of answers that the format lets be set.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use prober::config::Cursor;

const KEYS: [&str; 5] = [
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-XSS-Protection",
    "Content-Security-Policy",
];

/// Reads them; one that is blank is left as it is.
pub(super) fn read(cursor: &Cursor<'_>) -> Option<HeaderMap> {
    let section = cursor.section(&KEYS)?;
    let mut headers = HeaderMap::new();
    for key in KEYS {
        let Some(cursor) = section.get(key).filter(|cursor| !cursor.is_blank()) else { continue };
        if let (Some(value), Ok(name)) = (value(&cursor, key), key.parse::<HeaderName>()) {
            headers.insert(name, value);
        }
    }
    Some(headers)
}

fn value(cursor: &Cursor<'_>, key: &str) -> Option<HeaderValue> {
    let text = match key {
        "X-Content-Type-Options" => cursor.choice(&[("nosniff", "nosniff")])?,
        "X-Frame-Options" => cursor.choice(&[("deny", "deny"), ("sameorigin", "sameorigin")])?,
        _ => cursor.text()?,
    };
    match HeaderValue::from_str(text) {
        Ok(value) => Some(value),
        Err(_) => cursor.fault("the value of a header has printable characters only"),
    }
}
