//! What requests get.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use std::io::ErrorKind;
use std::time::Duration;

use common::{HOST, client, get, get_h2, handshake, raw_get, tcp, tls};
use http::StatusCode;
use testnet::{CONTROL_BODY, CONTROL_HOST, CONTROL_PATH, CertificateKind, HttpFault, Met, Reply, Scheme, World};

#[tokio::test]
async fn the_usual_answers_over_h2_http11_and_in_the_clear() {
    let world = World::start().await.unwrap();
    assert_eq!(get_h2(&world, HOST).await.unwrap(), StatusCode::OK);
    let (status, body) = get(&world, CONTROL_HOST, CONTROL_PATH).await;
    assert_eq!((status, &body.unwrap()[..]), (StatusCode::OK, CONTROL_BODY.as_bytes()));
    let (status, _) = get(&world, "enterpriseregistration.windows.net", "/").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let faults = world.faults();
    assert_eq!(faults.served(HOST).unwrap(), 1);
    assert_eq!(faults.requests(CONTROL_HOST).unwrap()[0].header("host"), Some(CONTROL_HOST));
}

#[tokio::test]
async fn another_reply() {
    let world = World::start().await.unwrap();
    world.faults().set(HOST, Reply::redirect("http://portal.example/")).unwrap();
    let stream = tcp(&world, HOST, Scheme::Http).await.unwrap();
    let (answer, _) = raw_get(stream, HOST, "/").await;
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 302 Found\r\n"), "{answer}");
    assert!(answer.contains("location: http://portal.example/\r\n"), "{answer}");
    let azure = Reply::status(470).reason("Action: Deny").html("Action: Deny. Reason: No rule matched.");
    world.faults().set(HOST, azure).unwrap();
    let stream = tcp(&world, HOST, Scheme::Http).await.unwrap();
    let (answer, _) = raw_get(stream, HOST, "/").await;
    assert!(answer.starts_with(b"HTTP/1.1 470 Action: Deny\r\n"));
    world.faults().set(HOST, Reply::captive_portal()).unwrap();
    assert_eq!(get_h2(&world, HOST).await.unwrap().as_u16(), 511);
}

/// What the client got, and how its connection ended, over TLS.
async fn got(world: &World, fault: HttpFault) -> (String, std::io::Result<usize>) {
    world.faults().set(HOST, fault).unwrap();
    let stream = tls(world, HOST).await.unwrap();
    let (answer, ended) = raw_get(stream, HOST, "/").await;
    (String::from_utf8_lossy(&answer).into_owned(), ended)
}

#[tokio::test]
async fn broken_answers_end_as_named() {
    let world = World::start().await.unwrap();
    let (answer, ended) = got(&world, HttpFault::CloseBeforeHead).await;
    assert_eq!((answer.as_str(), ended.unwrap()), ("", 0));
    let (answer, ended) = got(&world, HttpFault::ResetBeforeHead).await;
    assert_eq!((answer.as_str(), ended.unwrap_err().kind()), ("", ErrorKind::ConnectionReset));
    let (answer, ended) = got(&world, HttpFault::CloseInHead).await;
    assert!(ended.is_ok() && !answer.contains("\r\n\r\n"));
    let (answer, ended) = got(&world, HttpFault::CloseInBody).await;
    assert!(ended.is_ok() && answer.ends_with("\r\n\r\nxxxxxxxxxx"));
    let (answer, ended) = got(&world, HttpFault::ResetInBody).await;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert!(answer.ends_with("\r\n\r\nxxxxxxxxxx"), "{answer}");
    let (answer, _) = got(&world, HttpFault::Garbage).await;
    assert!(answer.contains("not http at all"));
    let (answer, _) = got(&world, HttpFault::FoldedHeader).await;
    assert!(answer.contains("X-Folded: one\r\n\ttwo"));
    let (answer, _) = got(&world, HttpFault::SpaceBeforeColon).await;
    assert!(answer.contains("X-Spaced : value"));
    let (answer, _) = got(&world, HttpFault::HugeHeader).await;
    assert!(answer.len() > 1024 * 1024);
    let (answer, _) = got(&world, HttpFault::GzipBomb).await;
    assert!(answer.contains("Content-Encoding: gzip\r\n") && answer.len() > 1024 * 1024);
}

#[tokio::test]
async fn hanging_and_endless_answers_do_not_end() {
    let world = World::start().await.unwrap();
    for fault in [
        HttpFault::HangBeforeHead,
        HttpFault::SlowHead,
        HttpFault::SlowBody,
        HttpFault::EndlessHeaders,
        HttpFault::EndlessBody,
        HttpFault::InformationalFlood,
    ] {
        let waited = tokio::time::timeout(Duration::from_millis(200), got(&world, fault.clone())).await;
        assert!(waited.is_err(), "{fault:?}");
    }
}

#[tokio::test]
async fn h2_is_refused_and_http11_is_not() {
    let world = World::start().await.unwrap();
    for fault in [HttpFault::GoAway, HttpFault::Http11Required] {
        world.faults().set(HOST, fault.clone()).unwrap();
        let error = get_h2(&world, HOST).await.unwrap_err();
        let text = format!("{error:?}");
        let expected = if fault == HttpFault::GoAway { "GoAway" } else { "HTTP_1_1_REQUIRED" };
        assert!(text.contains(expected), "{text}");
        assert_eq!(get(&world, HOST, "/").await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn what_requests_met_is_counted() {
    let world = World::start().await.unwrap();
    get_h2(&world, HOST).await.unwrap();
    let (_, ended) = got(&world, HttpFault::CloseBeforeHead).await;
    ended.unwrap();
    let (answer, _) = raw_get(tcp(&world, HOST, Scheme::Http).await.unwrap(), HOST, "/").await;
    assert!(answer.is_empty());
    world.faults().clear(HOST).unwrap();
    // A handshake that is over when the fault comes is not one that the fault struck.
    let stream = tcp(&world, HOST, Scheme::Https).await.unwrap();
    let stream = handshake(stream, client(&world, &["http/1.1"]), HOST).await.unwrap();
    world.faults().set(HOST, CertificateKind::Expired).unwrap();
    let (answer, _) = raw_get(stream, HOST, "/").await;
    assert!(!answer.is_empty());
    let met = world.faults().met(HOST).unwrap();
    let closed = Met { http: Some(HttpFault::CloseBeforeHead), ..Met::default() };
    assert_eq!(met, [(Met::default(), 2), (closed, 2)]);
    assert_eq!(world.faults().served(HOST).unwrap(), 4);
}
