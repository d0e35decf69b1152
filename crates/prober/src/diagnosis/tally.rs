//! What is counted of a path's results, and what they say of it together.

use time::OffsetDateTime;

use super::is_recent;
use super::path::{PathStanding, PathState};
use crate::cause::{Cause, Stage, State};
use crate::snapshot::Row;

/// What is counted of a path's results.
#[derive(Debug, Default)]
pub(super) struct Tally<'a> {
    usable: usize,
    /// Whether a control gets through: a way that is open for one host is not down.
    control_usable: bool,
    /// When anything was last seen to get through, controls too, of what is held to do so.
    last_open: Option<OffsetDateTime>,
    blocked: usize,
    /// The endpoints blocked on recent results.
    stopped: Vec<Stopped<'a>>,
}

/// An endpoint that does not get through.
#[derive(Debug, Clone, Copy)]
struct Stopped<'a> {
    host: &'a str,
    stop: (Stage, Cause),
    /// When it was first seen, and when last.
    since: OffsetDateTime,
    seen: OffsetDateTime,
}

impl<'a> Tally<'a> {
    pub(super) fn count(&mut self, row: &'a Row, now: OffsetDateTime) {
        let Some(confirmed) = &row.confirmed else { return };
        let seen = confirmed.report.observation.probed_at;
        let usable = confirmed.state.is_usable();
        if usable {
            self.last_open = self.last_open.max(Some(seen));
        }
        if row.pair.endpoint.control {
            self.control_usable |= usable;
            return;
        }
        self.usable += usize::from(usable);
        if confirmed.state != State::Blocked {
            return;
        }
        self.blocked += 1;
        if let Some(reason) = confirmed.report.verdict.reason.as_ref().filter(|_| is_recent(row, now)) {
            let host = row.pair.endpoint.url.host_str().unwrap_or_default();
            let stop = (reason.stage, reason.cause);
            self.stopped.push(Stopped { host, stop, since: confirmed.since, seen });
        }
    }

    pub(super) fn standing(&self, path: &'a str) -> PathStanding<'a> {
        let all = Stops::of(self.stopped.iter());
        let (state, stops) = match (self.usable, self.blocked) {
            (0, 0) => (PathState::Unknown, None),
            (_, 0) => (PathState::Up, None),
            _ if self.usable > 0 || self.control_usable => match self.shut_since() {
                Some(stops) => (PathState::Down, Some(stops)),
                None => (PathState::Partial, None),
            },
            _ if all.take_a_path_down() => (PathState::Down, Some(all)),
            _ => (PathState::Unknown, None),
        };
        let cause = match stops.as_ref().map(|stops| stops.kinds.as_slice()) {
            Some([(_, only)]) => Some(*only),
            _ => None,
        };
        PathStanding { path, state, cause }
    }

    /// What shut the path after anything was last seen to get through, where that is sure: the results that are held usable
    /// are then merely old. Several hosts began to stop at hops that all share, and nothing passed those since. What was
    /// stopping before, while others got through, shows nothing of the kind.
    fn shut_since(&self) -> Option<Stops<'a>> {
        let open = self.last_open?;
        let is_at_hop = |stopped: &&Stopped<'_>| is_shared_hop(stopped.stop.1);
        let fresh = || self.stopped.iter().filter(is_at_hop).filter(|stopped| stopped.since > open);
        let began = fresh().map(|stopped| stopped.since).min()?;
        let stops = Stops::of(fresh());
        let mut others = self.stopped.iter().filter(|stopped| !is_at_hop(stopped));
        (stops.several_hosts && others.all(|stopped| stopped.seen < began)).then_some(stops)
    }
}

/// Where and why endpoints stop, each stop once.
#[derive(Debug, Default)]
struct Stops<'a> {
    first_host: Option<&'a str>,
    several_hosts: bool,
    kinds: Vec<(Stage, Cause)>,
}

impl<'a> Stops<'a> {
    fn of<'b>(stopped: impl Iterator<Item = &'b Stopped<'a>>) -> Self
    where
        'a: 'b,
    {
        let mut all = Self::default();
        for one in stopped {
            all.several_hosts |= *all.first_host.get_or_insert(one.host) != one.host;
            if !all.kinds.contains(&one.stop) {
                all.kinds.push(one.stop);
            }
        }
        all
    }

    /// Where nothing gets through: whether that is not by chance. All stopped at a hop of the path itself, or several hosts
    /// all stopped at the same place for the same cause.
    fn take_a_path_down(&self) -> bool {
        let at_hops = !self.kinds.is_empty() && self.kinds.iter().all(|(_, cause)| is_hop(*cause));
        at_hops || (self.several_hosts && self.kinds.len() == 1)
    }
}

/// Whether a cause lies at a hop of the path itself: the resolvers, the way to the proxy and into it, the PAC file.
pub(super) fn is_hop(cause: Cause) -> bool {
    is_shared_hop(cause) || matches!(cause, Cause::DnsServerFailure | Cause::DnsTimeout)
}

/// Whether it lies at one that all endpoints share. A resolver may fail for the names of one zone.
fn is_shared_hop(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::PacUnavailable
            | Cause::PacInvalid
            | Cause::ProxyUnresolvable
            | Cause::ProxyRefused
            | Cause::ProxyUnreachable
            | Cause::ProxyTimeout
            | Cause::ProxyTlsFailed
            | Cause::ProxyAuthRequired
    )
}
