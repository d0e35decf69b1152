//! Troubles as comma-separated values (RFC 4180), made for spreadsheets.

use crate::history::Trouble;
use crate::status::TroubleEntry;

/// The columns.
const HEAD: &str = "id,endpoint,path,group,severity,state,cause,blame,from,to,probes,detail\r\n";

/// Writes them, a line for each, after one that names the columns.
pub(super) fn write(troubles: &[Trouble]) -> String {
    let mut csv = HEAD.to_owned();
    for entry in troubles.iter().map(TroubleEntry::of) {
        let to = entry.to.and_then(crate::status::Stamp::to_text).unwrap_or_default();
        let cells = [
            &entry.id.to_string(),
            entry.endpoint,
            entry.path,
            entry.group,
            entry.severity,
            entry.state.as_str(),
            entry.cause.as_str(),
            entry.blame.as_str(),
            &entry.from.to_text().unwrap_or_default(),
            &to,
            &entry.probes.to_string(),
            entry.detail,
        ];
        csv.push_str(&cells.map(cell).join(","));
        csv.push_str("\r\n");
    }
    csv
}

/// A cell, quoted where it must be. What a spreadsheet would take for a formula gets an apostrophe before it: a block
/// page's words must not be computed with (OWASP, "CSV Injection").
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sample, sample_past};

    #[test]
    fn cells_are_quoted_and_no_formula_is_left() {
        let cases = [
            ("plain", "plain"),
            ("", ""),
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
            assert_eq!(cell(text), expected, "{text}");
        }
    }

    #[test]
    fn every_trouble_is_a_line() {
        let troubles: Vec<_> =
            sample_past::troubles(&sample::branch()).into_iter().map(|(trouble, ..)| trouble).collect();
        let csv = write(&troubles);
        let lines: Vec<_> = csv.split("\r\n").collect();
        assert_eq!(lines.len(), troubles.len() + 2);
        assert_eq!(
            lines[1],
            "8,ols,hq,activation,critical,blocked,proxy_denied,proxy,2026-01-01T11:42:10Z,,19,\
             proxy hq (proxy.hq.example:3128) refused CONNECT with 403 Forbidden"
        );
    }
}
