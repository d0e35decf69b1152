//! What one result that has just been blocked may mean for the others of its path.

use super::is_tenant;
use super::tally::is_hop;
use crate::cause::{Blame, Cause, Stage, State};
use crate::snapshot::Row;

/// What to look at, so that a path that goes down is known to be down soon, however seldom its endpoints are probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suspicion {
    /// Nothing: it is the endpoint's own trouble.
    Nothing,
    /// Another host: it may be the endpoint, or the path.
    Witness,
    /// Everything on the path.
    Path,
}

/// What a row that has just been confirmed as blocked lets suspect; `others` are the other rows of its path.
pub(crate) fn suspicion<'a>(blocked: &Row, mut others: impl Iterator<Item = &'a Row>) -> Suspicion {
    let Some(stop @ (_, cause)) = stop(blocked) else { return Suspicion::Nothing };
    let host = host(blocked);
    let is_alike = |row: &Row| stop_of_another(row, host) == Some(stop);
    if is_hop(cause) || others.any(is_alike) { Suspicion::Path } else { Suspicion::Witness }
}

/// Whether a row can tell more of the path: it is held to get through, to another host than this row's.
pub(crate) fn is_witness(row: &Row, blocked: &Row) -> bool {
    row.state().is_usable() && !is_tenant(row) && host(row) != host(blocked)
}

fn stop_of_another(row: &Row, other: &str) -> Option<(Stage, Cause)> {
    stop(row).filter(|_| host(row) != other)
}

/// Where and why a blocked endpoint stops, unless the publisher or its owner is why.
fn stop(row: &Row) -> Option<(Stage, Cause)> {
    let confirmed = row.confirmed.as_ref().filter(|confirmed| confirmed.state == State::Blocked)?;
    let reason = confirmed.report.verdict.reason.as_ref()?;
    let is_on_the_way = matches!(reason.blame, Blame::Resolver | Blame::Network | Blame::Proxy | Blame::Interceptor);
    let is_no_endpoint = row.pair.endpoint.control || is_tenant(row);
    (is_on_the_way && !is_no_endpoint).then_some((reason.stage, reason.cause))
}

fn host(row: &Row) -> &str {
    row.pair.endpoint.url.host_str().unwrap_or_default()
}
