//! The page of an endpoint over HTTP.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::page::endpoint::{self, EndpointPast};
use super::readers::Readers;
use super::{App, Past, failure};

const HTML: &str = "text/html; charset=utf-8";

/// `GET /endpoints/{name}`; a name that is not even UTF-8 is no endpoint's either.
pub(super) async fn endpoint(
    State(app): State<App>,
    State(past): State<Arc<dyn Past>>,
    State(readers): State<Readers>,
    name: Result<Path<String>, PathRejection>,
) -> Response {
    let snapshot = app.snapshot();
    readers
        .read(move || {
            let name = name.map(|Path(name)| name).unwrap_or_default();
            let rows = endpoint::rows_of(&snapshot, &name);
            if rows.is_empty() {
                return answer(StatusCode::NOT_FOUND, endpoint::unknown());
            }
            let paths: Vec<_> = rows.iter().map(|row| row.pair.path.name.as_str()).collect();
            let past = EndpointPast::of(&*past, &name, &paths);
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
