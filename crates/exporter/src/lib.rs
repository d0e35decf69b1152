//! What people and machines read of the prober's findings.
//!
//! Everything here but [`pac`] and [`probe_now`] is made from one [`Snapshot`](prober::snapshot::Snapshot): a reader never waits for a
//! probe, and two readers of the same snapshot never disagree.

pub mod cli;
mod exported;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod history;
mod imported;
mod listed;
mod maintenance;
mod markdown;
pub mod metrics;
pub mod microsoft365;
pub mod pac;
pub mod probe_now;
pub mod pulse;
pub mod reload;
mod rows;
mod runbook;
pub mod sentence;
mod spreadsheet;
pub mod status;
pub mod teller;
mod ticket;
pub mod web;
pub mod words;

#[cfg(any(test, feature = "fuzzing"))]
use history::{
    Days, Filter, Finding, HALF_HOURS, HalfHour, HistoryError, Latency, LatencySpan, Standing, Trouble, TroubleState,
};
#[cfg(any(test, feature = "fuzzing"))]
use web::{Past, Told};

#[cfg(any(test, feature = "fuzzing"))]
mod sample;
#[cfg(any(test, feature = "fuzzing"))]
mod sample_past;
