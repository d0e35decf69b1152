//! Audits of TLS: seldom, evenly spread, and only of pairs that clients get through on.

use std::future::Future;

use tokio::time::Instant;

use super::board::Board;
use super::replace::asks_alike;
use super::running::{Ended, Running};
use super::timetable::Timetable;
use crate::observation::AuditFacts;
use crate::plan::Plan;

/// Of what may be under way at once, audits take this part at most (and one): each may be long, and probes are not to
/// wait for them.
const SHARE: usize = 4;

/// Audits due and under way.
#[derive(Debug)]
pub(super) struct Audits {
    timetable: Timetable,
    running: Running<AuditFacts>,
    most: usize,
}

impl Audits {
    pub(super) fn new(plan: &Plan, start: Instant) -> Self {
        let most = (plan.concurrency.get() / SHARE).max(1);
        Self { timetable: Timetable::of_audits(plan, start), running: Running::default(), most }
    }

    /// Goes on with another plan. `before` and `after` give a pair's place in the plan before and in this one, where the one
    /// goes on with what is known of the other.
    pub(super) fn follow(
        &mut self,
        (old, new): (&Plan, &Plan),
        before: impl Fn(usize) -> Option<usize>,
        after: impl Fn(usize) -> Option<usize>,
        now: Instant,
    ) {
        self.most = (new.concurrency.get() / SHARE).max(1);
        self.running.renumber(|place| after(place).filter(|_| new.audit.is_some()));
        if !asks_alike(old, new) {
            self.running.outdate();
        }
        let is_same_pace = old.audit == new.audit;
        self.timetable.follow_audits(new, |place| before(place).filter(|_| is_same_pace), now);
        let running = &self.running;
        self.timetable.leave_out(|place| running.is_under_way(place));
    }

    pub(super) fn under_way(&self) -> usize {
        self.running.len()
    }

    /// When the next audit is due, unless enough are under way.
    pub(super) fn next_start(&self) -> Option<Instant> {
        self.timetable.next().filter(|_| self.under_way() < self.most)
    }

    /// Takes out the next pair to be audited now. One that is blocked anyway has to wait for its next turn, since nothing
    /// could be learned; one that has no result yet only for a moment.
    pub(super) fn pop_due(&mut self, now: Instant, board: &Board) -> Option<usize> {
        while self.under_way() < self.most {
            let due = self.timetable.pop_due(now)?;
            match board.shakes_hands(due.pair) {
                Some(true) => return Some(due.pair),
                known => self.timetable.ended(due.pair, now, known.is_none()),
            }
        }
        None
    }

    pub(super) fn spawn(&mut self, pair: usize, audit: impl Future<Output = AuditFacts> + Send + 'static) {
        self.running.spawn(pair, audit);
    }

    /// The next audit to end; `None` at once where none is under way. Cancel safe.
    pub(super) async fn next_end(&mut self) -> Option<Ended<AuditFacts>> {
        self.running.next().await
    }

    /// Gives a pair whose audit has ended its next turn.
    pub(super) fn ended(&mut self, pair: usize, now: Instant) {
        self.timetable.ended(pair, now, false);
    }

    /// Drops what is under way and waits until it is gone.
    pub(super) async fn shutdown(self) {
        self.running.shutdown().await;
    }
}
