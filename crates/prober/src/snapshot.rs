//! One immutable picture of everything that is known: what metrics, page, API and reports are made from.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::cause::State;
use crate::clock::ClockOffset;
use crate::plan::{Maintenance, Pair};
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
    /// What the clocks of origins say of this machine's, by which results are judged; `None` of too few.
    pub clock: Option<ClockOffset>,
    /// The maintenance windows that are under way.
    pub maintenance: Maintenance,
    /// One row for every pair of the plan, in its order.
    pub rows: Vec<Arc<Row>>,
}

impl Snapshot {
    /// The picture after one round whose raw results stand as they are, without confirmation.
    pub fn of_round(site: &str, generated_at: OffsetDateTime, round: &Round) -> Self {
        let rows = round.results.iter().map(|(pair, report)| {
            let state = report.verdict.state;
            let mut counts = Counts::default();
            counts.count(state);
            let confirmed = Confirmed { state, since: report.observation.probed_at, report: Arc::clone(report) };
            let last_crl = report.observation.parsed_crl().is_some().then(|| Arc::clone(report));
            let (last, received_bytes) = (Some(Arc::clone(report)), report.observation.all_received_bytes());
            let pair = Arc::clone(pair);
            Arc::new(Row { pair, confirmed: Some(confirmed), last, last_crl, counts, received_bytes })
        });
        Self {
            site: site.into(),
            generated_at,
            first_round_complete: true,
            clock: round.clock,
            maintenance: Maintenance::default(),
            rows: rows.collect(),
        }
    }
}

/// What one round over everything came to.
#[derive(Debug)]
pub struct Round {
    /// The raw results, in the plan's order.
    pub results: Vec<(Arc<Pair>, Arc<Report>)>,
    /// What the clocks of origins said of this machine's, by which they are judged; `None` of too few.
    pub clock: Option<ClockOffset>,
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
    /// Bytes of HTTP received by all probes so far.
    pub received_bytes: u64,
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
