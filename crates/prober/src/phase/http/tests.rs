use std::time::Duration;

use ::http::{HeaderName, HeaderValue, Method};
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use url::Url;

use super::*;
use crate::observation::{IoKind, Sample};

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

fn request(url: &Url) -> Request<'_> {
    Request {
        url,
        method: &Method::GET,
        user_agent: None,
        headers: &[],
        conditions: Vec::new(),
        body: None,
        form: Form::Origin,
    }
}

fn url() -> Url {
    "https://host.example:8443/path?query".parse().unwrap()
}

/// Asks a peer that says this whatever it is asked, and then closes.
async fn ask(protocol: Protocol, answer: &[u8]) -> Result<Response<DuplexStream>, Unanswered> {
    let (near, mut far) = duplex(1024 * 1024);
    far.write_all(answer).await.unwrap();
    // The peer stays there to be written to: what comes is what is tested.
    far.shutdown().await.unwrap();
    let response = send(near, protocol, &request(&url()), soon()).await;
    drop(far);
    response
}

fn failure(unanswered: Unanswered) -> (HttpFailure, u64) {
    match unanswered.failure {
        Failure::Fault(fault) => (fault.failure, fault.received),
        Failure::Monitor(fault) => panic!("{fault}"),
    }
}

const ANSWER: &[u8] = b"HTTP/1.1 200 Fine\r\nServer : me\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\nhello";

#[tokio::test]
async fn a_response_is_read_whole() {
    let response = ask(Protocol::Http1, ANSWER).await.unwrap();
    assert_eq!((response.facts.status, response.facts.reason.as_ref().unwrap().as_str()), (200, "Fine"));
    assert_eq!(response.facts.headers.get("server"), Some("me"));
    let body = response.read(BodyRule::NEEDED, soon()).await;
    assert_eq!((body.bytes.as_slice(), body.fault), (&b"hello"[..], None));
    let facts = body.facts.body;
    assert_eq!((facts.bytes, facts.announced, facts.complete, facts.limit_reached), (5, Some(5), true, false));
}

#[tokio::test]
async fn a_name_without_end_is_kept_as_short_as_a_value() {
    let long = "A".repeat(5000);
    let answer = format!("HTTP/1.1 200 OK\r\n{long}: {long}\r\nContent-Length: 0\r\n\r\n");
    let facts = ask(Protocol::Http1, answer.as_bytes()).await.unwrap().facts;
    let kept = facts.headers.0.first().map(|(name, value)| (name.len(), value.as_str().chars().count()));
    assert_eq!(kept, Some((256, 256)));
}

#[tokio::test]
async fn requests_are_written_as_clients_write_them() {
    let (url, body) = (url(), Bytes::from_static(b"ask"));
    let headers = [(HeaderName::from_static("x-key"), HeaderValue::from_static("k"))];
    let mut authorization = HeaderValue::from_static("Basic eHg=");
    authorization.set_sensitive(true);
    let form = Form::Absolute { authorization: Some(authorization), keep: false };
    let request = Request {
        url: &url,
        method: &Method::POST,
        user_agent: None,
        headers: &headers,
        conditions: Vec::new(),
        body: Some(&body),
        form,
    };

    let (near, mut far) = duplex(4096);
    far.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    drop(send(near, Protocol::Http1, &request, soon()).await.unwrap());
    let mut written = String::new();
    far.read_to_string(&mut written).await.unwrap();
    assert_eq!(
        written,
        format!(
            "POST https://host.example:8443/path?query HTTP/1.1\r\nHost: host.example:8443\r\n\
             User-Agent: {USER_AGENT}\r\nAccept: */*\r\nX-Key: k\r\nConnection: close\r\n\
             Proxy-Authorization: Basic eHg=\r\nContent-Length: 3\r\n\r\nask"
        )
    );
}

#[tokio::test]
async fn closed_at_every_octet() {
    let head = ANSWER.len() - 5;
    for length in 0..ANSWER.len() {
        match ask(Protocol::Http1, &ANSWER[..length]).await {
            Err(unanswered) => {
                let (failure, received) = failure(unanswered);
                assert!(matches!(&failure, HttpFailure::Lost(io) if io.kind == IoKind::Closed), "{length}: {failure}");
                assert_eq!((length < head, received), (true, length as u64));
            }
            Ok(response) => {
                assert!(length >= head, "{length}");
                let body = response.read(BodyRule::NEEDED, soon()).await;
                let Some(Failure::Fault(fault)) = body.fault else { panic!("{length}: no fault") };
                assert_eq!((fault.during, body.bytes.len()), (Moment::Body, length - head));
                assert!(matches!(fault.failure, HttpFailure::Lost(io) if io.kind == IoKind::Closed));
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_http_or_too_much_is_invalid() {
    let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-Endless: more\r\n".repeat(16 * 1024)].concat();
    let flood = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(16 * 1024);
    let many = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"A: b\r\n".repeat(101), b"\r\n".to_vec()].concat();
    for answer in [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], &[0xff; 300], b"HTTP/1.1 no\r\n\r\n", &endless, &flood, &many] {
        let (failure, received) = failure(ask(Protocol::Http1, answer).await.unwrap_err());
        assert!(matches!(failure, HttpFailure::Invalid(_)), "{failure:?}");
        // The last read may have brought more than there was room for.
        assert!(received <= 2 * MAX_BEFORE_HEAD, "{received}");
    }
}

#[tokio::test]
async fn bodies_stop_at_the_limit_however_they_are_framed() {
    let content = vec![b'x'; Sample::MAX_BYTES + 1];
    let tiny: Vec<u8> = content.iter().flat_map(|octet| [b'1', b'\r', b'\n', *octet, b'\r', b'\n']).collect();
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let plain = b"HTTP/1.1 200 OK\r\n\r\n";
    for (head, body) in [(&chunked[..], &tiny), (&plain[..], &content)] {
        let response = ask(Protocol::Http1, &[head, body].concat()).await.unwrap();
        let body = response.read(BodyRule::NEEDED, soon()).await;
        assert_eq!((body.bytes.len(), body.fault), (Sample::MAX_BYTES, None));
        assert_eq!((body.facts.body.limit_reached, body.facts.body.complete), (true, false));
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_complete() {
    let answer = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &vec![b'x'; Sample::MAX_BYTES]].concat();
    let body = ask(Protocol::Http1, &answer).await.unwrap().read(BodyRule::NEEDED, soon()).await;
    assert_eq!((body.facts.body.limit_reached, body.facts.body.complete), (false, true));
}

#[tokio::test]
async fn an_announced_monster_is_not_even_begun() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n0";
    let body = ask(Protocol::Http1, answer).await.unwrap().read(BodyRule::CRL, soon()).await;
    assert_eq!((body.bytes.len(), body.facts.body.limit_reached, body.fault), (0, true, None));
}

#[tokio::test(start_paused = true)]
async fn patience_ends_without_a_fault_and_need_with_one() {
    for (rule, faulty, seconds) in [(BodyRule::UNNEEDED, false, 1), (BodyRule::NEEDED, true, 5)] {
        let (near, mut far) = duplex(4096);
        far.write_all(&ANSWER[..ANSWER.len() - 1]).await.unwrap();
        let start = Instant::now();
        let response = send(near, Protocol::Http1, &request(&url()), soon()).await.unwrap();
        let body = response.read(rule, start + Duration::from_secs(5)).await;
        assert_eq!((body.fault.is_some(), start.elapsed().as_secs()), (faulty, seconds));
        assert_eq!(body.bytes, b"hell");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_is_a_timeout_with_either_protocol() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let (near, _far) = duplex(4096);
        let unanswered = send(near, protocol, &request(&url()), soon()).await.unwrap_err();
        assert!(!unanswered.worth_http1);
        assert_eq!(failure(unanswered), (HttpFailure::TimedOut, 0));
    }
}

#[tokio::test]
async fn a_peer_that_does_not_speak_http2_is_worth_a_try_with_http1() {
    let goaway = b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0d";
    for answer in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"", &[0xff; 300], goaway] {
        let unanswered = ask(Protocol::Http2, answer).await.unwrap_err();
        assert!(unanswered.worth_http1, "{answer:?}: {unanswered:?}");
    }
}

/// Asks an HTTP/2 server that answers with this head and a body without end.
async fn ask_http2(head: ::http::Response<()>) -> Result<Body, Unanswered> {
    let (near, far) = duplex(64 * 1024);
    let serve = async {
        let mut connection = ::h2::server::handshake(far).await.unwrap();
        let (_, mut respond) = connection.accept().await.unwrap().unwrap();
        let mut body = respond.send_response(head, false).unwrap();
        let endless = async {
            loop {
                body.reserve_capacity(16 * 1024);
                match std::future::poll_fn(|cx| body.poll_capacity(cx)).await {
                    Some(Ok(room)) => body.send_data(Bytes::from(vec![b'x'; room]), false).unwrap(),
                    _ => break,
                }
            }
        };
        tokio::join!(endless, async { while connection.accept().await.is_some() {} });
    };
    let ask = async {
        let response = send(near, Protocol::Http2, &request(&url()), soon()).await?;
        Ok(response.read(BodyRule::NEEDED, soon()).await)
    };
    tokio::select! {
        outcome = ask => outcome,
        () = serve => panic!("the server gave up"),
    }
}

#[tokio::test]
async fn http2_is_bounded_as_http1_is() {
    let body = ask_http2(::http::Response::new(())).await.unwrap();
    assert_eq!((body.facts.version.as_str(), body.facts.status, body.facts.reason), ("HTTP/2", 200, None));
    assert_eq!((body.bytes.len(), body.facts.body.limit_reached, body.fault), (Sample::MAX_BYTES, true, None));

    let large = ::http::Response::builder().header("x-large", "x".repeat(2 * MAX_HEAD)).body(()).unwrap();
    let unanswered = ask_http2(large).await.unwrap_err();
    assert!(matches!(failure(unanswered).0, HttpFailure::Invalid(_)));
}
