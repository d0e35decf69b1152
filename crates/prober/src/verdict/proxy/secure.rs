//! TLS to the proxy itself. Clients turn away from a proxy that does not prove who it is, so nothing here is milder than
//! blocked.

use crate::cause::Cause;
use crate::observation::{ChainTrust, HandshakeSignature, IoKind, Sample, TlsFacts, TlsFailure, TlsFault, Validity};
use crate::verdict::case::Case;
use crate::verdict::clock;
use crate::verdict::finding::Finding;
use crate::verdict::tls::{OFFER, outside_validity, subject};

/// The handshake did not complete.
pub(super) fn failed(case: &Case<'_>, name: &str, fault: &TlsFault) -> Finding {
    let detail = match &fault.failure {
        TlsFailure::Lost(io) if io.kind == IoKind::Exhausted => {
            return case.monitor_error(format!("TLS with {name}: {io}"));
        }
        TlsFailure::Lost(io) => format!("{name} ended the TLS handshake half way: {io}; {OFFER}"),
        TlsFailure::TimedOut if fault.answered => format!("{name} began the TLS handshake and stalled"),
        TlsFailure::TimedOut => format!("{name} never answered our ClientHello"),
        TlsFailure::NotTls => format!("{name} does not speak TLS on this port"),
        TlsFailure::Version(what) => format!("{name} accepts neither TLS 1.2 nor TLS 1.3: {what}"),
        TlsFailure::Alert(alert) => format!("{name} ended the TLS handshake with alert {alert}; {OFFER}"),
        TlsFailure::Protocol(what) => format!("the TLS handshake with {name} failed: {what}; {OFFER}"),
    };
    let first_bytes = fault.first_bytes.as_ref().map(Sample::evidence);
    let first_bytes = first_bytes.as_ref().map_or("", AsRef::as_ref);
    Finding::blocked(Cause::ProxyTlsFailed, detail).with("first_bytes", first_bytes)
}

/// By our clock the proxy proved who it is, and at corrected time it does not: clients turn away.
pub(in crate::verdict) fn outdated(case: &Case<'_>) -> Option<Finding> {
    let tls = case.observation.proxy_tls.as_ref().filter(|tls| tls.is_accepted())?;
    if case.validity(tls) == Validity::Valid {
        return None;
    }
    let detail = format!("{} shows a certificate that {}", case.proxy_name(case.proxy()?), outside_validity(tls, case));
    Some(Finding::blocked(Cause::ProxyTlsFailed, detail).at_corrected_time(case.clock))
}

/// The handshake is complete and proves nothing.
pub(super) fn unproven(case: &Case<'_>, name: &str) -> Finding {
    let tls = case.observation.proxy_tls.as_ref();
    if let Some(finding) = tls.and_then(|tls| clock::of_proxy(case, name, tls)) {
        return finding;
    }
    let detail = match tls {
        Some(tls) => format!("{name} {}", shortcoming(case, tls)),
        None => format!("{name} did not prove who it is"),
    };
    Finding::blocked(Cause::ProxyTlsFailed, detail)
}

/// What is wrong first of all.
fn shortcoming(case: &Case<'_>, tls: &TlsFacts) -> String {
    let verification = &tls.verification;
    if verification.trust == ChainTrust::Untrusted {
        return format!("shows a certificate issued by \"{}\", which nobody trusts", tls.top_issuer());
    }
    if !verification.name_matches {
        return format!("shows a certificate for another name: {}", subject(tls));
    }
    if case.validity(tls) != Validity::Valid {
        return format!("shows a certificate that {}", outside_validity(tls, case));
    }
    if verification.handshake_signature != HandshakeSignature::Valid {
        return format!("did not prove that the certificate it shows is its own; {OFFER}");
    }
    "did not prove who it is".to_owned()
}
