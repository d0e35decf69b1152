//! The case before the judge: a question, an observation, and what follows from the two at once.

use std::borrow::Cow;

use time::OffsetDateTime;

use super::finding::Finding;
use super::{Edition, Question, Revocation, published};
use crate::cause::{Cause, Stage};
use crate::clock::ClockOffset;
use crate::fingerprint::Fingerprints;
use crate::microsoft365::Ranges;
use crate::observation::{
    AuditFacts, ChainTrust, CrlSignature, HandshakeSignature, HelloOutcome, HttpFacts, Observation, RouteFacts,
    TlsFacts, Validity,
};
use crate::plan::{Endpoint, Expect, Path, Way};

/// A question with its observation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) path: &'a Path,
    pub(super) proxy_answered_recently: bool,
    leaf_proven_elsewhere: bool,
    pub(super) revoked: Option<&'a Revocation>,
    pub(super) audit: Option<&'a AuditFacts>,
    /// What origins say of our clock, where that is too wrong to judge by.
    pub(super) clock: Option<ClockOffset>,
    pub(super) newer_edition: Option<&'a Edition>,
    pub(super) ranges: Option<&'a Ranges>,
    pub(super) fingerprints: &'a Fingerprints,
    pub(super) observation: &'a Observation,
}

impl<'a> Case<'a> {
    pub(super) fn new(question: &'a Question<'a>, observation: &'a Observation) -> Self {
        let &Question { endpoint, path, proxy_answered_recently, leaf_proven_elsewhere, audit, clock, .. } = question;
        Self {
            endpoint,
            path,
            proxy_answered_recently,
            leaf_proven_elsewhere,
            revoked: question.revoked.as_deref(),
            audit,
            clock: clock.filter(ClockOffset::is_wrong),
            newer_edition: question.newer_edition.as_deref(),
            ranges: question.ranges,
            fingerprints: question.fingerprints,
            observation,
        }
    }

    /// When the probe ended, as right as it is known.
    pub(super) fn now(&self) -> OffsetDateTime {
        let ours = self.observation.probed_at;
        self.clock.and_then(|clock| ours.checked_add(clock.offset)).unwrap_or(ours)
    }

    /// Whether a chain is inside its validity then.
    pub(super) fn validity(&self, tls: &TlsFacts) -> Validity {
        if self.clock.is_some() { tls.validity_at(self.now()) } else { tls.verification.validity }
    }

    pub(super) fn expect(&self) -> &'a Expect {
        &self.endpoint.expect
    }

    /// The endpoint's host, as people read it.
    pub(super) fn host(&self) -> &'a str {
        self.endpoint.url.host_str().unwrap_or_default()
    }

    /// The endpoint as `host:port`.
    pub(super) fn host_and_port(&self) -> String {
        let port = self.endpoint.url.port_or_known_default().unwrap_or_default();
        format!("{}:{port}", self.host())
    }

    /// The proxy that served, as `host:port`.
    pub(super) fn proxy(&self) -> Option<&'a str> {
        match &self.observation.route {
            RouteFacts::Direct => None,
            RouteFacts::Proxy(via) => Some(&via.address),
        }
    }

    /// The proxy in a sentence: `proxy hq (proxy.hq.example:3128)`.
    pub(super) fn proxy_name(&self, proxy: &str) -> String {
        match self.path.way {
            Way::Environment(_) => format!("proxy {proxy} (from the environment)"),
            Way::WinHttp(_) => format!("proxy {proxy} (from the WinHTTP settings)"),
            Way::Pac(_) => format!("proxy {proxy} (from the PAC file)"),
            Way::Direct | Way::Proxy(_) if self.path.name == "proxy" => format!("proxy {proxy}"),
            Way::Direct | Way::Proxy(_) => format!("proxy {} ({proxy})", self.path.name),
        }
    }

    /// Whoever answers a plain-http request in a sentence: the proxy that forwards it, otherwise the host.
    pub(super) fn answerer(&self) -> String {
        self.forwarder().map_or_else(|| self.host().to_owned(), |proxy| self.proxy_name(proxy))
    }

    /// Whether the configuration has credentials for the proxy that served.
    pub(super) fn proxy_has_credentials(&self) -> bool {
        let configured: Vec<_> = match &self.path.way {
            // What was shown to a proxy of a PAC file stands among the facts.
            Way::Direct | Way::Pac(_) => Vec::new(),
            Way::Proxy(proxy) => vec![proxy],
            Way::Environment(proxies) => [&proxies.https, &proxies.http, &proxies.all].into_iter().flatten().collect(),
            Way::WinHttp(settings) => settings.http.iter().chain(&settings.https).collect(),
        };
        let served = self.proxy().unwrap_or_default();
        configured.into_iter().any(|proxy| proxy.credentials.is_some() && proxy.to_string() == served)
    }

    /// Whether a proxy opened a tunnel for this probe.
    pub(super) fn tunnelled(&self) -> bool {
        let connected = self.observation.proxy.as_ref().is_some_and(|answer| (200..300).contains(&answer.status));
        let granted = self.observation.socks.as_ref().is_some_and(|socks| socks.granted);
        self.proxy().is_some() && (connected || granted)
    }

    /// The proxy that a plain-http request is made to and that answers for the origin: one without a tunnel.
    pub(super) fn forwarder(&self) -> Option<&'a str> {
        match &self.observation.route {
            RouteFacts::Proxy(via) if via.scheme.is_http() => Some(&via.address),
            RouteFacts::Proxy(_) | RouteFacts::Direct => None,
        }
    }

    /// What to add to a detail about what goes through a tunnel.
    pub(super) fn behind_tunnel(&self) -> &'static str {
        if self.tunnelled() { ", after the proxy opened the tunnel" } else { "" }
    }

    /// Whether a certificate proved the origin.
    pub(super) fn is_proven(&self) -> bool {
        self.observation.tls.as_ref().is_some_and(|tls| self.proves(tls) || self.lacks_intermediate(tls))
    }

    /// Whether a handshake proves the origin, at the time of the probe.
    pub(super) fn proves(&self, tls: &TlsFacts) -> bool {
        tls.is_an_origins() && self.validity(tls) == Validity::Valid
    }

    /// Whether the handshake of an audit passed with the proven origin, at the time of the probe where it is known when its
    /// certificate holds.
    pub(super) fn proven_by(&self, outcome: &HelloOutcome) -> bool {
        match outcome {
            HelloOutcome::Passed { period: Some(period), .. } => period.validity_at(self.now()) == Validity::Valid,
            HelloOutcome::Passed { proven, period: None } => *proven,
            HelloOutcome::Failed(_) => false,
        }
    }

    /// Whether all that a chain lacks is an intermediate that could not be had here: elsewhere the same certificate was
    /// proven, the peer has its key, and no issuer is known to inspect.
    pub(super) fn lacks_intermediate(&self, tls: &TlsFacts) -> bool {
        let verification = &tls.verification;
        self.leaf_proven_elsewhere
            && verification.trust == ChainTrust::Untrusted
            && self.validity(tls) == Validity::Valid
            && verification.name_matches
            && verification.handshake_signature == HandshakeSignature::Valid
            && !tls.chain.iter().any(|certificate| certificate.self_issued)
            && self.fingerprints.inspection(&tls.chain).is_none()
    }

    /// The response of a peer that nothing has proven: plain http, or a bad certificate.
    pub(super) fn unproven_answer(&self) -> Option<&'a HttpFacts> {
        self.observation.http.as_ref().filter(|_| !self.is_proven())
    }

    /// The response over plain http, where nothing but its content can prove the origin.
    pub(super) fn plain_answer(&self) -> Option<&'a HttpFacts> {
        self.observation.http.as_ref().filter(|_| self.observation.tls.is_none())
    }

    /// Whether the site's own TLS inspection answers.
    pub(super) fn is_inspected(&self) -> bool {
        self.observation.tls.as_ref().is_some_and(|tls| tls.verification.trust == ChainTrust::Inspection)
    }

    /// Whether what came over plain http is what only the origin has: a CRL that is not known to be forged, or the expected
    /// text.
    pub(super) fn content_proves(&self) -> bool {
        let whole_crl = self.observation.parsed_crl().is_some_and(|list| list.signature != CrlSignature::Invalid);
        self.plain_answer().is_some() && (whole_crl || self.body_matches() || published::proves(self))
    }

    /// Whether the body holds the text expected of it.
    pub(super) fn body_matches(&self) -> bool {
        match (&self.expect().body, &self.observation.http) {
            (Some(expected), Some(http)) => http.body.sample.as_str().contains(&expected.contains),
            _ => false,
        }
    }

    /// Whether a status over plain http is a refusal that the origin may mean as well as a filter on the way.
    pub(super) fn is_refusal_of_somebody(&self, status: u16) -> bool {
        self.plain_answer().is_some() && matches!(status, 401 | 403 | 429 | 451)
    }

    /// Whether the configuration names the status among the good ones.
    pub(super) fn status_is_expected(&self, status: u16) -> bool {
        self.expect().status.as_ref().is_some_and(|statuses| statuses.contains(status))
    }

    /// The monitor failed, where it had got to.
    pub(super) fn monitor_error(&self, detail: String) -> Finding {
        let reached = Stage::ALL.into_iter().rev().find(|stage| self.observation.phases.get(*stage).is_some());
        Finding::unknown(Cause::MonitorError, detail).at(reached.unwrap_or(Cause::MonitorError.stage()))
    }
}

/// A status line's end in a sentence: `403 Forbidden`, or `403` without a reason phrase.
pub(super) fn status_words(status: u16, reason: Option<&str>) -> String {
    let reason = match reason.filter(|reason| !reason.is_empty()) {
        Some(reason) => Some(Cow::Borrowed(reason)),
        // HTTP/2 and terse servers send none; the registered one is what people look for.
        None => http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).map(Cow::Borrowed),
    };
    reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}

/// At most three items and how many were left out, in a sentence.
pub(super) fn some_of(mut items: Vec<String>) -> String {
    const SHOWN: usize = 3;
    let left_out = items.len().saturating_sub(SHOWN);
    items.truncate(SHOWN);
    let shown = items.join(", ");
    if left_out == 0 { shown } else { format!("{shown} and {left_out} more") }
}
