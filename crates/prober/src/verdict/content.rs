//! The response body where something is expected of it: a certificate revocation list or a text.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::case::Case;
use super::copy::made_at;
use super::edition;
use super::finding::Finding;
use super::http::words;
use super::published;
use crate::cause::{Blame, Cause, State};
use crate::observation::{
    BodyFacts, CrlFacts, CrlOutcome, CrlSignature, HttpFacts, HttpFailure, HttpFault, IoKind, Moment,
};
use crate::plan::Freshness;

/// Whether judgement waits for what a broken exchange kept back of the body.
pub(super) fn needs_rest_of_body(case: &Case<'_>, fault: &HttpFault) -> bool {
    let status = case.observation.http.as_ref().map_or(0, |http| http.status);
    if case.expect().crl.is_some() {
        // An orderly end before the announced one is a cut list, not a cut connection. Only a 2xx holds a list.
        return (200..300).contains(&status) && case.observation.parsed_crl().is_none() && !ended_early(case, fault);
    }
    published::needs_rest_of_body(case) || (case.expect().body.is_some() && !case.body_matches())
}

/// What does not count because the endpoint says so: `freshness: ignored`.
pub(super) fn forgiven(case: &Case<'_>) -> Option<Cause> {
    let expected = case.expect().crl.as_ref()?;
    if expected.freshness == Freshness::Required {
        return None;
    }
    stale(case, case.observation.http.as_ref()?).map(|finding| finding.cause)
}

/// What is wrong with a body that should be a CRL.
pub(super) fn crl(case: &Case<'_>) -> Option<Finding> {
    let expected = case.expect().crl.as_ref()?;
    let http = case.observation.http.as_ref()?;
    match http.status {
        // With 304 it is the list as it was, if that was asked for.
        status if (200..300).contains(&status) || (status == 304 && case.observation.parsed_crl().is_some()) => {
            let is_stale = || stale(case, http).filter(|_| expected.freshness == Freshness::Required);
            let rolled_back = || edition::rolled_back(case, case.observation.parsed_crl()?);
            body_fault(case, http).or_else(is_stale).or_else(rolled_back)
        }
        404 | 410 => stale(case, http).filter(|_| expected.freshness == Freshness::Required),
        500..=599 => None,
        // Nobody wrote it down: a certificate says so, and who refuses is not known.
        status if case.endpoint.discovered.is_some() && case.is_refusal_of_somebody(status) => None,
        _ if case.endpoint.discovered.is_some() && case.is_proven() => Some(
            Finding { state: State::Degraded, ..invalid(case, &format!("the answer is {}", words(http))) }
                .blaming(Blame::Origin),
        ),
        _ => Some(invalid(case, &format!("the answer is {}", words(http)))),
    }
}

/// What is wrong with the list itself.
fn body_fault(case: &Case<'_>, http: &HttpFacts) -> Option<Finding> {
    let host = case.host();
    match case.observation.crl.as_deref() {
        Some(CrlOutcome::Parsed(list)) if list.signature == CrlSignature::Invalid => {
            let reason = list.signature_reason.as_ref().map_or("the signature does not hold", AsRef::as_ref);
            let detail = format!("the CRL from {host} is not signed by \"{}\": {reason}", list.issuer);
            Some(Finding::blocked(Cause::CrlBadSignature, detail))
        }
        Some(CrlOutcome::Parsed(_)) => None,
        Some(CrlOutcome::Truncated { announced, received }) => Some(truncated(host, *announced, *received)),
        Some(CrlOutcome::TooLarge) => Some(too_large(host)),
        Some(CrlOutcome::Invalid { reason }) => Some(invalid(case, reason.as_str())),
        None => Some(unread(case, &http.body)),
    }
}

/// The exchange broke before there was a whole body to look at.
fn unread(case: &Case<'_>, body: &BodyFacts) -> Finding {
    match body.announced {
        _ if body.limit_reached => too_large(case.host()),
        Some(announced) if body.bytes < announced => truncated(case.host(), announced, body.bytes),
        _ => invalid(case, &format!("the body ended after {} bytes", body.bytes)),
    }
}

fn truncated(host: &str, announced: u64, received: u64) -> Finding {
    let detail = format!("the CRL from {host} is cut short: {received} of {announced} bytes came");
    Finding::blocked(Cause::CrlTruncated, detail)
}

fn too_large(host: &str) -> Finding {
    Finding::blocked(Cause::CrlTooLarge, format!("the CRL from {host} is over the limit of 32 MiB"))
}

fn invalid(case: &Case<'_>, reason: &str) -> Finding {
    let detail = format!("what {} serves at {} is no CRL: {reason}", case.host(), case.endpoint.url.path());
    Finding::blocked(Cause::CrlInvalid, detail).with("reason", reason)
}

/// A list that is withdrawn or out of date, whether that counts or not.
fn stale(case: &Case<'_>, http: &HttpFacts) -> Option<Finding> {
    if matches!(http.status, 404 | 410) {
        let detail = format!("{} answered {}: the CRL is no longer published there", case.host(), words(http));
        return Some(Finding::degraded(Cause::CrlGone, detail));
    }
    let list = case.observation.parsed_crl()?;
    let now = case.now();
    let (due, words) = out_of_time(case, list, now)?;
    let finding = Finding::degraded(Cause::CrlExpired, format!("the CRL from {} {words}", case.host()))
        .at_corrected_time(case.clock);
    // A copy made while the list was current: the publisher may have a newer one, a cache on the way has not.
    match made_at(http, now).zip(due) {
        Some((made, due)) if made < due => Some(finding.blaming(Blame::Proxy).with("cached_since", &day(made))),
        _ => Some(finding),
    }
}

/// The moment by which a list should have been replaced, where that is what is wrong, and what is wrong in words that
/// follow the list.
fn out_of_time(case: &Case<'_>, list: &CrlFacts, now: OffsetDateTime) -> Option<(Option<OffsetDateTime>, String)> {
    if let Some(due) = list.next_update.filter(|due| now > *due) {
        return Some((Some(due), format!("should have been replaced by {}", day(due))));
    }
    // Publishers and clients have clocks of their own.
    if list.this_update > now + CLOCK_TOLERANCE {
        return Some((None, format!("is not valid before {}", day(list.this_update))));
    }
    let max_age = case.expect().crl.as_ref()?.max_age?;
    let due = list.this_update.checked_add(max_age.try_into().ok()?).filter(|due| now > *due)?;
    let limit = crate::config::duration_in_words(max_age);
    Some((Some(due), format!("was issued on {}, longer ago than max_age allows ({limit})", day(list.this_update))))
}

/// How far the publisher's clock may be ahead.
pub(super) const CLOCK_TOLERANCE: Duration = Duration::from_secs(5 * 60);

pub(super) fn day(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}

/// What is wrong with the time of a list by our clock and not at corrected time, in words that follow the list; where it
/// has to be fresh and is served as one.
pub(super) fn outdated_by_our_clock(case: &Case<'_>) -> Option<String> {
    let is_required = case.expect().crl.as_ref().is_some_and(|expected| expected.freshness == Freshness::Required);
    let http = case.observation.http.as_ref().filter(|http| is_required && matches!(http.status, 200..300 | 304));
    let list = case.observation.parsed_crl().filter(|_| http.is_some())?;
    let (_, words) = out_of_time(case, list, case.observation.probed_at)?;
    out_of_time(case, list, case.now()).is_none().then_some(words)
}

/// Whether the peer closed in order before the announced length, or the outer length of a list, had come.
fn ended_early(case: &Case<'_>, fault: &HttpFault) -> bool {
    let closed = matches!(&fault.failure, HttpFailure::Lost(io) if io.kind == IoKind::Closed);
    let body = case.observation.http.as_ref().map(|http| &http.body);
    let short = body.is_some_and(|body| body.announced.is_some_and(|announced| body.bytes < announced));
    let cut = matches!(case.observation.crl.as_deref(), Some(CrlOutcome::Truncated { .. }));
    fault.during == Moment::Body && closed && (short || cut)
}

/// A body without the text expected of it.
pub(super) fn body(case: &Case<'_>) -> Option<Finding> {
    let expected = case.expect().body.as_ref()?;
    let http = case.observation.http.as_ref()?;
    if case.body_matches() {
        return None;
    }
    let text = crate::text::Clean::bounded(&expected.contains, 60);
    let detail = format!("{} answered {} without the expected text \"{text}\"", case.host(), words(http));
    Some(Finding::blocked(Cause::ContentMismatch, detail).with("body", http.body.sample.evidence().as_str()))
}
