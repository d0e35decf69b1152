//! The report for tickets and wikis: GitHub-flavoured Markdown.

use std::io::{self, Write};

use prober::snapshot::Snapshot;
use time::format_description::well_known::Rfc3339;

use super::lines;
use crate::markdown::escaped;
use crate::sentence::{clock_warning, summary};

/// Writes the results as a heading, a sentence and a table.
pub(super) fn write(snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Reachability of {}\n", escaped(&snapshot.site))?;
    writeln!(out, "{}\n", escaped(&summary(snapshot)))?;
    if let Some(warning) = clock_warning(snapshot) {
        writeln!(out, "{}\n", escaped(&warning))?;
    }
    writeln!(out, "| endpoint | path | state | cause | who acts | detail |\n|---|---|---|---|---|---|")?;
    for line in lines(snapshot) {
        let [endpoint, path, detail] = [line.endpoint, line.path, &line.detail].map(escaped);
        let state = if line.state.is_usable() { line.state.to_string() } else { format!("**{}**", line.state) };
        writeln!(out, "| {endpoint} | {path} | {state} | {} | {} | {detail} |", line.cause_words(), line.who_acts())?;
    }
    let made_at = snapshot.generated_at.format(&Rfc3339).map_err(io::Error::other)?;
    writeln!(out, "\nreachwatch {}, {made_at}", env!("CARGO_PKG_VERSION"))
}
