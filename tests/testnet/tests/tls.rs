//! Connections and handshakes, right and wrong ones.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use std::io::ErrorKind;
use std::time::Duration;

use common::{HOST, client, client_of, get, handshake, tcp, tls};
use rustls::{AlertDescription, CertificateError, Error as TlsError, ProtocolVersion};
use testnet::{CertificateKind, ENTRIES, Scheme, TcpFault, TlsFault, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn tls_error(error: &std::io::Error) -> TlsError {
    error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()).cloned().unwrap()
}

#[tokio::test]
async fn every_origin_proves_itself() {
    let world = World::start().await.unwrap();
    for entry in ENTRIES {
        tls(&world, entry.host).await.unwrap();
    }
    assert_eq!(world.faults().connections(HOST).unwrap(), 1);
}

#[tokio::test]
async fn certificates_are_wrong_in_their_own_ways() {
    let world = World::start().await.unwrap();
    for (kind, is_expected) in [
        (
            CertificateKind::WrongName,
            (|error| matches!(error, CertificateError::NotValidForNameContext { .. })) as fn(CertificateError) -> bool,
        ),
        (CertificateKind::Expired, |error| matches!(error, CertificateError::ExpiredContext { .. })),
        (CertificateKind::NotYetValid, |error| matches!(error, CertificateError::NotValidYetContext { .. })),
        (CertificateKind::SelfSigned, |error| error == CertificateError::UnknownIssuer),
        (CertificateKind::Intercepted, |error| error == CertificateError::UnknownIssuer),
    ] {
        world.faults().set(HOST, kind.clone()).unwrap();
        let error = tls_error(&tls(&world, HOST).await.unwrap_err());
        let TlsError::InvalidCertificate(error) = error else { panic!("{kind:?}: {error}") };
        assert!(is_expected(error.clone()), "{kind:?}: {error}");
    }
}

#[tokio::test]
async fn the_missing_intermediate_is_where_the_leaf_says() {
    let world = World::start().await.unwrap();
    world.faults().set(HOST, TlsFault::MissingIntermediate { port_80: false }).unwrap();
    let error = tls_error(&tls(&world, HOST).await.unwrap_err());
    assert_eq!(error, TlsError::InvalidCertificate(CertificateError::UnknownIssuer));

    let url = world.url(testnet::PKI_HOST, Scheme::Http, testnet::INTERMEDIATE_PATH).unwrap();
    let kind = CertificateKind::MissingIntermediate { issuer_url: url.clone() };
    let leaf = world.authority().leaf(HOST, &kind).unwrap();
    let (_, parsed) = x509_parser::parse_x509_certificate(&leaf.chain[0]).unwrap();
    let named = parsed.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        x509_parser::extensions::ParsedExtension::AuthorityInfoAccess(access) => {
            Some(access.accessdescs[0].access_location.to_string())
        }
        _ => None,
    });
    assert!(named.unwrap().contains(&url));
    let (_, fetched) = get(&world, testnet::PKI_HOST, testnet::INTERMEDIATE_PATH).await;
    assert_eq!(fetched.unwrap(), world.authority().intermediate_der().as_ref());
}

#[tokio::test]
async fn refused_dropped_and_open_again() {
    let world = World::start().await.unwrap();
    let faults = world.faults();
    faults.set(HOST, TcpFault::Refuse).unwrap();
    for scheme in [Scheme::Https, Scheme::Http] {
        let error = tcp(&world, HOST, scheme).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }
    faults.set(HOST, TcpFault::Drop).unwrap();
    let wait = Duration::from_millis(300);
    let unanswered = tokio::time::timeout(wait, tcp(&world, HOST, Scheme::Https)).await;
    assert!(unanswered.is_err(), "{unanswered:?}");
    tls(&world, "go.microsoft.com").await.unwrap();
    faults.clear(HOST).unwrap();
    tls(&world, HOST).await.unwrap();
    // And with a connection still open.
    let open = tls(&world, HOST).await.unwrap();
    faults.set(HOST, TcpFault::Refuse).unwrap();
    faults.clear(HOST).unwrap();
    tls(&world, HOST).await.unwrap();
    drop(open);
}

#[tokio::test]
async fn accepted_and_then_nothing_good() {
    let world = World::start().await.unwrap();
    let ended = async |fault: TcpFault| {
        world.faults().set(HOST, fault).unwrap();
        let mut stream = tcp(&world, HOST, Scheme::Https).await.unwrap();
        tokio::time::timeout(Duration::from_millis(200), stream.read(&mut [0])).await
    };
    assert!(ended(TcpFault::Hang).await.is_err());
    assert_eq!(ended(TcpFault::Close).await.unwrap().unwrap(), 0);
    let reset = ended(TcpFault::Reset).await.unwrap().unwrap_err();
    assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn the_client_hello_meets_its_fate() {
    let world = World::start().await.unwrap();
    let outcome = async |fault: TlsFault| {
        world.faults().set(HOST, fault).unwrap();
        tls(&world, HOST).await.map(drop)
    };
    let error = outcome(TlsFault::ResetAfterHello).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let error = outcome(TlsFault::CloseAfterHello).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    let error = tls_error(&outcome(TlsFault::PROTOCOL_VERSION).await.unwrap_err());
    assert_eq!(error, TlsError::AlertReceived(AlertDescription::ProtocolVersion));
    let error = tls_error(&outcome(TlsFault::HANDSHAKE_FAILURE).await.unwrap_err());
    assert_eq!(error, TlsError::AlertReceived(AlertDescription::HandshakeFailure));
    for silent in [TlsFault::HangAfterHello, TlsFault::HangAfterHelloOver(100)] {
        let waited = tokio::time::timeout(Duration::from_millis(200), outcome(silent)).await;
        assert!(waited.is_err(), "{waited:?}");
    }
    let error = outcome(TlsFault::ResetAfterHelloOver(100)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    for open in [TlsFault::HangAfterHelloOver(16_000), TlsFault::ResetAfterHelloOver(16_000)] {
        outcome(open).await.unwrap();
    }
}

#[tokio::test]
async fn a_hello_of_one_version_meets_its_fate() {
    let world = World::start().await.unwrap();
    let (only_12, only_13): (&[_], &[_]) = (&[&rustls::version::TLS12], &[&rustls::version::TLS13]);
    for (fault, cut, passes) in
        [(TlsFault::ResetWithout13, only_12, only_13), (TlsFault::ResetWithout12, only_13, only_12)]
    {
        world.faults().set(HOST, fault).unwrap();
        tls(&world, HOST).await.unwrap();
        for (versions, expected) in [(cut, Some(ErrorKind::ConnectionReset)), (passes, None)] {
            let stream = tcp(&world, HOST, Scheme::Https).await.unwrap();
            let outcome = handshake(stream, client_of(&world, versions), HOST).await;
            assert_eq!(outcome.err().map(|error| error.kind()), expected);
        }
    }
}

#[tokio::test]
async fn a_page_in_the_clear_answers_the_hello() {
    let world = World::start().await.unwrap();
    world.faults().set(HOST, TlsFault::Plaintext).unwrap();
    let mut stream = tcp(&world, HOST, Scheme::Https).await.unwrap();
    stream.write_all(&[22, 3, 1, 0, 2, 1, 0]).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    assert!(page.starts_with("HTTP/1.1 403 Forbidden") && page.contains("Web Page Blocked"));
    assert!(matches!(tls_error(&tls(&world, HOST).await.unwrap_err()), TlsError::InvalidMessage(_)));
}

#[tokio::test]
async fn one_version_only() {
    let world = World::start().await.unwrap();
    for (fault, version) in [(TlsFault::Only12, ProtocolVersion::TLSv1_2), (TlsFault::Only13, ProtocolVersion::TLSv1_3)]
    {
        world.faults().set(HOST, fault).unwrap();
        let stream = tls(&world, HOST).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version));
    }
}

#[tokio::test]
async fn alpn_is_the_clients_choice() {
    let world = World::start().await.unwrap();
    for protocol in ["h2", "http/1.1"] {
        let stream = tcp(&world, HOST, Scheme::Https).await.unwrap();
        let stream = handshake(stream, client(&world, &[protocol]), HOST).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol.as_bytes()));
    }
}
