//! Where results are written: a terminal is wrapped to and coloured, anything else is left in one piece.

use std::io::{self, IsTerminal};

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Attribute, Cell, Color, ContentArrangement, LineStyle, Table};
use prober::State;

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

/// How a state looks: a sign and a colour, the latter for tables and as a parameter of `CSI m` (ECMA-48, section
/// 8.3.117). Never colour alone.
pub(crate) const fn look(state: State) -> (char, Color, u8) {
    match state {
        State::Reachable => ('✔', Color::Green, 32),
        State::Degraded => ('▲', Color::Yellow, 33),
        State::Blocked => ('✖', Color::Red, 31),
        State::Unknown => ('?', Color::Magenta, 35),
    }
}

/// A state outside a table.
pub(crate) fn painted(state: State, colour: bool) -> String {
    match look(state) {
        (sign, _, code) if colour => format!("\u{1b}[{code}m{sign} {state}\u{1b}[0m"),
        (sign, ..) => format!("{sign} {state}"),
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
