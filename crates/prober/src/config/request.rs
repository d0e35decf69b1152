//! What an endpoint's request looks like: `method`, `headers`, `body`.

use bytes::Bytes;
use http::Method;
use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, HeaderValue, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING,
    UPGRADE,
};

use super::cursor::{Cursor, Map};
use crate::plan::Endpoint;

const METHODS: [(&str, &Method); 7] = [
    ("GET", &Method::GET),
    ("HEAD", &Method::HEAD),
    ("POST", &Method::POST),
    ("PUT", &Method::PUT),
    ("PATCH", &Method::PATCH),
    ("DELETE", &Method::DELETE),
    ("OPTIONS", &Method::OPTIONS),
];

/// Headers that belong to the connection or that the request's framing depends on.
const RESERVED: [HeaderName; 8] =
    [CONNECTION, CONTENT_LENGTH, EXPECT, HOST, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE];

const MAX_HEADERS: usize = 50;
const MAX_BODY: usize = 64 * 1024;

/// Reads the request's part of an endpoint into it, once it is known what is expected.
pub(super) fn read(map: &Map<'_>, endpoint: &mut Endpoint) {
    if let Some(method) = map.get("method") {
        endpoint.method = method.choice(&METHODS).cloned().unwrap_or_default();
        let wants_body = endpoint.expect.body.is_some() || endpoint.expect.crl.is_some();
        if endpoint.method == Method::HEAD && wants_body {
            method.fault::<()>("the answer to HEAD has no body, and one is expected");
        }
    }
    if let Some(cursor) = map.get("body") {
        endpoint.body = body(&cursor);
        if map.get("method").is_none() {
            cursor.fault_with_help::<()>("a body needs a method", "add method: POST");
        }
    }
    if let Some(cursor) = map.get("headers") {
        endpoint.headers = headers(&cursor, &RESERVED).unwrap_or_default();
    }
}

fn body(cursor: &Cursor<'_>) -> Option<Bytes> {
    let text = cursor.text()?;
    if text.len() > MAX_BODY {
        return cursor.fault(format!("a body has at most {MAX_BODY} bytes"));
    }
    Some(Bytes::copy_from_slice(text.as_bytes()))
}

/// Headers by name, none of them twice or among those that are set otherwise.
pub(super) fn headers(cursor: &Cursor<'_>, reserved: &[HeaderName]) -> Option<Vec<(HeaderName, HeaderValue)>> {
    let entries = cursor.named()?;
    if entries.len() > MAX_HEADERS {
        return cursor.fault(format!("more than {MAX_HEADERS} headers"));
    }
    let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
    for (name, value) in entries {
        if let Some(header) = header(name, &value, reserved) {
            if headers.iter().any(|(known, _)| *known == header.0) {
                value.fault::<()>("the header stands here twice");
            }
            headers.push(header);
        }
    }
    Some(headers)
}

fn header(name: &str, cursor: &Cursor<'_>, reserved: &[HeaderName]) -> Option<(HeaderName, HeaderValue)> {
    let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
        return cursor.fault("this key is no name of a header");
    };
    if reserved.contains(&name) {
        return cursor.fault("this header is set by the probe itself");
    }
    // The value may be a secret: it is not repeated, and its Debug form is hidden.
    let Ok(mut value) = HeaderValue::from_str(cursor.text()?) else {
        return cursor.fault("the value has characters that no header can carry");
    };
    value.set_sensitive(true);
    Some((name, value))
}
