//! Handshakes with servers on the loopback, good ones and others.

use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::observation::{ChainTrust, IoKind, TlsFailure, Validity};
use crate::trust::pki::{Authority, Leaf, NOW, PAST, USUAL, self_signed};

/// It is always the same time.
#[derive(Debug)]
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> OffsetDateTime {
        NOW
    }
}

fn connector(roots: &[&Authority]) -> Connector {
    let plan =
        TlsPlan { extra_roots: roots.iter().map(|root| root.certificate.clone()).collect(), inspection_roots: vec![] };
    Connector::new(&plan, RootsChoice::Bundled, Arc::new(StoppedClock)).unwrap()
}

fn server_config(
    provider: CryptoProvider,
    versions: &[&'static rustls::SupportedProtocolVersion],
    leaf: &Leaf,
) -> ServerConfig {
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.certificate.clone()], leaf.key())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

type Shaken = Result<(TlsStream<Metered<TcpStream>>, TlsFacts), Failure<TlsFault>>;

/// Shakes hands as good.example with a server that does as told with its first connection.
async fn shake<F>(connector: &Connector, alpn: Alpn, within: Duration, serve: impl FnOnce(TcpStream) -> F) -> Shaken
where
    F: Future<Output = ()>,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (served, _) = listener.accept().await.unwrap();
    let by = Instant::now() + within;
    let handshake = connector.handshake(Metered::new(stream, 1 << 20), "good.example", alpn, by);
    let mut serving = Box::pin(serve(served));
    tokio::select! {
        biased;
        shaken = handshake => shaken,
        () = async { serving.as_mut().await; std::future::pending().await } => unreachable!("it never ends"),
    }
}

async fn shake_with(connector: &Connector, alpn: Alpn, config: ServerConfig) -> Shaken {
    shake(connector, alpn, Duration::from_secs(5), async |stream| {
        let _ = TlsAcceptor::from(Arc::new(config)).accept(stream).await.map(std::mem::forget);
    })
    .await
}

async fn fault(within_ms: u64, serve: impl AsyncFnOnce(TcpStream)) -> TlsFault {
    let shaken = shake(&connector(&[]), Alpn::H2AndHttp1, Duration::from_millis(within_ms), async |stream| {
        serve(stream).await;
    })
    .await;
    let Err(Failure::Fault(fault)) = shaken else { panic!("{shaken:?} is no fault") };
    fault
}

/// Reads the ClientHello, so that closing afterwards is no reset.
async fn read_hello(stream: &mut TcpStream) {
    let mut header = [0; 5];
    stream.read_exact(&mut header).await.unwrap();
    let mut hello = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
    stream.read_exact(&mut hello).await.unwrap();
}

const BOTH: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

#[tokio::test]
async fn a_proven_origin() {
    let root = Authority::root("Root");
    let leaf = root.leaf_with_aia("good.example", "http://aia.example/root.crt");
    let connector = connector(&[&root]);
    let cases = [
        (BOTH, Alpn::H2AndHttp1, "TLSv1.3", "h2"),
        (BOTH, Alpn::Http1, "TLSv1.3", "http/1.1"),
        (&BOTH[1..], Alpn::H2AndHttp1, "TLSv1.2", "h2"),
    ];
    for (versions, alpn, version, protocol) in cases {
        let config = server_config(aws_lc_rs::default_provider(), versions, &leaf);
        let (_, facts) = shake_with(&connector, alpn, config).await.unwrap();
        assert!(facts.is_proven(), "{facts:?}");
        assert_eq!((facts.version.as_str(), facts.alpn.as_deref()), (version, Some(protocol)));
        assert!(facts.cipher.starts_with("TLS_"), "{}", facts.cipher);
        assert_eq!(facts.verification.trust, ChainTrust::Extra);
        assert_eq!(facts.verification.reason, None);
        let [certificate] = &facts.chain[..] else { panic!("{:?}", facts.chain) };
        assert_eq!(certificate.subject.as_str(), "CN=good.example");
        assert_eq!(certificate.issuer.as_str(), "CN=Root");
        assert_eq!((certificate.not_before, certificate.not_after), USUAL);
        assert_eq!(certificate.ca_issuers, ["http://aia.example/root.crt".into()]);
        assert!(!certificate.self_issued);
    }
}

#[tokio::test]
async fn a_bad_certificate_does_not_end_the_conversation() {
    let root = Authority::root("Root");
    let cases = [
        (self_signed("good.example"), ChainTrust::Untrusted, Validity::Valid, true),
        (root.leaf("good.example", PAST), ChainTrust::Extra, Validity::Expired, true),
        (root.leaf("other.example", USUAL), ChainTrust::Extra, Validity::Valid, false),
    ];
    for (leaf, trust, validity, name_matches) in cases {
        let config = server_config(aws_lc_rs::default_provider(), BOTH, &leaf);
        let (_, facts) = shake_with(&connector(&[&root]), Alpn::H2AndHttp1, config).await.unwrap();
        let v = &facts.verification;
        assert_eq!((v.trust, v.validity, v.name_matches), (trust, validity, name_matches), "{facts:?}");
        assert_eq!(v.handshake_signature, HandshakeSignature::Valid);
        assert!(!facts.is_proven() && v.reason.is_some());
    }
}

#[tokio::test]
async fn a_stolen_certificate_without_its_key_proves_nothing() {
    let root = Authority::root("Root");
    let (honest, thief) = (root.leaf("good.example", USUAL), root.leaf("good.example", USUAL));
    let key = aws_lc_rs::sign::any_supported_type(&thief.key()).unwrap();
    let certified = rustls::sign::CertifiedKey::new(vec![honest.certificate.clone()], key);
    for version in BOTH {
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified.clone())));
        let (_, facts) = shake_with(&connector(&[&root]), Alpn::H2AndHttp1, config).await.unwrap();
        assert_eq!(facts.verification.trust, ChainTrust::Extra);
        assert_eq!(facts.verification.handshake_signature, HandshakeSignature::Invalid, "{version:?}");
        assert!(!facts.is_proven());
    }
}

#[tokio::test]
async fn we_offer_what_clients_offer() {
    let mut hello = Vec::new();
    fault(5000, async |mut stream| {
        let mut header = [0; 5];
        stream.read_exact(&mut header).await.unwrap();
        hello = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
        stream.read_exact(&mut hello).await.unwrap();
    })
    .await;
    assert!(hello.len() < 600, "a hello of {} bytes has more in it than x25519", hello.len());
    // supported_groups (RFC 8446, section 4.2.7): x25519, secp256r1, secp384r1.
    let groups = [0x00, 0x0a, 0x00, 0x08, 0x00, 0x06, 0x00, 0x1d, 0x00, 0x17, 0x00, 0x18];
    assert!(hello.windows(groups.len()).any(|window| window == groups), "{hello:02x?}");
}

#[tokio::test]
async fn a_server_without_a_group_in_common_sends_an_alert() {
    let leaf = self_signed("good.example");
    let provider = CryptoProvider { kx_groups: vec![aws_lc_rs::kx_group::MLKEM768], ..aws_lc_rs::default_provider() };
    let config = server_config(provider, &BOTH[..1], &leaf);
    let shaken = shake_with(&connector(&[]), Alpn::H2AndHttp1, config).await;
    let Err(Failure::Fault(fault)) = shaken else { panic!("{shaken:?} is no fault") };
    assert_eq!(fault.failure, TlsFailure::Alert("handshake_failure".into()));
    assert!(fault.answered);
}

#[tokio::test]
async fn alerts_and_versions() {
    let alert = async |description: u8| {
        fault(5000, async |mut stream| {
            read_hello(&mut stream).await;
            stream.write_all(&[0x15, 3, 3, 0, 2, 2, description]).await.unwrap();
        })
        .await
    };
    assert_eq!(alert(70).await.failure, TlsFailure::Version("alert protocol_version".into()));
    assert_eq!(alert(112).await.failure, TlsFailure::Alert("unrecognized_name".into()));
    assert_eq!(alert(48).await.failure, TlsFailure::Alert("unknown_ca".into()));
    assert_eq!(alert(49).await.failure, TlsFailure::Alert("access_denied".into()));
    assert_eq!(alert(200).await.failure, TlsFailure::Alert("200".into()));
    assert!(alert(70).await.answered);

    // A ServerHello that says TLS 1.0.
    let fault = fault(5000, async |mut stream| {
        read_hello(&mut stream).await;
        let body = [&[3, 1][..], &[7; 32], &[0, 0xc0, 0x2f, 0]].concat();
        let message = [&[2, 0, 0, u8::try_from(body.len()).unwrap()][..], &body].concat();
        let record = [&[0x16, 3, 1, 0, u8::try_from(message.len()).unwrap()][..], &message].concat();
        stream.write_all(&record).await.unwrap();
    })
    .await;
    assert!(matches!(fault.failure, TlsFailure::Version(_)), "{fault:?}");
}

#[tokio::test]
async fn reset_and_closed_before_any_answer() {
    let closed = fault(5000, async |mut stream| read_hello(&mut stream).await).await;
    let TlsFailure::Lost(lost) = &closed.failure else { panic!("{closed:?}") };
    assert_eq!((lost.kind, closed.answered), (IoKind::Closed, false));

    let reset = fault(5000, async |stream| {
        stream.set_zero_linger().unwrap();
        stream.readable().await.unwrap();
    })
    .await;
    let TlsFailure::Lost(lost) = &reset.failure else { panic!("{reset:?}") };
    assert_eq!((lost.kind, reset.answered), (IoKind::Reset, false));
}

#[tokio::test]
async fn a_loss_after_the_servers_hello_is_another_matter() {
    let fault = fault(5000, async |mut stream| {
        read_hello(&mut stream).await;
        stream.write_all(&[0x16, 3, 3, 0, 100, 2]).await.unwrap();
    })
    .await;
    assert!(matches!(&fault.failure, TlsFailure::Lost(lost) if lost.kind == IoKind::Closed), "{fault:?}");
    assert!(fault.answered);
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let fault = fault(100, async |stream| {
        std::mem::forget(stream);
    })
    .await;
    assert_eq!((fault.failure, fault.answered), (TlsFailure::TimedOut, false));
}

#[tokio::test]
async fn plain_text_is_no_tls_however_it_ends() {
    let page = b"HTTP/1.1 403 Forbidden\r\n\r\n<h1>Blocked</h1>";
    let closes = fault(5000, async |mut stream| {
        read_hello(&mut stream).await;
        stream.write_all(page).await.unwrap();
    })
    .await;
    let stays = fault(500, async |mut stream| {
        read_hello(&mut stream).await;
        stream.write_all(b"HTT").await.unwrap();
        std::mem::forget(stream);
    })
    .await;
    for (fault, beginning) in [(closes, "HTTP/1.1 403 Forbidden"), (stays, "HTT")] {
        assert_eq!((&fault.failure, fault.answered), (&TlsFailure::NotTls, false));
        assert!(fault.first_bytes.unwrap().as_str().starts_with(beginning));
    }
}

#[tokio::test]
async fn a_host_that_tls_cannot_name_is_our_own_fault() {
    let (near, _far) = tokio::io::duplex(16);
    let stream = Metered::new(near, 1000);
    let by = Instant::now() + Duration::from_secs(1);
    let shaken = connector(&[]).handshake(stream, "not a host", Alpn::Http1, by).await;
    assert!(matches!(shaken, Err(Failure::Monitor(_))));
}
