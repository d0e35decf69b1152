//! The page: what a person sees first, rendered here and complete without JavaScript.

mod cell;
mod overview;
mod problem;
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
