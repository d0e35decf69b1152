//! The router, asked without a socket, and the server, asked over one.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt;
use prober::observation::{Fault, PacFacts, PacFailure, PacFault, PacFlaw, PacSourceFault, PacStale};
use prober::plan::{Endpoint, Path, PathOptions, Proxy, ProxyScheme, RouteExpectation, Way};
use prober::probe::Decision;
use prober::route::Hop;
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tower::ServiceExt;

use super::*;
use crate::pac::{Report, Settled};
use crate::probe_now;
use crate::sample;
use crate::teller::Line;

mod blackbox;
mod endpoint;
mod live;
mod probe;
mod reload;
mod runbook;
mod shared;

#[derive(Debug)]
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> OffsetDateTime {
        sample::NOW
    }
}

pub(in crate::web) fn app(snapshot: Snapshot) -> (watch::Sender<Arc<Snapshot>>, App) {
    let (sender, snapshots) = watch::channel(Arc::new(snapshot));
    let live = Arc::new(Live::new(sample::NOW).unwrap());
    let clock: Arc<dyn Clock> = Arc::new(FixedClock);
    let history = History::open(None, Arc::clone(&clock));
    let lines = vec![Line::More("as <b>told</b>".to_owned())];
    let desk = Desk::new(Arc::new(probe_now::Settled { lines, report: sample::report() }));
    (
        sender,
        App {
            snapshots,
            live,
            clock,
            deciders: Arc::new(sample_files()),
            history,
            desk,
            reloads: Reloads::channel().0,
            list: watch::channel(Arc::default()).1,
        },
    )
}

/// Three files: one that sends an endpoint elsewhere than expected, one that is stale, one that throws.
fn sample_files() -> Settled {
    let hop = |text: &str| match text {
        "direct" => Hop::Direct,
        host => Hop::Proxy(Arc::new(Proxy {
            scheme: ProxyScheme::Http,
            host: url::Host::parse(host).unwrap(),
            port: 8080,
            credentials: None,
        })),
    };
    let mut endpoint = Endpoint::new("licensing", "https://ols.officeapps.live.com/olsc".parse().unwrap());
    endpoint.expect.route = Some(RouteExpectation::Direct);
    let endpoint = Arc::new(endpoint);
    let facts = |stale| PacFacts {
        file: "http://wpad.example/wpad.dat".into(),
        answer: None,
        malformed: vec!["HTTP <b>x</b>".into()],
        failed_lookups: vec![],
        stale,
    };
    let fault = PacFault {
        file: "wpad.dat".into(),
        failure: PacFailure::Invalid(PacFlaw::Throw { line: Some(3), message: "x is not defined".into() }),
    };
    let stale =
        PacStale { since: sample::NOW - Duration::from_secs(600), fault: PacSourceFault::Status { status: 503 } };
    let report = |name: &str, decision: Option<Decision>| Report {
        path: Arc::new(Path { name: name.to_owned(), way: Way::Direct, options: PathOptions::default() }),
        decisions: vec![(Arc::clone(&endpoint), decision)],
    };
    let goes = |hops: &[&str], stale| Decision {
        hops: Ok(hops.iter().map(|one| hop(one)).collect()),
        pac: Some(facts(stale)),
    };
    Settled(Arc::new(vec![
        report("elsewhere", Some(goes(&["a.example", "direct"], None))),
        report("stale", Some(goes(&["direct"], Some(stale)))),
        report("broken", Some(Decision { hops: Err(Fault::Pac(fault)), pac: None })),
        report("slow", None),
    ]))
}

#[tokio::test]
async fn pac_files_show_what_they_decide_and_what_is_wrong_with_them() {
    let (_sender, app) = app(sample::branch());
    let (_, _, body) = ask(&app, Method::GET, "/pac").await;
    for words in [
        "PROXY a.example:8080",
        "expected: direct",
        "clients skip &#34;HTTP &#60;b&#62;x&#60;/b&#62;&#34;",
        "its server answers with status 503",
        "for 10 min",
        "line 3: x is not defined",
        "/runbook/pac_invalid",
        "the time for this page ran out",
    ] {
        assert!(body.contains(words), "{words}: {body}");
    }
    assert!(!body.contains("<b>x</b>"));
}

async fn ask(app: &App, method: Method, path: &str) -> (StatusCode, axum::http::HeaderMap, String) {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let response = router(app.clone()).oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status, head.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn every_page_answers_get_and_head_with_its_content_type() {
    let (_sender, app) = app(sample::branch());
    for (path, content_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/pac", "text/html; charset=utf-8"),
        ("/metrics", "text/plain; version=0.0.4; charset=utf-8"),
        ("/api/v1/status", "application/json"),
        ("/api/v1/incidents", "application/json"),
        ("/api/v1/incidents?format=csv", "text/csv; charset=utf-8; header=present"),
        ("/incidents", "text/html; charset=utf-8"),
        ("/report", "text/html; charset=utf-8"),
        ("/report.md", "text/markdown; charset=utf-8"),
        ("/runbook", "text/html; charset=utf-8"),
        ("/runbook/proxy_denied", "text/html; charset=utf-8"),
        ("/runbook/network-is-fine", "text/html; charset=utf-8"),
        ("/-/healthy", "text/plain; charset=utf-8"),
        ("/-/ready", "text/plain; charset=utf-8"),
        (&assets::style(), "text/css; charset=utf-8"),
        (&assets::icon(), "image/svg+xml"),
        (&assets::live(), "text/javascript; charset=utf-8"),
    ] {
        let (status, headers, body) = ask(&app, Method::GET, path).await;
        assert_eq!((status, headers[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, content_type), "{path}");
        assert!(!body.is_empty(), "{path}");
        let (status, headers, body) = ask(&app, Method::HEAD, path).await;
        assert_eq!((status, headers[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, content_type), "{path}");
        assert!(body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn every_response_carries_the_security_headers() {
    let (_sender, app) = app(sample::branch());
    for path in ["/", "/runbook/proxy_denied", "/metrics", "/nowhere", &assets::style()] {
        let (_, headers, _) = ask(&app, Method::GET, path).await;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{path}: {policy}");
        let ours = ["script-src 'self';", "connect-src 'self';", "form-action 'self';"];
        assert!(ours.iter().all(|directive| policy.contains(directive)), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(headers[header::REFERRER_POLICY], "same-origin", "{path}");
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_refused_in_plain_words() {
    let (_sender, app) = app(sample::branch());
    let (status, headers, body) = ask(&app, Method::GET, "/nowhere").await;
    assert_eq!((status, body.as_str()), (StatusCode::NOT_FOUND, "There is nothing here; the page is at /.\n"));
    assert_eq!(headers[header::CONTENT_TYPE], "text/plain; charset=utf-8");
    let (status, headers, _) = ask(&app, Method::POST, "/metrics").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(headers[header::ALLOW], "GET,HEAD");
}

#[tokio::test]
async fn it_is_ready_once_the_first_round_is_complete() {
    let mut snapshot = sample::snapshot([sample::row("a", "hq").reachable(), sample::row("b", "hq")]);
    snapshot.first_round_complete = false;
    let (sender, app) = app(snapshot.clone());
    let (status, _, body) = ask(&app, Method::GET, "/-/ready").await;
    let waiting = "The first round is not complete: 1 of 2 done.\n";
    assert_eq!((status, body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, waiting));
    snapshot.first_round_complete = true;
    sender.send(Arc::new(snapshot)).unwrap();
    assert_eq!(ask(&app, Method::GET, "/-/ready").await.0, StatusCode::OK);
}

#[tokio::test]
async fn it_is_healthy_as_long_as_the_scheduler_lives() {
    let (sender, app) = app(sample::branch());
    assert_eq!(ask(&app, Method::GET, "/-/healthy").await.0, StatusCode::OK);
    drop(sender);
    assert_eq!(ask(&app, Method::GET, "/-/healthy").await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_confirmed_by_their_tag() {
    let (_sender, app) = app(sample::branch());
    let (_, headers, _) = ask(&app, Method::GET, &assets::style()).await;
    assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    let again = Request::get(assets::style()).header(header::IF_NONE_MATCH, &headers[header::ETAG]);
    let response = router(app.clone()).oneshot(again.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(ask(&app, Method::GET, "/assets/0-style.css").await.0, StatusCode::NOT_FOUND);
    assert_eq!(ask(&app, Method::GET, "/").await.1[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn open_incidents_are_those_of_the_status_document() {
    let (_sender, app) = app(sample::branch());
    let json = |body: &str| serde_json::from_str::<serde_json::Value>(body).unwrap();
    let (_, _, own) = ask(&app, Method::GET, "/api/v1/incidents").await;
    let (_, _, whole) = ask(&app, Method::GET, "/api/v1/status").await;
    let (own, whole) = (json(&own), json(&whole));
    assert_eq!((&own["site"], &own["generated_at"]), (&whole["site"], &whole["generated_at"]));
    assert_eq!(own["incidents"], whole["incidents"]);
    let causes: Vec<_> = own["incidents"].as_array().unwrap().iter().map(|one| one["cause"].clone()).collect();
    assert_eq!(causes, ["proxy_denied", "proxy_denied", "tls_intercepted"]);
}

/// A server on a port of its own, and the way to stop it.
fn serve_on_loopback(app: App) -> (std::net::SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let listeners = bind(&["127.0.0.1:0".parse().unwrap()]).unwrap();
    let address = listeners[0].local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listeners, router(app), async move { _ = stopped.await }));
    (address, stop, server)
}

#[tokio::test]
async fn the_server_answers_over_http_1_and_stops_when_told() {
    let (_sender, app) = app(sample::branch());
    let (address, stop, server) = serve_on_loopback(app);
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");

    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), server).await.expect("stops in time").unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.expect("the idle connection is closed in order");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn the_server_speaks_http_2_without_tls() {
    let (_sender, app) = app(sample::branch());
    let (address, _stop, _server) = serve_on_loopback(app);
    let stream = hyper_util::rt::TokioIo::new(TcpStream::connect(address).await.unwrap());
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut client, connection) = hyper::client::conn::http2::handshake(executor, stream).await.unwrap();
    tokio::spawn(connection);
    let request =
        Request::get(format!("http://{address}/metrics")).body(http_body_util::Empty::<&[u8]>::new()).unwrap();
    let response = client.send_request(request).await.unwrap();
    assert_eq!((response.status(), response.version()), (StatusCode::OK, axum::http::Version::HTTP_2));
}

#[tokio::test]
async fn a_client_that_says_nothing_does_not_hold_up_the_stop() {
    let (_sender, app) = app(sample::branch());
    let (address, stop, server) = serve_on_loopback(app);
    let mut silent = TcpStream::connect(address).await.unwrap();
    silent.write_all(b"GET / HT").await.unwrap();
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), server).await.expect("stops in time").unwrap();
}
