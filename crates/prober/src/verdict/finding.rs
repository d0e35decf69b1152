//! One row of the table of causes that applies to a case.

use crate::cause::{Blame, Cause, Stage, State};
use crate::clock::ClockOffset;
use crate::fingerprint::Sign;
use crate::text::Clean;

/// A cause that applies, with everything that its verdict would say.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) cause: Cause,
    pub(super) state: State,
    pub(super) stage: Stage,
    pub(super) blame: Blame,
    pub(super) detail: String,
    pub(super) facts: Vec<(&'static str, Clean)>,
}

impl Finding {
    /// A client cannot use the endpoint.
    pub(super) fn blocked(cause: Cause, detail: impl Into<String>) -> Self {
        Self::new(State::Blocked, cause, detail.into())
    }

    /// A client can use it, but.
    pub(super) fn degraded(cause: Cause, detail: impl Into<String>) -> Self {
        Self::new(State::Degraded, cause, detail.into())
    }

    /// Nothing is known.
    pub(super) fn unknown(cause: Cause, detail: impl Into<String>) -> Self {
        Self::new(State::Unknown, cause, detail.into())
    }

    fn new(state: State, cause: Cause, detail: String) -> Self {
        Self { cause, state, stage: cause.stage(), blame: cause.blame(), detail, facts: Vec::new() }
    }

    /// Lays the blame elsewhere than the table's row does.
    pub(super) fn blaming(mut self, blame: Blame) -> Self {
        self.blame = blame;
        self
    }

    /// Puts the stop elsewhere than the table's row does.
    pub(super) fn at(mut self, stage: Stage) -> Self {
        self.stage = stage;
        self
    }

    /// Adds what a sign tells: whose product it is, its words, and what those say of category, rule and reason.
    pub(super) fn signed(mut self, sign: &Sign<'_>) -> Self {
        self.facts.extend(sign.facts.iter().cloned());
        self.with("vendor", sign.vendor).with("server_message", sign.message.as_str())
    }

    /// Adds by how much the clock is corrected by which this was judged.
    pub(super) fn at_corrected_time(self, clock: Option<ClockOffset>) -> Self {
        let Some(clock) = clock else { return self };
        self.with("clock_offset_seconds", &clock.offset.whole_seconds().to_string())
    }

    /// Adds a fact; an empty one is left out.
    pub(super) fn with(mut self, key: &'static str, value: &str) -> Self {
        let value = Clean::new(value);
        if !value.is_empty() {
            self.facts.push((key, value));
        }
        self
    }
}
