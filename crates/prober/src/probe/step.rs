//! What a probe tells while it is under way.

use std::net::SocketAddr;

use url::Url;

use crate::observation::{
    BodyFacts, ConnectAttempt, CrlOutcome, Detour, HttpFacts, HttpFault, IssuerOutcome, OcspFacts, PacFacts,
    ProxyFacts, ResolveFacts, RouteFacts, SocksFacts, TenantFacts, TlsFacts,
};

/// Somebody who is told about every step of a probe as it is taken.
pub trait Listener: Sync {
    /// A step was taken.
    fn heard(&self, step: Step<'_>);
}

/// Nobody.
impl Listener for () {
    fn heard(&self, _: Step<'_>) {}
}

/// A step that a probe has taken. Failed ones are not among them: they end the probe and stand in the observation.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// The way out was chosen.
    Routed {
        /// What for.
        url: &'a Url,
        /// Which way.
        route: &'a RouteFacts,
    },
    /// A PAC file was asked for the way out, or could not be.
    Decided(&'a PacFacts),
    /// A way out led nowhere, and the next one is tried.
    TurnedBack(&'a Detour),
    /// A name resolved: the target's, or the proxy's.
    Resolved {
        /// The name.
        host: &'a str,
        /// To what.
        facts: &'a ResolveFacts,
    },
    /// The aliases of a name of the tenant's zone were followed, as far as they go.
    Followed(&'a TenantFacts),
    /// A TCP connection stands: to the target, or to the proxy.
    Connected {
        /// The peer.
        peer: Option<SocketAddr>,
        /// What failed before.
        failed: &'a [ConnectAttempt],
    },
    /// TLS to the proxy is complete, whatever its certificate.
    ProxySecured(&'a TlsFacts),
    /// The SOCKS proxy said what it had to say, as far as it went.
    SocksAnswered(&'a SocksFacts),
    /// The proxy answered CONNECT.
    ProxyAnswered(&'a ProxyFacts),
    /// The TLS handshake is complete, whatever the certificate.
    Secured(&'a TlsFacts),
    /// The head of the response is complete.
    Answered(&'a HttpFacts),
    /// HTTP/2 failed in a way that makes HTTP/1.1 worth a try, on a new connection.
    TryingHttp1(&'a HttpFault),
    /// A redirect is followed, as clients do for CRLs.
    Redirected(&'a Url),
    /// The body was read as far as it is needed.
    Read {
        /// What came.
        body: &'a BodyFacts,
        /// What it is, where a CRL was expected.
        crl: Option<&'a CrlOutcome>,
        /// What it is, where an issuer's certificate was expected.
        issuer: Option<&'a IssuerOutcome>,
        /// What it says, where a responder was asked.
        ocsp: Option<&'a OcspFacts>,
    },
}
