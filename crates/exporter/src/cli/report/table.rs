//! The report for a terminal.

use std::io::{self, Write};

use comfy_table::{Cell, ColumnConstraint, Width};
use prober::snapshot::Snapshot;

use super::{Line, lines};
use crate::cli::screen::{self, Screen};
use crate::sentence::{clock_warning, summary};

const HEADER: [&str; 6] = ["endpoint", "path", "state", "cause", "who acts", "detail"];
/// The sentences get what the words can do without.
const WIDTHS: [ColumnConstraint; 6] = [
    ColumnConstraint::UpperBoundary(Width::Percentage(30)),
    ColumnConstraint::UpperBoundary(Width::Percentage(15)),
    ColumnConstraint::ContentWidth,
    ColumnConstraint::UpperBoundary(Width::Percentage(18)),
    ColumnConstraint::UpperBoundary(Width::Percentage(15)),
    ColumnConstraint::LowerBoundary(Width::Percentage(25)),
];
/// Writes the results as a table and a sentence.
pub(super) fn write(snapshot: &Snapshot, screen: Screen, out: &mut dyn Write) -> io::Result<()> {
    let lines = lines(snapshot);
    let mut table = screen.table(HEADER);
    table.set_constraints(WIDTHS);
    for line in &lines {
        table.add_row(row(line));
    }
    screen::print(&table, out)?;
    writeln!(out, "{}", summary(snapshot))?;
    clock_warning(snapshot).map_or(Ok(()), |warning| writeln!(out, "{warning}"))
}

fn row(line: &Line<'_>) -> [Cell; 6] {
    let (sign, colour, _) = screen::look(line.state);
    [
        Cell::new(line.endpoint),
        Cell::new(line.path),
        Cell::new(format!("{sign} {}", line.state)).fg(colour),
        Cell::new(line.cause_words()),
        Cell::new(line.who_acts()),
        Cell::new(&line.detail),
    ]
}
