//! The report over HTTP: on paper, and as text to paste into a ticket.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::packed::Packed;
use super::{App, failure, offload, page};
use crate::ticket::Report;

/// `GET /report`
pub(super) async fn paper(State(app): State<App>, asked: HeaderMap) -> Response {
    offload(move || match page::report(&Report::of(&app.snapshot()), app.clock.now()) {
        Ok(html) => Packed::new(html).answer(&asked, "text/html; charset=utf-8"),
        Err(error) => failure(&error),
    })
    .await
}

/// `GET /report.md`
pub(super) async fn markdown(State(app): State<App>) -> Response {
    offload(move || {
        let text = Report::of(&app.snapshot()).to_markdown();
        ([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], text).into_response()
    })
    .await
}
