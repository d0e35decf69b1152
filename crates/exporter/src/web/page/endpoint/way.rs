//! One path, as a card.

use prober::cause::{Cause, State};
use prober::snapshot::Row;
use time::OffsetDateTime;

use super::super::cell::pending;
use super::super::when::When;
use super::waterfall::Waterfall;
use crate::words;

/// One path of the endpoint.
#[derive(Debug)]
pub(super) struct WayCard<'a> {
    pub(super) path: &'a str,
    pub(super) state: State,
    /// The state in a word, or that it has not been probed.
    pub(super) word: &'static str,
    pub(super) since: Option<When>,
    pub(super) cause: Option<Cause>,
    pub(super) who: Option<&'static str>,
    /// What happened, in a sentence.
    pub(super) detail: Option<&'a str>,
    /// What the last probe found, where that is not (yet) the confirmed state.
    pub(super) pending: Option<String>,
    /// The way and who was met on it.
    pub(super) facts: Vec<(&'static str, String)>,
    /// When the last probe ended.
    pub(super) probed: Option<When>,
    pub(super) waterfall: Option<Waterfall>,
}

impl<'a> WayCard<'a> {
    pub(super) fn of(row: &'a Row, now: OffsetDateTime) -> Self {
        let confirmed = row.confirmed.as_ref();
        let reason = confirmed.and_then(|confirmed| confirmed.report.verdict.reason.as_ref());
        let last = row.last.as_deref();
        Self {
            path: &row.pair.path.name,
            state: row.state(),
            word: if last.is_none() && confirmed.is_none() { "not probed yet" } else { row.state().as_str() },
            since: confirmed.map(|confirmed| When::of(confirmed.since, now)),
            cause: reason.map(|reason| reason.cause),
            who: reason.map(|reason| words::who(reason.blame)),
            detail: reason.map(|reason| reason.detail.as_str()),
            pending: pending(row),
            facts: facts(row),
            probed: last.map(|last| When::of(last.observation.probed_at, now)),
            waterfall: last.and_then(Waterfall::of),
        }
    }
}

fn facts(row: &Row) -> Vec<(&'static str, String)> {
    let Some(seen) = row.last.as_ref().map(|last| &last.observation) else { return Vec::new() };
    let mut facts = Vec::new();
    // Name servers are asked without any way of the site's.
    if seen.tenant.is_none() {
        facts.push(("route", seen.route.to_string()));
    }
    for detour in &seen.detours {
        facts.push(("tried in vain", detour.route.to_string()));
    }
    if let Some(peer) = seen.remote_address {
        facts.push(("connected to", peer.to_string()));
    }
    if let Some(resolve) = &seen.resolve {
        let addresses: Vec<_> = resolve.addresses.iter().map(ToString::to_string).collect();
        let addresses: Vec<_> = addresses.iter().map(String::as_str).collect();
        facts.push(("resolves to", words::all(&addresses)));
    }
    facts
}
