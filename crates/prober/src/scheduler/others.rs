//! What other probes saw, as far as it bears on the judgement of one.

use time::OffsetDateTime;
use tokio::time::Instant;

use super::answers::Answers;
use super::clocks::Clocks;
use super::editions::Editions;
use super::leaves::Leaves;
use super::revoked::Revoked;
use crate::clock::ClockOffset;
use crate::fingerprint::Fingerprints;
use crate::observation::Observation;
use crate::plan::{Pair, Plan};
use crate::text::Clean;
use crate::verdict::Question;

/// What other probes saw.
#[derive(Debug, Default)]
pub(super) struct Others {
    answers: Answers,
    leaves: Leaves,
    clocks: Clocks,
    editions: Editions,
    revoked: Revoked,
}

impl Others {
    /// Takes note of what a probe saw.
    pub(super) fn note(&self, pair: &Pair, observation: &Observation, now: Instant) {
        self.answers.note(pair, observation, now);
        self.leaves.note(pair, observation);
        self.clocks.note(pair, observation, now);
        self.editions.note(pair, observation);
        self.revoked.note(pair, observation);
    }

    /// Forgets what was noted of an endpoint that is gone: one that comes to have its name is another.
    pub(super) fn forget(&self, endpoint: &str) {
        self.leaves.forget(endpoint);
        self.editions.forget(endpoint);
    }

    /// What goes on when the plan does: all but what was known of endpoints by names, and heard from addresses, that are not
    /// these any more. A copy, so that probes of the plan before add nothing to it.
    pub(super) fn follow(&self, is_same_endpoint: impl Fn(&str) -> bool, is_asked: impl Fn(&Clean) -> bool) -> Self {
        Self {
            answers: self.answers.follow(),
            leaves: self.leaves.follow(&is_same_endpoint),
            clocks: self.clocks.follow(),
            editions: self.editions.follow(&is_same_endpoint),
            revoked: self.revoked.follow(is_asked),
        }
    }

    /// What a probe that ends now is judged by, in the light of what others saw lately.
    pub(super) fn question<'a>(
        &self,
        pair: &'a Pair,
        fingerprints: &'a Fingerprints,
        observation: &Observation,
        now: Instant,
    ) -> Question<'a> {
        Question {
            proxy_answered_recently: self.answers.answered_for_another(pair, observation, now),
            leaf_proven_elsewhere: self.leaves.proved(pair, observation),
            newer_edition: self.editions.newer(pair, observation),
            revoked: self.revoked.of(observation),
            clock: self.clock(observation.probed_at, now),
            ..Question::alone(pair, fingerprints)
        }
    }

    /// What recent probes say of our clock, which shows `ours` now: what those that end now are judged by.
    pub(super) fn clock(&self, ours: OffsetDateTime, now: Instant) -> Option<ClockOffset> {
        self.clocks.offset(ours, now)
    }

    /// What a whole round says of our clock, which shows `ours` now.
    pub(super) fn clock_of_round(&self, ours: OffsetDateTime, now: Instant) -> Option<ClockOffset> {
        self.clocks.offset_of_round(ours, now)
    }

    /// As [`Others::question`], where all that was noted is of one round.
    pub(super) fn question_of_round<'a>(
        &self,
        plan: &'a Plan,
        pair: &'a Pair,
        observation: &Observation,
        clock: Option<ClockOffset>,
    ) -> Question<'a> {
        Question {
            clock,
            ranges: plan.published.as_deref(),
            proxy_answered_recently: self.answers.newest_for_another(pair, observation).is_some(),
            leaf_proven_elsewhere: self.leaves.proved(pair, observation),
            newer_edition: self.editions.newer(pair, observation),
            revoked: self.revoked.of(observation),
            ..Question::alone(pair, &plan.fingerprints)
        }
    }
}
