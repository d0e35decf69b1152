//! Where results are written: a terminal is wrapped to and coloured, anything else is left in one piece.

use std::io::{self, IsTerminal};

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Attribute, Cell, ContentArrangement, LineStyle, Table};

/// Where the terminal is narrower than this, wrapping would leave a word a line.
const NARROWEST: u16 = 60;

/// What results are written to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    /// Columns to wrap at; none where it is no terminal.
    pub(crate) width: Option<u16>,
    /// Whether colour may be used.
    pub(crate) colour: bool,
}

impl Screen {
    /// Standard output as it is.
    pub(crate) fn stdout() -> Self {
        // comfy-table asks the terminal that stdout is, if it is one.
        Self { width: Table::new().width(), colour: colour(&io::stdout()) }
    }

    /// An empty table with a header.
    pub(crate) fn table<const COLUMNS: usize>(self, header: [&str; COLUMNS]) -> Table {
        let mut table = Table::new();
        table.load_style(UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none())).force_no_tty();
        match self.width {
            Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.max(NARROWEST)),
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        if self.colour {
            table.enforce_styling();
        }
        table.set_header(header.map(|title| Cell::new(title).add_attribute(Attribute::Bold)));
        table
    }
}

/// Writes a table without the blanks that fill its last column.
pub(crate) fn print(table: &Table, out: &mut dyn io::Write) -> io::Result<()> {
    table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}

/// Whether colour may be used on a stream: it is a terminal, and `NO_COLOR` (<https://no-color.org>) is not set.
pub(crate) fn colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
