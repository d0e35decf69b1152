//! What should lie where a certificate says that something about it is published. Revocation lists are judged as any.

use std::time::Duration;

use time::OffsetDateTime;

use super::case::Case;
use super::content::{CLOCK_TOLERANCE, day};
use super::copy::made_at;
use super::finding::Finding;
use super::http::words;
use crate::cause::{Blame, Cause, State};
use crate::observation::{CrlSignature, HttpFacts, IssuerOutcome, OcspAnswer, OcspOutcome, OcspRefusal, Published};

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
        status if case.is_refusal_of_somebody(status) => None,
        _ if case.is_proven() => {
            let finding = mismatch(case, kind, &format!("the answer is {}", words(http)));
            Some(Finding { state: State::Degraded, ..finding }.blaming(Blame::Origin))
        }
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
        || case.observation.ocsp.as_ref().is_some_and(|ocsp| ocsp.answer().is_some())
}

fn body(case: &Case<'_>, kind: Published, http: &HttpFacts) -> Option<Finding> {
    if let Some(ocsp) = &case.observation.ocsp {
        return match &ocsp.outcome {
            OcspOutcome::Answered(answer) => self::answer(case, answer, http),
            OcspOutcome::Refused(refusal) => Some(refused(case, *refusal)),
            OcspOutcome::Invalid { reason } => Some(mismatch(case, kind, reason.as_str())),
        };
    }
    match &case.observation.issuer {
        Some(IssuerOutcome::Readable { .. }) => None,
        Some(IssuerOutcome::Invalid { reason }) => Some(mismatch(case, kind, reason.as_str())),
        None => Some(mismatch(case, kind, &format!("the body ended after {} bytes", http.body.bytes))),
    }
}

/// What is wrong with an answer that is one.
fn answer(case: &Case<'_>, answer: &OcspAnswer, http: &HttpFacts) -> Option<Finding> {
    if answer.signature == CrlSignature::Invalid {
        let reason = answer.signature_reason.as_ref().map_or("its signature does not hold", AsRef::as_ref);
        return Some(mismatch(case, Published::Ocsp, reason));
    }
    let (blame, words) = out_of_time(answer, http, case.now())?;
    let detail = format!("the OCSP answer from {} {words}", case.host());
    Some(Finding::degraded(Cause::ContentMismatch, detail).blaming(blame).at_corrected_time(case.clock))
}

/// For so long a copy of an answer counts that does not say when it has to be replaced: newer information may be had at
/// any time then (RFC 6960, section 4.2.2.1), and the usual answer is good for a week.
const WITHOUT_TERM: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What is wrong with the time of an answer, in words that follow it, and whose doing it is.
fn out_of_time(answer: &OcspAnswer, http: &HttpFacts, now: OffsetDateTime) -> Option<(Blame, String)> {
    let made = made_at(http, now);
    match (answer.next_update, made) {
        (Some(due), _) if now > due => {
            // A copy made while it was current: the responder may have a newer one, a cache on the way has not.
            let blame = if made.is_some_and(|made| made < due) { Blame::Proxy } else { Blame::Origin };
            Some((blame, format!("should have been replaced by {}", day(due))))
        }
        (None, Some(made)) if now > made + WITHOUT_TERM => {
            let words = format!("names no time by which it has to be replaced, and is a copy of {}", day(made));
            Some((Blame::Proxy, words))
        }
        _ if answer.this_update > now + CLOCK_TOLERANCE => {
            Some((Blame::Origin, format!("is not valid before {}", day(answer.this_update))))
        }
        _ => None,
    }
}

/// What is wrong with the time of an answer by our clock and not at corrected time, in words that follow it.
pub(super) fn outdated_by_our_clock(case: &Case<'_>) -> Option<String> {
    let http = case.observation.http.as_ref().filter(|http| (200..300).contains(&http.status))?;
    let answer = case.observation.ocsp.as_ref().filter(|_| expected(case) == Some(Published::Ocsp))?.answer()?;
    let (_, words) = out_of_time(answer, http, case.observation.probed_at)?;
    out_of_time(answer, http, case.now()).is_none().then_some(words)
}

/// The responder is there, and does not answer.
fn refused(case: &Case<'_>, refusal: OcspRefusal) -> Finding {
    let detail = format!("the OCSP responder {} answered {}: the way is open", case.host(), refusal.as_str());
    Finding::degraded(Cause::HttpServerError, detail).with("ocsp_error", refusal.as_str())
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
