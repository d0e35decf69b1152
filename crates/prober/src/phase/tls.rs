//! The TLS handshake with whoever answers: it goes on whatever the certificate, and says what the certificate is worth.

mod config;
mod fault;
mod recorder;

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor};
use rustls::{ClientConfig, ClientConnection};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
pub use tokio_rustls::client::TlsStream;

pub use self::config::{Alpn, Hello};
use super::io::Metered;
use super::{Failure, SetupFault};
use crate::net::Clock;
use crate::observation::{CertificateFacts, HandshakeSignature, MonitorFault, TlsFacts, TlsFault, Verification};
use crate::plan::{RootsChoice, TlsPlan};
use crate::text::Clean;
use crate::trust::presented::Presentations;
use crate::trust::{ChainVerdict, TrustStore};

/// The most certificates of a chain that are looked at.
pub(super) const MAX_CERTIFICATES: usize = 10;

/// Shakes hands and verifies. Made once for each choice of roots; every handshake is a full one.
#[derive(Debug)]
pub struct Connector {
    h2_and_http1: ClientConfig,
    http1: ClientConfig,
    tls12: ClientConfig,
    tls13: ClientConfig,
    large: ClientConfig,
    trust: TrustStore,
    presented: Presentations,
    clock: Arc<dyn Clock>,
}

impl Connector {
    /// Sets up the trust that an endpoint chooses and the plan adds to.
    pub fn new(plan: &TlsPlan, roots: RootsChoice, clock: Arc<dyn Clock>) -> Result<Self, SetupFault> {
        Ok(Self {
            h2_and_http1: config::client_config(Alpn::H2AndHttp1)?,
            http1: config::client_config(Alpn::Http1)?,
            tls12: config::audit_config(Hello::Tls12)?,
            tls13: config::audit_config(Hello::Tls13)?,
            large: config::audit_config(Hello::Large)?,
            trust: TrustStore::new(plan, roots)?,
            presented: Presentations::default(),
            clock,
        })
    }

    /// Shakes hands with the peer as `host`, a name or an address, within the given instant.
    ///
    /// The handshake succeeds with any certificate, so that whoever is in the way can be heard; nothing confidential
    /// may be sent before [`TlsFacts::is_proven`] says so. The peer's chain stays available through
    /// `stream.get_ref().1.peer_certificates()`.
    pub async fn handshake<S>(
        &self,
        stream: Metered<S>,
        host: &str,
        alpn: Alpn,
        by: Instant,
    ) -> Result<(TlsStream<Metered<S>>, TlsFacts), Failure<TlsFault>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.shake_hands(self.base(alpn), stream, host, by).await
    }

    /// Shakes hands as an audit does, to know whether that works: nothing is to follow.
    pub async fn handshake_for_audit<S>(
        &self,
        stream: Metered<S>,
        host: &str,
        hello: Hello,
        by: Instant,
    ) -> Result<TlsFacts, Failure<TlsFault>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let base = match hello {
            Hello::Tls12 => &self.tls12,
            Hello::Tls13 => &self.tls13,
            Hello::Large => &self.large,
        };
        self.shake_hands(base, stream, host, by).await.map(|(_, facts)| facts)
    }

    async fn shake_hands<S>(
        &self,
        base: &ClientConfig,
        stream: Metered<S>,
        host: &str,
        by: Instant,
    ) -> Result<(TlsStream<Metered<S>>, TlsFacts), Failure<TlsFault>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = server_name(host)?;
        let (config, recorder) = config::recorded(base);
        let meter = stream.meter();
        let connect = TlsConnector::from(Arc::new(config)).connect(name.clone(), stream);
        let stream = match timeout_at(by, connect).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(fault::from_error(host, &error, &meter)),
            Err(_) => return Err(Failure::Fault(fault::timed_out(host, &meter))),
        };
        let facts = self.facts(stream.get_ref().1, &name, recorder.signature());
        Ok((stream, facts))
    }

    /// The roots that origins are proven by.
    pub fn roots_of_origins(&self) -> impl Iterator<Item = &TrustAnchor<'static>> {
        self.trust.roots_of_origins()
    }

    /// The certificates by which a chain leads to a root that origins are proven by, leaf first, and that root.
    pub(crate) fn proving(
        &self,
        certificates: &[CertificateDer<'static>],
    ) -> Option<(Vec<CertificateDer<'static>>, TrustAnchor<'static>)> {
        let certificates = certificates.get(..MAX_CERTIFICATES).unwrap_or(certificates);
        self.trust.proving(certificates, self.clock.now())
    }

    /// What a chain is worth now, to an endpoint of this connector. `None` for a host that TLS cannot name.
    pub(super) fn verify(
        &self,
        certificates: &[CertificateDer<'_>],
        facts: &[CertificateFacts],
        host: &str,
    ) -> Option<ChainVerdict> {
        let name = server_name::<()>(host).ok()?;
        Some(self.trust.verify(certificates, facts, &name, self.clock.now()))
    }

    fn base(&self, alpn: Alpn) -> &ClientConfig {
        match alpn {
            Alpn::H2AndHttp1 => &self.h2_and_http1,
            Alpn::Http1 => &self.http1,
        }
    }

    /// What a completed handshake says, its chain verified.
    fn facts(&self, connection: &ClientConnection, name: &ServerName<'_>, signature: HandshakeSignature) -> TlsFacts {
        let certificates = connection.peer_certificates().unwrap_or_default();
        let certificates: &[CertificateDer<'_>] = certificates.get(..MAX_CERTIFICATES).unwrap_or(certificates);
        let presented = self.presented.of(certificates);
        let verdict = self.trust.verify(certificates, &presented.chain, name, self.clock.now());
        TlsFacts {
            version: connection
                .protocol_version()
                .and_then(|version| version.as_str())
                .unwrap_or("unknown")
                .replace('_', "."),
            cipher: config::cipher_name(connection),
            alpn: connection.alpn_protocol().map(|protocol| String::from_utf8_lossy(protocol).into_owned()),
            chain: Arc::clone(&presented.chain),
            leaf_sha256: presented.leaf_sha256.clone(),
            leaf_names: Arc::clone(&presented.leaf_names),
            published: Arc::default(),
            verification: Verification {
                trust: verdict.trust,
                validity: verdict.validity,
                name_matches: verdict.name_matches,
                handshake_signature: signature,
                reason: verdict.reason,
                completed_by_aia: false,
                period: verdict.period,
            },
        }
    }
}

/// The name to ask for. Plans hold only hosts that are names or addresses, so a failure is ours.
fn server_name<F>(host: &str) -> Result<ServerName<'static>, Failure<F>> {
    let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    ServerName::try_from(bare.to_owned()).map_err(|error| {
        Failure::Monitor(MonitorFault {
            operation: format!("ask for {host} in TLS"),
            reason: Clean::new(&error.to_string()),
        })
    })
}

#[cfg(test)]
mod tests;
