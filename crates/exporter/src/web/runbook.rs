//! The runbook over HTTP. It changes with the program only, so that browsers may keep it and ask whether it still holds.

use axum::extract::Path;
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

/// `GET /runbook/{cause}`
pub(super) async fn cause(Path(name): Path<String>, asked: HeaderMap) -> Response {
    offload(move || match (Runbook::get(), Cause::ALL.iter().find(|cause| cause.as_str() == name)) {
        (Err(error), _) => failure(error),
        (Ok(runbook), Some(cause)) => match runbook.entry(*cause) {
            Some(entry) => answer(&asked, page::runbook::cause(entry)),
            None => unknown(),
        },
        (Ok(_), None) => unknown(),
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
