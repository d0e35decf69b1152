//! What looks out of date only by this machine's clock. Validity is judged at corrected time throughout; what that
//! makes vanish says something of the monitor.

use super::case::Case;
use super::content;
use super::finding::Finding;
use super::published;
use super::tls;
use crate::cause::{Cause, Stage};
use crate::clock::ClockOffset;
use crate::observation::{TlsFacts, Validity};

/// An expiry that vanished, where the probe kept back a part of the request for it: what is expected of the answer says
/// nothing then.
pub(super) fn kept_back(case: &Case<'_>) -> Option<Finding> {
    let endpoint = case.endpoint;
    let is_whole = endpoint.headers.is_empty() && endpoint.body.is_none();
    if is_whole { None } else { certificate(case) }
}

/// An expiry that vanished, where there is nothing worse to tell.
pub(super) fn wrong(case: &Case<'_>) -> Option<Finding> {
    if kept_back(case).is_some() {
        return None;
    }
    certificate(case).or_else(|| list(case)).or_else(|| answer(case))
}

/// A certificate that holds at corrected time, and not by our clock.
fn certificate(case: &Case<'_>) -> Option<Finding> {
    let (clock, tls) = (case.clock?, case.observation.tls.as_ref()?);
    if !tls::counts_as_trusted(tls) || !vanished(case, tls) {
        return None;
    }
    Some(finding(clock, &format!("the certificate of {} is outside its validity", case.host())))
}

/// A list that is inside its time at corrected time, and outside by our clock.
fn list(case: &Case<'_>) -> Option<Finding> {
    let (clock, words) = (case.clock?, content::outdated_by_our_clock(case)?);
    let what = format!("the CRL from {} {words}", case.host());
    Some(finding(clock, &what).at(Stage::Content))
}

/// The same of what a responder answered.
fn answer(case: &Case<'_>) -> Option<Finding> {
    let (clock, words) = (case.clock?, published::outdated_by_our_clock(case)?);
    let what = format!("the OCSP answer from {} {words}", case.host());
    Some(finding(clock, &what).at(Stage::Content))
}

/// A proxy's certificate that holds at corrected time, for which alone the probe went no further.
pub(super) fn of_proxy(case: &Case<'_>, name: &str, tls: &TlsFacts) -> Option<Finding> {
    if !tls.is_vouched_for() || !vanished(case, tls) {
        return None;
    }
    Some(finding(case.clock?, &format!("the certificate of {name} is outside its validity")).at(Stage::Proxy))
}

fn vanished(case: &Case<'_>, tls: &TlsFacts) -> bool {
    tls.verification.validity != Validity::Valid && case.validity(tls) == Validity::Valid
}

fn finding(clock: ClockOffset, what: &str) -> Finding {
    let detail = format!("{what} by the monitor's clock alone, which is {clock}");
    Finding::degraded(Cause::MonitorClock, detail).at_corrected_time(Some(clock))
}
