//! The last failure on every path of an endpoint.

use prober::snapshot::Row;
use time::OffsetDateTime;

use super::past::EndpointPast;
use crate::web::page::failure::Failure;

/// The last failure of every path that has one.
#[derive(Debug)]
pub(super) struct Failures<'a> {
    pub(super) all: Vec<LastFailure<'a>>,
}

/// The last failure of a path.
#[derive(Debug)]
pub(super) struct LastFailure<'a> {
    pub(super) path: &'a str,
    /// Whether it fails still.
    pub(super) is_open: bool,
    pub(super) failure: Failure,
}

impl<'a> Failures<'a> {
    /// From the snapshot while it fails, else from the history.
    pub(super) fn of(rows: &[&'a Row], past: &EndpointPast, now: OffsetDateTime) -> Self {
        let of_row = |row: &&'a Row| {
            let path = row.pair.path.name.as_str();
            let confirmed = row.confirmed.as_ref().and_then(|confirmed| Failure::of_report(&confirmed.report, now));
            if let Some(failure) = confirmed {
                return Some(LastFailure { path, is_open: true, failure });
            }
            let kept = past.paths.iter().find(|past| past.path == path)?.last_failure.as_ref();
            kept.map(|(_, finding)| LastFailure { path, is_open: false, failure: Failure::of(finding, now) })
        };
        Self { all: rows.iter().filter_map(of_row).collect() }
    }
}
