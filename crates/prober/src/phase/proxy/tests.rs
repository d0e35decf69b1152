use tokio::io::{DuplexStream, duplex};

use super::*;

const REFUSAL: &[u8] =
    b"HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\nContent-Length: 4\r\n\r\nnope and more";

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

/// A proxy that reads the request, says this, and holds the line.
async fn says(answer: &[u8]) -> (Reply<DuplexStream>, DuplexStream) {
    let (near, mut far) = duplex(256 * 1024);
    far.write_all(answer).await.unwrap();
    (open(near, &Connect::to("host.example:443"), &mut Authentication::none(), soon()).await, far)
}

/// A proxy that says this and closes.
async fn says_and_closes(answer: &[u8]) -> Reply<DuplexStream> {
    let (near, mut far) = duplex(256 * 1024);
    far.write_all(answer).await.unwrap();
    far.shutdown().await.unwrap();
    let reply = open(near, &Connect::to("host.example:443"), &mut Authentication::none(), soon()).await;
    drop(far);
    reply
}

fn failure<S>(reply: Reply<S>) -> ProxyFailure {
    match reply.tunnel {
        Err(Failure::Fault(failure)) => failure,
        Err(Failure::Monitor(fault)) => panic!("{fault}"),
        Ok(_) => panic!("a tunnel"),
    }
}

#[tokio::test]
async fn the_request_names_the_target() {
    let (near, mut far) = duplex(4096);
    far.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    let (user_agent, site) = (HeaderValue::from_static("Mozilla/5.0"), HeaderValue::from_static("b42"));
    let connect = Connect {
        user_agent: Some(&user_agent),
        headers: &[(HeaderName::from_static("x-site"), site)],
        ..Connect::to("host.example:443")
    };
    open(near, &connect, &mut Authentication::none(), soon()).await.tunnel.unwrap();
    let mut request = String::new();
    far.read_to_string(&mut request).await.unwrap();
    assert_eq!(
        request,
        "CONNECT host.example:443 HTTP/1.1\r\nHost: host.example:443\r\nUser-Agent: Mozilla/5.0\r\nx-site: b42\r\n\r\n"
    );
}

#[tokio::test]
async fn what_comes_behind_the_head_belongs_to_the_tunnel() {
    let answer =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 Connection established\r\nContent-Length: 3\r\n\r\n\x16\x03\x03";
    let (reply, mut far) = says(answer).await;
    assert_eq!(reply.facts.unwrap().reason.unwrap().as_str(), "Connection established");
    far.write_all(b" more").await.unwrap();
    drop(far);
    let mut came = Vec::new();
    reply.tunnel.unwrap().read_to_end(&mut came).await.unwrap();
    assert_eq!(came, b"\x16\x03\x03 more");
}

#[tokio::test]
async fn a_coding_rules_over_a_length() {
    for (coding, body) in [("chunked", "nope"), ("gzip, Chunked", "nope"), ("gzip", "4\r\nnope\r\n0\r\n\r\n")] {
        let head = format!("HTTP/1.1 403 No\r\nContent-Length: 2\r\nTransfer-Encoding: {coding}\r\n\r\n");
        let reply = says_and_closes(format!("{head}4\r\nnope\r\n0\r\n\r\n").as_bytes()).await;
        assert_eq!(reply.facts.unwrap().body.as_str(), body, "{coding}");
    }
}

#[tokio::test]
async fn a_refusal_is_kept_with_the_body_that_was_announced() {
    let (reply, _far) = says(REFUSAL).await;
    let facts = reply.facts.clone().unwrap();
    assert_eq!((facts.status, facts.body.as_str()), (403, "nope"));
    assert_eq!(failure(reply), ProxyFailure::Refused { status: 403 });
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_an_end_costs_a_second() {
    let start = Instant::now();
    let (reply, _far) = says(b"HTTP/1.1 403 No\r\n\r\nsome words").await;
    assert_eq!(reply.facts.unwrap().body.as_str(), "some words");
    assert_eq!(start.elapsed().as_secs(), REFUSAL_PATIENCE.as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_chunked_refusal_ends_with_its_last_chunk() {
    let start = Instant::now();
    let chunked = b"HTTP/1.1 407 Who\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwho\r\n1\r\n?\r\n0\r\n\r\n";
    let (reply, _far) = says(chunked).await;
    assert_eq!(reply.facts.unwrap().body.as_str(), "who?");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn closed_at_every_octet() {
    let head = REFUSAL.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    for length in 0..=REFUSAL.len() {
        let reply = says_and_closes(&REFUSAL[..length]).await;
        assert_eq!(reply.facts.is_some(), length >= head, "{length}");
        let expected =
            if length < head { ProxyFailure::Lost(IoFault::closed()) } else { ProxyFailure::Refused { status: 403 } };
        assert_eq!(failure(reply), expected, "{length}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_octet_a_second_lasts_to_the_deadline_and_no_longer() {
    let (near, mut far) = duplex(1024);
    let slowly = async {
        for octet in REFUSAL.iter().cycle() {
            if far.write_all(&[*octet]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let start = Instant::now();
    let (connect, mut who) = (Connect::to("host.example:443"), Authentication::none());
    let (reply, ()) = tokio::join!(open(near, &connect, &mut who, soon()), slowly);
    assert!(start.elapsed() <= Duration::from_secs(6), "{:?}", start.elapsed());
    assert_eq!(failure(reply), ProxyFailure::ReplyTimeout { received: 5 });
}

#[tokio::test]
async fn endless_heads_and_interim_answers_end_at_the_limit() {
    let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-Endless: more\r\n".repeat(8 * 1024)].concat();
    assert_eq!(failure(says(&endless).await.0), ProxyFailure::HeadTooLong);
    let flood = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(MAX_INTERIM + 1);
    assert_eq!(failure(says(&flood).await.0), ProxyFailure::HeadTooLong);
    let garbage = [0xff; 4096];
    assert!(matches!(failure(says(&garbage).await.0), ProxyFailure::NotHttp(_)));
}

#[tokio::test]
async fn a_header_of_64_kib_is_too_long() {
    let huge = [&b"HTTP/1.1 200 OK\r\nX-Huge: "[..], &vec![b'h'; 64 * 1024], b"\r\n\r\n"].concat();
    assert_eq!(failure(says(&huge).await.0), ProxyFailure::HeadTooLong);
}

#[tokio::test]
async fn a_head_that_comes_octet_by_octet_opens_the_tunnel() {
    let head = b"HTTP/1.1 200 Connection established\r\nX-A: b\r\n\r\n\x16";
    // A pipe that holds one octet: each is read on its own.
    let (near, mut far) = duplex(1);
    let connect = Connect::to("host.example:443");
    let mut who = Authentication::none();
    let (mut reading, mut writing) = tokio::io::split(&mut far);
    let serve = async {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            reading.read_buf(&mut request).await.unwrap();
        }
        writing.write_all(head).await.unwrap();
    };
    let (reply, ()) = tokio::join!(open(near, &connect, &mut who, soon()), serve);
    let mut came = [0];
    reply.tunnel.unwrap().read_exact(&mut came).await.unwrap();
    assert_eq!(came, [0x16]);
}
