//! Real handshakes with a real server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use rcgen::SanType;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;
use crate::web::secured::Secured;
use crate::web::{bind, serve_secured};

/// A server behind a web configuration.
struct Server {
    address: SocketAddr,
    secured: Arc<Secured>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    folder: Folder,
}

fn start(authority: &Authority, more: &str) -> Server {
    let folder = Folder::with_certificates(authority);
    let text = format!("tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n{more}");
    let secured = Arc::new(Secured::load(folder.write("web.yml", &text)).unwrap());
    let listeners = bind(&["127.0.0.1:0".parse().unwrap()]).unwrap();
    let address = listeners[0].local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let router = Router::new().route("/", get(async || "well"));
    let stopped = async { drop(stopped.await) };
    let task = tokio::spawn(serve_secured(listeners, router, Arc::clone(&secured), stopped));
    Server { address, secured, stop, task, folder }
}

/// A client that trusts an authority, and has a certificate of its own or none.
fn client(authority: &Authority, own: Option<(String, String)>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    match own {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()];
            builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap()
        }
    }
}

impl Server {
    async fn connect(&self, config: ClientConfig) -> io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await?;
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
    }

    /// The status of a request; an error where the server hung up, which TLS 1.3 tells only with the first answer.
    async fn ask(&self, config: ClientConfig) -> io::Result<String> {
        let mut stream = self.connect(config).await?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer.lines().next().unwrap_or_default().to_owned())
    }
}

const WELL: &str = "HTTP/1.1 200 OK";

#[tokio::test]
async fn it_speaks_tls_of_both_versions_and_nothing_else() {
    let authority = Authority::new("ca");
    let server = start(&authority, "");
    assert_eq!(server.ask(client(&authority, None)).await.unwrap(), WELL);
    for (version, name) in [(&rustls::version::TLS12, "1.2"), (&rustls::version::TLS13, "1.3")] {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
        let config = builder.with_root_certificates(roots).with_no_client_auth();
        assert_eq!(server.ask(config).await.unwrap(), WELL, "{name}");
    }
    let mut plain = TcpStream::connect(server.address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _reset = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    assert!(server.ask(client(&Authority::new("other"), None)).await.is_err(), "the client knows whom it means");
}

#[tokio::test]
async fn versions_are_those_that_are_configured() {
    let authority = Authority::new("ca");
    let server =
        start(&authority, "  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n");
    let stream = server.connect(client(&authority, None)).await.unwrap();
    let (_, connection) = stream.get_ref();
    assert_eq!(connection.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_2));
    let suite = connection.negotiated_cipher_suite().unwrap().suite();
    assert_eq!(suite, rustls::CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384);

    let server = start(&authority, "  curve_preferences: [CurveP384]\n");
    let stream = server.connect(client(&authority, None)).await.unwrap();
    let group = stream.get_ref().1.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group, rustls::NamedGroup::secp384r1);
}

#[tokio::test]
async fn http_2_is_spoken_unless_it_is_off() {
    let authority = Authority::new("ca");
    for (more, agreed) in [("", "h2"), ("http_server_config: {http2: false}\n", "http/1.1")] {
        let server = start(&authority, more);
        let mut config = client(&authority, None);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = server.connect(config).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(agreed.as_bytes()), "{more}");
        if agreed == "h2" {
            let stream = hyper_util::rt::TokioIo::new(stream);
            let executor = hyper_util::rt::TokioExecutor::new();
            let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, stream).await.unwrap();
            tokio::spawn(connection);
            let body = http_body_util::Empty::<&[u8]>::new();
            let request = axum::http::Request::get("https://localhost/").body(body).unwrap();
            assert_eq!(sender.send_request(request).await.unwrap().status(), 200);
        }
    }
}

#[tokio::test]
async fn clients_show_certificates_as_the_policy_says() {
    let (authority, clients, strangers) =
        (Authority::new("ca"), Authority::new("clients"), Authority::new("strangers"));
    let dns = |name: &str| vec![SanType::DnsName(name.try_into().unwrap())];
    for (policy, none, known, unknown) in [
        ("NoClientCert", true, true, true),
        ("RequestClientCert", true, true, true),
        ("RequireAnyClientCert", false, true, true),
        ("VerifyClientCertIfGiven", true, true, false),
        ("RequireAndVerifyClientCert", false, true, false),
    ] {
        let issuers = if policy.contains("Verify") { "  client_ca_file: clients.pem\n" } else { "" };
        // The file has to be there before the configuration is read.
        let server = start_with(&authority, &clients, &format!("  client_auth_type: {policy}\n{issuers}"));
        for (own, comes_in) in
            [(None, none), (Some(clients.client(dns("a"))), known), (Some(strangers.client(dns("a"))), unknown)]
        {
            let shows = own.is_some();
            let answer = server.ask(client(&authority, own)).await;
            assert_eq!(answer.as_deref().ok(), comes_in.then_some(WELL), "{policy}, shows one: {shows}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_client_is_known_by_any_name_of_its_certificate() {
    let (authority, clients) = (Authority::new("ca"), Authority::new("clients"));
    let more = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: clients.pem\n\
                \x20 client_allowed_sans: [a.example, 192.0.2.1, 'spiffe://a/b', 'mail@a.example', '2001:db8::1']\n";
    let server = start_with(&authority, &clients, more);
    for (name, comes_in) in [
        (SanType::DnsName("a.example".try_into().unwrap()), true),
        (SanType::IpAddress("192.0.2.1".parse().unwrap()), true),
        (SanType::IpAddress("2001:db8::1".parse().unwrap()), true),
        (SanType::URI("spiffe://a/b".try_into().unwrap()), true),
        (SanType::Rfc822Name("mail@a.example".try_into().unwrap()), true),
        (SanType::DnsName("b.a.example".try_into().unwrap()), false),
        (SanType::IpAddress("192.0.2.10".parse().unwrap()), false),
        (SanType::URI("spiffe://a/b/c".try_into().unwrap()), false),
    ] {
        let answer = server.ask(client(&authority, Some(clients.client(vec![name.clone()])))).await;
        assert_eq!(answer.as_deref().ok(), comes_in.then_some(WELL), "{name:?}: {answer:?}");
    }
    assert!(server.ask(client(&authority, Some(clients.client(vec![])))).await.is_err(), "a certificate without names");
}

/// As [`start`], with the authority of clients in `clients.pem`.
fn start_with(authority: &Authority, clients: &Authority, more: &str) -> Server {
    let folder = Folder::new();
    let file = folder.write("clients.pem", &clients.pem());
    start(authority, &more.replace("clients.pem", file.to_str().unwrap()))
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_the_next_connection() {
    let (authority, next) = (Authority::new("ca"), Authority::new("next"));
    let server = start(&authority, "");
    let mut kept = server.connect(client(&authority, None)).await.unwrap();
    let (chain, key) = next.server("localhost");
    server.folder.write("server.pem", &chain);
    server.folder.write("server.key", &key);
    server.secured.look();
    server.secured.look();
    assert_eq!(server.ask(client(&next, None)).await.unwrap(), WELL);
    assert!(server.ask(client(&authority, None)).await.is_err());
    kept.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; WELL.len()];
    kept.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, WELL.as_bytes(), "connections that are open go on");
}

#[tokio::test]
async fn the_server_looks_by_itself() {
    let (authority, next) = (Authority::new("ca"), Authority::new("next"));
    let server = start(&authority, "");
    let (chain, key) = next.server("localhost");
    server.folder.write("server.pem", &chain);
    server.folder.write("server.key", &key);
    tokio::time::timeout(Duration::from_secs(30), async {
        while server.ask(client(&next, None)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await
    .expect("the new certificate within seconds");
}

#[tokio::test]
async fn a_client_that_never_finishes_its_handshake_does_not_hold_up_the_stop() {
    let authority = Authority::new("ca");
    let server = start(&authority, "");
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    silent.write_all(&[22, 3, 1]).await.unwrap();
    assert_eq!(server.ask(client(&authority, None)).await.unwrap(), WELL, "nor anybody else");
    server.stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_millis(2500), server.task)
        .await
        .expect("at once, not after the grace")
        .unwrap();
}
