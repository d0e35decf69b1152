//! The TLS handshake with whoever answers for the target, and what the certificates shown are worth.

use time::format_description::well_known::Rfc3339;

use super::case::Case;
use super::finding::Finding;
use crate::cause::{Blame, Cause};
use crate::fingerprint::OwnedReply;
use crate::observation::{
    CertificateFacts, ChainTrust, HandshakeSignature, IoKind, Sample, TlsFacts, TlsFailure, TlsFault, Validity,
    Verification,
};

/// What our ClientHello offers, for people whose middlebox wants something else.
pub(super) const OFFER: &str = "we offer TLS 1.2 and 1.3 with AES-GCM and ChaCha20 suites (no CBC, no RSA key exchange) and the \
                     groups x25519, P-256 and P-384";

/// Common names of Microsoft's roots that are in neither Mozilla's store nor ours, but in Windows'.
const MICROSOFT_ROOTS_NOT_HELD: &[&str] = &[
    "Microsoft Root Authority",
    "Microsoft Root Certificate Authority",
    "Microsoft Development Root Certificate Authority 2014",
    "Microsoft Time Stamp Root Certificate Authority 2014",
    "Microsoft EV ECC Root Certificate Authority 2017",
    "Microsoft EV RSA Root Certificate Authority 2017",
    "Microsoft ECC Product Root Certificate Authority 2018",
    "Microsoft ECC TS Root Certificate Authority 2018",
    "Microsoft Identity Verification Root Certificate Authority 2020",
    "Microsoft Supply Chain RSA Root CA 2022",
    "Microsoft TLS ECC Root G2",
    "Microsoft TLS RSA Root G2",
];

/// The handshake did not complete.
pub(super) fn failed(case: &Case<'_>, fault: &TlsFault) -> Finding {
    let host = &fault.host;
    let tunnel = case.behind_tunnel();
    match &fault.failure {
        TlsFailure::Lost(io) if io.kind == IoKind::Exhausted => case.monitor_error(format!("TLS with {host}: {io}")),
        TlsFailure::Lost(io) if fault.answered => Finding::blocked(
            Cause::TlsHandshakeFailed,
            format!("the TLS handshake with {host} was cut half way{tunnel}: {io}; {OFFER}"),
        ),
        TlsFailure::Lost(io) => {
            let detail = format!("the connection to {host} was cut right after our ClientHello{tunnel}: {io}");
            before_the_origin(case, Finding::blocked(Cause::TlsReset, detail))
        }
        TlsFailure::TimedOut => {
            let what =
                if fault.answered { "began the TLS handshake and stalled" } else { "never answered our ClientHello" };
            before_the_origin(case, Finding::blocked(Cause::TlsTimeout, format!("{host} {what}{tunnel}")))
        }
        TlsFailure::NotTls => before_the_origin(case, no_tls(case, fault, tunnel)),
        TlsFailure::Version(what) => Finding::blocked(
            Cause::TlsVersionRefused,
            format!("whoever answers for {host} accepts neither TLS 1.2 nor TLS 1.3{tunnel}: {what}"),
        ),
        TlsFailure::Alert(alert) => Finding::blocked(
            Cause::TlsHandshakeFailed,
            format!("whoever answers for {host} ended the TLS handshake with alert {alert}{tunnel}; {OFFER}"),
        ),
        TlsFailure::Protocol(what) => Finding::blocked(
            Cause::TlsHandshakeFailed,
            format!("the TLS handshake with {host} failed{tunnel}: {what}; {OFFER}"),
        ),
    }
}

/// The answer is no TLS: some filters answer a ClientHello with their page.
fn no_tls(case: &Case<'_>, fault: &TlsFault, tunnel: &str) -> Finding {
    let host = &fault.host;
    let reply = fault.first_bytes.as_ref().map(OwnedReply::to_hello);
    let reply = reply.as_ref().map(OwnedReply::as_reply);
    let sign = reply.as_ref().and_then(|reply| case.fingerprints.block(reply));
    let what = match &sign {
        Some(sign) => format!("a block page of {} that does not speak TLS", sign.vendor),
        None => "something that does not speak TLS".to_owned(),
    };
    let finding = Finding::blocked(Cause::TlsNotTls, format!("{what} answered for {host}{tunnel}"));
    let first_bytes = fault.first_bytes.as_ref().map(Sample::evidence).unwrap_or_default();
    let finding = finding.with("first_bytes", first_bytes.as_str());
    if let Some(sign) = &sign { finding.signed(sign) } else { finding }
}

/// Behind a tunnel it is the proxy that stands before the origin.
pub(super) fn before_the_origin(case: &Case<'_>, finding: Finding) -> Finding {
    if case.tunnelled() { finding.blaming(Blame::Proxy).with("tunnel", "opened") } else { finding }
}

/// A trusted chain for another name.
pub(super) fn name(case: &Case<'_>) -> Option<Finding> {
    let tls = case.observation.tls.as_ref()?;
    if !is_trusted(&tls.verification) || tls.verification.name_matches {
        return None;
    }
    let detail = format!("{} shows a certificate for another name: {}", case.host(), subject(tls));
    Some(Finding::blocked(Cause::TlsNameMismatch, detail))
}

/// A trusted chain outside its validity; one to a root that Windows holds is trusted there.
pub(super) fn validity(case: &Case<'_>) -> Option<Finding> {
    let tls = case.observation.tls.as_ref()?;
    let verification = &tls.verification;
    if !counts_as_trusted(tls) || case.validity(tls) == Validity::Valid {
        return None;
    }
    let outside = outside_validity(tls, case);
    if verification.trust == ChainTrust::Inspection {
        // Its own clients turn away from it, and no publisher can help.
        let detail = format!(
            "the site's own TLS inspection (\"{}\") answers for {} with a certificate that {outside}",
            tls.top_issuer(),
            case.host()
        );
        return Some(Finding::blocked(Cause::TlsIntercepted, detail).at_corrected_time(case.clock));
    }
    let detail = format!("the certificate of {} {outside}", case.host());
    Some(Finding::blocked(Cause::TlsExpired, detail).at_corrected_time(case.clock))
}

/// What the end of the chain says, and whether its holder is there.
pub(super) fn trust(case: &Case<'_>) -> Option<Finding> {
    let tls = case.observation.tls.as_ref()?;
    let verification = &tls.verification;
    let host = case.host();
    match verification.trust {
        ChainTrust::Untrusted if case.lacks_intermediate(tls) => {
            let detail = format!(
                "{host} leaves out an intermediate certificate (\"{}\"); another path saw the certificate itself proven",
                tls.top_issuer()
            );
            Some(Finding::degraded(Cause::TlsChainIncomplete, detail))
        }
        ChainTrust::Untrusted if ends_at_unheld_root(tls) => {
            let detail =
                format!("{host} chains to \"{}\", a Microsoft root that reachwatch does not hold", tls.top_issuer());
            Some(Finding::degraded(Cause::TlsRootUnknown, detail))
        }
        ChainTrust::Untrusted => {
            let detail =
                format!("the certificate of {host} is issued by \"{}\", which nobody trusts", tls.top_issuer());
            Some(Finding::blocked(Cause::TlsIntercepted, detail))
        }
        // Nobody who wants in would show a certificate whose key is not his: the proof itself went wrong.
        _ if verification.handshake_signature != HandshakeSignature::Valid => {
            let detail = format!("whoever answers for {host} did not prove that the certificate is theirs; {OFFER}");
            Some(Finding::blocked(Cause::TlsHandshakeFailed, detail))
        }
        // Told already, and worse than this.
        ChainTrust::Inspection if case.validity(tls) != Validity::Valid => None,
        ChainTrust::Inspection => {
            let detail = format!("the site's own TLS inspection (\"{}\") answers for {host}", tls.top_issuer());
            Some(Finding::degraded(Cause::TlsIntercepted, detail))
        }
        ChainTrust::Public | ChainTrust::Microsoft | ChainTrust::Extra if verification.completed_by_aia => {
            if let Some(vendor) = case.fingerprints.inspection(&tls.chain) {
                let detail =
                    format!("TLS inspection of {vendor} answers for {host} and leaves out an intermediate certificate");
                let finding = Finding::degraded(Cause::TlsIntercepted, detail);
                return Some(finding.with("vendor", vendor).with("interceptor", vendor));
            }
            let detail = format!(
                "{host} leaves out an intermediate certificate (\"{}\"); Windows fetches it, other clients fail",
                tls.top_issuer()
            );
            Some(Finding::degraded(Cause::TlsChainIncomplete, detail))
        }
        ChainTrust::Public | ChainTrust::Microsoft | ChainTrust::Extra => None,
    }
}

/// The issuer says that the certificate is revoked: clients that look stop here, others do not.
pub(super) fn revoked(case: &Case<'_>) -> Option<Finding> {
    let (revocation, tls) = (case.revoked?, case.observation.tls.as_ref()?);
    let since = revocation.since.and_then(|since| since.format(&Rfc3339).ok());
    let since = since.map(|since| format!(" since {since}")).unwrap_or_default();
    let detail =
        format!("the certificate of {} (\"{}\") is revoked{since}, says {}", case.host(), subject(tls), revocation.by);
    Some(Finding::degraded(Cause::CertificateRevoked, detail).with("revoked_by", revocation.by.as_str()))
}

/// Whether clients trust the chain as far as anybody knows, so that its validity is what counts.
pub(super) fn counts_as_trusted(tls: &TlsFacts) -> bool {
    is_trusted(&tls.verification) || ends_at_unheld_root(tls)
}

/// Whether clients at the site trust the chain: the configured inspection CA is in their stores.
fn is_trusted(verification: &Verification) -> bool {
    verification.trust != ChainTrust::Untrusted
}

/// Whether a chain ends at a root of Microsoft's that nobody here holds, as far as can be told without it: by the name of
/// that root, shown by whoever has the key for the name asked for. A copy of the real chain is anybody's to show.
fn ends_at_unheld_root(tls: &TlsFacts) -> bool {
    let verification = &tls.verification;
    verification.trust == ChainTrust::Untrusted
        && verification.name_matches
        && verification.handshake_signature == HandshakeSignature::Valid
        && names_unheld_root(tls.top_issuer())
}

fn names_unheld_root(issuer: &str) -> bool {
    issuer
        .split(',')
        .filter_map(|part| part.trim().strip_prefix("CN="))
        .any(|cn| MICROSOFT_ROOTS_NOT_HELD.contains(&cn))
}

pub(super) fn subject(tls: &TlsFacts) -> &str {
    tls.chain.first().map_or("", |leaf| leaf.subject.as_str())
}

pub(super) fn outside_validity(tls: &TlsFacts, case: &Case<'_>) -> String {
    let now = case.now();
    let which = |certificate: &&CertificateFacts| now < certificate.not_before || certificate.not_after < now;
    let Some(certificate) = tls.chain.iter().find(which) else {
        return "or one above it is outside its validity".to_owned();
    };
    let (word, date) = if certificate.not_after < now {
        ("expired on", certificate.not_after)
    } else {
        ("is not valid before", certificate.not_before)
    };
    let date = date.format(&Rfc3339).unwrap_or_default();
    let above = tls.chain.first() != Some(certificate);
    if above { format!("hangs on \"{}\", which {word} {date}", certificate.subject) } else { format!("{word} {date}") }
}
