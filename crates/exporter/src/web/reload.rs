//! `POST /-/reload`: the configuration is read again.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use prober::plan::Tally;

use super::{App, plain};

pub(super) async fn reload(State(app): State<App>) -> Response {
    match app.reloads.ask().await {
        Some(Ok(Tally { added, changed, removed, .. })) => {
            plain(StatusCode::OK, &format!("loaded: {added} added, {changed} changed, {removed} removed"))
        }
        Some(Err(refused)) => {
            let is_faulty = refused.faults > 0;
            let status = if is_faulty { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::INTERNAL_SERVER_ERROR };
            plain(status, &format!("{refused}\nThe configuration before goes on."))
        }
        None => {
            plain(StatusCode::SERVICE_UNAVAILABLE, "Nobody reads the configuration now; the process may be stopping.")
        }
    }
}
