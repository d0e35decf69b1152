//! What the last audit of TLS adds to a result: something on the way that clients of another kind will meet.
//!
//! It speaks only beside a handshake of the clients' own kind that has just completed, and after every other cause.

use time::format_description::well_known::Rfc3339;

use super::case::Case;
use super::finding::Finding;
use super::tls::before_the_origin;
use crate::cause::{Blame, Cause};
use crate::observation::{AuditFacts, TlsFacts, TlsFailure, TlsFault};
use crate::text::with_sources;

/// The alerts that say that no suite, or none good enough, is common to both (RFC 5246, section 7.2.2).
const OF_SUITES: [&str; 2] = ["handshake_failure", "insufficient_security"];

/// One version alone fails while the other passes.
pub(super) fn version(case: &Case<'_>) -> Option<Finding> {
    let (audit, tls) = told(case)?;
    if offer_refused_by_origin(case).is_some() {
        return None;
    }
    match (audit.tls12.passes()?, audit.tls13.passes()?) {
        (false, true) => {
            let fault = audit.tls12.tls_fault()?;
            let what = ("TLS 1.2 alone, as older clients offer it,", "TLS 1.3");
            let finding = found(case, Cause::TlsVersionPartial, what, audit, fault);
            // Who speaks TLS properly and says no may be a filter, but is the server as a rule.
            let is_refusal = matches!(fault.failure, TlsFailure::Version(_)) && case.proven_by(&audit.tls13);
            Some(if is_refusal { finding.blaming(Blame::Origin) } else { finding })
        }
        (true, false) if !is_choice_of_origin(case, audit, tls) => {
            let what = ("TLS 1.3 alone", "TLS 1.2");
            Some(found(case, Cause::TlsVersionPartial, what, audit, audit.tls13.tls_fault()?))
        }
        _ => None,
    }
}

/// The large hello fails while a small one passes.
pub(super) fn large_hello(case: &Case<'_>) -> Option<Finding> {
    let (audit, _) = told(case)?;
    let small_passes = audit.versions().iter().any(|(_, outcome)| outcome.passes() == Some(true));
    let fault = audit.large_hello.tls_fault().filter(|_| small_passes)?;
    let what = ("a ClientHello with a post-quantum key share (two packets, as newer clients send it)", "a small one");
    Some(found(case, Cause::TlsLargeHello, what, audit, fault))
}

/// The version that the origin itself will not speak, where that is known.
pub(super) fn refused_by_origin(case: &Case<'_>) -> Option<&'static str> {
    let (audit, tls) = told(case)?;
    let fails_alone = (audit.tls12.passes()?, audit.tls13.passes()?) == (true, false);
    (fails_alone && is_choice_of_origin(case, audit, tls)).then_some("TLS 1.3")
}

/// The alert by which an origin that is proven over TLS 1.3 turns down what we offer of TLS 1.2: it has other suites there than
/// ours, such as CBC alone, with which older clients get through. Nothing on the way is wrong then.
pub(super) fn offer_refused_by_origin<'a>(case: &Case<'a>) -> Option<&'a str> {
    let (audit, _) = told(case)?;
    match &audit.tls12.tls_fault().filter(|_| case.proven_by(&audit.tls13))?.failure {
        TlsFailure::Alert(alert) => Some(alert.as_str()).filter(|alert| OF_SUITES.contains(alert)),
        _ => None,
    }
}

/// The audit, where the clients' own handshake has completed just now.
fn told<'a>(case: &Case<'a>) -> Option<(&'a AuditFacts, &'a TlsFacts)> {
    Some((case.audit?, case.observation.tls.as_ref()?))
}

/// Whether TLS 1.3 alone fails because the origin does not speak it, which is no fault of the way.
///
/// A proven origin that was offered both versions and took 1.2 has shown so: the handshake is over what it was really
/// offered, and a server that speaks 1.3 marks the choice (RFC 8446, section 4.1.3). However it then meets an offer that it
/// cannot take (some just close) is its own affair. Else a proper alert, by one who proves himself over 1.2, is taken for the
/// origin's word.
fn is_choice_of_origin(case: &Case<'_>, audit: &AuditFacts, tls: &TlsFacts) -> bool {
    let took_12 = case.proves(tls) && tls.version == "TLSv1.2";
    let fault = audit.tls13.tls_fault();
    let says_so = fault.is_some_and(|fault| matches!(fault.failure, TlsFailure::Version(_)));
    took_12 || (says_so && case.proven_by(&audit.tls12))
}

/// The finding in a sentence: what fails, and what passes.
fn found(
    case: &Case<'_>,
    meant: Cause,
    (fails, passes): (&str, &str),
    audit: &AuditFacts,
    fault: &TlsFault,
) -> Finding {
    let (host, tunnel) = (case.host(), case.behind_tunnel());
    let why = with_sources(&fault.failure);
    let detail = format!("{fails} fails with {host}{tunnel}, while {passes} passes: {why}");
    let finding = Finding::degraded(meant, detail).with("audited_at", &audit.at.format(&Rfc3339).unwrap_or_default());
    match fault.failure {
        TlsFailure::Lost(_) | TlsFailure::TimedOut | TlsFailure::NotTls => before_the_origin(case, finding),
        TlsFailure::Version(_) | TlsFailure::Alert(_) | TlsFailure::Protocol(_) => finding,
    }
}
