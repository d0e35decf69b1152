//! The overview: the sentence, what needs attention, and a matrix for every group.

use askama::Template;
use prober::cause::State;
use prober::plan::Severity;
use prober::snapshot::{Row, Snapshot};
use time::OffsetDateTime;

use super::cell::Cell;
use super::frame::Frame;
use super::interception::InterceptionLines;
use super::problem::Problem;
use super::standing::PathLine;
use super::when::When;
use crate::rows::path_names;
use crate::sentence;
use crate::status::Summary;

/// The whole page.
#[derive(Debug, Template)]
#[template(path = "overview.html")]
pub(super) struct Overview<'a> {
    frame: Frame,
    site: &'a str,
    sentence: String,
    /// The worst state, which gives the page its tone.
    tone: State,
    counts: [(State, usize); 4],
    results: usize,
    paths: Vec<PathLine<'a>>,
    updated: When,
    problems: Vec<Problem<'a>>,
    interception: InterceptionLines<'a>,
    groups: Vec<Group<'a>>,
    controls: Option<Group<'a>>,
}

/// A group of endpoints and the paths that they are probed over.
#[derive(Debug)]
pub(super) struct Group<'a> {
    name: &'a str,
    paths: Vec<&'a str>,
    lines: Vec<Line<'a>>,
}

/// One endpoint; a cell for every path of the group, empty where it is not probed over that path.
#[derive(Debug)]
pub(super) struct Line<'a> {
    name: &'a str,
    url: &'a str,
    severity: Severity,
    cells: Vec<Option<Cell<'a>>>,
}

impl<'a> Overview<'a> {
    pub(super) fn of(snapshot: &'a Snapshot, now: OffsetDateTime) -> Self {
        let summary = Summary::of(snapshot);
        let (controls, rows): (Vec<&Row>, Vec<&Row>) =
            snapshot.rows.iter().map(AsRef::as_ref).partition(|row| row.pair.endpoint.control);
        let order = path_names(snapshot);
        Self {
            frame: Frame::new(),
            site: &snapshot.site,
            sentence: sentence::summary(snapshot),
            tone: tone(summary),
            counts: [
                (State::Blocked, summary.blocked),
                (State::Degraded, summary.degraded),
                (State::Unknown, summary.unknown),
                (State::Reachable, summary.reachable),
            ],
            results: rows.len(),
            paths: PathLine::all(snapshot),
            updated: When::of(snapshot.generated_at, now),
            problems: Problem::all(snapshot, now),
            interception: InterceptionLines::of(snapshot),
            groups: groups(&rows, &order, now),
            controls: groups(&controls, &order, now).pop(),
        }
    }
}

const fn tone(summary: Summary) -> State {
    match summary {
        Summary { blocked: 1.., .. } => State::Blocked,
        Summary { degraded: 1.., .. } => State::Degraded,
        Summary { reachable: 0, .. } | Summary { unknown: 1.., .. } => State::Unknown,
        _ => State::Reachable,
    }
}

/// The rows by group, and by endpoint within it, both in the order of the configuration.
fn groups<'a>(rows: &[&'a Row], order: &[&'a str], now: OffsetDateTime) -> Vec<Group<'a>> {
    let mut groups = Vec::<(&str, Vec<&'a Row>)>::new();
    for row in rows {
        let name = row.pair.endpoint.group.as_str();
        match groups.iter_mut().find(|(group, _)| *group == name) {
            Some((_, members)) => members.push(row),
            None => groups.push((name, vec![row])),
        }
    }
    groups.into_iter().map(|(name, members)| group(name, &members, order, now)).collect()
}

fn group<'a>(name: &'a str, rows: &[&'a Row], order: &[&'a str], now: OffsetDateTime) -> Group<'a> {
    let used = |path: &&str| rows.iter().any(|row| row.pair.path.name == *path);
    let paths: Vec<_> = order.iter().copied().filter(used).collect();
    // The plan lists an endpoint's pairs one after the other.
    let by_endpoint = rows.chunk_by(|a, b| a.pair.endpoint.name == b.pair.endpoint.name);
    let lines = by_endpoint.filter_map(|rows| line(rows, &paths, now)).collect();
    Group { name, paths, lines }
}

fn line<'a>(rows: &[&'a Row], paths: &[&str], now: OffsetDateTime) -> Option<Line<'a>> {
    let endpoint = &rows.first()?.pair.endpoint;
    let own = |path: &&str| rows.iter().find(|row| row.pair.path.name == *path).map(|row| Cell::of(row, now));
    Some(Line {
        name: &endpoint.name,
        url: endpoint.url.as_str(),
        severity: endpoint.severity,
        cells: paths.iter().map(own).collect(),
    })
}

#[cfg(test)]
mod tests;
