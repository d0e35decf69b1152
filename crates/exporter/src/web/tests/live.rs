//! The page once for all viewers, and streams of events over real connections.

use prober::cause::Cause;
use tokio::io::{AsyncBufReadExt, BufReader};

use super::super::feed::MOST_VIEWERS;
use super::*;
use crate::history::{Days, Filter, Finding, HistoryError, Latency, LatencySpan, Standing, Trouble};

/// A stream of events over a connection of its own.
struct Viewer(BufReader<TcpStream>);

impl Viewer {
    /// Asks for events and reads the head of the answer.
    async fn connect(address: std::net::SocketAddr) -> (Self, String) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut viewer = Self(BufReader::new(stream));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            viewer.0.read_line(&mut head).await.unwrap();
        }
        (viewer, head)
    }

    /// The data of the next event.
    async fn event(&mut self) -> serde_json::Value {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).await.unwrap() > 0, "the stream has ended");
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn viewers_are_told_of_a_change_and_the_stop_ends_their_streams() {
    let (sender, app) = app(sample::good());
    let (address, stop, server) = serve_on_loopback(app.clone());
    let (mut viewer, head) = Viewer::connect(address).await;
    assert!(head.contains("text/event-stream") && head.contains("no-store"), "{head}");
    let first = viewer.event().await;
    assert_eq!((&first["site_state"], &first["summary"]["blocked"]), (&"online".into(), &0.into()));

    sender.send(Arc::new(sample::branch())).unwrap();
    let second = viewer.event().await;
    assert_eq!(second["summary"]["blocked"], 3);
    let (_, _, page) = ask(&app, Method::GET, "/").await;
    let version = second["version"].as_str().unwrap();
    assert!(page.contains(&format!("data-version=\"{version}\"")), "the page that shows it has the same version");

    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(2), server).await.expect("no stream outlasts the stop").unwrap();
    let mut rest = Vec::new();
    viewer.0.read_to_end(&mut rest).await.unwrap();
    assert!(rest.ends_with(b"0\r\n\r\n"), "the stream ends in order");
}

#[tokio::test]
async fn the_stream_ends_with_the_scheduler() {
    let (sender, app) = app(sample::good());
    let (address, _stop, _server) = serve_on_loopback(app);
    let (mut viewer, _) = Viewer::connect(address).await;
    viewer.event().await;
    drop(sender);
    let mut rest = Vec::new();
    let mut byte = [0];
    while !rest.ends_with(b"0\r\n\r\n") {
        assert_eq!(viewer.0.read(&mut byte).await.unwrap(), 1);
        rest.push(byte[0]);
    }
}

#[tokio::test]
async fn one_viewer_too_many_is_told_when_to_come_back_and_places_become_free() {
    let (_sender, app) = app(sample::good());
    // Not over connections: one client has only some of them.
    let router = router(app);
    let look = async || {
        let request = Request::get("/api/v1/events").body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap()
    };
    let mut viewers = Vec::new();
    for _ in 0..MOST_VIEWERS {
        let viewer = look().await;
        assert_eq!(viewer.status(), StatusCode::OK);
        viewers.push(viewer);
    }
    let refused = look().await;
    assert_eq!(
        (refused.status(), &refused.headers()["retry-after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"30".parse().unwrap())
    );
    viewers.pop();
    while look().await.status() != StatusCode::OK {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_beats() {
    let (_sender, app) = app(sample::good());
    let request = Request::get("/api/v1/events").body(Body::empty()).unwrap();
    let mut body = router(app).oneshot(request).await.unwrap().into_body();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
        seen.push(String::from_utf8(frame.to_vec()).unwrap());
    }
    assert_eq!((seen[0].as_str(), seen[2].as_str(), seen[3].as_str()), ("retry: 3000\n\n", ":\n\n", ":\n\n"));
    assert!(seen[1].starts_with("id: ") && seen[1].contains("\nevent: change\ndata: {"), "{}", seen[1]);
}

#[tokio::test]
async fn a_viewer_that_does_not_read_gets_the_newest_event_and_misses_those_between() {
    let (sender, app) = app(sample::good());
    let service = router(app.clone());
    let request = || Request::get("/api/v1/events").body(Body::empty()).unwrap();
    let mut slow = service.clone().oneshot(request()).await.unwrap().into_body();
    let mut quick = service.oneshot(request()).await.unwrap().into_body();
    let text =
        |frame: http_body::Frame<axum::body::Bytes>| String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
    while !text(quick.frame().await.unwrap().unwrap()).starts_with("id: ") {}
    for round in 0..5 {
        let row = sample::row("a", "hq").blocked(Cause::TcpRefused, &format!("round {round}"));
        sender.send(Arc::new(sample::snapshot([row]))).unwrap();
        while !text(quick.frame().await.unwrap().unwrap()).contains(&format!("round {round}")) {}
    }
    let mut read = 0;
    while !text(slow.frame().await.unwrap().unwrap()).contains("round 4") {
        read += 1;
    }
    assert!(read <= 3, "{read} messages had been kept for it");
}

/// Counts how often the page is made.
#[derive(Debug, Default)]
struct Counted(std::sync::atomic::AtomicUsize);

impl Past for Counted {
    fn standing(&self) -> Standing {
        Standing::default()
    }

    fn days(&self) -> Days {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Days::empty(sample::NOW)
    }

    fn troubles(&self, _: &Filter) -> Result<Vec<Trouble>, HistoryError> {
        Ok(Vec::new())
    }

    fn evidence(&self, _: i64) -> Result<Option<(Finding, Finding)>, HistoryError> {
        Ok(None)
    }

    fn last_failure(&self, _: &str, _: &str) -> Result<Option<(Trouble, Finding)>, HistoryError> {
        Ok(None)
    }

    fn latencies(&self, _: &str, _: &str, _: LatencySpan) -> Result<Vec<Latency>, HistoryError> {
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn what_looks_the_same_is_rendered_once_and_what_does_not_at_once() {
    let (sender, app) = app(sample::good());
    let past = Arc::new(Counted::default());
    let service = router_over(app, Arc::clone(&past) as Arc<dyn Past>);
    let page = async |service: &Router| {
        let request = Request::get("/").body(Body::empty()).unwrap();
        let body = service.clone().oneshot(request).await.unwrap().into_body();
        String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
    };
    let (one, two) = tokio::join!(page(&service), page(&service));
    assert_eq!(one, two);
    sender.send(Arc::new(sample::good())).unwrap();
    assert_eq!(page(&service).await, one);
    assert_eq!(past.0.load(std::sync::atomic::Ordering::SeqCst), 1);
    sender.send(Arc::new(sample::branch())).unwrap();
    assert!(page(&service).await.contains("Open incidents: 3"));
    assert_eq!(past.0.load(std::sync::atomic::Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_page_comes_in_gzip_to_those_who_accept_it() {
    let (_sender, app) = app(sample::branch());
    let request = Request::get("/").header(header::ACCEPT_ENCODING, "gzip, br").body(Body::empty()).unwrap();
    let response = router(app).oneshot(request).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
}
