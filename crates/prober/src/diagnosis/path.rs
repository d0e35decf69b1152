//! One path over all its endpoints.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::{is_recent, is_tenant};
use crate::cause::{Cause, Stage, State};
use crate::snapshot::{Row, Snapshot};

/// A path and what its results say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathStanding<'a> {
    /// The path's name.
    pub path: &'a str,
    /// The state.
    pub state: PathState,
    /// The cause that takes the whole path down, where it is a single one.
    pub cause: Option<Cause>,
}

/// What a path's results say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathState {
    /// Every endpoint of which something is known gets through.
    Up,
    /// Something gets through.
    Partial,
    /// Nothing does, and the path is why.
    Down,
    /// Nothing is known to get through, nor that the path is why.
    Unknown,
}

impl PathState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Up, Self::Partial, Self::Down, Self::Unknown];

    /// The name used in labels and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Partial => "partial",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// Where each path stands, in the order in which the paths first appear.
pub fn paths(snapshot: &Snapshot) -> Vec<PathStanding<'_>> {
    let mut tallies: Vec<(&str, Tally<'_>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for row in snapshot.rows.iter().filter(|row| !is_tenant(row)) {
        let path = row.pair.path.name.as_str();
        let place = *places.entry(path).or_insert_with(|| {
            tallies.push((path, Tally::default()));
            tallies.len() - 1
        });
        if let Some((_, tally)) = tallies.get_mut(place) {
            tally.count(row, snapshot.generated_at);
        }
    }
    tallies.into_iter().map(|(path, tally)| tally.standing(path)).collect()
}

/// What is counted of a path's results.
#[derive(Debug, Default)]
struct Tally<'a> {
    usable: usize,
    /// Whether a control gets through: a way that is open for one host is not down.
    control_usable: bool,
    blocked: usize,
    /// Of the endpoints blocked on recent results: the first one's host, whether there is another, where and why each
    /// stopped.
    first_host: Option<&'a str>,
    several_hosts: bool,
    stops: Vec<(Stage, Cause)>,
}

impl<'a> Tally<'a> {
    fn count(&mut self, row: &'a Row, now: OffsetDateTime) {
        let usable = row.state().is_usable();
        if row.pair.endpoint.control {
            self.control_usable |= usable;
            return;
        }
        if usable {
            self.usable += 1;
        }
        if row.state() != State::Blocked {
            return;
        }
        self.blocked += 1;
        let reason = row.confirmed.as_ref().and_then(|confirmed| confirmed.report.verdict.reason.as_ref());
        if let Some(reason) = reason.filter(|_| is_recent(row, now)) {
            let host = row.pair.endpoint.url.host_str().unwrap_or_default();
            self.several_hosts |= *self.first_host.get_or_insert(host) != host;
            let stop = (reason.stage, reason.cause);
            if !self.stops.contains(&stop) {
                self.stops.push(stop);
            }
        }
    }

    fn standing(&self, path: &'a str) -> PathStanding<'a> {
        let state = match (self.usable, self.blocked) {
            (0, 0) => PathState::Unknown,
            (_, 0) => PathState::Up,
            _ if self.usable > 0 || self.control_usable => PathState::Partial,
            _ if self.is_down() => PathState::Down,
            _ => PathState::Unknown,
        };
        let cause = match self.stops.as_slice() {
            [(_, only)] if state == PathState::Down => Some(*only),
            _ => None,
        };
        PathStanding { path, state, cause }
    }

    /// Nothing gets through, and not by chance: all stopped at a hop of the path itself, or several hosts all stopped
    /// at the same place for the same cause.
    fn is_down(&self) -> bool {
        let at_hops = !self.stops.is_empty() && self.stops.iter().all(|(_, cause)| is_hop(*cause));
        at_hops || (self.several_hosts && self.stops.len() == 1)
    }
}

/// Whether a cause lies at a hop of the path itself: the resolvers, the way to the proxy and into it, the PAC file.
fn is_hop(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::PacUnavailable
            | Cause::PacInvalid
            | Cause::DnsServerFailure
            | Cause::DnsTimeout
            | Cause::ProxyUnresolvable
            | Cause::ProxyRefused
            | Cause::ProxyUnreachable
            | Cause::ProxyTimeout
            | Cause::ProxyTlsFailed
            | Cause::ProxyAuthRequired
    )
}
