//! What we offer in a handshake: what the clients offer, no more and no less.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519, X25519MLKEM768};
use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, SupportedProtocolVersion};

use super::recorder::Recorder;
use crate::phase::SetupFault;

/// The protocols offered for what comes after the handshake (RFC 7301).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alpn {
    /// `h2` and `http/1.1`, as clients do.
    H2AndHttp1,
    /// `http/1.1` alone: for a second try with a server whose HTTP/2 fails, and for proxies.
    Http1,
}

/// What an audit offers in place of what clients do, to learn what the way lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hello {
    /// TLS 1.2 and nothing else (RFC 5246).
    Tls12,
    /// TLS 1.3 and nothing else (RFC 8446).
    Tls13,
    /// Both versions, and a key share of X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem): over a kilobyte more than clients
    /// send, so that it takes two segments.
    Large,
}

type Groups = Vec<&'static dyn SupportedKxGroup>;
type Versions = &'static [&'static SupportedProtocolVersion];

const BOTH: Versions = &[&TLS13, &TLS12];
const ONLY_12: Versions = &[&TLS12];
const ONLY_13: Versions = &[&TLS13];

/// The groups of the clients. The large post-quantum share is not among them: a middlebox that drops it must not be
/// mistaken for one that blocks them.
fn usual_groups() -> Groups {
    vec![X25519, SECP256R1, SECP384R1]
}

/// The base configuration, which each handshake clones: TLS 1.2 and 1.3 with x25519, P-256 and P-384.
pub(super) fn client_config(alpn: Alpn) -> Result<ClientConfig, SetupFault> {
    offer(BOTH, usual_groups(), alpn)
}

/// The base configuration of an audit's handshake.
pub(super) fn audit_config(hello: Hello) -> Result<ClientConfig, SetupFault> {
    match hello {
        Hello::Tls12 => offer(ONLY_12, usual_groups(), Alpn::H2AndHttp1),
        Hello::Tls13 => offer(ONLY_13, usual_groups(), Alpn::H2AndHttp1),
        Hello::Large => offer(BOTH, [vec![X25519MLKEM768], usual_groups()].concat(), Alpn::H2AndHttp1),
    }
}

/// Resumption and early data are off, so that every handshake meets whatever is in the way.
fn offer(versions: Versions, kx_groups: Groups, alpn: Alpn) -> Result<ClientConfig, SetupFault> {
    let provider = CryptoProvider { kx_groups, ..aws_lc_rs::default_provider() };
    let recorder = Recorder::new(&provider);
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .map_err(|error| SetupFault::new("TLS", &error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(recorder))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.alpn_protocols = match alpn {
        Alpn::H2AndHttp1 => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        Alpn::Http1 => vec![b"http/1.1".to_vec()],
    };
    Ok(config)
}

/// The configuration of one handshake, the same as the base in all but who records it; and who does.
pub(super) fn recorded(base: &ClientConfig) -> (ClientConfig, Arc<Recorder>) {
    let recorder = Arc::new(Recorder::new(base.crypto_provider()));
    let mut config = base.clone();
    config.dangerous().set_certificate_verifier(Arc::clone(&recorder) as _);
    (config, recorder)
}

/// The negotiated suite by its name at IANA; rustls names those of TLS 1.3 `TLS13_…`.
pub(super) fn cipher_name(connection: &ClientConnection) -> String {
    let suite = connection.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
    suite.unwrap_or_default().replace("TLS13_", "TLS_")
}
