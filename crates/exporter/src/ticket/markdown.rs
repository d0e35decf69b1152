//! The report as GitHub-flavoured Markdown.

use std::fmt::Write;

use time::OffsetDateTime;

use super::{Report, Request};
use crate::markdown::escaped;
use crate::runbook::Span;
use crate::status::Stamp;

/// Writes all of it. Writing into a string cannot fail.
pub(super) fn write(report: &Report<'_>) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# Blocked endpoints at {}\n", escaped(report.site));
    let _ = writeln!(out, "{}\n", escaped(&report.sentence));
    if report.teams.is_empty() {
        let _ = writeln!(out, "Nothing is blocked.\n");
    }
    for team in &report.teams {
        let _ = writeln!(out, "## For {}\n", team.who());
        team.requests.iter().for_each(|request| about(request, &mut out));
    }
    let _ = writeln!(out, "reachwatch {}, {}", env!("CARGO_PKG_VERSION"), stamp(report.at));
    out
}

fn about(request: &Request<'_>, out: &mut String) {
    let way = request.way.as_ref().map(|way| format!(" ({})", escaped(way))).unwrap_or_default();
    let (title, path) = (request.title(), escaped(request.path));
    let _ = writeln!(out, "### {title}: path {path}{way}\n");
    let _ = writeln!(out, "Cause: `{}`\n", request.cause);
    let _ =
        writeln!(out, "| host | port | protocol | endpoint | severity | blocked since |\n|---|---|---|---|---|---|");
    for target in &request.targets {
        let [host, endpoint] = [target.host.as_str(), target.endpoint].map(escaped);
        let (port, protocol, severity, since) =
            (target.port, target.protocol, target.severity.as_str(), stamp(target.since));
        let _ = writeln!(out, "| {host} | {port} | {protocol} | {endpoint} | {severity} | {since} |");
    }
    let _ = writeln!(out, "\nWhat was seen:\n");
    for target in &request.targets {
        let facts = target.evidence.iter().map(|(key, value)| format!("; {}: {}", escaped(key), escaped(value)));
        let facts: String = facts.collect();
        let work = target.maintained_until.map(|until| format!("; maintenance announced until {}", stamp(until)));
        let work = work.unwrap_or_default();
        let _ = writeln!(out, "- {}: {}{facts}{work}", escaped(target.endpoint), escaped(target.detail.as_str()));
    }
    if !request.letter.is_empty() {
        let _ = writeln!(out, "\nWhat to ask for:\n");
        let paragraphs: Vec<_> = request.letter.iter().map(|one| format!("> {}\n", line(one))).collect();
        out.push_str(&paragraphs.join(">\n"));
    }
    out.push('\n');
}

fn line(spans: &[Span]) -> String {
    let span = |span: &Span| match span {
        Span::Text(text) => escaped(text),
        Span::Code(code) => format!("`{code}`"),
        Span::Blank(blank) => escaped(&blank.to_string()),
    };
    spans.iter().map(span).collect()
}

fn stamp(moment: OffsetDateTime) -> String {
    Stamp(moment).to_text().unwrap_or_default()
}
