//! What a web configuration says, ready for use.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use prober::config::{Cursor, Faults, Sources, read_as};
use rustls::ServerConfig;
use tokio::time::Instant;

use super::bucket::{Bucket, Rate};
use super::users::{self, Users};
use super::{duration, headers, tls};

const KEYS: [&str; 4] = ["tls_server_config", "http_server_config", "basic_auth_users", "rate_limit"];

/// The longest interval between requests that a rate limit can ask for: who means more means no requests at all.
const MAX_INTERVAL: Duration = Duration::from_secs(3600);
const MAX_BURST: u32 = 1_000_000;

/// Settings of the server; by default none: anybody, without TLS.
pub(in crate::web) struct Settings {
    tls: Option<Arc<ServerConfig>>,
    http2: bool,
    headers: HeaderMap,
    users: Option<Users>,
    limit: Option<Limit>,
}

/// What a section asks for, once it is read: it may be there and ask for nothing, which is no fault.
pub(super) enum Wanted<T> {
    /// Nothing.
    Nothing,
    /// This.
    This(T),
}

impl<T> From<Wanted<T>> for Option<T> {
    fn from(wanted: Wanted<T>) -> Self {
        match wanted {
            Wanted::Nothing => None,
            Wanted::This(value) => Some(value),
        }
    }
}

#[derive(Debug)]
struct Limit {
    rate: Rate,
    bucket: Mutex<Bucket>,
}

impl Settings {
    /// Reads a web configuration; every fault in it at once.
    pub(super) fn parse(text: &str, name: &str, sources: &dyn Sources) -> Result<Self, Faults> {
        read_as(text, name, sources, read)
    }

    /// How TLS is spoken; `None` where it is not.
    pub(in crate::web) fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.tls.clone()
    }

    /// Whether HTTP/2 is spoken besides HTTP/1.1.
    pub(in crate::web) fn http2(&self) -> bool {
        self.http2
    }

    /// Who may come in; `None` for anybody.
    pub(super) fn users(&self) -> Option<&Users> {
        self.users.as_ref()
    }

    /// Whether one more request is within the limit; counts it.
    pub(super) fn takes_one_more(&self, now: Instant) -> bool {
        let Some(limit) = &self.limit else { return true };
        limit.bucket.lock().unwrap_or_else(PoisonError::into_inner).take(limit.rate, now).is_ok()
    }

    /// Adds the configured headers, in the place of the server's own.
    pub(super) fn add_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { tls: None, http2: true, headers: HeaderMap::new(), users: None, limit: None }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("tls", &self.tls.is_some())
            .field("http2", &self.http2)
            .field("headers", &self.headers)
            .field("users", &self.users)
            .field("limit", &self.limit)
            .finish()
    }
}

fn read(root: &Cursor<'_>) -> Option<Settings> {
    let root = root.section(&KEYS)?;
    let given = |key| root.get(key).filter(|cursor| !cursor.is_nothing());
    // All sections are read, so that the faults of all are told.
    let http = given("http_server_config").map(|cursor| http(&cursor));
    let http2 = !matches!(http, Some(Some((false, _))));
    let tls = given("tls_server_config").map(|cursor| tls::read(&cursor, http2));
    let users = given("basic_auth_users").map(|cursor| users::read(&cursor));
    let limit = given("rate_limit").map(|cursor| rate_limit(&cursor));
    let (_, headers) = http.unwrap_or_else(|| Some((true, HeaderMap::new())))?;
    Some(Settings {
        tls: Option::from(tls.unwrap_or(Some(Wanted::Nothing))?).map(Arc::new),
        http2,
        headers,
        users: users.unwrap_or(Some(Wanted::Nothing))?.into(),
        limit: limit.unwrap_or(Some(Wanted::Nothing))?.into(),
    })
}

fn http(cursor: &Cursor<'_>) -> Option<(bool, HeaderMap)> {
    let section = cursor.section(&["http2", "headers"])?;
    let given = |key| section.get(key).filter(|cursor| !cursor.is_nothing());
    let http2 = given("http2").map_or(Some(true), |cursor| cursor.boolean());
    let headers = given("headers").map_or_else(|| Some(HeaderMap::new()), |cursor| headers::read(&cursor));
    Some((http2?, headers?))
}

/// Nothing where the interval is 0.
fn rate_limit(cursor: &Cursor<'_>) -> Option<Wanted<Limit>> {
    let section = cursor.section(&["interval", "burst"])?;
    let interval = section.get("interval").map_or(Some(Duration::ZERO), |cursor| interval(&cursor));
    let burst = section.get("burst").map_or(Some(0), |cursor| cursor.number(0..=MAX_BURST));
    match (interval?, burst?) {
        (Duration::ZERO, _) => Some(Wanted::Nothing),
        (_, 0) => cursor.fault_with_help("no request at all would be within this limit", "add burst: 20"),
        (interval, burst) => {
            let bucket = Mutex::new(Bucket::full(Instant::now()));
            Some(Wanted::This(Limit { rate: Rate { burst, interval }, bucket }))
        }
    }
}

fn interval(cursor: &Cursor<'_>) -> Option<Duration> {
    match duration::parse(cursor.text_for("a duration such as 1s")?) {
        Some(interval) if interval <= MAX_INTERVAL => Some(interval),
        Some(_) => cursor.fault(format!("{} is too long; at most 1h is possible", cursor.shown())),
        None => {
            let help = "write numbers with units, such as 1s, 250ms or 1m30s";
            cursor.fault_with_help(format!("{} is no duration", cursor.shown()), help)
        }
    }
}
