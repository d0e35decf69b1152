//! What should lie where a certificate says that something about it is published. Revocation lists are judged as any.

use super::case::Case;
use super::finding::Finding;
use super::http::words;
use crate::cause::{Blame, Cause};
use crate::observation::{HttpFacts, IssuerOutcome, Published};

/// What is wrong with what came.
pub(super) fn content(case: &Case<'_>) -> Option<Finding> {
    let kind = expected(case)?;
    let http = case.observation.http.as_ref()?;
    match http.status {
        200..=299 => body(case, kind, http),
        404 | 410 => {
            let detail =
                format!("{} answered {}: {} is no longer published there", case.host(), words(http), what(kind));
            Some(Finding::degraded(Cause::ContentMismatch, detail).blaming(Blame::Origin))
        }
        500..=599 => None,
        _ => Some(mismatch(case, kind, &format!("the answer is {}", words(http)))),
    }
}

/// Whether judgement waits for what a broken exchange kept back of the body.
pub(super) fn needs_rest_of_body(case: &Case<'_>) -> bool {
    let status = case.observation.http.as_ref().map_or(0, |http| http.status);
    expected(case).is_some() && (200..300).contains(&status) && !proves(case)
}

/// Whether what came is what only its publisher has.
pub(super) fn proves(case: &Case<'_>) -> bool {
    matches!(case.observation.issuer, Some(IssuerOutcome::Readable { .. }))
}

fn body(case: &Case<'_>, kind: Published, http: &HttpFacts) -> Option<Finding> {
    match &case.observation.issuer {
        Some(IssuerOutcome::Readable { .. }) => None,
        Some(IssuerOutcome::Invalid { reason }) => Some(mismatch(case, kind, reason.as_str())),
        None => Some(mismatch(case, kind, &format!("the body ended after {} bytes", http.body.bytes))),
    }
}

fn mismatch(case: &Case<'_>, kind: Published, reason: &str) -> Finding {
    let (host, path) = (case.host(), case.endpoint.url.path());
    let detail = format!("what {host} serves at {path} is no {}: {reason}", noun(kind));
    Finding::blocked(Cause::ContentMismatch, detail).with("reason", reason)
}

fn expected(case: &Case<'_>) -> Option<Published> {
    case.endpoint.discovered.filter(|kind| *kind != Published::Crl)
}

const fn noun(kind: Published) -> &'static str {
    match kind {
        Published::Crl => "CRL",
        Published::Issuer => "certificate",
        Published::Ocsp => "OCSP answer",
    }
}

const fn what(kind: Published) -> &'static str {
    match kind {
        Published::Crl => "the CRL",
        Published::Issuer => "the issuer's certificate",
        Published::Ocsp => "the state of certificates",
    }
}
