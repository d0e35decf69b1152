//! Everything that is known of the allowlist, for spreadsheets and programs.

use std::collections::BTreeSet;
use std::io;

use prober::microsoft365::Category;
use serde::Serialize;

use super::Export;
use super::allowlist::{Allowlist, Entry};
use crate::spreadsheet::Table;

const COLUMNS: [&str; 11] =
    ["host", "kind", "tcp", "udp", "category", "required", "service_areas", "ids", "endpoints", "groups", "notes"];

/// Comma-separated values (RFC 4180), with columns named in the first line. Ranges of addresses are lines of the kind
/// `range`.
pub(crate) fn csv(allowlist: &Allowlist) -> Result<Export, io::Error> {
    let mut table = Table::of(&COLUMNS)?;
    for row in rows(allowlist) {
        let required = row.required.map_or("", |required| if required { "yes" } else { "no" });
        let ids: Vec<_> = row.ids.iter().map(ToString::to_string).collect();
        let (areas, endpoints) = (joined(row.service_areas), joined(row.endpoints));
        let (groups, notes, category) = (joined(row.groups), joined(row.notes), row.category.unwrap_or_default());
        let ids = ids.join(" ");
        let cells: [&str; COLUMNS.len()] =
            [&row.host, row.kind, &row.tcp, &row.udp, category, required, &areas, &ids, &endpoints, &groups, &notes];
        table.row(&cells)?;
    }
    Ok(Export { text: table.into_text()?, left_out: Vec::new() })
}

fn joined(texts: &BTreeSet<String>) -> String {
    texts.iter().map(String::as_str).collect::<Vec<_>>().join("; ")
}

/// The document of `--for json`.
#[derive(Serialize)]
struct Document<'a> {
    entries: Vec<Row<'a>>,
}

/// A host or a range of addresses. What nobody said is null or empty.
#[derive(Serialize)]
struct Row<'a> {
    host: String,
    /// `name`, `domain` (all names below one), `pattern`, `address` or `range`.
    kind: &'static str,
    tcp: String,
    udp: String,
    category: Option<&'static str>,
    required: Option<bool>,
    service_areas: &'a BTreeSet<String>,
    ids: &'a BTreeSet<u32>,
    endpoints: &'a BTreeSet<String>,
    groups: &'a BTreeSet<String>,
    notes: &'a BTreeSet<String>,
}

/// The same as JSON.
pub(crate) fn json(allowlist: &Allowlist) -> Result<Export, serde_json::Error> {
    let document = Document { entries: rows(allowlist).collect() };
    Ok(Export { text: serde_json::to_string_pretty(&document)? + "\n", left_out: Vec::new() })
}

fn rows(allowlist: &Allowlist) -> impl Iterator<Item = Row<'_>> {
    let hosts = allowlist.hosts.iter().map(|(target, entry)| row(target.to_string(), target.kind(), entry));
    hosts.chain(allowlist.ranges.iter().map(|(range, entry)| row(range.to_string(), "range", entry)))
}

fn row<'a>(host: String, kind: &'static str, entry: &'a Entry) -> Row<'a> {
    Row {
        host,
        kind,
        tcp: entry.tcp.to_string(),
        udp: entry.udp.to_string(),
        category: entry.category.map(Category::as_str),
        required: entry.required,
        service_areas: &entry.areas,
        ids: &entry.ids,
        endpoints: &entry.endpoints,
        groups: &entry.groups,
        notes: &entry.notes,
    }
}
