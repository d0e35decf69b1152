//! The HTTP side: the pages, the metrics, the status document, and whether the process is well.
//!
//! `docs/http.md` is the reference.

mod assets;
mod bind;
mod blackbox;
mod client;
mod endpoint;
mod events;
mod exposition;
mod feed;
mod guard;
mod idle;
mod incidents;
mod kept;
mod microsoft365;
mod origin;
mod packed;
mod page;
mod past;
mod patience;
mod places;
mod probe;
mod readers;
mod reload;
mod report;
mod runbook;
mod secured;
mod server;
mod shown;
mod version;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{from_fn, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use prober::net::Clock;
use prober::snapshot::Snapshot;
use tokio::sync::watch;

pub use self::bind::{BindError, DEFAULT_ADDRESS, bind};
use self::feed::Feed;
pub use self::past::{Past, Told};
use self::readers::Readers;
pub use self::secured::{LoadError, Secured};
pub use self::server::{serve, serve_secured};
use self::shown::Shown;
use crate::history::History;
use crate::metrics::Live;
use crate::microsoft365::Standing;
use crate::pac::Deciders;
use crate::probe_now::Desk;
use crate::reload::Reloads;
use crate::status::Document;

/// What the handlers read.
#[derive(Debug, Clone)]
pub struct App {
    /// The newest snapshot; its sender lives as long as the scheduler does.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// What lives between snapshots.
    pub live: Arc<Live>,
    /// Tells how long ago things were.
    pub clock: Arc<dyn Clock>,
    /// Say what PAC files decide.
    pub deciders: Arc<dyn Deciders>,
    /// What was.
    pub history: History,
    /// Where probes are asked for.
    pub desk: Desk,
    /// Have the configuration read again.
    pub reloads: Reloads,
    /// How things stand with Microsoft's endpoint list.
    pub list: watch::Receiver<Arc<Standing>>,
}

impl App {
    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshots.borrow())
    }
}

/// What the handlers share.
#[derive(Debug, Clone)]
struct Shared {
    app: App,
    past: Arc<dyn Past>,
    feed: Arc<Feed>,
    shown: Shown,
    readers: Readers,
}

impl FromRef<Shared> for App {
    fn from_ref(shared: &Shared) -> Self {
        shared.app.clone()
    }
}

impl FromRef<Shared> for Arc<dyn Past> {
    fn from_ref(shared: &Shared) -> Self {
        Self::clone(&shared.past)
    }
}

impl FromRef<Shared> for Arc<Feed> {
    fn from_ref(shared: &Shared) -> Self {
        Self::clone(&shared.feed)
    }
}

impl FromRef<Shared> for Readers {
    fn from_ref(shared: &Shared) -> Self {
        shared.readers.clone()
    }
}

impl FromRef<Shared> for Shown {
    fn from_ref(shared: &Shared) -> Self {
        shared.shown.clone()
    }
}

/// Everything that is served, with the headers and limits that hold for all of it.
pub fn router(app: App) -> Router {
    let past = Arc::new(app.history.clone());
    router_over(app, past)
}

/// The same over a past of another kind, for tests and examples.
pub fn router_over(app: App, past: Arc<dyn Past>) -> Router {
    let feed = Feed::new(app.snapshots.clone());
    let shared = Shared { app, past, feed, shown: Shown::default(), readers: Readers::default() };
    Router::new()
        .route("/", get(overview))
        .route("/metrics", get(exposition::serve))
        .route("/api/v1/status", get(status))
        .route("/api/v1/incidents", get(incidents::api))
        .route("/api/v1/events", get(events::serve))
        .route("/api/v1/probe", post(probe::probe).layer(DefaultBodyLimit::max(probe::MAX_BYTES)))
        .route("/endpoints/{name}", get(endpoint::endpoint))
        .route("/probe", get(blackbox::probe))
        .route("/-/healthy", get(healthy))
        .route("/-/ready", get(ready))
        .route("/-/reload", post(reload::reload))
        .route("/pac", get(pac))
        .route("/microsoft365", get(microsoft365::people))
        .route("/api/v1/microsoft365", get(microsoft365::api))
        .route("/incidents", get(incidents::list))
        .route("/incidents/{id}", get(incidents::one))
        .route("/report", get(report::paper))
        .route("/report.md", get(report::markdown))
        .route("/runbook", get(runbook::index))
        .route("/runbook/", get(runbook::index))
        .route("/runbook/network-is-fine", get(runbook::network_is_fine))
        .route("/runbook/{cause}", get(runbook::cause))
        .route("/assets/{name}", get(assets::serve))
        .fallback(async || plain(StatusCode::NOT_FOUND, "There is nothing here; the page is at /."))
        .method_not_allowed_fallback(async || {
            plain(StatusCode::METHOD_NOT_ALLOWED, "This cannot be done here; the Allow header says what can.")
        })
        .with_state(shared)
        .layer(from_fn(origin::guard))
        .layer(from_fn(guard::time_limit))
        .layer(map_response(guard::secure))
}

/// A router behind a web configuration, as the server puts it there.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn behind(router: Router, secured: Secured) -> Router {
    secured::layer(router, Arc::new(secured))
}

async fn overview(
    State(app): State<App>,
    State(past): State<Arc<dyn Past>>,
    State(shown): State<Shown>,
    asked: HeaderMap,
) -> Response {
    match shown.overview(&app, &past).await {
        Ok(page) => page.answer(&asked, "text/html; charset=utf-8"),
        Err(error) => failure(&error),
    }
}

async fn pac(State(app): State<App>) -> Response {
    let reports = app.deciders.reports().await;
    offload(move || match page::pac(&app.snapshot(), &reports, app.clock.now()) {
        Ok(html) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(error) => failure(&error),
    })
    .await
}

async fn status(State(app): State<App>) -> Response {
    offload(move || match serde_json::to_vec(&Document::from_snapshot(&app.snapshot())) {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => failure(&error),
    })
    .await
}

/// The process serves and its scheduler lives; a monitor whose probing has died is not healthy.
async fn healthy(State(app): State<App>) -> Response {
    match app.snapshots.has_changed() {
        Ok(_) => plain(StatusCode::OK, "healthy"),
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "The scheduler has stopped."),
    }
}

/// The first round is complete, so that nothing is unknown merely because nobody looked.
async fn ready(State(app): State<App>) -> Response {
    let snapshot = app.snapshot();
    if snapshot.first_round_complete {
        return plain(StatusCode::OK, "ready");
    }
    let probed = snapshot.rows.iter().filter(|row| row.last.is_some()).count();
    let message = format!("The first round is not complete: {probed} of {} done.", snapshot.rows.len());
    plain(StatusCode::SERVICE_UNAVAILABLE, &message)
}

/// Renders away from the threads that probe: a large configuration takes tens of milliseconds, which would show as
/// latency of whatever is being probed.
async fn offload(render: impl FnOnce() -> Response + Send + 'static) -> Response {
    tokio::task::spawn_blocking(render).await.unwrap_or_else(|error| failure(&error))
}

fn plain(status: StatusCode, message: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{message}\n")).into_response()
}

fn failure(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error, "cannot answer a request");
    plain(StatusCode::INTERNAL_SERVER_ERROR, "Something is wrong here; the log says more.")
}

#[cfg(test)]
mod tests;
