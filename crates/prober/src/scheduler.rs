//! When to probe: every pair once an interval, evenly spread, never twice at once; early again after a change.
//!
//! One task owns the timetable and the board of results. Probes run as tasks of their own that end in a report; a
//! panic in one of them becomes `monitor_error` and stops nothing else.

mod answers;
mod attempt;
mod audited;
mod audits;
mod board;
mod clocks;
mod discovered;
mod editions;
mod events;
mod judge;
mod leaves;
mod others;
mod replace;
mod revoked;
mod round;
mod running;
mod suspects;
mod timetable;
mod windows;

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use self::audits::Audits;
use self::board::Board;
use self::discovered::Discovered;
pub use self::events::Events;
pub use self::judge::{Judge, Judges};
use self::others::Others;
use self::replace::Next;
pub use self::replace::{Replacer, Stopped};
pub use self::round::{Progress, round};
use self::running::{Ended, Running};
use self::suspects::Suspects;
use self::timetable::Timetable;
use self::windows::Windows;
use crate::cause::State;
use crate::net::Clock;
use crate::observation::{AuditFacts, Fault};
use crate::plan::{Pair, Plan};
use crate::probe::Probe;
use crate::snapshot::Snapshot;
use crate::state::{Earlier, Report};

/// Results that end within this time of each other share a snapshot; a lone one is published at once.
const COALESCE: Duration = Duration::from_millis(100);

/// Probes a plan until it is told to stop.
#[derive(Debug)]
pub struct Scheduler<P> {
    plan: Arc<Plan>,
    /// The plan's pairs, and after them those that were discovered, with gaps where one went.
    pairs: Vec<Option<Arc<Pair>>>,
    discovered: Discovered,
    prober: Arc<P>,
    clock: Arc<dyn Clock>,
    events: Arc<dyn Events>,
    timetable: Timetable,
    running: Running<Report>,
    audits: Audits,
    others: Arc<Others>,
    judge: Judge,
    judges: Judges,
    windows: Windows,
    suspects: Suspects,
    plans: mpsc::Receiver<Next<P>>,
    board: Board,
    snapshots: watch::Sender<Arc<Snapshot>>,
    /// When the newest snapshot was published, and whether the board has changed since.
    published: Instant,
    unpublished: bool,
}

/// A running scheduler. Dropping it stops the scheduler too, without waiting for the end.
#[derive(Debug)]
pub struct Handle {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    judges: Judges,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Handle {
    /// What is known, now and from now on.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// Who judges what is probed beside the scheduler, whichever plan is followed.
    pub fn judges(&self) -> Judges {
        self.judges.clone()
    }

    /// Stops probing: probes under way are dropped, their connections closed. Returns when nothing is left.
    pub async fn shutdown(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the scheduler did not end well");
        }
    }
}

impl<P: Probe> Scheduler<P> {
    /// Starts probing, at once; must be called within a tokio runtime.
    pub fn start(plan: Arc<Plan>, prober: Arc<P>, clock: Arc<dyn Clock>, events: Arc<dyn Events>) -> Handle {
        Self::start_replaceable(plan, prober, clock, events, Earlier::new()).0
    }

    /// The same, going on from what an earlier process knew; gives what replaces the plan by another.
    pub fn start_replaceable(
        plan: Arc<Plan>,
        prober: Arc<P>,
        clock: Arc<dyn Clock>,
        events: Arc<dyn Events>,
        earlier: Earlier,
    ) -> (Handle, Replacer<P>) {
        let now = Instant::now();
        let board = Board::new(&plan, earlier);
        let windows = Windows::of(&plan.maintenance, clock.now(), now);
        let (publisher, snapshots) = watch::channel(Arc::new(board.snapshot(clock.now(), None, windows.under_way())));
        let others = Arc::<Others>::default();
        let judge = Judge::new(Arc::clone(&plan), Arc::clone(&others));
        let judges = Judges::of(judge.clone());
        let (replacer, plans) = Replacer::new();
        let scheduler = Self {
            pairs: plan.pairs.iter().cloned().map(Some).collect(),
            discovered: Discovered::default(),
            timetable: Timetable::new(&plan, now),
            running: Running::default(),
            audits: Audits::new(&plan, now),
            others,
            judge,
            judges: judges.clone(),
            windows,
            suspects: Suspects::default(),
            plans,
            snapshots: publisher,
            published: now.checked_sub(COALESCE).unwrap_or(now),
            unpublished: false,
            plan,
            prober,
            clock,
            events,
            board,
        };
        let (stop, stopped) = oneshot::channel();
        (Handle { snapshots, judges, stop, task: tokio::spawn(scheduler.run(stopped)) }, replacer)
    }

    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        loop {
            let now = Instant::now();
            self.start_due(now);
            self.unpublished |= self.windows.look(&self.plan.maintenance, || self.clock.now(), now);
            self.publish_if_due(now);
            let wake = self.wake();
            tokio::select! {
                biased;
                _ = &mut stopped => break,
                Some(next) = self.plans.recv() => self.replace(next),
                Some(ended) = self.running.next() => self.take(ended),
                Some(ended) = self.audits.next_end() => self.take_audit(ended),
                () = wait_until(wake) => {}
            }
        }
        self.running.shutdown().await;
        self.audits.shutdown().await;
    }

    /// How many more probes and audits may be under way.
    fn room(&self) -> usize {
        self.plan.concurrency.get().saturating_sub(self.running.len() + self.audits.under_way())
    }

    fn has_room(&self) -> bool {
        self.room() > 0
    }

    /// Whether an audit may begin: it may be long, so that room is left beside it for a probe. Where there is never room for
    /// two, it begins while no probe is due, since those go first.
    fn has_room_for_audit(&self) -> bool {
        self.room() >= self.plan.concurrency.get().min(2)
    }

    /// Starts what is due, as far as the limit allows; what must wait keeps its place and shows in the lag. Audits can wait
    /// best.
    fn start_due(&mut self, now: Instant) {
        while self.has_room()
            && let Some(due) = self.timetable.pop_due(now)
        {
            let Some(Some(pair)) = self.pairs.get(due.pair) else { continue };
            self.events.probe_started(pair, now.saturating_duration_since(due.at));
            let (prober, judge) = (Arc::clone(&self.prober), self.judge.clone());
            let attempt = attempt::report(prober, Arc::clone(pair), judge, self.board.audit(due.pair));
            self.running.spawn(due.pair, attempt);
        }
        while self.has_room_for_audit()
            && let Some(index) = self.audits.pop_due(now, &self.board)
        {
            let Some(pair) = self.plan.pairs.get(index) else { continue };
            let (prober, pair) = (Arc::clone(&self.prober), Arc::clone(pair));
            self.audits.spawn(index, async move { prober.audit(&pair).await });
        }
    }

    fn take_audit(&mut self, ended: Ended<AuditFacts>) {
        let Some(place) = ended.pair else { return };
        self.audits.ended(place, Instant::now());
        if ended.is_outdated {
            return;
        }
        match ended.outcome {
            Ok(facts) => self.board.take_audit(place, facts),
            Err(panic) => tracing::error!(%panic, "a bug in reachwatch ended an audit"),
        }
    }

    fn take(&mut self, ended: Ended<Report>) {
        let Some(place) = ended.pair else { return };
        let Some(Some(pair)) = self.pairs.get(place).cloned() else { return };
        if ended.is_outdated {
            return self.timetable.ended(place, Instant::now(), true);
        }
        let report = ended
            .outcome
            .unwrap_or_else(|panic| attempt::panicked(&self.plan, &pair, self.clock.now(), ended.duration, panic));
        if matches!(report.observation.fault, Some(Fault::Unasked(_))) {
            self.leave_out(place, &pair, &report);
            return;
        }
        let report = Arc::new(report);
        let news = self.board.take(place, &report);
        self.timetable.ended(place, Instant::now(), news.is_urgent);
        self.unpublished = true;
        self.events.probe_ended(&pair, &report);
        if let Some(change) = &news.change {
            self.events.changed(&pair, change);
            if change.after.state == State::Blocked {
                self.suspect(place, Instant::now());
            }
        }
        self.discover(&pair, &report);
    }

    /// Begins to probe what a chain names that nobody has named yet, and lets go of what no chain names any more.
    fn discover(&mut self, shown: &Pair, report: &Report) {
        let now = Instant::now();
        for pair in self.discovered.note(&self.plan, shown, &report.observation, now) {
            let place = self.free_place();
            tracing::debug!(endpoint = pair.endpoint.name, path = pair.path.name, url = %pair.endpoint.url, "discovered");
            self.board.add(place, &self.plan, &pair);
            self.timetable.add(place, &self.plan, &pair, now);
            match self.pairs.get_mut(place) {
                Some(free) => *free = Some(pair),
                None => self.pairs.push(Some(pair)),
            }
        }
        for (endpoint, path) in self.discovered.expire(now) {
            let is_it = |pair: &Option<Arc<Pair>>| pair.as_ref().is_some_and(|pair| pair.key() == (&endpoint, &path));
            let places = self.pairs.iter().enumerate().skip(self.plan.pairs.len());
            let Some((place, _)) = places.into_iter().find(|(_, pair)| is_it(pair)) else { continue };
            self.let_go(place);
        }
    }

    /// Ends with a pair that turned out to be none that is to be asked: only what was discovered is.
    fn leave_out(&mut self, place: usize, pair: &Pair, report: &Report) {
        let (endpoint, path) = pair.key();
        let reason = report.observation.fault.as_ref().map(ToString::to_string);
        tracing::debug!(endpoint, path, reason, "left out");
        self.discovered.leave_out(pair, Instant::now());
        self.let_go(place);
        self.unpublished = true;
    }

    fn let_go(&mut self, place: usize) {
        let gone = self.pairs.get_mut(place).and_then(Option::take);
        if let Some(gone) = &gone {
            self.events.gone(gone);
        }
        let is_on_another_path =
            |gone: &Pair| self.pairs.iter().flatten().any(|pair| pair.endpoint.name == gone.endpoint.name);
        if let Some(gone) = gone.filter(|gone| !is_on_another_path(gone)) {
            self.others.forget(&gone.endpoint.name);
        }
        self.board.remove(place);
        self.timetable.remove(place);
    }

    /// A place for another pair: one that was left, unless a probe of the one before is still under way.
    fn free_place(&self) -> usize {
        let left = self.pairs.iter().enumerate().skip(self.plan.pairs.len());
        let mut free = left.filter(|(place, pair)| pair.is_none() && !self.running.is_under_way(*place));
        free.next().map_or(self.pairs.len(), |(place, _)| place)
    }

    fn publish_if_due(&mut self, now: Instant) {
        if self.unpublished && self.published + COALESCE <= now {
            self.publish(now);
        }
    }

    fn publish(&mut self, now: Instant) {
        let ours = self.clock.now();
        let snapshot = self.board.snapshot(ours, self.others.clock(ours, now), self.windows.under_way());
        self.snapshots.send_replace(Arc::new(snapshot));
        self.published = now;
        self.unpublished = false;
    }

    /// When there is something to do unless a probe ends first.
    fn wake(&self) -> Option<Instant> {
        let probe = self.timetable.next().filter(|_| self.has_room());
        let audit = self.audits.next_start().filter(|_| self.has_room_for_audit());
        let publish = self.unpublished.then(|| self.published + COALESCE);
        probe.into_iter().chain(audit).chain(publish).chain(self.windows.next()).min()
    }
}

async fn wait_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests;
