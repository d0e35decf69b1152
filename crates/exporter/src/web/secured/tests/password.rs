//! Users and passwords, headers and limits, asked for without a socket.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tower::ServiceExt;

use super::*;
use crate::web::client::Client;
use crate::web::secured::{Secured, layer};

/// What a secured router answers to a client who says this of itself.
async fn ask(router: &Router, authorization: Option<&str>, client: &str) -> (StatusCode, HeaderMap, String) {
    ask_for("/", router, authorization, client).await
}

async fn ask_for(
    path: &str,
    router: &Router,
    authorization: Option<&str>,
    client: &str,
) -> (StatusCode, HeaderMap, String) {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    request.extensions_mut().insert(Client::of(client.parse().unwrap()));
    if let Some(value) = authorization {
        request.headers_mut().insert(header::AUTHORIZATION, value.parse().unwrap());
    }
    let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = axum::body::to_bytes(body, 1024).await.unwrap();
    (head.status, head.headers, String::from_utf8(body.to_vec()).unwrap())
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

/// A router that tells what it was told, behind a web configuration.
fn secured(text: &str) -> (Folder, Router) {
    let folder = Folder::new();
    let secured = Secured::load(folder.write("web.yml", text)).unwrap();
    let echo = async |headers: HeaderMap| format!("in {:?}", headers.get(header::AUTHORIZATION));
    (folder, layer(Router::new().route("/", get(echo)), std::sync::Arc::new(secured)))
}

const HERE: &str = "192.0.2.1:1000";

#[tokio::test]
async fn only_a_user_with_the_right_password_comes_in() {
    let (_folder, router) = secured(&users(&[("alice", "wonder:land"), ("böb", "pässword")]));
    for (user, password) in [("alice", "wonder:land"), ("böb", "pässword")] {
        for _ in 0..2 {
            let (status, _, body) = ask(&router, Some(&basic(user, password)), HERE).await;
            assert_eq!((status, body.as_str()), (StatusCode::OK, "in None"), "handlers never see what was said");
        }
    }
    let lower = basic("alice", "wonder:land").replace("Basic", "basic");
    assert_eq!(
        ask(&router, Some(&lower), HERE).await.0,
        StatusCode::OK,
        "schemes know no case (RFC 9110, section 11.1)"
    );
    for wrong in [
        None,
        Some("Bearer abc".to_owned()),
        Some("Basic".to_owned()),
        Some("Basic !!!".to_owned()),
        Some(format!("Basic {}", BASE64_STANDARD.encode("alice"))),
        Some(format!("Basic {}", BASE64_STANDARD.encode(b"\xff:\xff"))),
        Some(basic("alice", "wonderland")),
        Some(basic("alice", "")),
        Some(basic("böb", "wonder:land")),
        Some(basic("mallory", "wonder:land")),
        Some(basic("", "")),
    ] {
        let (status, headers, body) = ask(&router, wrong.as_deref(), HERE).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{wrong:?}");
        assert_eq!(headers[header::WWW_AUTHENTICATE], "Basic realm=\"reachwatch\", charset=\"UTF-8\"");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(body, "Say who you are: a user and a password are needed.\n");
    }
}

#[tokio::test]
async fn hashes_of_htpasswd_are_understood() {
    let hash = "basic_auth_users: {alice: $2y$04$6g9fycldS5KXHWuhu2CrK.ecIRYZe2mIxfYSkgQ5Q2Gk1sg9WsKee}";
    let (_folder, router) = secured(hash);
    assert_eq!(ask(&router, Some(&basic("alice", "wonderland")), HERE).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_guesser_is_sent_away_and_nobody_else_is() {
    let (_folder, router) = secured(&users(&[("alice", "right")]));
    let right = basic("alice", "right");
    assert_eq!(ask(&router, Some(&right), HERE).await.0, StatusCode::OK);
    let mut statuses = Vec::new();
    for number in 0..30 {
        statuses.push(ask(&router, Some(&basic("alice", &number.to_string())), HERE).await.0);
    }
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count(), 10, "{statuses:?}");
    let (status, headers, _) = ask(&router, Some(&basic("alice", "x")), HERE).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=6).contains(&wait), "{wait}");
    assert_eq!(ask(&router, Some(&right), HERE).await.0, StatusCode::OK, "what was right before costs nothing");
    assert_eq!(ask(&router, Some(&basic("alice", "x")), "192.0.2.2:1").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&router, None, HERE).await.0, StatusCode::UNAUTHORIZED, "who says nothing guesses nothing");
}

#[tokio::test]
async fn configured_headers_take_the_place_of_our_own() {
    let (_folder, router) = secured(
        "http_server_config:\n  headers:\n    Strict-Transport-Security: max-age=300\n    X-Frame-Options: deny\n\
         \x20   X-XSS-Protection: ''\n    Content-Security-Policy: default-src 'self'\n",
    );
    let (status, headers, _) = ask(&router, None, HERE).await;
    assert_eq!(status, StatusCode::OK, "without users anybody comes in");
    assert_eq!(headers[header::STRICT_TRANSPORT_SECURITY], "max-age=300");
    assert_eq!(headers[header::X_FRAME_OPTIONS], "deny");
    assert_eq!(headers.get_all(header::CONTENT_SECURITY_POLICY).iter().collect::<Vec<_>>(), ["default-src 'self'"]);
    assert!(!headers.contains_key(header::X_XSS_PROTECTION), "blank is unset");
}

#[tokio::test]
async fn more_requests_than_the_limit_are_sent_away() {
    let (_folder, router) = secured("rate_limit: {interval: 1h, burst: 3}");
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(ask(&router, None, HERE).await.0.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    for check in ["/-/healthy", "/-/ready"] {
        for _ in 0..5 {
            let (status, ..) = ask_for(check, &router, None, HERE).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{check} is asked, and not there in this test");
        }
    }
}

#[tokio::test]
async fn health_checks_take_nothing_from_others_and_need_a_user_too() {
    let (_folder, router) = secured(&format!("rate_limit: {{interval: 1h, burst: 1}}\n{}", users(&[("a", "right")])));
    for _ in 0..3 {
        assert_eq!(ask_for("/-/healthy", &router, None, HERE).await.0, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(ask(&router, Some(&basic("a", "right")), HERE).await.0, StatusCode::OK);
    assert_eq!(ask(&router, Some(&basic("a", "right")), HERE).await.0, StatusCode::TOO_MANY_REQUESTS);
}
