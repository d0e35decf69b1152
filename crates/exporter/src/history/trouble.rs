//! Troubles of one pair: what the scheduler tells, folded. Pure.

use std::sync::Arc;

use prober::cause::{Blame, Cause, State};
use prober::plan::{Endpoint, Severity};
use prober::state::{Change, Report};
use time::OffsetDateTime;

/// A trouble as it is to be kept. It is told whole every time, so that writing it twice does no harm; pair, beginning and
/// state tell which one it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    /// The endpoint's group, as configured when it began.
    pub(super) group: String,
    /// The endpoint's severity, as configured when it began.
    pub(super) severity: Severity,
    /// Blocked or degraded.
    pub(super) state: State,
    /// The newest cause.
    pub(super) cause: Cause,
    /// Who has to act about it.
    pub(super) blame: Blame,
    /// The newest failure in a sentence.
    pub(super) detail: String,
    /// When the first failure ended.
    pub(super) from: OffsetDateTime,
    /// When it was over.
    pub(super) to: Option<OffsetDateTime>,
    /// How many probes failed in it.
    pub(super) probes: u64,
    /// The first failure, until it was told; none of a trouble that began before this process.
    pub(super) first: Option<Arc<Report>>,
    /// The newest failure; none where this process has seen none.
    pub(super) last: Option<Arc<Report>>,
}

impl Record {
    /// Takes in one more failure; says whether it has another cause than those before.
    fn add(&mut self, report: &Arc<Report>, probes: u64) -> bool {
        self.probes = self.probes.saturating_add(probes);
        let Some(reason) = &report.verdict.reason else { return false };
        let is_news = (self.cause, self.blame) != (reason.cause, reason.blame);
        (self.cause, self.blame) = (reason.cause, reason.blame);
        self.detail.clone_from(&reason.detail);
        self.last = Some(Arc::clone(report));
        is_news
    }
}

/// What became of a pair.
#[derive(Debug, Default)]
pub(super) struct Fold {
    /// What is held true since the process began, and since when.
    confirmed: Option<(State, OffsetDateTime)>,
    /// The first of it that said something of the pair.
    first_known: Option<(State, OffsetDateTime)>,
    open: Option<Open>,
    /// Blocked results that wait for confirmation.
    streak: Option<Streak>,
    /// Troubles that are over and were not told yet.
    over: Vec<Record>,
}

#[derive(Debug)]
struct Open {
    record: Record,
    /// Whether it began before this process, which has not confirmed a state of the pair yet.
    is_awaited: bool,
    news: News,
}

/// How soon a trouble has to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum News {
    /// It was.
    None,
    /// One more failure like those before.
    More,
    /// It began, ended, or has another cause.
    Soon,
}

#[derive(Debug)]
struct Streak {
    first: Arc<Report>,
    length: u64,
}

impl Fold {
    /// How many troubles that are over wait to be told; older ones are given up.
    const MOST_OVER: usize = 64;

    /// A probe ended. To be told before the change that it brought about.
    pub(super) fn probe_ended(&mut self, report: &Report) {
        let state = report.verdict.state;
        let is_confirmed = self.confirmed.is_some_and(|(confirmed, _)| confirmed == state);
        match state {
            State::Unknown => {}
            State::Blocked if !is_confirmed => {
                let begin = || Streak { first: Arc::new(report.clone()), length: 0 };
                let streak = self.streak.get_or_insert_with(begin);
                streak.length = streak.length.saturating_add(1);
            }
            _ => self.streak = None,
        }
        if let Some(open) = self.open.as_mut().filter(|open| is_confirmed && open.record.state == state) {
            let is_news = open.record.add(&Arc::new(report.clone()), 1);
            open.news = open.news.max(if is_news { News::Soon } else { News::More });
        }
    }

    /// A confirmed state gave way to another, or was adopted as the first. Returns how many troubles were given up.
    pub(super) fn changed(&mut self, endpoint: &Endpoint, change: &Change) -> u64 {
        let (state, since) = (change.after.state, change.after.since);
        // The first thing known being nothing, a row goes on; otherwise it was forgotten with what was known.
        let goes_on = state == State::Unknown && change.before.is_none();
        let streak = self.streak.take_if(|_| !goes_on);
        self.confirmed = Some((state, since));
        self.first_known = self.first_known.or(self.confirmed.filter(|(state, _)| *state != State::Unknown));
        let report = &change.after.report;
        let (first, probes) = match streak.filter(|streak| streak.first.observation.probed_at == since) {
            Some(Streak { first, length }) => (first, length),
            None => (Arc::clone(report), 1),
        };
        let is_kept = matches!(state, State::Blocked | State::Degraded) && !endpoint.control;
        if let Some(open) = &mut self.open {
            if is_kept && open.record.state == state {
                open.record.add(report, probes);
                (open.is_awaited, open.news) = (false, News::Soon);
                return 0;
            }
            if open.is_awaited && state == State::Unknown {
                // The monitor cannot tell: what was goes on until it can.
                return 0;
            }
        }
        let given_up = self.close(since);
        self.open = change.after.report.verdict.reason.as_ref().filter(|_| is_kept).map(|reason| Open {
            record: Record {
                group: endpoint.group.clone(),
                severity: endpoint.severity,
                state,
                cause: reason.cause,
                blame: reason.blame,
                detail: reason.detail.clone(),
                from: since,
                to: None,
                probes,
                first: Some(first),
                last: Some(Arc::clone(report)),
            },
            is_awaited: false,
            news: News::Soon,
        });
        given_up
    }

    /// Whether a trouble that was open when another process wrote it is the one that is open here: this process found the
    /// same before it found anything else.
    pub(super) fn is_still(&self, earlier: &Record) -> bool {
        self.open.as_ref().is_some_and(|open| {
            let own = &open.record;
            let is_first = self.first_known == Some((own.state, own.from));
            own.state == earlier.state && own.from >= earlier.from && (is_first || open.is_awaited)
        })
    }

    /// A trouble that was open when another process wrote it. Where this process knows already that the pair was in
    /// another state, it was over when that began; where it has found the same first, that is the same trouble.
    pub(super) fn resume(&mut self, mut record: Record) -> Resumed {
        if self.is_still(&record)
            && let Some(own) = &mut self.open
        {
            if own.record.from > record.from {
                own.record.from = record.from;
                own.record.probes = own.record.probes.saturating_add(record.probes);
                // Its first failure is the one that was kept then.
                own.record.first = None;
            }
            own.news = News::Soon;
            return Resumed::TakenOver;
        }
        match (&self.open, self.first_known) {
            (None, None) => {
                self.open = Some(Open { record, is_awaited: true, news: News::None });
                Resumed::Awaited
            }
            (_, known) => {
                let since = known.map_or(record.from, |(_, since)| since);
                record.to = Some(since.max(record.from));
                self.over.push(record);
                Resumed::Over
            }
        }
    }

    /// The pair is no more, or something else goes by its name from now on: ends what is open, and what was known with it.
    /// Returns how many troubles were given up.
    pub(super) fn gone(&mut self, at: OffsetDateTime) -> u64 {
        (self.confirmed, self.first_known, self.streak) = (None, None, None);
        self.close(at)
    }

    /// Whether a trouble is open.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The group of an open trouble of which this process knows nothing yet.
    pub(super) fn awaited(&self) -> Option<&str> {
        self.open.as_ref().filter(|open| open.is_awaited).map(|open| open.record.group.as_str())
    }

    /// Ends what is open. Returns how many troubles were given up.
    pub(super) fn close(&mut self, at: OffsetDateTime) -> u64 {
        let Some(Open { mut record, .. }) = self.open.take() else { return 0 };
        record.to = Some(at.max(record.from));
        self.over.push(record);
        let surplus = self.over.len().saturating_sub(Self::MOST_OVER);
        self.over.drain(..surplus);
        surplus as u64
    }

    /// What has to be told: everything that is over, and the open one where its news are of that weight or more.
    pub(super) fn take(&mut self, least: News) -> Vec<Record> {
        let mut records = std::mem::take(&mut self.over);
        if let Some(open) = self.open.as_mut().filter(|open| open.news >= least.max(News::More)) {
            records.push(open.record.clone());
            open.record.first = None;
            open.news = News::None;
        }
        records
    }

    /// What was told is lost: the open one has to be told again.
    pub(super) fn tell_again(&mut self) {
        if let Some(open) = &mut self.open {
            open.news = News::Soon;
        }
    }
}

/// What became of a trouble of an earlier process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resumed {
    /// It waits for what this process will find.
    Awaited,
    /// This process has found the same: its own trouble is that one.
    TakenOver,
    /// It is over.
    Over,
}

#[cfg(test)]
mod tests;
