//! Troubles as a table, made for spreadsheets.

use std::io;

use crate::history::Trouble;
use crate::spreadsheet::Table;
use crate::status::{Stamp, TroubleEntry};

const COLUMNS: [&str; 12] =
    ["id", "endpoint", "path", "group", "severity", "state", "cause", "blame", "from", "to", "probes", "detail"];

/// Writes them, a line for each, after one that names the columns.
pub(super) fn write(troubles: &[Trouble]) -> io::Result<String> {
    let mut table = Table::of(&COLUMNS)?;
    for entry in troubles.iter().map(TroubleEntry::of) {
        let (from, to) = (entry.from.to_text(), entry.to.and_then(Stamp::to_text));
        let cells: [&str; COLUMNS.len()] = [
            &entry.id.to_string(),
            entry.endpoint,
            entry.path,
            entry.group,
            entry.severity,
            entry.state.as_str(),
            entry.cause.as_str(),
            entry.blame.as_str(),
            &from.unwrap_or_default(),
            &to.unwrap_or_default(),
            &entry.probes.to_string(),
            entry.detail,
        ];
        table.row(&cells)?;
    }
    table.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sample, sample_past};

    #[test]
    fn every_trouble_is_a_line() {
        let troubles: Vec<_> =
            sample_past::troubles(&sample::branch()).into_iter().map(|(trouble, ..)| trouble).collect();
        let csv = write(&troubles).unwrap();
        let lines: Vec<_> = csv.split("\r\n").collect();
        assert_eq!(lines.len(), troubles.len() + 2);
        assert_eq!(
            lines[1],
            "8,ols,hq,activation,critical,blocked,proxy_denied,proxy,2026-01-01T11:42:10Z,,19,\
             proxy hq (proxy.hq.example:3128) refused CONNECT with 403 Forbidden"
        );
    }
}
