//! The overview: the sentence, what needs attention, and a matrix for every group.

use std::collections::HashMap;

use askama::Template;
use prober::cause::State;
use prober::diagnosis::{self, EndpointDiagnosis};
use prober::plan::{Maintenance, Severity};
use prober::snapshot::{Row, Snapshot};
use time::OffsetDateTime;

use super::cell::Cell;
use super::day::DayBar;
use super::frame::Frame;
use super::history_note::HistoryNote;
use super::interception::InterceptionLines;
use super::link::to_endpoint;
use super::problem::Problems;
use super::reloaded::Reloaded;
use super::standing::PathLine;
use super::when::When;
use crate::history::{Days, Standing};
use crate::reload::Last;
use crate::rows::path_names;
use crate::sentence;
use crate::status::{Stamp, Summary};
use crate::words;

/// The whole page.
#[derive(Debug, Template)]
#[template(path = "overview.html")]
pub(super) struct Overview<'a> {
    frame: Frame,
    site: &'a str,
    /// What of it changes when it looks otherwise.
    version: &'a str,
    /// By this clock it was made, so that a browser's may be another.
    now: String,
    sentence: String,
    /// The worst state, which gives the page its tone.
    tone: State,
    counts: [(State, usize); 4],
    results: usize,
    paths: Vec<PathLine<'a>>,
    updated: When,
    /// What is wrong with the clock by which all of this is judged.
    clock: Option<String>,
    /// What came of the last reload.
    reloaded: Option<Reloaded>,
    /// What is wrong with the history.
    history: Option<HistoryNote>,
    problems: Problems<'a>,
    interception: InterceptionLines<'a>,
    /// When the bars of the day begin.
    day: String,
    groups: Vec<Group<'a>>,
    controls: Option<Group<'a>>,
}

/// What stands behind a snapshot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Behind<'a> {
    /// The version of how it looks.
    pub(super) version: &'a str,
    /// The last 24 hours.
    pub(super) days: &'a Days,
    /// How the history is kept.
    pub(super) standing: &'a Standing,
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
    /// What its paths say together, where that is more than the cells do.
    diagnosis: Option<String>,
    /// Its last 24 hours.
    day: Option<DayBar>,
    cells: Vec<Option<Cell<'a>>>,
}

impl Line<'_> {
    /// Where the endpoint's page is.
    fn address(&self) -> String {
        to_endpoint(self.name)
    }
}

impl<'a> Overview<'a> {
    pub(super) fn of(snapshot: &'a Snapshot, behind: &Behind<'a>, now: OffsetDateTime) -> Self {
        let summary = Summary::of(snapshot);
        let (controls, rows): (Vec<&Row>, Vec<&Row>) =
            snapshot.rows.iter().map(AsRef::as_ref).partition(|row| row.pair.endpoint.control);
        let order = path_names(snapshot);
        let diagnoses = diagnosis::endpoints(snapshot);
        let (days, maintenance) = (behind.days, &snapshot.maintenance);
        let look = Look { order: &order, diagnoses: &diagnoses, maintenance, days, now };
        // A control counts for nothing, and so does what its paths say.
        let bare = Look { diagnoses: &HashMap::new(), ..look };
        Self {
            frame: Frame::new(),
            site: &snapshot.site,
            version: behind.version,
            now: Stamp(now).to_text().unwrap_or_default(),
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
            clock: sentence::clock_warning(snapshot),
            reloaded: None,
            history: HistoryNote::of(behind.standing, now),
            problems: Problems::of(snapshot, now),
            interception: InterceptionLines::of(snapshot),
            day: Stamp(behind.days.start).to_text().unwrap_or_default(),
            groups: look.groups(&rows),
            controls: bare.groups(&controls).pop(),
        }
    }

    /// The same, with what came of the last reload.
    pub(super) fn after(self, reloaded: Option<&Last>, now: OffsetDateTime) -> Self {
        Self { reloaded: reloaded.map(|last| Reloaded::of(last, now)), ..self }
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

/// In what light the rows are shown.
#[derive(Clone, Copy)]
struct Look<'d> {
    /// The names of the paths.
    order: &'d [&'d str],
    diagnoses: &'d HashMap<&'d str, EndpointDiagnosis<'d>>,
    maintenance: &'d Maintenance,
    days: &'d Days,
    now: OffsetDateTime,
}

impl Look<'_> {
    /// The rows by group, and by endpoint within it, both in the order of the configuration.
    fn groups<'a>(self, rows: &[&'a Row]) -> Vec<Group<'a>> {
        let mut groups = Vec::<(&str, Vec<&'a Row>)>::new();
        for row in rows {
            let name = row.pair.endpoint.group.as_str();
            match groups.iter_mut().find(|(group, _)| *group == name) {
                Some((_, members)) => members.push(row),
                None => groups.push((name, vec![row])),
            }
        }
        groups.into_iter().map(|(name, members)| self.group(name, &members)).collect()
    }

    fn group<'a>(self, name: &'a str, rows: &[&'a Row]) -> Group<'a> {
        let used =
            |path: &&str| rows.iter().find(|row| row.pair.path.name == **path).map(|row| row.pair.path.name.as_str());
        let paths: Vec<_> = self.order.iter().filter_map(used).collect();
        // The plan lists an endpoint's pairs one after the other.
        let by_endpoint = rows.chunk_by(|a, b| a.pair.endpoint.name == b.pair.endpoint.name);
        let lines = by_endpoint.filter_map(|rows| self.line(rows, &paths)).collect();
        Group { name, paths, lines }
    }

    fn line<'a>(self, rows: &[&'a Row], paths: &[&str]) -> Option<Line<'a>> {
        let endpoint = &rows.first()?.pair.endpoint;
        let own = |path: &&str| {
            rows.iter().find(|row| row.pair.path.name == *path).map(|row| Cell::of(row, self.maintenance, self.now))
        };
        let diagnosis = self.diagnoses.get(endpoint.name.as_str());
        Some(Line {
            name: &endpoint.name,
            url: endpoint.url.as_str(),
            severity: endpoint.severity,
            diagnosis: diagnosis.and_then(|diagnosis| in_words(diagnosis, rows.len())),
            day: DayBar::of(self.days, &endpoint.name),
            cells: paths.iter().map(own).collect(),
        })
    }
}

/// What an endpoint's paths say together. Of a single path there is nothing to compare.
pub(super) fn in_words(diagnosis: &EndpointDiagnosis<'_>, paths: usize) -> Option<String> {
    match diagnosis {
        EndpointDiagnosis::PathSpecific { blocked, usable } => {
            Some(format!("blocked on {}, gets through on {}", words::all(blocked), words::all(usable)))
        }
        EndpointDiagnosis::BlockedEverywhere if paths > 1 => Some("blocked on every path".to_owned()),
        EndpointDiagnosis::OriginDown => Some("the publisher has a problem: its paths serve others".to_owned()),
        EndpointDiagnosis::BlockedEverywhere | EndpointDiagnosis::ReachableEverywhere => None,
    }
}

#[cfg(test)]
mod tests;
