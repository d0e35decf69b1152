//! What the history tells, as values.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use prober::cause::{Blame, Cause, Stage, State};
use prober::observation::Observation;
use prober::plan::Severity;
use prober::text::Clean;
use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;

/// One stretch in which a pair was not well: blocked, or degraded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its number, for as long as it is kept.
    pub id: i64,
    /// The endpoint's name.
    pub endpoint: String,
    /// The path's name.
    pub path: String,
    /// The endpoint's group, as configured when it began.
    pub group: String,
    /// The endpoint's severity, as configured when it began.
    pub severity: Severity,
    /// `Blocked` or `Degraded`; a pair that goes from one to the other has two troubles.
    pub state: State,
    /// The newest cause.
    pub cause: Cause,
    /// Who has to act about it.
    pub blame: Blame,
    /// The newest failure in a sentence.
    pub detail: Clean,
    /// When the first failure ended.
    pub from: OffsetDateTime,
    /// When it was over; `None` while it is open.
    pub to: Option<OffsetDateTime>,
    /// How many probes failed in it.
    pub probes: u64,
}

/// One failure, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it meant.
    pub state: State,
    /// Why.
    pub cause: Cause,
    /// Where the probe stopped.
    pub stage: Stage,
    /// Who had to act.
    pub blame: Blame,
    /// What happened, in a sentence.
    #[serde(deserialize_with = "sentence")]
    pub detail: Clean,
    /// Named facts that supported it.
    pub evidence: BTreeMap<String, Clean>,
    /// Causes that applied too and gave way.
    pub also: Vec<Cause>,
    /// What was seen, compacted.
    pub observation: Observation,
}

/// The longest sentence about a failure: as long as a verdict's may be.
pub(super) const DETAIL_CHARS: usize = 600;

fn sentence<'de, D: Deserializer<'de>>(source: D) -> Result<Clean, D::Error> {
    Ok(Clean::bounded(&String::deserialize(source)?, DETAIL_CHARS))
}

/// Which troubles are wanted; every field narrows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only the one of this number.
    pub id: Option<i64>,
    /// Only open ones, or only those that are over.
    pub state: Option<TroubleState>,
    /// Only blocked ones, or only degraded ones.
    pub kind: Option<State>,
    /// Only of this endpoint.
    pub endpoint: Option<String>,
    /// Only over this path.
    pub path: Option<String>,
    /// Only of this group.
    pub group: Option<String>,
    /// Only of this cause.
    pub cause: Option<Cause>,
    /// Only such as these have to act about.
    pub blame: Option<Blame>,
    /// Only such as were not over before this.
    pub after: Option<OffsetDateTime>,
    /// Only such as began before this.
    pub before: Option<OffsetDateTime>,
    /// The most told; 1,000 where nothing else is said.
    pub limit: Option<usize>,
}

/// Whether a trouble goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleState {
    /// It does.
    Open,
    /// It is over.
    Closed,
}

/// How many half-hours make the bar of a day.
pub const HALF_HOURS: usize = 48;

/// Raw results of half an hour, by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HalfHour {
    /// Reachable.
    pub reachable: u32,
    /// Degraded.
    pub degraded: u32,
    /// Blocked.
    pub blocked: u32,
    /// Unknown.
    pub unknown: u32,
}

impl HalfHour {
    /// All results.
    pub const fn total(self) -> u32 {
        self.reachable + self.degraded + self.blocked + self.unknown
    }

    /// Those of two together.
    pub const fn plus(self, other: Self) -> Self {
        Self {
            reachable: self.reachable + other.reachable,
            degraded: self.degraded + other.degraded,
            blocked: self.blocked + other.blocked,
            unknown: self.unknown + other.unknown,
        }
    }
}

/// The last 24 hours of every pair, in half-hours of the clock, oldest first; the last of them is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    /// When the first half-hour began: a full or a half hour in UTC.
    pub start: OffsetDateTime,
    /// By endpoint and path. Endpoints are few among the keys, so that those of one are found by looking at all its paths.
    pub pairs: HashMap<String, HashMap<String, [HalfHour; HALF_HOURS]>>,
}

impl Days {
    /// A day of which nothing is known.
    pub fn empty(now: OffsetDateTime) -> Self {
        const HALF_HOUR: i64 = 30 * 60;
        let next = (now.unix_timestamp().div_euclid(HALF_HOUR) + 1) * HALF_HOUR;
        let start = OffsetDateTime::from_unix_timestamp(next).unwrap_or(now) - Duration::from_hours(24);
        Self { start, pairs: HashMap::new() }
    }

    /// The day of one pair.
    pub fn of_pair(&self, endpoint: &str, path: &str) -> Option<&[HalfHour; HALF_HOURS]> {
        self.pairs.get(endpoint)?.get(path)
    }

    /// All paths of an endpoint together.
    pub fn of_endpoint(&self, endpoint: &str) -> Option<[HalfHour; HALF_HOURS]> {
        let paths = self.pairs.get(endpoint)?;
        let together = |mut sum: [HalfHour; HALF_HOURS], day: &[HalfHour; HALF_HOURS]| {
            sum.iter_mut().zip(day).for_each(|(sum, one)| *sum = sum.plus(*one));
            sum
        };
        Some(paths.values().fold([HalfHour::default(); HALF_HOURS], together))
    }
}

/// How far back latencies are told, and how finely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LatencySpan {
    /// 24 hours, every five minutes.
    Day,
    /// Seven days, every half-hour.
    Week,
}

/// How long the usable probes of a span took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// When the span began.
    pub from: OffsetDateTime,
    /// How many there were.
    pub probes: u32,
    /// Half took no longer than this.
    pub p50: Duration,
    /// Nineteen of twenty took no longer than this.
    pub p95: Duration,
}

/// How the history is kept, and what is wrong with that.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The directory; `None` where it is kept in memory because nobody named one.
    pub directory: Option<PathBuf>,
    /// What keeps it from being written; monitoring goes on without.
    pub fault: Option<StorageFault>,
    /// Where a file went that could not be read, which was replaced by a new one.
    pub set_aside: Option<PathBuf>,
}

/// What keeps the history from being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageFault {
    /// What was being done.
    pub operation: &'static str,
    /// Why that fails, for people.
    pub reason: Clean,
    /// Since when.
    pub since: OffsetDateTime,
}

/// What metrics tell of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storage {
    /// Whether what is recorded is kept where it should be.
    pub is_writable: bool,
    /// How much is kept, in bytes of the disk, or of memory.
    pub bytes: u64,
    /// Troubles and rollups that were given up, because they could not be written for too long.
    pub dropped: u64,
    /// Files that could not be read, which were replaced by a new one and lie beside it.
    pub set_aside_files: u64,
}
