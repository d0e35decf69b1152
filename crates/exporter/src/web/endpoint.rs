//! The page of an endpoint over HTTP.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::page::endpoint::{self, Past};
use super::{App, failure, offload};

const HTML: &str = "text/html; charset=utf-8";

/// `GET /endpoints/{name}`; a name that is not even UTF-8 is no endpoint's either.
pub(super) async fn endpoint(State(app): State<App>, name: Result<Path<String>, PathRejection>) -> Response {
    let snapshot = app.snapshot();
    offload(move || {
        let name = name.map(|Path(name)| name).unwrap_or_default();
        let rows = endpoint::rows_of(&snapshot, &name);
        if rows.is_empty() {
            return answer(StatusCode::NOT_FOUND, endpoint::unknown());
        }
        let paths: Vec<_> = rows.iter().map(|row| row.pair.path.name.as_str()).collect();
        let past = Past::of(&app.history, &name, &paths);
        match endpoint::render(&snapshot, &name, &past, app.clock.now()) {
            Some(html) => answer(StatusCode::OK, html),
            None => answer(StatusCode::NOT_FOUND, endpoint::unknown()),
        }
    })
    .await
}

fn answer(status: StatusCode, html: askama::Result<String>) -> Response {
    match html {
        Ok(html) => (status, [(header::CONTENT_TYPE, HTML)], html).into_response(),
        Err(error) => failure(&error),
    }
}
