//! The pages for people, rendered here and complete without JavaScript: the overview, every endpoint, what PAC files
//! decide, and the runbook.

mod cell;
mod day;
pub(super) mod endpoint;
mod failure;
mod frame;
mod history_note;
pub(super) mod incidents;
mod interception;
mod link;
mod member;
mod microsoft365;
mod overview;
mod pac;
mod problem;
mod reloaded;
mod report;
pub(super) mod runbook;
mod standing;
mod when;

use askama::Template;
use prober::snapshot::Snapshot;
use time::OffsetDateTime;

use self::microsoft365::ListPage;
use self::overview::{Behind, Overview};
use self::pac::PacPage;
use self::report::ReportPage;
use crate::history::{Days, Standing};
use crate::microsoft365::Standing as ListStanding;
use crate::pac::Report;
use crate::reload::Last;
use crate::ticket::Report as Ticket;

/// The overview of a snapshot as HTML, with its version, what was before it, and what came of the last reload.
pub(super) fn render(
    snapshot: &Snapshot,
    version: &str,
    (days, standing): (&Days, &Standing),
    reloaded: Option<&Last>,
    now: OffsetDateTime,
) -> askama::Result<String> {
    Overview::of(snapshot, &Behind { version, days, standing }, now).after(reloaded, now).render()
}

/// What is blocked and whom to ask, as HTML.
pub(super) fn report(report: &Ticket<'_>, now: OffsetDateTime) -> askama::Result<String> {
    ReportPage::of(report, now).render()
}

/// What PAC files decide as HTML.
pub(super) fn pac(snapshot: &Snapshot, reports: &[Report], now: OffsetDateTime) -> askama::Result<String> {
    PacPage::of(&snapshot.site, reports, now).render()
}

/// How things stand with Microsoft's endpoint list as HTML.
pub(super) fn microsoft365(
    snapshot: &Snapshot,
    standing: &ListStanding,
    now: OffsetDateTime,
) -> askama::Result<String> {
    ListPage::of(&snapshot.site, standing, now).render()
}
