//! The response of the origin, or of whoever stands for it.

use super::case::{Case, status_words};
use super::finding::Finding;
use super::{content, proxy};
use crate::cause::{Blame, Cause};
use crate::fingerprint::{Meaning, Sign};
use crate::observation::{HttpFacts, HttpFailure, HttpFault, IoKind, Moment};

/// No complete response came. After a complete head that matters only where the body is needed.
pub(super) fn failed(case: &Case<'_>, fault: &HttpFault) -> Option<Finding> {
    match fault.during {
        Moment::Head if case.forwarder().is_some() && case.observation.tls.is_none() => Some(proxy_failed(case, fault)),
        Moment::Head => {
            let finding = broken(case, fault, "before the response head was complete");
            Some(if fault.received == 0 { behind_tunnel(case, finding) } else { finding })
        }
        Moment::Body if content::needs_rest_of_body(case, fault) => {
            Some(broken(case, fault, "before the end of the response body, which is needed"))
        }
        Moment::Body => None,
    }
}

fn broken(case: &Case<'_>, fault: &HttpFault, when: &str) -> Finding {
    let host = &fault.host;
    let so_far = match fault.received {
        0 => "nothing had come".to_owned(),
        received => format!("{received} bytes had come"),
    };
    match &fault.failure {
        HttpFailure::Lost(io) if io.kind == IoKind::Exhausted => case.monitor_error(format!("HTTP with {host}: {io}")),
        HttpFailure::Lost(io) if io.kind != IoKind::TimedOut => {
            Finding::blocked(Cause::HttpReset, format!("the connection to {host} was lost {when}: {io}; {so_far}"))
        }
        // ETIMEDOUT: the kernel gave up before we did.
        HttpFailure::Lost(_) | HttpFailure::TimedOut => {
            Finding::blocked(Cause::HttpTimeout, format!("time ran out on {host} {when}; {so_far}"))
        }
        HttpFailure::Invalid(what) => {
            Finding::blocked(Cause::HttpInvalid, format!("what came from {host} is not HTTP: {what}"))
        }
    }
}

/// In the clear behind a tunnel it is the proxy that stands before the origin until something came: there are those that
/// open the tunnel before they know whether they can.
fn behind_tunnel(case: &Case<'_>, mut finding: Finding) -> Finding {
    if case.observation.tls.is_some() || !case.tunnelled() || finding.cause == Cause::MonitorError {
        return finding;
    }
    finding.detail.push_str(case.behind_tunnel());
    finding.blaming(Blame::Proxy).with("tunnel", "opened")
}

/// A plain-http request through a proxy: until the first byte it is the proxy that fails, afterwards it may be relaying.
fn proxy_failed(case: &Case<'_>, fault: &HttpFault) -> Finding {
    let name = case.answerer();
    match (&fault.failure, fault.received) {
        (HttpFailure::TimedOut, 0) => proxy::silent(case, &name),
        (HttpFailure::Lost(io), 0) if io.kind != IoKind::Exhausted => {
            proxy::nonsense(format!("{name} closed the connection without a reply: {io}"))
        }
        (HttpFailure::Invalid(what), _) => {
            proxy::nonsense(format!("{name} answered with something that is not HTTP: {what}"))
        }
        _ => broken(case, fault, "before the response head was complete"),
    }
}

/// A block page by its fingerprint, from a peer that did not prove to be the origin.
pub(super) fn block_page(case: &Case<'_>, http: &HttpFacts, sign: &Sign<'_>) -> Option<Finding> {
    if sign.means == Some(Meaning::Upstream) {
        return None;
    }
    let told = sign.told();
    let told = if told.is_empty() { told } else { format!(" ({told})") };
    let detail = format!("a block page of {}{told} answers for {} with {}", sign.vendor, case.host(), words(http));
    Some(Finding::blocked(Cause::BlockPage, detail).signed(sign))
}

/// A status outside `expect.status`.
pub(super) fn status(case: &Case<'_>) -> Option<Finding> {
    let http = case.observation.http.as_ref()?;
    let expected = case.expect().status.as_ref()?;
    if expected.contains(http.status) {
        return None;
    }
    let detail = format!("{} answered {}, expected is {expected}", case.host(), words(http));
    Some(Finding::blocked(Cause::HttpStatus, detail))
}

/// 5xx from a proven origin, or over plain http without a sign of anybody else. A bad certificate is a matter of its
/// own, and an expected status is no error.
pub(super) fn server_error(case: &Case<'_>) -> Option<Finding> {
    let http = case.observation.http.as_ref()?;
    let from_origin = case.is_proven() || case.plain_answer().is_some();
    if !(500..600).contains(&http.status) || !from_origin || case.status_is_expected(http.status) {
        return None;
    }
    let detail = format!("{} answered {}: the way is open, the service has a problem", case.host(), words(http));
    Some(Finding::degraded(Cause::HttpServerError, detail))
}

/// A refusal over plain http that nobody can be held to, and no expectation that decides.
pub(super) fn unproven(case: &Case<'_>) -> Option<Finding> {
    let http = case.plain_answer()?;
    let expect = case.expect();
    let is_discovered = case.endpoint.discovered.is_some();
    let undecided = expect.status.is_none() && expect.body.is_none() && (expect.crl.is_none() || is_discovered);
    if !undecided || !case.is_refusal_of_somebody(http.status) {
        return None;
    }
    let detail = format!(
        "{} came for {} over plain http: from the origin or from a filter on the way",
        words(http),
        case.host_and_port()
    );
    let finding = Finding::degraded(Cause::HttpUnproven, detail);
    // Publishers have limits, filters seldom do.
    Some(if is_discovered && http.status == 429 { finding.blaming(Blame::Origin) } else { finding })
}

/// The status as people read it.
pub(super) fn words(http: &HttpFacts) -> String {
    status_words(http.status, http.reason.as_ref().map(AsRef::as_ref))
}
