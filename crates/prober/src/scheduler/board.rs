//! The results so far, and the snapshots made of them.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::audited::Audited;
use crate::cause::State;
use crate::clock::ClockOffset;
use crate::observation::AuditFacts;
use crate::plan::Plan;
use crate::snapshot::{Counts, Row, Snapshot};
use crate::state::{Change, Memory, Report, Rules};

/// One row and one memory for every pair of a plan, in its order.
#[derive(Debug)]
pub(super) struct Board {
    site: Arc<str>,
    entries: Vec<Entry>,
    audit_interval: Duration,
    /// Pairs without any result yet.
    without_result: usize,
}

#[derive(Debug)]
struct Entry {
    row: Arc<Row>,
    memory: Memory,
    rules: Rules,
    audited: Option<Audited>,
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
    pub(super) fn new(plan: &Plan) -> Self {
        let entries = plan.pairs.iter().map(|pair| Entry {
            row: Arc::new(Row {
                pair: Arc::clone(pair),
                confirmed: None,
                last: None,
                last_crl: None,
                counts: Counts::default(),
                received_bytes: 0,
            }),
            memory: Memory::default(),
            rules: Rules { confirm: plan.confirm, interval: pair.endpoint.interval },
            audited: None,
        });
        Self {
            site: plan.site.as_str().into(),
            entries: entries.collect(),
            audit_interval: plan.audit_interval(),
            without_result: plan.pairs.len(),
        }
    }

    /// Takes in the newest result of a pair.
    pub(super) fn take(&mut self, pair: usize, report: &Arc<Report>) -> News {
        let Some(entry) = self.entries.get_mut(pair) else { return News::default() };
        let state = report.verdict.state;
        let last = entry.row.last.as_ref().map(|last| last.verdict.state);
        if last.is_none() {
            self.without_result = self.without_result.saturating_sub(1);
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

    /// Whether clients get through to a pair's endpoint and shake hands there, so that an audit can tell something;
    /// `None` before the first result.
    pub(super) fn shakes_hands(&self, pair: usize) -> Option<bool> {
        let last = self.entries.get(pair)?.row.last.as_ref()?;
        Some(last.verdict.state.is_usable() && last.observation.tls.is_some())
    }

    /// What audits told of a pair.
    pub(super) fn audit(&self, pair: usize) -> Option<Arc<AuditFacts>> {
        self.entries.get(pair)?.audited.as_ref().map(Audited::facts)
    }

    /// Takes in an audit of a pair, for its next results to be judged by.
    pub(super) fn take_audit(&mut self, pair: usize, facts: AuditFacts) {
        let (now, interval) = (facts.at, self.audit_interval);
        if let Some(entry) = self.entries.get_mut(pair) {
            let is_over = |at| AuditFacts::is_over(at, now, interval);
            entry.audited = Audited::take(entry.audited.take(), facts, is_over);
        }
    }

    /// What is known now; `clock` is what origins say of ours.
    pub(super) fn snapshot(&self, now: OffsetDateTime, clock: Option<ClockOffset>) -> Snapshot {
        Snapshot {
            site: Arc::clone(&self.site),
            generated_at: now,
            first_round_complete: self.without_result == 0,
            clock,
            rows: self.entries.iter().map(|entry| Arc::clone(&entry.row)).collect(),
        }
    }
}
