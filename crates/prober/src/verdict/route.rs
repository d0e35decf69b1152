//! The way out: whether it is the one that is expected.

use super::case::Case;
use super::finding::Finding;
use crate::cause::Cause;
use crate::observation::Fault;
use crate::plan::{RouteExpectation, Way};

/// The request left another way than the configuration expects. Where the configuration itself names the way, there is
/// nobody to be surprised by; a PAC file and the settings of clients are somebody else's. They are judged by the way that was chosen first: that a
/// dead proxy sends clients to the next entry of a list is not the list's opinion.
pub(super) fn unexpected(case: &Case<'_>) -> Option<Finding> {
    let expected = case.expect().route.filter(|_| is_decided_elsewhere(&case.path.way))?;
    let observation = case.observation;
    if matches!(observation.fault, Some(Fault::Pac(_))) {
        // No way was chosen at all.
        return None;
    }
    let chosen = observation.first_choice();
    // Without an address that it asked for, the file may have chosen another way than for clients that have one.
    let is_guess = observation.pac.as_ref().is_some_and(|pac| !pac.failed_lookups.is_empty());
    if is_guess || expected.is_met_by(chosen) {
        return None;
    }
    let wanted = match expected {
        RouteExpectation::Direct => "go direct",
        RouteExpectation::Proxy => "go through a proxy",
    };
    let detail = format!("{} should {wanted}; path {} sends it {chosen}", case.host(), case.path.name);
    Some(Finding::degraded(Cause::RouteUnexpected, detail).with("route", &chosen.to_string()))
}

const fn is_decided_elsewhere(way: &Way) -> bool {
    !matches!(way, Way::Direct | Way::Proxy(_))
}
