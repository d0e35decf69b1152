//! The pages for people, rendered here and complete without JavaScript: the overview, and the runbook.

mod cell;
mod frame;
mod overview;
mod problem;
pub(super) mod runbook;
mod standing;
mod when;

use askama::Template;
use prober::snapshot::Snapshot;
use time::OffsetDateTime;

use self::overview::Overview;

/// The overview of a snapshot as HTML.
pub(super) fn render(snapshot: &Snapshot, now: OffsetDateTime) -> askama::Result<String> {
    Overview::of(snapshot, now).render()
}
