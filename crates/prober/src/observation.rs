//! What one probe saw: facts and timings, no opinion.
//!
//! Everything here is a value that can be written to a file and read back, so that judgement is tested without a
//! network. Text from outside is [`Clean`]; lists are bounded by the phases that fill them. The newest observation of every
//! pair is kept: what is large and seldom there is boxed.

mod audit;
mod auth;
mod challenge;
mod clock;
mod crl;
mod fault;
mod http;
mod ocsp;
mod pac;
mod publication;
mod resolve;
mod route;
mod socks;
mod tenant;
mod tls;

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use self::audit::{AuditFacts, HelloOutcome};
pub use self::auth::{AuthFacts, AuthFailure, AuthScheme};
pub use self::challenge::Challenge;
pub use self::clock::OriginClock;
pub use self::crl::{CrlFacts, CrlLimit, CrlOutcome, CrlScope, CrlSignature};
pub use self::fault::{
    ConnectAttempt, ConnectFailure, ConnectFault, Fault, HttpFailure, HttpFault, IoFault, IoKind, Moment, MonitorFault,
    ProxyFailure, ProxyFault, TlsFailure, TlsFault, UnaskedFault,
};
pub use self::http::{BodyFacts, Headers, HttpFacts, ProxyFacts, Sample};
pub use self::ocsp::{CertificateStatus, OcspAnswer, OcspFacts, OcspOutcome, OcspRefusal};
pub use self::pac::{NotScript, PacFacts, PacFailure, PacFault, PacFlaw, PacLookup, PacSourceFault, PacStale};
pub use self::publication::{IssuerOutcome, Publication, Published};
pub use self::resolve::{Family, Lookup, LookupOutcome, ResolveFacts, ResolveFailure, ResolveFault};
pub use self::route::{Detour, RouteFacts, Via};
pub use self::socks::{SocksFacts, SocksFailure, SocksVersion};
pub use self::tenant::{AliasLookup, AliasOutcome, TenantFacts};
pub use self::tls::{CertificateFacts, ChainTrust, HandshakeSignature, Period, TlsFacts, Validity, Verification};
use crate::cause::Stage;

/// What one probe of one pair saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// Wall time at which the probe ended.
    #[serde(with = "time::serde::rfc3339")]
    pub probed_at: OffsetDateTime,
    /// How long the whole probe took.
    pub duration: Duration,
    /// How long each phase took.
    #[serde(default)]
    pub phases: Phases,
    /// Bytes of HTTP that came, heads, bodies and framing, from whoever answered; what TLS, tunnels and names took is not
    /// among them.
    #[serde(default)]
    pub received_bytes: u64,
    /// The way out that served, or the last one that was tried.
    pub route: RouteFacts,
    /// The way that was chosen first for the endpoint's own URL, where a redirect was followed: `route` is then that of
    /// the last URL.
    #[serde(default)]
    pub chosen: Option<RouteFacts>,
    /// Ways that were tried before it and failed, in order.
    #[serde(default)]
    pub detours: Vec<Detour>,
    /// What a PAC file had to do with it.
    #[serde(default)]
    pub pac: Option<Box<PacFacts>>,
    /// What a direct attempt saw, which is made only while a PAC file is unavailable or stale: that is where clients go
    /// then. Its time is not part of `duration`.
    #[serde(default)]
    pub direct: Option<Box<Observation>>,
    /// How the target's name resolved here; `None` where the proxy resolves it, or the URL holds an address.
    #[serde(default)]
    pub resolve: Option<ResolveFacts>,
    /// Where the record of a tenant's domain leads; `None` for everything else.
    #[serde(default)]
    pub tenant: Option<TenantFacts>,
    /// The peer of the TCP connection: the origin, or the proxy.
    #[serde(default)]
    pub remote_address: Option<SocketAddr>,
    /// Connection attempts that failed before (or instead of) the one that served.
    #[serde(default)]
    pub failed_attempts: Vec<ConnectAttempt>,
    /// The TLS handshake with an `https://` proxy, also one whose certificate it was refused for.
    #[serde(default)]
    pub proxy_tls: Option<Box<TlsFacts>>,
    /// What a SOCKS proxy said.
    #[serde(default)]
    pub socks: Option<SocksFacts>,
    /// What the proxy said to CONNECT. A plain-http request has no such answer: what came stands in `http`.
    #[serde(default)]
    pub proxy: Option<ProxyFacts>,
    /// How we answered a proxy that asked who we are; `None` where none asked, or there was nothing to answer.
    #[serde(default)]
    pub proxy_auth: Option<AuthFacts>,
    /// The TLS handshake, also one whose certificate did not verify.
    #[serde(default)]
    pub tls: Option<TlsFacts>,
    /// The response of the origin or of whoever stands for it; present once its head was complete.
    #[serde(default)]
    pub http: Option<HttpFacts>,
    /// What the origin's clock says of ours, where it proved itself and answered on its own.
    #[serde(default)]
    pub origin_clock: Option<OriginClock>,
    /// What the body was, where a CRL was expected and a 2xx body was read.
    #[serde(default)]
    pub crl: Option<Box<CrlOutcome>>,
    /// What the body was, where an issuer's certificate was expected and a 2xx body was read.
    #[serde(default)]
    pub issuer: Option<IssuerOutcome>,
    /// What a responder said, where one was asked and a 2xx body was read.
    #[serde(default)]
    pub ocsp: Option<Box<OcspFacts>>,
    /// What ended the probe before its natural end.
    #[serde(default)]
    pub fault: Option<Fault>,
}

/// How long each phase took; `None` for a phase that did not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Phases {
    /// Choosing the way out.
    pub route: Option<Duration>,
    /// Resolving the target's name, or the proxy's.
    pub resolve: Option<Duration>,
    /// The TCP connection to the target or the proxy.
    pub connect: Option<Duration>,
    /// TLS to the proxy and CONNECT.
    pub proxy: Option<Duration>,
    /// The handshake with the origin.
    pub tls: Option<Duration>,
    /// From sending the request to the complete response head.
    pub http: Option<Duration>,
    /// Reading and checking the body.
    pub content: Option<Duration>,
}

impl Phases {
    /// The duration of a phase.
    pub fn get(&self, stage: Stage) -> Option<Duration> {
        match stage {
            Stage::Route => self.route,
            Stage::Resolve => self.resolve,
            Stage::Connect => self.connect,
            Stage::Proxy => self.proxy,
            Stage::Tls => self.tls,
            Stage::Http => self.http,
            Stage::Content => self.content,
        }
    }

    /// Notes the duration of a phase.
    pub fn set(&mut self, stage: Stage, duration: Duration) {
        *match stage {
            Stage::Route => &mut self.route,
            Stage::Resolve => &mut self.resolve,
            Stage::Connect => &mut self.connect,
            Stage::Proxy => &mut self.proxy,
            Stage::Tls => &mut self.tls,
            Stage::Http => &mut self.http,
            Stage::Content => &mut self.content,
        } = Some(duration);
    }
}

impl Observation {
    /// Nothing seen yet: straight to the origin, no phase run, no fault.
    pub fn empty(probed_at: OffsetDateTime) -> Self {
        Self {
            probed_at,
            duration: Duration::ZERO,
            phases: Phases::default(),
            received_bytes: 0,
            route: RouteFacts::Direct,
            chosen: None,
            detours: Vec::new(),
            pac: None,
            direct: None,
            resolve: None,
            tenant: None,
            remote_address: None,
            failed_attempts: Vec::new(),
            proxy_tls: None,
            socks: None,
            proxy: None,
            proxy_auth: None,
            tls: None,
            http: None,
            origin_clock: None,
            crl: None,
            issuer: None,
            ocsp: None,
            fault: None,
        }
    }

    /// The way that was chosen first for the endpoint, whether it led anywhere or not.
    pub fn first_choice(&self) -> &RouteFacts {
        let of_this_url = || self.detours.first().map_or(&self.route, |detour| &detour.route);
        self.chosen.as_ref().unwrap_or_else(of_this_url)
    }

    /// The CRL, where one came and could be read.
    pub fn parsed_crl(&self) -> Option<&CrlFacts> {
        match self.crl.as_deref() {
            Some(CrlOutcome::Parsed(facts)) => Some(facts),
            _ => None,
        }
    }

    /// All bytes of HTTP that came, those of a direct attempt included.
    pub fn all_received_bytes(&self) -> u64 {
        let direct = self.direct.as_ref().map_or(0, |direct| direct.all_received_bytes());
        self.received_bytes.saturating_add(direct)
    }

    /// Drops what only judgement needs (the samples of bodies), so that a kept observation stays small.
    pub fn compact(mut self) -> Self {
        if let Some(http) = &mut self.http {
            http.body.sample.truncate_to_evidence();
        }
        if let Some(proxy) = &mut self.proxy {
            proxy.body.truncate_to_evidence();
        }
        self.fault = self.fault.map(Fault::compact);
        self.direct = self.direct.map(|direct| Box::new(direct.compact()));
        self
    }
}
