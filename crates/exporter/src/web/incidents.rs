//! What was: the page of incidents, one of them with its evidence, and both for programs.

mod csv;
mod query;

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use self::query::{Format, QueryError};
pub(super) use self::query::{PAGE, Query};
use super::packed::Packed;
use super::page::incidents::{Asked, IncidentsPage, One, Unknown};
use super::readers::Readers;
use super::version::Look;
use super::{App, Past, failure, plain};
use crate::status::Incidents;

const HTML: &str = "text/html; charset=utf-8";
/// The troubles told to programs that do not say how many they want.
const USUAL: usize = 1000;

/// `GET /incidents`
pub(super) async fn list(
    State(app): State<App>,
    State(past): State<Arc<dyn Past>>,
    State(readers): State<Readers>,
    RawQuery(asked): RawQuery,
    head: HeaderMap,
) -> Response {
    readers
        .read(move || {
            let snapshot = app.snapshot();
            let query = Query::of_page(asked.as_deref().unwrap_or_default());
            // One more than fits tells whether there is a further page.
            let troubles = query.as_ref().ok().map(|query| past.troubles(&query.filter(query.page * PAGE + 1)));
            if let Some(Err(error)) = &troubles {
                tracing::warn!(error = error as &dyn std::error::Error, "cannot show incidents");
            }
            let asked = match (query, troubles) {
                (Ok(query), Some(Ok(troubles))) => Asked::Told { query, troubles },
                (Ok(query), _) => Asked::Unread { query },
                (Err(error), _) => Asked::Refused { error: error.to_string() },
            };
            let status = match &asked {
                Asked::Told { .. } => StatusCode::OK,
                Asked::Unread { .. } => StatusCode::SERVICE_UNAVAILABLE,
                Asked::Refused { .. } => StatusCode::BAD_REQUEST,
            };
            let version = Look::of(&snapshot).version();
            match IncidentsPage::render_of(&snapshot, &version, &asked, &past.standing(), app.clock.now()) {
                Ok(html) => (status, Packed::new(html).answer(&head, HTML)).into_response(),
                Err(error) => failure(&error),
            }
        })
        .await
}

/// `GET /incidents/{id}`
pub(super) async fn one(
    State(app): State<App>,
    State(past): State<Arc<dyn Past>>,
    State(readers): State<Readers>,
    id: Result<Path<i64>, PathRejection>,
) -> Response {
    readers
        .read(move || {
            let found = match id.ok() {
                Some(Path(id)) => past.trouble(id),
                None => Ok(None),
            };
            let (status, html) = match found {
                Ok(Some((trouble, evidence))) => {
                    (StatusCode::OK, One::render_of(&trouble, evidence.as_ref(), app.clock.now()))
                }
                Ok(None) => (StatusCode::NOT_FOUND, Unknown::render_of()),
                Err(error) => return unread(&error),
            };
            match html {
                Ok(html) => (status, [(header::CONTENT_TYPE, HTML)], html).into_response(),
                Err(error) => failure(&error),
            }
        })
        .await
}

/// `GET /api/v1/incidents`
pub(super) async fn api(
    State(app): State<App>,
    State(past): State<Arc<dyn Past>>,
    State(readers): State<Readers>,
    RawQuery(asked): RawQuery,
) -> Response {
    readers
        .read(move || {
            let query = match Query::of_api(asked.as_deref().unwrap_or_default()) {
                Ok(query) => query,
                Err(error) => return refused(&error),
            };
            let troubles = past.troubles(&query.filter(query.limit.unwrap_or(USUAL)));
            match (query.format, troubles) {
                (Format::Csv, Ok(troubles)) => {
                    let name = (header::CONTENT_DISPOSITION, "attachment; filename=\"incidents.csv\"");
                    let head = [(header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"), name];
                    match csv::write(&troubles) {
                        Ok(table) => (head, table).into_response(),
                        Err(error) => failure(&error),
                    }
                }
                (Format::Csv, Err(error)) => unread(&error),
                (Format::Json, troubles) => {
                    // What is open is told all the same.
                    if let Err(error) = &troubles {
                        tracing::warn!(error = error as &dyn std::error::Error, "cannot tell the history of incidents");
                    }
                    match serde_json::to_vec(&Incidents::new(&app.snapshot(), troubles.as_deref().ok())) {
                        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
                        Err(error) => failure(&error),
                    }
                }
            }
        })
        .await
}

fn refused(error: &QueryError) -> Response {
    plain(StatusCode::BAD_REQUEST, &error.to_string())
}

fn unread(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::warn!(error, "cannot tell the history of incidents");
    plain(StatusCode::SERVICE_UNAVAILABLE, "The history cannot be read just now; the log says why.")
}

#[cfg(test)]
mod tests;
