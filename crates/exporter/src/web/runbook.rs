//! The runbook over HTTP. It changes with the program only, so that browsers may keep it and ask whether it still holds.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use prober::cause::Cause;

use super::{failure, kept, offload, page};
use crate::runbook::Runbook;

const HTML: &str = "text/html; charset=utf-8";

/// Kept, and asked about each time: the address of the style sheet in it changes with the program.
const CACHING: &str = "no-cache";

/// `GET /runbook`
pub(super) async fn index(asked: HeaderMap) -> Response {
    offload(move || answer(&asked, page::runbook::index())).await
}

/// `GET /runbook/network-is-fine`
pub(super) async fn network_is_fine(asked: HeaderMap) -> Response {
    offload(move || match Runbook::get() {
        Ok(runbook) => answer(&asked, page::runbook::network_is_fine(&runbook.network_is_fine)),
        Err(error) => failure(error),
    })
    .await
}

/// `GET /runbook/{cause}`; a name that is not even UTF-8 is no cause either.
pub(super) async fn cause(name: Result<Path<String>, PathRejection>, asked: HeaderMap) -> Response {
    let cause = name.ok().and_then(|Path(name)| Cause::ALL.iter().copied().find(|cause| cause.as_str() == name));
    offload(move || match Runbook::get() {
        Ok(runbook) => match cause.and_then(|cause| runbook.entry(cause)) {
            Some(entry) => answer(&asked, page::runbook::cause(entry)),
            None => unknown(),
        },
        Err(error) => failure(error),
    })
    .await
}

fn answer(asked: &HeaderMap, html: askama::Result<String>) -> Response {
    match html {
        Ok(html) => kept::answer(asked, CACHING, HTML, html),
        Err(error) => failure(&error),
    }
}

fn unknown() -> Response {
    match page::runbook::unknown() {
        Ok(html) => (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, HTML)], html).into_response(),
        Err(error) => failure(&error),
    }
}
