//! The report for CI systems: JUnit's XML, one suite for each group, one case for each endpoint and path.

use std::io::{self, Write};

use askama::Template;
use prober::State;
use prober::snapshot::Snapshot;

use super::{Line, lines};

/// The document; the template's extension makes askama escape for XML.
#[derive(Debug, Template)]
#[template(path = "report.junit.xml")]
struct Document<'a> {
    site: &'a str,
    suites: Vec<Suite<'a>>,
}

#[derive(Debug)]
struct Suite<'a> {
    group: &'a str,
    cases: Vec<Line<'a>>,
}

impl Suite<'_> {
    fn count(&self, outcome: Outcome) -> usize {
        self.cases.iter().filter(|case| Outcome::of(case) == outcome).count()
    }
}

/// What a result is to a CI system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    /// Passed, with something to say.
    Noted,
    Failed,
    Error,
    /// A control that does not answer: evidence, never a failure.
    Skipped,
}

impl Outcome {
    fn of(line: &Line<'_>) -> Self {
        match line.state {
            State::Reachable => Self::Passed,
            State::Degraded => Self::Noted,
            State::Blocked | State::Unknown if line.control => Self::Skipped,
            State::Blocked => Self::Failed,
            State::Unknown => Self::Error,
        }
    }
}

/// Writes the results as JUnit's XML.
pub(super) fn write(snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: Vec<Suite<'_>> = Vec::new();
    for line in lines(snapshot) {
        match suites.iter_mut().find(|suite| suite.group == line.group) {
            Some(suite) => suite.cases.push(line),
            None => suites.push(Suite { group: line.group, cases: vec![line] }),
        }
    }
    suites.sort_by_key(|suite| suite.group);
    let document = Document { site: &snapshot.site, suites };
    writeln!(out, "{}", document.render().map_err(io::Error::other)?)
}
