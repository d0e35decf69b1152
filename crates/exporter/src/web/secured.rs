//! Who may read what is served, and over what: the web configuration, in the format of Prometheus' exporter toolkit.
//!
//! <https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md>. `docs/web-config.md` says where
//! this differs.
//!
//! ```text
//! file ─► settings ─► connection: TLS, client certificates
//!    ▲        └─────► request: rate limit, user and password, headers
//!    └── looked at every two seconds; what is bad leaves the old settings in place
//! ```

mod bucket;
mod clients;
mod duration;
mod file;
mod gate;
mod guesses;
mod headers;
mod settings;
mod tls;
mod users;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tokio::time::Instant;

pub use self::file::LoadError;
use self::file::Watched;
use self::gate::{Gate, Outcome};
pub(super) use self::settings::Settings;
use super::client::Client;
use super::{guard, plain};

/// What is asked by whoever keeps this process alive; it costs nothing, and no limit on requests holds for it.
const CHECKS: [&str; 2] = ["/-/healthy", "/-/ready"];

/// The settings of now, and what outlives them: who was let in, and who guesses.
#[derive(Debug)]
pub struct Secured {
    settings: ArcSwap<Settings>,
    gate: Gate,
    file: Option<Watched>,
    /// Whether the files are as they are in force.
    is_followed: Arc<AtomicBool>,
}

impl Secured {
    /// Without a web configuration: anybody, without TLS.
    pub fn open_to_all() -> Self {
        Self {
            settings: ArcSwap::from_pointee(Settings::default()),
            gate: Gate::new(),
            file: None,
            is_followed: Arc::default(),
        }
    }

    /// Reads a web configuration.
    ///
    /// # Errors
    /// When the file, or one that it names, cannot be read, or something in it is wrong.
    pub fn load(path: impl Into<std::path::PathBuf>) -> Result<Self, LoadError> {
        let (watched, settings) = Watched::open(path.into())?;
        let (settings, file) = (ArcSwap::from_pointee(settings), Some(watched));
        Ok(Self { settings, gate: Gate::new(), file, is_followed: Arc::new(AtomicBool::new(true)) })
    }

    /// Reads a web configuration that is no file's, and is not followed.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn parse(
        text: &str,
        name: &str,
        sources: &dyn prober::config::Sources,
    ) -> Result<Self, prober::config::Faults> {
        let settings = ArcSwap::from_pointee(Settings::parse(text, name, sources)?);
        Ok(Self { settings, ..Self::open_to_all() })
    }

    /// Whether TLS is spoken, and whether users are asked for.
    pub fn describe(&self) -> (bool, bool) {
        let settings = self.settings.load();
        (settings.tls().is_some(), settings.users().is_some())
    }

    /// Whether what was last read of the files is in force; `None` without a web configuration.
    pub fn is_followed(&self) -> Option<Arc<AtomicBool>> {
        self.file.as_ref().map(|_| Arc::clone(&self.is_followed))
    }

    /// What holds for a connection or a request that comes now.
    pub(super) fn settings(&self) -> Arc<Settings> {
        self.settings.load_full()
    }

    /// Reads the files again when they change; never ends.
    pub(super) async fn keep_fresh(self: &Arc<Self>) {
        if self.file.is_none() {
            return std::future::pending().await;
        }
        let mut looks = tokio::time::interval(file::EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            let secured = Arc::clone(self);
            // Files of a network may take their time.
            if let Err(error) = tokio::task::spawn_blocking(move || secured.look()).await {
                tracing::error!(%error, "cannot look after the web configuration");
            }
        }
    }

    /// Takes the files as they are now, if they have changed and rest.
    fn look(&self) {
        let Some(file) = &self.file else { return };
        match file.look(&self.settings.load()) {
            None => {}
            Some(Ok(settings)) => {
                self.settings.store(Arc::new(settings));
                self.is_followed.store(true, Ordering::Relaxed);
                tracing::info!(file = %file.path().display(), "the web configuration was read again");
            }
            Some(Err(error)) => {
                self.is_followed.store(false, Ordering::Relaxed);
                let error = prober::text::with_sources(&error);
                tracing::error!(error, "the web configuration is bad now; what it was before stays in force");
            }
        }
    }

    /// Why a request goes no further; `None` for one that does.
    async fn refuse(&self, settings: &Settings, client: Option<Client>, head: &Parts) -> Option<Response> {
        let Parts { uri, headers, .. } = head;
        // Whoever looks after this process would start it anew because somebody else asks much.
        let is_counted = !CHECKS.contains(&uri.path());
        if is_counted && !settings.takes_one_more(Instant::now()) {
            return Some(too_many(1, "There are more requests than this server takes."));
        }
        let users = settings.users()?;
        match self.gate.check(users, headers, client).await {
            Outcome::Known => None,
            Outcome::Unknown => {
                let mut response =
                    plain(StatusCode::UNAUTHORIZED, "Say who you are: a user and a password are needed.");
                let challenge = HeaderValue::from_static("Basic realm=\"reachwatch\", charset=\"UTF-8\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                Some(response)
            }
            Outcome::Wait(seconds) => Some(too_many(seconds, "There were too many wrong passwords.")),
        }
    }
}

/// The router behind the settings: limits and users before it, headers after it.
pub(super) fn layer(router: Router, secured: Arc<Secured>) -> Router {
    router.layer(from_fn_with_state(secured, admit))
}

async fn admit(State(secured): State<Arc<Secured>>, request: Request, next: Next) -> Response {
    let settings = secured.settings();
    let (mut head, body) = request.into_parts();
    // A request that came over no connection is a test's own.
    let client = head.extensions.get::<Client>().copied();
    let mut response = if let Some(refusal) = secured.refuse(&settings, client, &head).await {
        guard::secure(refusal).await
    } else {
        // Nobody after this needs it, so nobody can write it anywhere.
        head.headers.remove(header::AUTHORIZATION);
        next.run(Request::from_parts(head, body)).await
    };
    settings.add_headers(response.headers_mut());
    response
}

fn too_many(seconds: u64, words: &str) -> Response {
    let mut response = plain(StatusCode::TOO_MANY_REQUESTS, words);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

#[cfg(test)]
mod tests;
