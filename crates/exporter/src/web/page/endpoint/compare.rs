//! The same facts of every path side by side, so that what differs stands out.

use time::OffsetDateTime;

use super::time_line::{Scale, TimeLine, relative};
use crate::web::page::when::When;

/// A table: a line for each fact, a column for each path.
#[derive(Debug)]
pub(super) struct Comparison<'a> {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// What is to be known to read it.
    pub(super) note: Option<&'static str>,
    pub(super) paths: Vec<&'a str>,
    pub(super) lines: Vec<Line>,
    /// From when until when, on one scale; empty where nothing has such dates.
    pub(super) times: Vec<Option<TimeLine>>,
}

/// One fact.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) label: &'static str,
    /// What it is on each path; `None` where nothing is known.
    pub(super) cells: Vec<Option<String>>,
    /// Whether the paths differ.
    pub(super) differs: bool,
}

impl Comparison<'_> {
    /// The path of a column.
    pub(super) fn path(&self, column: usize) -> &str {
        self.paths.get(column).copied().unwrap_or_default()
    }
}

/// What is compared: one for each path, `None` where there is nothing.
#[derive(Debug)]
pub(super) struct Columns<'s, T>(pub(super) Vec<Option<&'s T>>);

impl<T> Columns<'_, T> {
    /// Whether there is anything at all.
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// A fact that should be the same everywhere.
    pub(super) fn line(&self, label: &'static str, fact: impl Fn(&T) -> Option<String>) -> Option<Line> {
        let mut line = self.own(label, fact)?;
        let mut known = self.0.iter().zip(&line.cells).filter(|(column, _)| column.is_some()).map(|(_, cell)| cell);
        let first = known.next();
        line.differs = known.any(|cell| Some(cell) != first);
        Some(line)
    }

    /// A fact that each path has its own of.
    pub(super) fn own(&self, label: &'static str, fact: impl Fn(&T) -> Option<String>) -> Option<Line> {
        let cells: Vec<_> = self.0.iter().map(|column| column.and_then(&fact)).collect();
        cells.iter().any(Option::is_some).then_some(Line { label, cells, differs: false })
    }

    /// From when until when, all on one scale.
    pub(super) fn times(
        &self,
        now: OffsetDateTime,
        period: impl Fn(&T) -> Option<(OffsetDateTime, Option<OffsetDateTime>)>,
    ) -> Vec<Option<TimeLine>> {
        let periods: Vec<_> = self.0.iter().map(|column| column.and_then(&period)).collect();
        let moments = periods.iter().flatten().flat_map(|(from, until)| [Some(*from), *until]).flatten();
        let scale = Scale::over(moments, now);
        periods.into_iter().map(|period| period.map(|(from, until)| scale.line(from, until, now))).collect()
    }
}

/// "1 Dec 2025, 08:00:00 UTC (31 days ago)".
pub(super) fn date(moment: OffsetDateTime, now: OffsetDateTime) -> Option<String> {
    let exact = When::of(moment, now).exact;
    (!exact.is_empty()).then(|| format!("{exact} ({})", relative(moment, now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differs(columns: &[Option<&str>]) -> Option<bool> {
        let owned: Vec<_> = columns.iter().map(|column| column.map(str::to_owned)).collect();
        let columns = Columns(owned.iter().map(Option::as_ref).collect());
        columns.line("x", |text| (!text.is_empty()).then(|| text.clone())).map(|line| line.differs)
    }

    #[test]
    fn what_differs_is_marked() {
        assert_eq!(differs(&[Some("a"), Some("a")]), Some(false));
        assert_eq!(differs(&[Some("a"), Some("b")]), Some(true));
        assert_eq!(differs(&[Some("a"), Some("")]), Some(true), "here it is, there it is not");
    }

    #[test]
    fn of_a_path_that_shows_nothing_nothing_differs() {
        assert_eq!(differs(&[Some("a"), None, Some("a")]), Some(false));
        assert_eq!(differs(&[None, Some("")]), None, "a line without any fact is left out");
    }
}
