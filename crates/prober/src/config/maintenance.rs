//! The key `maintenance`: when somebody works on what is probed.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use wildmatch::WildMatch;

use super::cursor::{Cursor, Map};
use crate::plan::{Maintenance, Matching, Severity, Window};

const KEYS: &[&str] = &["from", "to", "match"];
const MATCH_KEYS: &[&str] = &["endpoint", "path", "group", "severity"];

/// The most globs of one key, and the most characters of one.
const MAX_GLOBS: usize = 100;
const MAX_GLOB: usize = 200;

/// Reads the windows.
pub(super) fn read(cursor: &Cursor<'_>) -> Option<Maintenance> {
    let items = cursor.items()?;
    if items.len() > Maintenance::MAX_WINDOWS {
        return cursor.fault(format!("more than {} windows", Maintenance::MAX_WINDOWS));
    }
    Some(Maintenance::new(items.iter().filter_map(window).collect()))
}

fn window(cursor: &Cursor<'_>) -> Option<Window> {
    let section = cursor.section(KEYS)?;
    let matching = section.get("match").filter(|cursor| !cursor.is_nothing());
    let matching = matching.map_or(Some(Matching::default()), |cursor| matching_of(&cursor));
    let from = section.require("from").and_then(|cursor| moment(&cursor));
    let end = section.require("to");
    let to = end.as_ref().and_then(moment);
    let (from, to) = (from?, to?);
    if to <= from {
        return end?.fault("the window is over before it begins");
    }
    Some(Window { from, to, matching: matching? })
}

fn moment(cursor: &Cursor<'_>) -> Option<OffsetDateTime> {
    let text = cursor.text_for("a time such as 2026-01-01T00:00:00Z")?;
    OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| {
        let message = format!("{} is no time by RFC 3339", cursor.shown());
        cursor.fault_with_help(
            message,
            "write date, T, time and offset, such as 2026-01-01T00:00:00Z or …T01:00:00+01:00",
        )
    })
}

fn matching_of(cursor: &Cursor<'_>) -> Option<Matching> {
    let section = cursor.section(MATCH_KEYS)?;
    Some(Matching {
        endpoint: globs(&section, "endpoint"),
        path: globs(&section, "path"),
        group: globs(&section, "group"),
        severity: severities(&section),
    })
}

/// One glob, or a list of which any will do. Whether there is anything of that name does not matter: what is discovered is
/// known later, and who left the configuration may still have a window in it.
fn globs(section: &Map<'_>, key: &str) -> Vec<WildMatch> {
    let Some(cursor) = section.get(key).filter(|cursor| !cursor.is_nothing()) else { return Vec::new() };
    if !cursor.is_list() {
        return glob(&cursor).into_iter().collect();
    }
    let items = cursor.items().unwrap_or_default();
    if items.is_empty() {
        cursor.fault_with_help::<()>("nothing is meant", "leave the key out to mean everything");
    } else if items.len() > MAX_GLOBS {
        cursor.fault::<()>(format!("more than {MAX_GLOBS} globs"));
        return Vec::new();
    }
    items.iter().filter_map(glob).collect()
}

fn glob(cursor: &Cursor<'_>) -> Option<WildMatch> {
    let text = cursor.text()?;
    match text.chars().count() {
        0 => cursor.fault("no name is empty"),
        1..=MAX_GLOB => Some(WildMatch::new(text)),
        _ => cursor.fault(format!("a glob has at most {MAX_GLOB} characters")),
    }
}

/// Severities are a closed set, so that what fits none of them is a mistake.
fn severities(section: &Map<'_>) -> Vec<WildMatch> {
    let globs = globs(section, "severity");
    let fits_none = |glob: &WildMatch| !Severity::ALL.iter().any(|severity| glob.matches(severity.as_str()));
    if globs.iter().any(fits_none)
        && let Some(cursor) = section.get("severity")
    {
        cursor.fault_with_help::<()>("this is no severity", "they are critical, warning and info");
    }
    globs
}
