//! The pages for people, rendered here and complete without JavaScript: the overview, every endpoint, what PAC files
//! decide, and the runbook.

mod cell;
pub(super) mod endpoint;
mod frame;
mod interception;
mod link;
mod member;
mod overview;
mod pac;
mod problem;
mod reloaded;
pub(super) mod runbook;
mod standing;
mod when;

use askama::Template;
use prober::snapshot::Snapshot;
use time::OffsetDateTime;

use self::overview::Overview;
use self::pac::PacPage;
use crate::pac::Report;
use crate::reload::Last;

/// The overview of a snapshot as HTML, with what came of the last reload.
pub(super) fn render(snapshot: &Snapshot, reloaded: Option<&Last>, now: OffsetDateTime) -> askama::Result<String> {
    Overview::of(snapshot, now).after(reloaded, now).render()
}

/// What PAC files decide as HTML.
pub(super) fn pac(snapshot: &Snapshot, reports: &[Report], now: OffsetDateTime) -> askama::Result<String> {
    PacPage::of(&snapshot.site, reports, now).render()
}
