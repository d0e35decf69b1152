//! Requests to the web server.

use std::collections::HashSet;
use std::io::Read;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri, header, request, response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::read::GzDecoder;
use http_body_util::BodyExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use prober::net::Clock;
use prober::plan::Tally;
use prober::snapshot::Snapshot;
use serde::de::IgnoredAny;
use time::OffsetDateTime;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use super::html;
use super::world::{Beside, MAX_ANSWER, is_readable};
use crate::history::History;
use crate::metrics::Live;
use crate::pac::Settled;
use crate::probe_now::{self, Desk};
use crate::reload::{Reloads, Requests};
use crate::sample;
use crate::sample_past::SamplePast;
use crate::teller::Line;
use crate::web::{self, App, Past, Secured};

/// The most headers of a request.
const MAX_HEADERS: usize = 100;
/// The columns of what spreadsheets get.
const COLUMNS: usize = 12;
/// Who may come in, and with which password.
const USER: &str = "reader:right";
const USERS: &str = "basic_auth_users: {reader: $2y$04$Sk0AIgbhrfnvGKjAUFZ1wesvSHqKe9nCZ4cboxJeHaMq3j36TKgfC}\n";

/// Gives a request to the router: a line with method and address, lines of headers, an empty line, and a body. One with
/// credentials is also given to a router that asks for some.
pub fn web_request(octets: &[u8]) {
    let Some(request) = read(octets) else { return };
    let (head, body) = request.into_parts();
    let again = |head: &request::Parts| Request::from_parts(head.clone(), Body::from(body.clone()));
    check(&head, &answer(router(), again(&head)));
    if head.headers.contains_key(header::AUTHORIZATION) {
        let secured = Secured::parse(USERS, "web.yml", &Beside).expect("it is a web configuration");
        let answer = answer(web::behind(router(), secured), again(&head));
        check_credentials(&head.headers, &answer.head);
        if answer.head.status != StatusCode::UNAUTHORIZED {
            check(&head, &answer);
        }
    }
}

/// What came back.
pub(super) struct Answer {
    pub(super) head: response::Parts,
    body: Vec<u8>,
}

/// Asks a router.
pub(super) fn answer(router: Router, request: Request<Body>) -> Answer {
    World::get().runtime.block_on(async {
        let Ok(response) = TowerToHyperService::new(router).call(request).await;
        let (head, mut body) = response.into_parts();
        // A stream of events has no end of its own.
        let frames = if content_type(&head) == "text/event-stream" { 2 } else { usize::MAX };
        let mut whole = Vec::new();
        for _ in 0..frames {
            let Some(frame) = body.frame().await else { break };
            whole.extend(frame.expect("a body of ours does not break off").into_data().unwrap_or_default());
            assert!(whole.len() <= MAX_ANSWER, "{} bytes", whole.len());
        }
        Answer { head, body: whole }
    })
}

/// A router over the findings of a bad day, that nobody has asked anything yet.
pub(super) fn router() -> Router {
    let world = World::get();
    let lines = vec![Line::More("as <fuzz> told".to_owned())];
    let desk = Desk::new(Arc::new(probe_now::Settled { lines, report: sample::report() }));
    web::router_over(App { desk, ..world.app.clone() }, Arc::clone(&world.past))
}

fn read(octets: &[u8]) -> Option<Request<Bytes>> {
    let end = octets.windows(2).position(|two| two == b"\n\n").unwrap_or(octets.len());
    let (head, body) = octets.split_at(end);
    let mut lines = head.split(|octet| *octet == b'\n');
    let mut words = lines.next()?.splitn(2, |octet| *octet == b' ');
    let method = Method::from_bytes(words.next()?).ok()?;
    let mut request = Request::builder().method(method).uri(Uri::try_from(words.next()?).ok()?);
    for line in lines.take(MAX_HEADERS) {
        let mut parts = line.splitn(2, |octet| *octet == b':');
        request = request.header(parts.next()?, parts.next()?.trim_ascii());
    }
    request.body(Bytes::copy_from_slice(body.get(2..).unwrap_or_default())).ok()
}

fn check(asked: &request::Parts, Answer { head, body }: &Answer) {
    let said = String::from_utf8_lossy(body);
    // What was never probed is the one thing that is not there to be told.
    let is_missing = head.status == StatusCode::SERVICE_UNAVAILABLE && asked.uri.path() == "/probe";
    assert!(!head.status.is_server_error() || is_missing, "{}: {said}", head.status);
    check_headers(&head.headers);
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&asked.method);
    let site = asked.headers.get("sec-fetch-site");
    if !reads && site.is_some_and(|site| site != "same-origin") {
        assert_eq!(head.status, StatusCode::FORBIDDEN, "a page of others had something done");
    }
    if head.status == StatusCode::METHOD_NOT_ALLOWED {
        assert!(head.headers.contains_key(header::ALLOW), "{:?}", head.headers);
    }
    if asked.method == Method::HEAD || head.status == StatusCode::NOT_MODIFIED {
        assert!(body.is_empty(), "a body where none can be: {said}");
    } else {
        check_body(head, body);
    }
}

fn check_headers(headers: &HeaderMap) {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert!(value("content-security-policy").starts_with("default-src 'none'; style-src 'self';"), "{headers:?}");
    for (name, expected) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(value(name), expected, "{name}");
    }
    assert!(headers.contains_key("permissions-policy") && headers.contains_key(header::CACHE_CONTROL), "{headers:?}");
    assert!(!headers.contains_key(header::LOCATION), "nothing is anywhere else: {headers:?}");
    let names: HashSet<_> = headers.keys().collect();
    assert_eq!(names.len(), headers.len(), "each header once: {headers:?}");
}

/// What came is what it is said to be.
fn check_body(head: &response::Parts, body: &[u8]) {
    let unpacked = match head.headers.get(header::CONTENT_ENCODING) {
        Some(coding) => {
            assert_eq!(coding, "gzip");
            let mut unpacked = Vec::new();
            let limit = u64::try_from(MAX_ANSWER).unwrap_or(u64::MAX);
            GzDecoder::new(body).take(limit).read_to_end(&mut unpacked).expect("it is gzip");
            unpacked
        }
        None => body.to_vec(),
    };
    let text = String::from_utf8(unpacked).expect("all is text");
    match content_type(head) {
        "text/html" => {
            is_readable(&text);
            html::check(&text);
        }
        "application/json" => is_json(&text),
        "application/x-ndjson" => text.lines().for_each(is_json),
        "text/csv" => {
            let records = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes()).into_records();
            for record in records {
                assert_eq!(record.expect("it is CSV").len(), COLUMNS);
            }
        }
        "text/plain" | "text/event-stream" | "text/markdown" => is_readable(&text),
        // What is compiled in.
        "text/css" | "text/javascript" | "image/svg+xml" => {}
        "" => assert!(text.is_empty(), "{text}"),
        other => panic!("a content of type {other}: {text}"),
    }
}

fn is_json(text: &str) {
    let read = serde_json::from_str::<IgnoredAny>(text);
    assert!(read.is_ok(), "{read:?}: {text}");
}

fn check_credentials(asked: &HeaderMap, head: &response::Parts) {
    check_headers(&head.headers);
    if head.status == StatusCode::UNAUTHORIZED {
        assert!(head.headers.contains_key(header::WWW_AUTHENTICATE), "{:?}", head.headers);
        return;
    }
    let words = asked.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoded = words.rsplit(' ').find(|word| !word.is_empty()).unwrap_or_default();
    let decoded = BASE64_STANDARD.decode(encoded).unwrap_or_default();
    // bcrypt takes a password again and again, with an octet 0 between, until it has 72.
    assert!(decoded.starts_with(USER.as_bytes()), "{words:?} got in");
}

/// The type alone, without its parameters.
fn content_type(head: &response::Parts) -> &str {
    let whole = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    whole.split(';').next().unwrap_or_default()
}

/// What the router stands on.
struct World {
    runtime: Runtime,
    app: App,
    past: Arc<dyn Past>,
    /// Lives as long as a scheduler would.
    _snapshots: watch::Sender<Arc<Snapshot>>,
}

#[derive(Debug)]
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> OffsetDateTime {
        sample::NOW
    }
}

impl World {
    fn get() -> &'static Self {
        static WORLD: LazyLock<World> = LazyLock::new(World::new);
        &WORLD
    }

    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_time().build().expect("there is a runtime");
        let snapshot = sample::branch();
        let past = Arc::new(SamplePast::of(&snapshot));
        let (sender, snapshots) = watch::channel(Arc::new(snapshot));
        let clock: Arc<dyn Clock> = Arc::new(FixedClock);
        let (reloads, requests) = Reloads::channel();
        runtime.spawn(reload(requests));
        let desk = Desk::new(Arc::new(probe_now::Settled { lines: Vec::new(), report: sample::report() }));
        let app = App {
            snapshots,
            live: Arc::new(Live::new(sample::NOW).expect("metrics have names of their own")),
            history: History::open(None, Arc::clone(&clock)),
            clock,
            deciders: Arc::new(Settled::default()),
            desk,
            reloads,
            list: watch::channel(Arc::default()).1,
        };
        Self { runtime, app, past, _snapshots: sender }
    }
}

/// The configuration is always the same.
async fn reload(mut requests: Requests) {
    loop {
        let waiting = requests.next().await;
        requests.tell(waiting, sample::NOW, &Ok(Tally::default()));
    }
}
