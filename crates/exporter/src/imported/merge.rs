//! What a list has and a file has not, put into the file's text.

use std::borrow::Cow;
use std::collections::BTreeSet;

use prober::microsoft365::{HostPattern, List};
use serde_yaml::Value;
use thiserror::Error;

use super::existing::Existing;
use super::offer::{Host, Kind, Offer};
use super::section::{self, BEGIN, END, OFFERED};

/// What importing comes to.
#[derive(Debug, PartialEq, Eq, Default)]
pub(crate) struct Merged {
    /// The file's new text; `None` where it has everything already.
    pub(crate) text: Option<String>,
    /// How many endpoints are added.
    pub(crate) added: usize,
    /// How many of the hosts the file has already.
    pub(crate) present: usize,
    /// How many were offered before and removed since.
    pub(crate) removed: usize,
    /// How many stand for many hosts, or for one that is not reached over HTTP.
    pub(crate) unprobed: usize,
    /// Hosts of the file that were imported once and are in the list no more.
    pub(crate) unlisted: Vec<String>,
}

/// Why a file cannot be added to.
#[derive(Debug, Error)]
pub(crate) enum MergeFault {
    /// There is no place for lines.
    #[error(
        "its endpoints are no list of lines: write \"endpoints:\" on a line of its own and every entry below it, after \"- \""
    )]
    NoPlace,
    /// It would say something else than before.
    #[error("what stands there would mean something else with lines added below its endpoints")]
    Changed,
    /// It would be no YAML.
    #[error("it would be no YAML with lines added below its endpoints")]
    Broken(#[source] serde_yaml::Error),
}

/// Adds what is offered and not there.
pub(crate) fn merge(existing: &Existing, list: &List, offers: Vec<Offer<'_>>) -> Result<Merged, MergeFault> {
    let mut merged = Merged { unlisted: unlisted(existing, list), ..Merged::default() };
    let mut offered = existing.offered.clone();
    let mut fresh = Vec::new();
    for Offer { record, hosts } in offers {
        let hosts = hosts.into_iter().filter(|host| is_fresh(host, existing, &mut merged));
        let offer = Offer { record, hosts: hosts.collect() };
        let of_the_list = offered.entry(list.instance).or_default();
        of_the_list.extend(offer.hosts.iter().map(|host| host.pattern.to_string()));
        if !offer.hosts.is_empty() {
            fresh.push(offer);
        }
    }
    if fresh.is_empty() {
        return Ok(merged);
    }
    let mut names = existing.names.clone();
    let lines: Vec<_> = fresh.iter().flat_map(|offer| section::record(offer, &existing.hosts, &mut names)).collect();
    let text = insert(&opened(&existing.text), &lines, &section::offered(&offered)).ok_or(MergeFault::NoPlace)?;
    check(existing, &text, merged.added)?;
    merged.text = Some(text);
    Ok(merged)
}

/// Whether a host is one that the file has to be offered; counts it.
fn is_fresh(host: &Host<'_>, existing: &Existing, merged: &mut Merged) -> bool {
    let is_known = existing.offered.values().any(|offered| offered.contains(host.pattern.as_str()));
    match host.kind {
        Kind::Wildcard(_) | Kind::Other(_) => {
            merged.unprobed += 1;
            !is_known
        }
        Kind::Https | Kind::Http if existing.hosts.contains(host.pattern.as_str()) => {
            merged.present += 1;
            false
        }
        Kind::Https | Kind::Http if is_known => {
            merged.removed += 1;
            false
        }
        Kind::Https | Kind::Http => {
            merged.added += 1;
            true
        }
    }
}

fn unlisted(existing: &Existing, list: &List) -> Vec<String> {
    let listed: BTreeSet<_> = list.records.iter().flat_map(|record| &record.hosts).map(HostPattern::as_str).collect();
    // The lists of other instances have other hosts.
    let offered = existing.offered.get(&list.instance).into_iter().flatten();
    let imported = offered.filter(|host| existing.hosts.contains(*host));
    imported.filter(|host| !listed.contains(host.as_str())).cloned().collect()
}

/// The text with an empty list of endpoints in a form to which lines can be added: `endpoints: []` says the same as
/// `endpoints:` alone.
fn opened(text: &str) -> String {
    text.split_inclusive('\n').map(|line| opened_line(line).unwrap_or(Cow::Borrowed(line))).collect()
}

/// A line without the empty list that stands in it.
fn opened_line(line: &str) -> Option<Cow<'_, str>> {
    let rest = line.trim_start_matches('\u{feff}').strip_prefix("endpoints:")?;
    let list = rest.split('#').next()?.trim_end();
    let inner = list.trim_start().strip_prefix('[')?.strip_suffix(']')?;
    inner.trim().is_empty().then(|| Cow::Owned(line.replacen(list, "", 1)))
}

/// Where lines go, and how they begin.
struct Place {
    /// Before this line.
    before: usize,
    /// Up to this one, what stands there is replaced.
    until: usize,
    indent: String,
    /// What has to be around the lines for them to be a section of endpoints.
    frame: Frame,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// A section is there.
    Nothing,
    /// Endpoints are there.
    Section,
    /// None of it is there.
    Endpoints,
}

/// The text with some more lines of a section, and with what its end remembers.
fn insert(text: &str, entries: &[String], offered: &[String]) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let place = place(&lines)?;
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut inserted: Vec<String> = Vec::new();
    if place.frame == Frame::Endpoints {
        inserted.push("endpoints:".to_owned());
    }
    let begin = if place.frame == Frame::Nothing { Vec::new() } else { section::begin().to_vec() };
    let end = if place.frame == Frame::Nothing { None } else { Some(END.to_owned()) };
    let section = begin.iter().chain(entries).chain(offered).chain(&end);
    inserted.extend(section.map(|line| format!("{}{line}", place.indent)));

    let mut made: String = lines.get(..place.before)?.concat();
    if !made.is_empty() && !made.ends_with('\n') {
        made.push_str(newline);
    }
    for line in inserted {
        made.push_str(&line);
        made.push_str(newline);
    }
    made.push_str(&lines.get(place.until..)?.concat());
    Some(made)
}

/// Where lines go: into the section, or else at the end of the endpoints, or else at the end of the file.
fn place(lines: &[&str]) -> Option<Place> {
    let is_end = |line: &&str| line.trim() == END;
    let begin = lines.iter().position(|line| line.trim_start().starts_with(BEGIN));
    if let Some(end) = begin.and_then(|begin| Some(begin + lines.get(begin..)?.iter().position(is_end)?)) {
        let indent = indent(lines.get(end)?).to_owned();
        // What is remembered stands right before the end.
        let head = lines.get(..end)?.iter().rev();
        let remembered = head.take_while(|line| line.trim_start().starts_with(OFFERED)).count();
        return Some(Place { before: end - remembered, until: end, indent, frame: Frame::Nothing });
    }
    let Some(key) = lines.iter().position(|line| is_key(line)) else {
        let has_key = lines.iter().any(|line| line.trim_start_matches(['"', '\'', '{', ' ']).starts_with("endpoints"));
        let at = lines.len();
        return (!has_key).then(|| Place { before: at, until: at, indent: "  ".to_owned(), frame: Frame::Endpoints });
    };
    let below = lines.get(key + 1..)?;
    let below = below.get(..below.iter().position(|line| is_next_key(line)).unwrap_or(below.len()))?;
    // Comments at the end may be those of what follows.
    let last = below.iter().rposition(|line| !is_blank_or_comment(line));
    let first = below.iter().find(|line| line.trim_start().starts_with("- "));
    let indent = match (last, first) {
        (Some(_), Some(first)) => indent(first).to_owned(),
        (None, _) => "  ".to_owned(),
        (Some(_), None) => return None,
    };
    let at = key + 1 + last.map_or(0, |last| last + 1);
    Some(Place { before: at, until: at, indent, frame: Frame::Section })
}

fn is_key(line: &str) -> bool {
    let rest = line.trim_start_matches('\u{feff}').strip_prefix("endpoints:");
    rest.is_some_and(|rest| {
        rest.trim().is_empty() || (rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#'))
    })
}

/// Whether a line begins something else than an entry: a key, or another document.
fn is_next_key(line: &str) -> bool {
    let is_entry = line.starts_with("- ") || line.trim_end() == "-";
    !is_entry && !is_blank_or_comment(line) && !line.starts_with([' ', '\t'])
}

fn is_blank_or_comment(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

fn indent(line: &str) -> &str {
    line.get(..line.len() - line.trim_start_matches(' ').len()).unwrap_or_default()
}

/// Makes sure that nothing of what was there means anything else now, and that exactly so many endpoints came.
fn check(existing: &Existing, text: &str, added: usize) -> Result<(), MergeFault> {
    let made: Value = serde_yaml::from_str(text).map_err(MergeFault::Broken)?;
    let without = |value: &Value| {
        let mut map = value.as_mapping().cloned().unwrap_or_default();
        let endpoints = map.remove("endpoints").and_then(|list| list.as_sequence().cloned()).unwrap_or_default();
        (map, endpoints)
    };
    let ((rest, before), (made_rest, after)) = (without(&existing.value), without(&made));
    let first = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let same_end = before.get(first..).zip(after.get(first + added..)).is_some_and(|(one, other)| one == other);
    if rest == made_rest && same_end { Ok(()) } else { Err(MergeFault::Changed) }
}

#[cfg(test)]
mod tests;
