//! `POST /api/v1/probe`: a configured pair, now, its steps told as they are taken.
//!
//! As lines of JSON for whoever asks for them, among them our own script; as a page that grows for a browser that sends
//! the form by itself.

mod asked;
mod told;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use self::asked::Asked;
use self::told::{Form, Growing};
use super::{App, failure, page, plain};
use crate::probe_now::Refusal;

pub(super) use self::asked::MAX_BYTES;

/// Begins a probe.
pub(super) async fn probe(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let asked = match Asked::read(&headers, &body) {
        Ok(asked) => asked,
        Err(flaw) => return plain(flaw.status(), &flaw.to_string()),
    };
    let snapshot = app.snapshot();
    let is_it = |key: (&str, &str)| key == (asked.endpoint.as_str(), asked.path.as_str());
    let Some(row) = snapshot.rows.iter().find(|row| is_it(row.pair.key())) else {
        return plain(StatusCode::BAD_REQUEST, "No such endpoint is probed over such a path.");
    };
    let wants_page = wants_page(&headers);
    // Before it begins, so that a page that cannot be made costs no probe.
    let form = match wants_page.then(|| page::endpoint::probe_page(&snapshot, row)).transpose() {
        Ok(page) => page.map_or(Form::Lines, Form::Page),
        Err(error) => return failure(&error),
    };
    let audit = row.last.as_ref().and_then(|last| last.audit.clone());
    match app.desk.begin(Arc::clone(&row.pair), audit) {
        Ok(told) => {
            let content_type = form.content_type();
            ([(header::CONTENT_TYPE, content_type)], Body::new(Growing::new(form, told))).into_response()
        }
        Err(refusal) => refused(refusal),
    }
}

fn refused(refusal: Refusal) -> Response {
    // In whole seconds, and never so early that it would be refused again (RFC 9110, section 10.2.3).
    let seconds = refusal.wait().as_millis().div_ceil(1000).max(1);
    let words = format!("This server probes again in {seconds} s: {refusal}.");
    let mut response = plain(StatusCode::TOO_MANY_REQUESTS, &words);
    response.headers_mut().extend(HeaderValue::try_from(seconds.to_string()).map(|value| (header::RETRY_AFTER, value)));
    response
}

/// Whether whoever asks shows pages: browsers name HTML when they send a form.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|kind| kind.trim().starts_with("text/html"))
}
