//! Microsoft's endpoint list over HTTP: for people, and as JSON.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::packed::Packed;
use super::{App, failure, offload, page};
use crate::microsoft365::ListDocument;

/// `GET /microsoft365`
pub(super) async fn people(State(app): State<App>, asked: HeaderMap) -> Response {
    offload(move || match page::microsoft365(&app.snapshot(), &app.list.borrow().clone(), app.clock.now()) {
        Ok(html) => Packed::new(html).answer(&asked, "text/html; charset=utf-8"),
        Err(error) => failure(&error),
    })
    .await
}

/// `GET /api/v1/microsoft365`
pub(super) async fn api(State(app): State<App>) -> Response {
    offload(move || {
        let (snapshot, standing) = (app.snapshot(), app.list.borrow().clone());
        match serde_json::to_vec(&ListDocument::of(&snapshot.site, &standing, app.clock.now())) {
            Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
            Err(error) => failure(&error),
        }
    })
    .await
}
