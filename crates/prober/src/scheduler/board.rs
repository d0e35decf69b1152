//! The results so far, and the snapshots made of them.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::audited::Audited;
use crate::cause::State;
use crate::clock::ClockOffset;
use crate::observation::AuditFacts;
use crate::plan::{Maintenance, Pair, Plan};
use crate::snapshot::{Counts, Row, Snapshot};
use crate::state::{Change, Earlier, Memory, Report, Rules};

/// One row and one memory for every pair: the plan's in its order, then those that were discovered.
#[derive(Debug)]
pub(super) struct Board {
    site: Arc<str>,
    /// A gap stands where a discovered pair went.
    entries: Vec<Option<Entry>>,
    /// What an earlier process knew of pairs that have not come yet.
    earlier: Earlier,
    audit_interval: Duration,
    /// How many of them are the plan's.
    planned: usize,
    /// Pairs of the plan without any result yet.
    without_result: usize,
    /// Whether all of them have had one at some time. Pairs that come later do not change that.
    complete: bool,
}

#[derive(Debug)]
struct Entry {
    row: Arc<Row>,
    memory: Memory,
    rules: Rules,
    audited: Option<Audited>,
}

impl Entry {
    /// What is known of a pair, under its new name and rules.
    fn follow(self, plan: &Plan, pair: &Arc<Pair>) -> Self {
        let row = Row { pair: Arc::clone(pair), ..Row::clone(&self.row) };
        let rules = Rules { confirm: plan.confirm, interval: pair.endpoint.interval };
        // Without audits the last one would stay as it is for ever.
        let audited = self.audited.filter(|_| plan.audit.is_some());
        Self { row: Arc::new(row), rules, audited, ..self }
    }

    fn new(plan: &Plan, pair: &Arc<Pair>, earlier: &mut Earlier) -> Self {
        let (endpoint, path) = pair.key();
        let memory = Memory::after(earlier.remove(&(endpoint.to_owned(), path.to_owned())));
        let row = Row {
            pair: Arc::clone(pair),
            confirmed: None,
            last: None,
            last_crl: None,
            counts: Counts::default(),
            received_bytes: 0,
        };
        let rules = Rules { confirm: plan.confirm, interval: pair.endpoint.interval };
        Self { row: Arc::new(row), memory, rules, audited: None }
    }
}

/// What a result brought.
#[derive(Debug, Default)]
pub(super) struct News {
    /// The confirmed state that changed.
    pub(super) change: Option<Change>,
    /// Whether the next result should come early.
    pub(super) is_urgent: bool,
}

impl Board {
    pub(super) fn new(plan: &Plan, mut earlier: Earlier) -> Self {
        let planned = plan.pairs.len();
        let entries = plan.pairs.iter().map(|pair| Some(Entry::new(plan, pair, &mut earlier))).collect();
        Self {
            site: plan.site.as_str().into(),
            entries,
            earlier,
            audit_interval: plan.audit_interval(),
            planned,
            without_result: planned,
            complete: planned == 0,
        }
    }

    /// Goes on with another plan: `pairs` are all that there are from now on, with the place of the one before whose state each
    /// keeps.
    pub(super) fn follow(&mut self, plan: &Plan, pairs: &[(Arc<Pair>, Option<usize>)]) {
        let (mut before, earlier) = (std::mem::take(&mut self.entries), &mut self.earlier);
        let entries = pairs.iter().map(|(pair, keeps)| {
            let kept = keeps.and_then(|place| before.get_mut(place)?.take());
            Some(kept.map_or_else(|| Entry::new(plan, pair, earlier), |entry| entry.follow(plan, pair)))
        });
        self.entries = entries.collect();
        self.site = plan.site.as_str().into();
        self.audit_interval = plan.audit_interval();
        self.planned = plan.pairs.len();
        let planned = self.entries.iter().take(self.planned).flatten();
        self.without_result = planned.filter(|entry| entry.row.last.is_none()).count();
        self.complete |= self.without_result == 0;
    }

    /// Begins with a pair that was discovered, at a place that is free or the next one.
    pub(super) fn add(&mut self, place: usize, plan: &Plan, pair: &Arc<Pair>) {
        let entry = Some(Entry::new(plan, pair, &mut self.earlier));
        match self.entries.get_mut(place) {
            Some(free) => *free = entry,
            None => self.entries.push(entry),
        }
    }

    /// Ends with a pair that was discovered.
    pub(super) fn remove(&mut self, place: usize) {
        if let Some(entry) = self.entries.get_mut(place) {
            *entry = None;
        }
    }

    /// Takes in the newest result of a pair.
    pub(super) fn take(&mut self, pair: usize, report: &Arc<Report>) -> News {
        let is_planned = pair < self.planned;
        let Some(Some(entry)) = self.entries.get_mut(pair) else { return News::default() };
        let state = report.verdict.state;
        let last = entry.row.last.as_ref().map(|last| last.verdict.state);
        if last.is_none() && is_planned {
            self.without_result = self.without_result.saturating_sub(1);
            self.complete |= self.without_result == 0;
        }
        let change = entry.memory.fold(report, entry.rules);
        let mut counts = entry.row.counts;
        counts.count(state);
        entry.row = Arc::new(Row {
            pair: Arc::clone(&entry.row.pair),
            confirmed: entry.memory.confirmed().cloned(),
            last: Some(Arc::clone(report)),
            last_crl: if report.observation.parsed_crl().is_some() {
                Some(Arc::clone(report))
            } else {
                entry.row.last_crl.clone()
            },
            counts,
            received_bytes: entry.row.received_bytes.saturating_add(report.observation.all_received_bytes()),
        });
        // Before the first result everything is taken for well, so that a first failure is looked at again soon.
        let is_news = last.map_or(!state.is_usable(), |last| last != state);
        News { change, is_urgent: is_news || (state == State::Blocked && entry.memory.is_undecided()) }
    }

    /// What is known of a pair.
    pub(super) fn row(&self, pair: usize) -> Option<&Row> {
        self.entries.get(pair)?.as_ref().map(|entry| entry.row.as_ref())
    }

    /// What is known of all pairs, each with its place.
    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, &Row)> {
        let entries = self.entries.iter().enumerate();
        entries.filter_map(|(place, entry)| Some((place, entry.as_ref()?.row.as_ref())))
    }

    /// Whether clients get through to a pair's endpoint and shake hands there, so that an audit can tell something;
    /// `None` before the first result.
    pub(super) fn shakes_hands(&self, pair: usize) -> Option<bool> {
        let last = self.entries.get(pair)?.as_ref()?.row.last.as_ref()?;
        Some(last.verdict.state.is_usable() && last.observation.tls.is_some())
    }

    /// What audits told of a pair.
    pub(super) fn audit(&self, pair: usize) -> Option<Arc<AuditFacts>> {
        self.entries.get(pair)?.as_ref()?.audited.as_ref().map(Audited::facts)
    }

    /// Takes in an audit of a pair, for its next results to be judged by.
    pub(super) fn take_audit(&mut self, pair: usize, facts: AuditFacts) {
        let (now, interval) = (facts.at, self.audit_interval);
        if let Some(Some(entry)) = self.entries.get_mut(pair) {
            let is_over = |at| AuditFacts::is_over(at, now, interval);
            entry.audited = Audited::take(entry.audited.take(), facts, is_over);
        }
    }

    /// What is known now; `clock` is what origins say of ours, and `maintenance` what is under way.
    pub(super) fn snapshot(
        &self,
        now: OffsetDateTime,
        clock: Option<ClockOffset>,
        maintenance: Maintenance,
    ) -> Snapshot {
        let mut rows: Vec<_> = self.entries.iter().flatten().map(|entry| Arc::clone(&entry.row)).collect();
        // The paths of an endpoint stand together, also where they were discovered one after the other.
        if let Some(discovered) = rows.get_mut(self.planned..) {
            discovered.sort_by(|a, b| a.pair.key().cmp(&b.pair.key()));
        }
        Snapshot {
            site: Arc::clone(&self.site),
            generated_at: now,
            first_round_complete: self.complete,
            clock,
            maintenance,
            rows,
        }
    }
}
