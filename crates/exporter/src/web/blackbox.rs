//! `GET /probe?target=NAME&module=PATH`: a configured result, in the words of blackbox_exporter.
//!
//! Answered from the snapshot: nobody chooses by it where a probe goes, or that there is one.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prober::snapshot::{Row, Snapshot};
use serde::Deserialize;

use super::{App, plain};
use crate::metrics::{self, blackbox};

/// What is asked for; what else blackbox_exporter takes (`debug`, `hostname`) changes nothing here.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    target: Option<String>,
    module: Option<String>,
}

/// Answers with the newest probe of a pair.
pub(super) async fn probe(State(app): State<App>, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let Ok(Query(asked)) = asked else { return bad("target and module are each a single text.") };
    let snapshot = app.snapshot();
    let row = match find(&snapshot, &asked) {
        Ok(row) => row,
        Err(problem) => return bad(problem),
    };
    match blackbox::render(row) {
        Some(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        None => plain(StatusCode::SERVICE_UNAVAILABLE, "This has not been probed yet."),
    }
}

/// The row that is meant, or what is wrong with the question.
fn find<'a>(snapshot: &'a Snapshot, asked: &Asked) -> Result<&'a Row, &'static str> {
    let target = asked.target.as_deref().filter(|target| !target.is_empty());
    let target = target.ok_or("target is missing: the name of a configured endpoint.")?;
    let mut rows = snapshot.rows.iter().filter(|row| row.pair.endpoint.name == target).peekable();
    rows.peek().ok_or("No endpoint of this name is configured; target takes nothing else.")?;
    match asked.module.as_deref().filter(|module| !module.is_empty()) {
        Some(module) => {
            let row = rows.find(|row| row.pair.path.name == module);
            row.map(AsRef::as_ref).ok_or("This endpoint is not probed over a path of this name (module).")
        }
        None => match (rows.next(), rows.next()) {
            (Some(only), None) => Ok(only),
            _ => Err("module is missing: this endpoint is probed over several paths; name one."),
        },
    }
}

fn bad(problem: &str) -> Response {
    plain(StatusCode::BAD_REQUEST, problem)
}
