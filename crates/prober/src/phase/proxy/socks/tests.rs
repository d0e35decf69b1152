use std::time::Duration;

use tokio::io::{DuplexStream, duplex};

use super::*;
use crate::observation::IoKind;
use crate::plan::{Password, Secret};
use crate::text::Clean;

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

const NAMED: Ask<'static> =
    Ask { dialect: Dialect::V5, target: Target::Name("host.example"), port: 443, credentials: None };

fn account() -> Credentials {
    let password = Password::fixed(Secret::new("s3cret".to_owned()));
    Credentials { username: "svc".to_owned(), password, scheme: None, kdc: None }
}

/// A server that says all of this, whatever it is asked, and holds the line.
async fn says(ask: &Ask<'_>, answer: &[u8]) -> (Answer<DuplexStream>, DuplexStream) {
    let (near, mut far) = duplex(64 * 1024);
    far.write_all(answer).await.unwrap();
    (open(near, ask, soon()).await, far)
}

/// A server that says all of this and closes.
async fn says_and_closes(ask: &Ask<'_>, answer: &[u8]) -> Answer<DuplexStream> {
    let (near, mut far) = duplex(64 * 1024);
    far.write_all(answer).await.unwrap();
    far.shutdown().await.unwrap();
    let answer = open(near, ask, soon()).await;
    drop(far);
    answer
}

fn failure<S>(answer: Answer<S>) -> ProxyFailure {
    match answer.tunnel {
        Err(Failure::Fault(failure)) => failure,
        Err(Failure::Monitor(fault)) => panic!("{fault}"),
        Ok(_) => panic!("a tunnel"),
    }
}

/// What the server received.
async fn asked(mut far: DuplexStream) -> Vec<u8> {
    let mut received = Vec::new();
    far.read_to_end(&mut received).await.unwrap();
    received
}

#[tokio::test]
async fn a_tunnel_begins_right_behind_the_reply() {
    let account = account();
    let ask = Ask { credentials: Some(&account), ..NAMED };
    let said = b"\x05\x02\x01\x00\x05\x00\x00\x03\x01x\x00\x50\x16\x03\x03";
    let (answer, mut far) = says(&ask, said).await;
    let facts = SocksFacts {
        version: SocksVersion::Socks5,
        method: Some(2),
        authenticated: true,
        reply: Some(0),
        granted: true,
        bound: Some(Clean::new("x:80")),
    };
    assert_eq!(answer.facts, facts);
    far.write_all(b" more").await.unwrap();
    let mut came = [0; 8];
    let mut tunnel = answer.tunnel.unwrap();
    tunnel.read_exact(&mut came).await.unwrap();
    assert_eq!(&came, b"\x16\x03\x03 more");
    drop(tunnel);
    assert_eq!(asked(far).await, b"\x05\x02\x00\x02\x01\x03svc\x06s3cret\x05\x01\x00\x03\x0chost.example\x01\xbb");
}

#[tokio::test]
async fn version_4_says_who_asks() {
    let account = account();
    for (dialect, target, expected) in [
        (Dialect::V4, Target::Address([10, 0, 0, 1].into()), &b"\x04\x01\x01\xbb\x0a\x00\x00\x01svc\x00"[..]),
        (Dialect::V4a, Target::Name("a.example"), b"\x04\x01\x01\xbb\x00\x00\x00\x01svc\x00a.example\x00"),
    ] {
        let ask = Ask { dialect, target, credentials: Some(&account), ..NAMED };
        let (answer, far) = says(&ask, &[0, 0x5a, 0, 0, 0, 0, 0, 0, b'!']).await;
        assert_eq!((answer.facts.reply, answer.facts.granted), (Some(90), true));
        let mut tunnel = answer.tunnel.unwrap();
        let mut came = [0];
        tunnel.read_exact(&mut came).await.unwrap();
        assert_eq!(&came, b"!");
        drop(tunnel);
        assert_eq!(asked(far).await, expected);
    }
}

#[tokio::test]
async fn every_refusal_keeps_its_code() {
    for code in 1..=255 {
        let (answer, _far) = says(&NAMED, &[5, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await;
        assert_eq!((answer.facts.reply, answer.facts.granted), (Some(code), false));
        let refused = SocksFailure::Refused { version: SocksVersion::Socks5, reply: code };
        assert_eq!(failure(answer), ProxyFailure::Socks(refused));
    }
    let ask = Ask { dialect: Dialect::V4a, ..NAMED };
    for code in 0x5b..=0x5d {
        let (answer, _far) = says(&ask, &[0, code, 0, 0, 0, 0, 0, 0]).await;
        let refused = SocksFailure::Refused { version: SocksVersion::Socks4, reply: code };
        assert_eq!(failure(answer), ProxyFailure::Socks(refused));
    }
}

#[tokio::test]
async fn credentials_wanted_and_refused() {
    let method = |offered, chosen| ProxyFailure::Socks(SocksFailure::Method { offered, chosen });
    assert_eq!(failure(says(&NAMED, &[5, 0xff]).await.0), method(vec![0], 0xff));
    assert_eq!(failure(says(&NAMED, &[5, 2]).await.0), method(vec![0], 2));
    let account = account();
    let ask = Ask { credentials: Some(&account), ..NAMED };
    assert_eq!(failure(says(&ask, &[5, 1]).await.0), method(vec![0, 2], 1));
    let (answer, _far) = says(&ask, &[5, 2, 1, 7]).await;
    assert!(!answer.facts.authenticated);
    assert_eq!(failure(answer), ProxyFailure::Socks(SocksFailure::CredentialsRefused { status: 7 }));
}

#[tokio::test]
async fn other_protocols() {
    let four = Ask { dialect: Dialect::V4a, ..NAMED };
    for (ask, said, version, came) in [
        (&NAMED, &[0, 0x5b, 0, 0, 0, 0, 0, 0][..], SocksVersion::Socks5, "SOCKS4: 00 5b 00 00 00 00 00 00"),
        (&NAMED, b"HTTP/1.1 400 Bad Request\r\n\r\n", SocksVersion::Socks5, "HTTP/1.1 400 Bad Request"),
        (&NAMED, b"\x05\x00HTTP/1.1 200", SocksVersion::Socks5, "HTTP/1.1 200"),
        (&four, &[5, 0xff], SocksVersion::Socks4, "SOCKS5: 05 ff"),
        (&four, b"\n", SocksVersion::Socks4, ""),
    ] {
        let failure = failure(says(ask, said).await.0);
        assert_eq!(failure, ProxyFailure::Socks(SocksFailure::NotSocks { version, came: Clean::new(came) }));
    }
    let garbage = [0xff; 4096];
    assert!(matches!(failure(says(&NAMED, &garbage).await.0), ProxyFailure::Socks(SocksFailure::NotSocks { .. })));
}

/// The octets of a good exchange, of which the server says the first so many and closes.
#[tokio::test]
async fn closed_at_every_octet() {
    let account = account();
    let five = Ask { credentials: Some(&account), ..NAMED };
    let four = Ask { dialect: Dialect::V4a, ..NAMED };
    let named = [&b"\x05\x02\x01\x00\x05\x00\x00\x03\xff"[..], &[b'n'; 255], &[0, 80]].concat();
    let six = [&b"\x05\x02\x01\x00\x05\x00\x00\x04"[..], &[0x20; 16], &[0, 80]].concat();
    for (ask, said) in [(&five, &named[..]), (&five, &six), (&four, &[0, 0x5a, 0, 80, 10, 0, 0, 1])] {
        for length in 0..said.len() {
            let answer = says_and_closes(ask, &said[..length]).await;
            assert_eq!(answer.facts.method.is_some(), ask.dialect == Dialect::V5 && length >= 2, "{length}");
            assert_eq!(answer.facts.authenticated, ask.dialect == Dialect::V5 && length >= 4, "{length}");
            assert_eq!(answer.facts.reply, None, "{length}");
            assert!(matches!(failure(answer), ProxyFailure::Lost(io) if io.kind == IoKind::Closed), "{length}");
        }
        assert!(says_and_closes(ask, said).await.tunnel.is_ok());
    }
    // A refusal counts from its code on.
    for length in 0..12 {
        let failure =
            failure(says_and_closes(&NAMED, &b"\x05\x00\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"[..length]).await);
        assert_eq!(matches!(failure, ProxyFailure::Socks(SocksFailure::Refused { .. })), length >= 4, "{length}");
        assert_eq!(matches!(failure, ProxyFailure::Lost(_)), length < 4, "{length}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_is_told_by_the_message_that_did_not_come() {
    for (said, method, received) in
        [(&[][..], None, 0), (&[5], None, 1), (&[5, 0], Some(0), 0), (&[5, 0, 5], Some(0), 1)]
    {
        let start = Instant::now();
        let (answer, _far) = says(&NAMED, said).await;
        assert_eq!(start.elapsed(), Duration::from_secs(5));
        assert_eq!(answer.facts.method, method);
        assert_eq!(failure(answer), ProxyFailure::ReplyTimeout { received });
    }
}

#[tokio::test(start_paused = true)]
async fn an_octet_a_second_is_a_tunnel_in_time() {
    let (near, mut far) = duplex(1024);
    let slowly = async {
        for octet in [5, 0, 5, 0, 0, 1, 10, 0, 0, 1, 0, 80] {
            far.write_all(&[octet]).await.unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let by = Instant::now() + Duration::from_secs(30);
    let (answer, ()) = tokio::join!(open(near, &NAMED, by), slowly);
    assert_eq!(answer.facts.bound.unwrap().as_str(), "10.0.0.1:80");
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_sent() {
    let long = "n".repeat(256);
    for (dialect, target) in [
        (Dialect::V5, Target::Name(&long)),
        (Dialect::V4a, Target::Name(&long)),
        (Dialect::V4, Target::Address("::1".parse().unwrap())),
    ] {
        let (answer, far) = says(&Ask { dialect, target, ..NAMED }, &[]).await;
        assert!(matches!(failure(answer), ProxyFailure::Socks(SocksFailure::CannotCarry { .. })));
        assert_eq!(asked(far).await, b"");
    }
}
