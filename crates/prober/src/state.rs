//! What is held true of a pair: raw results folded into a confirmed state, with a memory of since when.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use crate::cause::State;
use crate::observation::{AuditFacts, Observation};
use crate::verdict::Verdict;

/// One raw result: what was seen and what it means.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What was seen, compacted.
    pub observation: Observation,
    /// What it means.
    pub verdict: Verdict,
    /// The last audit of the pair's TLS, which it was judged by too.
    pub audit: Option<Arc<AuditFacts>>,
}

/// What is held true of a pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirmed {
    /// The state.
    pub state: State,
    /// When it began: the end of the first probe that saw it, also one of an earlier process ([`Earlier`]).
    pub since: OffsetDateTime,
    /// The newest result that agrees with the state; its cause is the one shown.
    pub report: Arc<Report>,
}

/// A confirmed state gave way to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What was held true before; `None` where this is the first thing known.
    pub before: Option<Confirmed>,
    /// What is held true now.
    pub after: Confirmed,
}

/// What an earlier process held true at its end, by endpoint and path: which state, and since when. A first state that is
/// the same is taken for the same, so that its beginning survives a restart.
pub type Earlier = HashMap<(String, String), (State, OffsetDateTime)>;

/// How much it takes to confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How many blocked results in a row make a pair blocked.
    pub confirm: NonZeroU32,
    /// How often the pair is probed.
    pub interval: Duration,
}

impl Rules {
    /// A silence shorter than this hides no confirmed state, however often the pair is probed.
    const LEAST_PATIENCE: Duration = Duration::from_secs(5 * 60);

    /// For how long a confirmed state outlives results that know nothing.
    fn patience(self) -> Duration {
        self.interval.saturating_mul(3).max(Self::LEAST_PATIENCE)
    }
}

/// The raw results of one pair, folded: a pure function of their order and stamps.
///
/// A usable result is adopted at once. `blocked` needs several in a row, equal in state, not in cause: a wrong alarm
/// at night costs as much as a late one. `unknown` says nothing about the endpoint, so it neither counts for a row nor
/// breaks one, and what was confirmed stays until nothing else has come for a while.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    confirmed: Option<Confirmed>,
    /// Blocked results in a row, and when the first one ended.
    blocked: Option<Streak>,
    /// Unknown results in a row.
    unknown: Option<Streak>,
    /// When the newest result that knew something ended.
    last_known: Option<OffsetDateTime>,
    /// What an earlier process held true, until this one knows better.
    earlier: Option<(State, OffsetDateTime)>,
}

/// Equal results in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Streak {
    since: OffsetDateTime,
    length: u32,
}

impl Streak {
    fn longer(streak: Option<Self>, at: OffsetDateTime) -> Self {
        streak
            .map_or(Self { since: at, length: 1 }, |streak| Self { length: streak.length.saturating_add(1), ..streak })
    }
}

impl Memory {
    /// One that goes on from what an earlier process held true.
    pub fn after(earlier: Option<(State, OffsetDateTime)>) -> Self {
        Self { earlier, ..Self::default() }
    }

    /// What is held true; `None` before the first result that can be adopted.
    pub fn confirmed(&self) -> Option<&Confirmed> {
        self.confirmed.as_ref()
    }

    /// Whether blocked results wait for more of their kind to be believed.
    pub fn is_undecided(&self) -> bool {
        self.blocked.is_some() && self.confirmed.as_ref().is_none_or(|confirmed| confirmed.state != State::Blocked)
    }

    /// Takes in the newest result; says what changed, if the state did.
    pub fn fold(&mut self, report: &Arc<Report>, rules: Rules) -> Option<Change> {
        let at = report.observation.probed_at;
        let state = report.verdict.state;
        let since = match state {
            State::Reachable | State::Degraded => {
                self.known(None, at);
                at
            }
            State::Blocked => {
                let streak = Streak::longer(self.blocked, at);
                self.known(Some(streak), at);
                if streak.length < rules.confirm.get() && !self.holds(State::Blocked) {
                    return None;
                }
                streak.since
            }
            State::Unknown => {
                let streak = Streak::longer(self.unknown, at);
                self.unknown = Some(streak);
                let is_forgotten = self.last_known.is_none_or(|last| at - last >= rules.patience());
                if is_forgotten {
                    // A row begun or confirmed so long ago says nothing of the next result either.
                    self.blocked = None;
                }
                let holds_nothing = self.confirmed.is_none() || self.holds(State::Unknown);
                if !holds_nothing && !is_forgotten {
                    return None;
                }
                streak.since
            }
        };
        self.adopt(Confirmed { state, since, report: Arc::clone(report) })
    }

    fn known(&mut self, blocked: Option<Streak>, at: OffsetDateTime) {
        self.blocked = blocked;
        self.unknown = None;
        self.last_known = Some(at);
    }

    fn holds(&self, state: State) -> bool {
        self.confirmed.as_ref().is_some_and(|confirmed| confirmed.state == state)
    }

    fn adopt(&mut self, newest: Confirmed) -> Option<Change> {
        let same = self.holds(newest.state);
        let before = self.confirmed.take();
        // A state that goes on keeps its beginning and takes the newest report.
        let earlier = self.earlier.take_if(|_| newest.state != State::Unknown);
        let earlier = earlier.filter(|(state, since)| *state == newest.state && *since <= newest.since);
        let since = match &before {
            Some(before) if same => before.since,
            _ => earlier.map_or(newest.since, |(_, since)| since),
        };
        let after = Confirmed { since, ..newest };
        self.confirmed = Some(after.clone());
        (!same).then_some(Change { before, after })
    }
}

#[cfg(test)]
mod tests;
