//! The report for a terminal.

use std::io::{self, Write};

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, Width};
use prober::State;
use prober::snapshot::Snapshot;

use super::{Line, Screen, lines, summary};

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
/// Where the terminal is narrower than this, wrapping six columns would leave a word a line.
const NARROWEST: u16 = 60;

/// Writes the results as a table and a sentence.
pub(super) fn write(snapshot: &Snapshot, screen: Screen, out: &mut dyn Write) -> io::Result<()> {
    let lines = lines(snapshot);
    let mut table = new_table(screen);
    table.set_header(HEADER.map(|title| Cell::new(title).add_attribute(Attribute::Bold)));
    table.set_constraints(WIDTHS);
    for line in &lines {
        table.add_row(row(line));
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out, "{}", summary(snapshot))
}

fn row(line: &Line<'_>) -> [Cell; 6] {
    let (symbol, colour) = match line.state {
        State::Reachable => ('✔', Color::Green),
        State::Degraded => ('▲', Color::Yellow),
        State::Blocked => ('✖', Color::Red),
        State::Unknown => ('?', Color::Magenta),
    };
    [
        // Slugs are long: they may break at their hyphens.
        Cell::new(line.endpoint).set_delimiter('-'),
        Cell::new(line.path),
        Cell::new(format!("{symbol} {}", line.state)).fg(colour),
        Cell::new(line.cause_words()),
        Cell::new(line.who_acts()),
        Cell::new(&line.detail),
    ]
}

/// A table as others of the program have it: wrapped to the terminal, and unbroken for whatever is none.
pub(in crate::cli) fn new_table(screen: Screen) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none())).force_no_tty();
    match screen.width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.max(NARROWEST)),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    if screen.colour {
        table.enforce_styling();
    }
    table
}
