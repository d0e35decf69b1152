//! What one probe saw and what it means, as the status document shows it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use prober::cause::{Blame, Cause, Stage};
use prober::observation::{
    AuditFacts, CertificateStatus, CrlFacts, CrlLimit, Headers, HttpFacts, OcspFacts, OcspOutcome, Phases, ProxyFacts,
    TlsFacts,
};
use prober::state::Report;
use prober::text::Clean;
use prober::verdict::Evidence;
use serde::Serialize;

use super::stamp::Stamp;

/// One raw result without its state.
#[derive(Debug, Default, Serialize)]
pub struct Observed<'a> {
    /// Why it is not (or not quite) reachable.
    pub cause: Option<Cause>,
    /// Where the probe stopped.
    pub stage: Option<Stage>,
    /// Who has to act.
    pub blame: Option<Blame>,
    /// One sentence for people.
    pub detail: Option<Clean>,
    /// When the probe ended.
    pub probed_at: Option<Stamp>,
    /// The way out: `DIRECT`, `PROXY host:port`; null for a domain of the tenant's.
    pub route: Option<String>,
    /// The peer of the TCP connection.
    pub remote_address: Option<SocketAddr>,
    /// What each phase took, in seconds.
    pub phases_seconds: Option<PhaseSeconds>,
    /// What the whole probe took, in seconds.
    pub duration_seconds: Option<f64>,
    /// What the proxy said.
    pub proxy: Option<ProxyAnswer<'a>>,
    /// What the origin said, or whoever stands for it.
    pub http: Option<HttpAnswer<'a>>,
    /// The TLS handshake.
    pub tls: Option<TlsAnswer<'a>>,
    /// The certificate revocation list that came.
    pub crl: Option<CrlAnswer<'a>>,
    /// What an OCSP responder said of a certificate.
    pub ocsp: Option<OcspStatement<'a>>,
    /// What the last audit of TLS found.
    pub audit: Option<AuditAnswer>,
    /// Named facts that support the verdict.
    pub evidence: Option<&'a Evidence>,
}

impl<'a> Observed<'a> {
    /// What a report shows.
    pub fn of(report: &'a Report) -> Self {
        let (seen, reason) = (&report.observation, report.verdict.reason.as_ref());
        let (proxy, http) = answers(report);
        Self {
            cause: reason.map(|reason| reason.cause),
            stage: reason.map(|reason| reason.stage),
            blame: reason.map(|reason| reason.blame),
            detail: reason.map(|reason| Clean::new(&reason.detail)),
            probed_at: Some(Stamp(seen.probed_at)),
            // Name servers are asked without any way of the site's.
            route: seen.tenant.is_none().then(|| seen.route.to_string()),
            remote_address: seen.remote_address,
            phases_seconds: Some(PhaseSeconds::of(&seen.phases)),
            duration_seconds: Some(seen.duration.as_secs_f64()),
            proxy,
            http,
            tls: seen.tls.as_ref().map(TlsAnswer::of),
            crl: seen.parsed_crl().map(CrlAnswer::of),
            ocsp: seen.ocsp.as_deref().and_then(OcspStatement::of),
            audit: report.audit.as_deref().map(AuditAnswer::of),
            evidence: Some(&report.verdict.evidence),
        }
    }
}

/// Seconds that each phase took; null for one that did not run.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[expect(missing_docs, reason = "the fields are the stages, documented there")]
pub struct PhaseSeconds {
    pub route: Option<f64>,
    pub resolve: Option<f64>,
    pub connect: Option<f64>,
    pub proxy: Option<f64>,
    pub tls: Option<f64>,
    pub http: Option<f64>,
    pub content: Option<f64>,
}

impl PhaseSeconds {
    fn of(phases: &Phases) -> Self {
        let seconds = |stage| phases.get(stage).map(|phase: Duration| phase.as_secs_f64());
        Self {
            route: seconds(Stage::Route),
            resolve: seconds(Stage::Resolve),
            connect: seconds(Stage::Connect),
            proxy: seconds(Stage::Proxy),
            tls: seconds(Stage::Tls),
            http: seconds(Stage::Http),
            content: seconds(Stage::Content),
        }
    }
}

/// What a proxy said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ProxyAnswer<'a> {
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub reason: Option<&'a str>,
    /// The Server header.
    pub server: Option<&'a str>,
}

/// What the origin said, or whoever stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HttpAnswer<'a> {
    /// `HTTP/1.0`, `HTTP/1.1`, `HTTP/2`.
    pub version: &'a str,
    /// The status.
    pub status: u16,
    /// The reason phrase; HTTP/2 has none.
    pub reason: Option<&'a str>,
    /// The Server header.
    pub server: Option<&'a str>,
    /// The Content-Type header.
    pub content_type: Option<&'a str>,
    /// The Location header.
    pub location: Option<&'a str>,
    /// How much of the body was read.
    pub body_bytes: u64,
}

/// Who said what. What comes back to a plain-http request through a proxy has one answer, and only the verdict knows
/// whose it is: where the probe stopped at the proxy, the proxy's own.
pub(crate) fn answers(report: &Report) -> (Option<ProxyAnswer<'_>>, Option<HttpAnswer<'_>>) {
    let seen = &report.observation;
    let at_proxy = report.verdict.reason.as_ref().is_some_and(|reason| reason.stage == Stage::Proxy);
    match (&seen.proxy, &seen.http) {
        (None, Some(http)) if at_proxy => (Some(ProxyAnswer::of_http(http)), None),
        (proxy, http) => (proxy.as_ref().map(ProxyAnswer::of), http.as_ref().map(HttpAnswer::of)),
    }
}

impl<'a> ProxyAnswer<'a> {
    fn of(facts: &'a ProxyFacts) -> Self {
        Self::new(facts.status, facts.reason.as_ref(), &facts.headers)
    }

    fn of_http(facts: &'a HttpFacts) -> Self {
        Self::new(facts.status, facts.reason.as_ref(), &facts.headers)
    }

    fn new(status: u16, reason: Option<&'a Clean>, headers: &'a Headers) -> Self {
        Self { status, reason: reason.map(Clean::as_str), server: headers.get("server") }
    }
}

impl<'a> HttpAnswer<'a> {
    fn of(facts: &'a HttpFacts) -> Self {
        Self {
            version: &facts.version,
            status: facts.status,
            reason: facts.reason.as_ref().map(Clean::as_str),
            server: facts.headers.get("server"),
            content_type: facts.headers.get("content-type"),
            location: facts.headers.get("location"),
            body_bytes: facts.body.bytes,
        }
    }
}

/// The TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TlsAnswer<'a> {
    /// `TLSv1.2`, `TLSv1.3`.
    pub version: &'a str,
    /// The cipher suite by its IANA name.
    pub cipher: &'a str,
    /// The leaf's subject.
    pub subject: Option<&'a str>,
    /// The leaf's issuer.
    pub issuer: Option<&'a str>,
    /// The end of the leaf's validity.
    pub not_after: Option<Stamp>,
    /// Where the chain ends.
    pub chain_trust: &'static str,
}

impl<'a> TlsAnswer<'a> {
    fn of(facts: &'a TlsFacts) -> Self {
        let leaf = facts.chain.first();
        Self {
            version: &facts.version,
            cipher: &facts.cipher,
            subject: leaf.map(|leaf| leaf.subject.as_str()),
            issuer: leaf.map(|leaf| leaf.issuer.as_str()),
            not_after: leaf.map(|leaf| Stamp(leaf.not_after)),
            chain_trust: facts.verification.trust.as_str(),
        }
    }
}

/// The certificate revocation list that came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CrlAnswer<'a> {
    /// Its issuer.
    pub issuer: &'a str,
    /// Its number, a decimal.
    pub number: Option<Clean>,
    /// When it was issued.
    pub this_update: Stamp,
    /// When the next one is due.
    pub next_update: Option<Stamp>,
    /// The signature algorithm.
    pub signed_with: &'a str,
    /// The number of the whole list that this one only adds to.
    pub delta_of: Option<Clean>,
    /// Whether it speaks for other issuers too.
    pub indirect: bool,
    /// The certificates or reasons that it is limited to.
    pub only: Option<&'static str>,
    /// Critical extensions that are not known here, by object identifier.
    pub unknown_critical: &'a [Clean],
    /// How many certificates it revokes.
    pub revoked: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it came in full, where the server only said that it has not changed since.
    pub unchanged_since: Option<Stamp>,
    /// `valid`, `invalid` or `unchecked`.
    pub signature: &'static str,
    /// Why the signature was not checked, or does not hold.
    pub signature_reason: Option<&'a str>,
}

impl<'a> CrlAnswer<'a> {
    fn of(facts: &'a CrlFacts) -> Self {
        Self {
            issuer: facts.issuer.as_str(),
            number: facts.number.as_deref().map(Clean::new),
            this_update: Stamp(facts.this_update),
            next_update: facts.next_update.map(Stamp),
            signed_with: facts.signed_with.as_str(),
            delta_of: facts.scope.delta_of.as_deref().map(Clean::new),
            indirect: facts.scope.indirect,
            only: facts.scope.only.map(CrlLimit::as_str),
            unknown_critical: &facts.unknown_critical,
            revoked: facts.revoked,
            bytes: facts.bytes,
            unchanged_since: facts.unchanged_since.map(Stamp),
            signature: facts.signature.as_str(),
            signature_reason: facts.signature_reason.as_ref().map(Clean::as_str),
        }
    }
}

/// What an OCSP responder said of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OcspStatement<'a> {
    /// The certificate's subject.
    pub certificate: &'a str,
    /// `good`, `revoked` or `unknown`.
    pub status: &'static str,
    /// When it was revoked, where it is.
    pub revoked_at: Option<Stamp>,
    /// When that was known to be so.
    pub this_update: Stamp,
    /// When newer information is due.
    pub next_update: Option<Stamp>,
    /// The signature algorithm by its usual name, or its object identifier.
    pub signed_with: &'a str,
    /// `valid`, `invalid` or `unchecked`.
    pub signature: &'static str,
    /// Why the signature was not checked, or does not hold.
    pub signature_reason: Option<&'a str>,
}

impl<'a> OcspStatement<'a> {
    fn of(facts: &'a OcspFacts) -> Option<Self> {
        let OcspOutcome::Answered(answer) = &facts.outcome else { return None };
        let revoked_at = match answer.status {
            CertificateStatus::Revoked { at } => Some(Stamp(at)),
            CertificateStatus::Good | CertificateStatus::Unknown => None,
        };
        Some(Self {
            certificate: facts.subject.as_str(),
            status: answer.status.as_str(),
            revoked_at,
            this_update: Stamp(answer.this_update),
            next_update: answer.next_update.map(Stamp),
            signed_with: answer.signed_with.as_str(),
            signature: answer.signature.as_str(),
            signature_reason: answer.signature_reason.as_ref().map(Clean::as_str),
        })
    }
}

/// What an audit of TLS found; null for a handshake that did not get so far as to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditAnswer {
    /// When the audit ended.
    pub at: Stamp,
    /// Whether a handshake of one version alone passes, by version.
    pub versions: BTreeMap<&'static str, Option<bool>>,
    /// Whether a handshake with a post-quantum key share passes.
    pub large_hello: Option<bool>,
    /// Why those failed that did, under the names of the two above.
    pub failures: BTreeMap<&'static str, Clean>,
}

impl AuditAnswer {
    fn of(facts: &AuditFacts) -> Self {
        let hellos = facts.versions().into_iter().chain([("large_hello", &facts.large_hello)]);
        Self {
            at: Stamp(facts.at),
            versions: facts.versions().into_iter().map(|(version, outcome)| (version, outcome.passes())).collect(),
            large_hello: facts.large_hello.passes(),
            failures: hellos.filter_map(|(name, outcome)| Some((name, Clean::new(&outcome.failure()?)))).collect(),
        }
    }
}
