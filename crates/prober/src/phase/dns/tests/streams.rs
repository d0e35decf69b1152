//! Name servers spoken to over streams: TCP for what UDP cannot carry, and TLS.

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use time::macros::datetime;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::trust::pki::Authority;

/// Answers the questions of one stream, each after its length (RFC 1035, section 4.2.2), until it ends.
async fn answer_stream(mut stream: impl AsyncRead + AsyncWrite + Unpin, a: &Script, aaaa: &Script) {
    while let Ok(length) = stream.read_u16().await {
        let mut question = vec![0; usize::from(length)];
        stream.read_exact(&mut question).await.unwrap();
        let question = Message::from_vec(&question).unwrap();
        let script = if question.queries[0].query_type() == RecordType::A { a } else { aaaa };
        let reply = reply(&question, script, 1, Duration::ZERO).unwrap();
        stream.write_u16(u16::try_from(reply.len()).unwrap()).await.unwrap();
        stream.write_all(&reply).await.unwrap();
        stream.flush().await.unwrap();
    }
}

/// A UDP socket and a TCP listener on one port.
async fn bind_both() -> (UdpSocket, TcpListener) {
    for _ in 0..100 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        if let Ok(socket) = UdpSocket::bind(listener.local_addr().unwrap()).await {
            return (socket, listener);
        }
    }
    panic!("no port is free for both")
}

#[tokio::test]
async fn a_truncated_answer_is_asked_for_again_over_tcp() {
    let (socket, listener) = bind_both().await;
    let address = socket.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let truncate = async {
            let mut buffer = [0; 1500];
            loop {
                let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
                let question = Message::from_vec(&buffer[..length]).unwrap();
                let mut reply = Message::response(question.id, question.op_code);
                reply.metadata.truncation = true;
                reply.add_query(question.queries[0].clone());
                socket.send_to(&reply.to_vec().unwrap(), client).await.unwrap();
            }
        };
        let answer = async {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move { answer_stream(stream, &Answer(vec![v4(1)]), &Answer(vec![v6()])).await });
            }
        };
        tokio::select! { () = truncate => {}, () = answer => {} }
    });
    let server = FakeServer { address, task };

    let facts = resolver(&[&server]).resolve("name.example", within(5000)).await.unwrap();
    assert_eq!(facts.addresses.len(), 2, "{facts:?}");
}

/// A name server over TLS whose certificate an authority signed for `dns.example`.
async fn serve_tls(authority: &Authority) -> FakeServer {
    // hickory asks the real clock.
    let leaf = authority.leaf("dns.example", (datetime!(2020-01-01 00:00 UTC), datetime!(2099-01-01 00:00 UTC)));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.certificate.clone()], leaf.key())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not trust us hangs up, as it should.
                let Ok(stream) = acceptor.accept(stream).await else { return };
                answer_stream(stream, &Answer(vec![v4(1)]), &Answer(vec![])).await;
            });
        }
    });
    FakeServer { address, task }
}

#[tokio::test]
async fn name_servers_over_tls_are_authenticated() {
    let (authority, stranger) = (Authority::root("Root"), Authority::root("Stranger"));
    let tls = TlsPlan { extra_roots: vec![authority.certificate.clone()], inspection_roots: vec![] };
    let resolve = async |server: &FakeServer, name: &'static str| {
        let transport = DnsTransport::Tls(ServerName::try_from(name).unwrap());
        let listed = vec![NameServer { address: server.address, transport }];
        let plan = DnsPlan { resolvers: Resolvers::Listed(listed), ..DnsPlan::default() };
        Resolver::new(&plan, &tls).unwrap().resolve("name.example", within(5000)).await
    };

    let server = serve_tls(&authority).await;
    let facts = resolve(&server, "dns.example").await.unwrap();
    assert_eq!(facts.addresses, ["127.0.0.1".parse::<IpAddr>().unwrap()]);

    let misnamed = failure(resolve(&server, "other.example").await);
    let impostor = failure(resolve(&serve_tls(&stranger).await, "dns.example").await);
    for (failed, lookups) in [misnamed, impostor] {
        assert!(matches!(failed, ResolveFailure::ServerFailure | ResolveFailure::Timeout), "{failed:?} {lookups:?}");
    }
}
