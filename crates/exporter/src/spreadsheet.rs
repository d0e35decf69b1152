//! Tables for spreadsheets: comma-separated values (RFC 4180).

use std::io;

/// A table under construction.
pub(crate) struct Table(csv::Writer<Vec<u8>>);

impl Table {
    /// Begins one; its first line names the columns.
    pub(crate) fn of(columns: &[&str]) -> io::Result<Self> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(columns)?;
        Ok(Self(writer))
    }

    /// Writes a line: a cell for each column.
    pub(crate) fn row(&mut self, cells: &[&str]) -> io::Result<()> {
        Ok(self.0.write_record(cells.iter().copied().map(harmless))?)
    }

    /// All of it.
    pub(crate) fn into_text(self) -> io::Result<String> {
        let bytes = self.0.into_inner().map_err(csv::IntoInnerError::into_error)?;
        String::from_utf8(bytes).map_err(io::Error::other)
    }
}

/// What a spreadsheet would take for a formula gets an apostrophe before it: a block page's words must not be computed with
/// (OWASP, "CSV Injection").
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula_is_left() {
        let cases = [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""),
        ];
        for (text, expected) in cases {
            let mut table = Table::of(&["a", "b"]).unwrap();
            table.row(&[text, ""]).unwrap();
            assert_eq!(table.into_text().unwrap(), format!("a,b\r\n{expected},\r\n"), "{text}");
        }
    }
}
