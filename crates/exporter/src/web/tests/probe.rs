//! Asking for a probe over HTTP.

use axum::http::HeaderMap;

use super::*;
use crate::probe_now::{AT_ONCE, BURST};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const HOST: (&str, &str) = ("host", "monitor.example:10365");

async fn post(app: &App, headers: &[(&str, &str)], body: &str) -> (StatusCode, HeaderMap, String) {
    let mut request = Request::post("/api/v1/probe");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router(app.clone()).oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status, head.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_probe_tells_its_steps_and_what_they_come_to() {
    let (_sender, app) = app(sample::branch());
    let json = ("content-type", "application/json");
    for (kind, body) in [(FORM, "endpoint=ols&path=hq"), (json, r#"{"endpoint": "ols", "path": "hq"}"#)] {
        let (status, headers, body) = post(&app, &[HOST, kind], body).await;
        assert_eq!((status, headers[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, "application/x-ndjson"));
        let lines: Vec<serde_json::Value> = body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0], serde_json::json!({"more": "as <b>told</b>"}));
        let result = &lines[1]["result"];
        assert_eq!((&result["state"], &result["cause"]), (&"blocked".into(), &"proxy_denied".into()), "{body}");
        assert_eq!(result["evidence"]["vendor"], "squid");
    }
}

#[tokio::test]
async fn without_a_script_it_is_a_page() {
    let (_sender, app) = app(sample::branch());
    let accept = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    let (status, headers, body) = post(&app, &[HOST, FORM, accept], "endpoint=ols&path=hq").await;
    assert_eq!((status, headers[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, "text/html; charset=utf-8"));
    let places = ["<h1>Probing ols over hq</h1>", "as &#60;b&#62;told&#60;/b&#62;", "/runbook/proxy_denied", "</html>"];
    let places = places.map(|words| body.find(words).expect(words));
    assert!(places.is_sorted(), "{body}");
    assert!(body.contains("href=\"/endpoints/ols\"") && !body.contains("<!--here-->"));
}

#[tokio::test]
async fn what_is_not_configured_is_not_probed() {
    let (_sender, app) = app(sample::branch());
    for body in ["endpoint=ols&path=nowhere", "endpoint=nobody&path=hq", "endpoint=ncsi&path=hq", "endpoint=ols", ""] {
        let (status, _, text) = post(&app, &[HOST, FORM], body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {text}");
    }
    let (status, ..) = post(&app, &[HOST], "endpoint=ols&path=hq").await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let (status, ..) = post(&app, &[HOST, FORM], &format!("endpoint=ols&path={}", "x".repeat(5000))).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let (status, headers, _) = ask(&app, Method::GET, "/api/v1/probe").await;
    assert_eq!((status, headers[header::ALLOW].to_str().unwrap()), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
}

#[tokio::test]
async fn pages_of_others_ask_in_vain() {
    let (_sender, app) = app(sample::branch());
    let body = "endpoint=ols&path=hq";
    for foreign in [("origin", "http://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let (status, ..) = post(&app, &[HOST, FORM, foreign], body).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{foreign:?}");
    }
    for own in [("origin", "http://monitor.example:10365"), ("sec-fetch-site", "same-origin")] {
        assert_eq!(post(&app, &[HOST, FORM, own], body).await.0, StatusCode::OK, "{own:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn probes_are_limited_and_say_when_to_come_again() {
    let (_sender, app) = app(sample::branch());
    let body = "endpoint=ols&path=hq";
    // What is refused for other reasons costs nothing.
    for _ in 0..BURST {
        post(&app, &[HOST, FORM], "endpoint=nobody&path=hq").await;
        post(&app, &[HOST, FORM, ("origin", "null")], body).await;
    }
    for _ in 0..BURST {
        assert_eq!(post(&app, &[HOST, FORM], body).await.0, StatusCode::OK);
    }
    let (status, headers, text) = post(&app, &[HOST, FORM], body).await;
    assert_eq!((status, headers[header::RETRY_AFTER].to_str().unwrap()), (StatusCode::TOO_MANY_REQUESTS, "6"));
    assert!(text.contains("again in 6 s"), "{text}");
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(post(&app, &[HOST, FORM], body).await.0, StatusCode::OK);
}

/// A probe that does not end by itself.
#[derive(Debug)]
struct Endless;

impl probe_now::ProbeNow for Endless {
    fn probe<'a>(
        &'a self,
        _: &'a prober::plan::Pair,
        _: Option<Arc<prober::observation::AuditFacts>>,
        tell: &'a (dyn Fn(Line) + Sync),
    ) -> probe_now::Reports<'a> {
        tell(Line::More("begun".to_owned()));
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn steps_come_while_the_probe_goes_on() {
    let (_sender, mut app) = app(sample::branch());
    app.desk = Desk::new(Arc::new(Endless));
    let request = || {
        let request = Request::post("/api/v1/probe").header(FORM.0, FORM.1);
        request.body(Body::from("endpoint=ols&path=hq")).unwrap()
    };
    let mut under_way = Vec::new();
    for _ in 0..AT_ONCE {
        let mut body = router(app.clone()).oneshot(request()).await.unwrap().into_body();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(first, "{\"more\":\"begun\"}\n");
        under_way.push(body);
    }
    let response = router(app.clone()).oneshot(request()).await.unwrap();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    // Whoever goes away makes room.
    under_way.pop();
    while app.desk.begin(Arc::clone(&app.snapshot().rows[0].pair), None).is_err() {
        tokio::task::yield_now().await;
    }
}
