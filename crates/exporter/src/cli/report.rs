//! The report of `check`: the same findings as table, JSON, Markdown or JUnit, made from one snapshot.

mod junit;
mod markdown;
mod table;

use std::io::{self, Write};
use std::time::Duration;

use prober::snapshot::{Row, Snapshot};
use prober::verdict::Reason;
use prober::{Cause, State};

use super::args::ReportFormat;
use super::screen::Screen;
use crate::status::Document;
use crate::words;

/// Writes a snapshot as a report.
pub(crate) fn write(format: ReportFormat, snapshot: &Snapshot, screen: Screen, out: &mut dyn Write) -> io::Result<()> {
    match format {
        ReportFormat::Table => table::write(snapshot, screen, out),
        ReportFormat::Json => json(snapshot, out),
        ReportFormat::Markdown => markdown::write(snapshot, out),
        ReportFormat::Junit => junit::write(snapshot, out),
    }
}

fn json(snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document::from_snapshot(snapshot))?;
    writeln!(out)
}

/// One result as people read it.
#[derive(Debug)]
struct Line<'a> {
    endpoint: &'a str,
    path: &'a str,
    group: &'a str,
    control: bool,
    state: State,
    reason: Option<&'a Reason>,
    /// The detail of the reason, or what the endpoint answered.
    detail: String,
    duration: Duration,
}

impl Line<'_> {
    fn cause(&self) -> Option<Cause> {
        self.reason.map(|reason| reason.cause)
    }

    fn cause_name(&self) -> &'static str {
        self.cause().map_or("", Cause::as_str)
    }

    fn cause_words(&self) -> &'static str {
        self.cause().map_or("", Cause::words)
    }

    fn who_acts(&self) -> &'static str {
        self.reason.map_or("", |reason| words::who(reason.blame))
    }
}

/// Every result, those that somebody has to look at first; controls after endpoints in the same state.
fn lines(snapshot: &Snapshot) -> Vec<Line<'_>> {
    let mut lines: Vec<_> = snapshot.rows.iter().map(|row| line(row)).collect();
    lines.sort_by_key(|line| (urgency(line.state), line.control));
    lines
}

fn line(row: &Row) -> Line<'_> {
    let endpoint = &row.pair.endpoint;
    let report = row.confirmed.as_ref().map(|confirmed| confirmed.report.as_ref());
    let reason = report.and_then(|report| report.verdict.reason.as_ref());
    let duration = report.map_or(Duration::ZERO, |report| report.observation.duration);
    let detail = match (reason, report.and_then(|report| report.observation.http.as_ref())) {
        (Some(reason), _) => reason.detail.clone(),
        (None, Some(http)) => format!("HTTP {} in {}", http.status, words::took(duration)),
        (None, None) => String::new(),
    };
    Line {
        endpoint: &endpoint.name,
        path: &row.pair.path.name,
        group: &endpoint.group,
        control: endpoint.control,
        state: row.state(),
        reason,
        detail,
        duration,
    }
}

fn urgency(state: State) -> u8 {
    match state {
        State::Blocked => 0,
        State::Unknown => 1,
        State::Degraded => 2,
        State::Reachable => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn report(format: ReportFormat, screen: Screen) -> String {
        let mut out = Vec::new();
        write(format, &sample::branch(), screen, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    const PAPER: Screen = Screen { width: None, colour: false };

    #[test]
    fn a_table_is_wrapped_to_the_terminal() {
        let table = report(ReportFormat::Table, Screen { width: Some(100), colour: false });
        // The sentence at the end is the terminal's to wrap.
        let (rows, _sentence) = table.trim_end().rsplit_once('\n').unwrap();
        assert!(rows.lines().all(|line| line.chars().count() <= 100), "{table}");
        insta::assert_snapshot!(table);
    }

    #[test]
    fn without_a_terminal_every_result_is_one_line() {
        let table = report(ReportFormat::Table, PAPER);
        let refusals = table.lines().filter(|line| line.contains("refused CONNECT with 403 Forbidden"));
        assert_eq!(refusals.count(), 2, "{table}");
        assert!(!table.contains('\u{1b}'), "no colour was asked for");
    }

    #[test]
    fn a_wrong_clock_is_told_of() {
        let snapshot = sample::at_clock(86_400);
        for format in [ReportFormat::Table, ReportFormat::Markdown] {
            let mut out = Vec::new();
            write(format, &snapshot, PAPER, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.contains("clock is 24 hours behind the clocks of 3 origins"), "{text}");
        }
    }

    #[test]
    fn colour_is_used_where_it_may_be() {
        let table = report(ReportFormat::Table, Screen { width: Some(100), colour: true });
        assert!(table.contains("\u{1b}["));
    }

    #[test]
    fn what_needs_somebody_comes_first() {
        let snapshot = sample::branch();
        let states: Vec<_> = lines(&snapshot).iter().map(|line| line.state).collect();
        let first_usable = states.iter().position(|state| state.is_usable()).unwrap();
        assert!(states[..first_usable].iter().all(|state| !state.is_usable()));
        assert!(states[first_usable..].iter().all(|state| state.is_usable()));
        assert_eq!(states[0], State::Blocked);
    }

    #[test]
    fn json_is_the_status_document() {
        let document: serde_json::Value = serde_json::from_str(&report(ReportFormat::Json, PAPER)).unwrap();
        assert_eq!(document["site"], "branch-042");
        assert_eq!(document["results"].as_array().unwrap().len(), sample::branch().rows.len());
    }

    #[test]
    fn markdown_keeps_foreign_words_harmless() {
        let report = report(ReportFormat::Markdown, PAPER);
        insta::assert_snapshot!(report);
    }

    #[test]
    fn junit_counts_what_it_lists() {
        let report = report(ReportFormat::Junit, PAPER);
        assert_eq!(report.matches("<failure ").count(), 3, "{report}");
        insta::assert_snapshot!(report);
    }
}
