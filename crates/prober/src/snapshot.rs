//! One immutable picture of everything that is known: what metrics, page, API and reports are made from.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::cause::State;
use crate::plan::Pair;
use crate::state::{Confirmed, Report};

/// Everything that is known at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The site's name.
    pub site: Arc<str>,
    /// When this picture was made.
    pub generated_at: OffsetDateTime,
    /// Whether every pair has had its first probe.
    pub first_round_complete: bool,
    /// One row for every pair of the plan, in its order.
    pub rows: Vec<Arc<Row>>,
}

impl Snapshot {
    /// The picture after one round whose raw results stand as they are, without confirmation.
    pub fn of_round(site: &str, generated_at: OffsetDateTime, results: &[(Arc<Pair>, Arc<Report>)]) -> Self {
        let rows = results.iter().map(|(pair, report)| {
            let state = report.verdict.state;
            let mut counts = Counts::default();
            counts.count(state);
            let confirmed = Confirmed { state, since: report.observation.probed_at, report: Arc::clone(report) };
            let last_crl = report.observation.parsed_crl().is_some().then(|| Arc::clone(report));
            let last = Some(Arc::clone(report));
            Arc::new(Row { pair: Arc::clone(pair), confirmed: Some(confirmed), last, last_crl, counts })
        });
        Self { site: site.into(), generated_at, first_round_complete: true, rows: rows.collect() }
    }
}

/// What is known of one pair.
#[derive(Debug, Clone)]
pub struct Row {
    /// The pair.
    pub pair: Arc<Pair>,
    /// What is held true; `None` before the first result that can be adopted.
    pub confirmed: Option<Confirmed>,
    /// The newest raw result, which may differ from what is held true.
    pub last: Option<Arc<Report>>,
    /// The newest raw result with a CRL that could be read, however long ago that was.
    pub last_crl: Option<Arc<Report>>,
    /// Raw results so far, by state.
    pub counts: Counts,
}

impl Row {
    /// The confirmed state; unknown before there is one.
    pub fn state(&self) -> State {
        self.confirmed.as_ref().map_or(State::Unknown, |confirmed| confirmed.state)
    }
}

/// Raw results by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Reachable.
    pub reachable: u64,
    /// Degraded.
    pub degraded: u64,
    /// Blocked.
    pub blocked: u64,
    /// Unknown.
    pub unknown: u64,
}

impl Counts {
    /// The count of one state.
    pub const fn get(&self, state: State) -> u64 {
        match state {
            State::Reachable => self.reachable,
            State::Degraded => self.degraded,
            State::Blocked => self.blocked,
            State::Unknown => self.unknown,
        }
    }

    /// Counts one more.
    pub fn count(&mut self, state: State) {
        *match state {
            State::Reachable => &mut self.reachable,
            State::Degraded => &mut self.degraded,
            State::Blocked => &mut self.blocked,
            State::Unknown => &mut self.unknown,
        } += 1;
    }
}
