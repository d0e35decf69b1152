//! What to send to whom, on paper.

use askama::Template;
use time::OffsetDateTime;

use super::frame::Frame;
use super::when::When;
use crate::runbook::Span;
use crate::ticket::Report;

/// The page.
#[derive(Debug, Template)]
#[template(path = "history/report.html")]
pub(super) struct ReportPage<'a> {
    frame: Frame,
    report: &'a Report<'a>,
    at: When,
}

impl<'a> ReportPage<'a> {
    pub(super) fn of(report: &'a Report<'a>, now: OffsetDateTime) -> Self {
        Self { frame: Frame::new(), report, at: When::of(report.at, now) }
    }

    #[expect(clippy::unused_self, reason = "templates call methods of their page")]
    fn exact(&self, moment: &OffsetDateTime) -> String {
        When::of(*moment, *moment).exact
    }
}
