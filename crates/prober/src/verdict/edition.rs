//! A list that is older than one that was seen before, or elsewhere.

use std::cmp::Ordering;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::case::Case;
use super::copy::{is_fresh, made_at};
use super::finding::Finding;
use crate::cause::{Blame, Cause};
use crate::observation::CrlFacts;
use crate::text::Clean;

/// How long the servers of one publisher may differ after a new edition has come out.
const ROLLOUT: Duration = Duration::from_secs(60 * 60);

/// An older list than that is no matter of a publisher's servers.
const LONG_AGO: time::Duration = time::Duration::days(1);

/// For so long an edition counts that does not say when the next one is due.
const WITHOUT_TERM: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The newest edition of a revocation list that was seen, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// Its issuer's distinguished name.
    pub issuer: Clean,
    /// Its number as a decimal, where it has one.
    #[serde(default)]
    pub number: Option<String>,
    /// When it was issued.
    #[serde(with = "time::serde::rfc3339")]
    pub this_update: OffsetDateTime,
    /// When the next one is due at the latest.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub next_update: Option<OffsetDateTime>,
    /// The path on which it was seen first.
    pub path: String,
    /// When that was.
    #[serde(with = "time::serde::rfc3339")]
    pub seen: OffsetDateTime,
}

impl Edition {
    /// Whether a list of the same issuer is newer than this.
    pub fn is_older_than(&self, list: &CrlFacts) -> bool {
        self.compared_with(list) == Ordering::Less
    }

    /// Whether a list of the same issuer is older than this.
    pub fn is_newer_than(&self, list: &CrlFacts) -> bool {
        self.issuer == list.issuer && self.compared_with(list) == Ordering::Greater
    }

    /// Whether it is too old to tell anything of others by now: its publisher may have withdrawn it, or begun to count anew.
    pub fn is_over(&self, now: OffsetDateTime) -> bool {
        now > self.next_update.unwrap_or(self.seen + WITHOUT_TERM)
    }

    /// By the number, which has to grow (RFC 5280, section 5.2.3); by the time of issue where one has none.
    fn compared_with(&self, list: &CrlFacts) -> Ordering {
        match (&self.number, &list.number) {
            (Some(own), Some(other)) => compare(own, other).then(self.this_update.cmp(&list.this_update)),
            _ => self.this_update.cmp(&list.this_update),
        }
    }
}

/// Compares decimals of any length.
fn compare(one: &str, other: &str) -> Ordering {
    match (one.strip_prefix('-'), other.strip_prefix('-')) {
        (None, None) => one.len().cmp(&other.len()).then_with(|| one.cmp(other)),
        (Some(one), Some(other)) => compare(other, one),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
    }
}

/// Number or time went back against an earlier copy, or another path's.
pub(super) fn rolled_back(case: &Case<'_>, list: &CrlFacts) -> Option<Finding> {
    let newer = case.newer_edition.filter(|newer| newer.is_newer_than(list))?;
    let known_for = case.observation.probed_at - newer.seen;
    if known_for < ROLLOUT && newer.this_update - list.this_update < LONG_AGO {
        return None;
    }
    let (now, http) = (case.now(), case.observation.http.as_ref()?);
    let made = made_at(http, now);
    let is_copy = made.is_some_and(|made| made < newer.seen);
    // Its publisher lets caches keep it for so long, and clients do.
    if is_copy && is_fresh(http, now) && list.next_update.is_none_or(|due| now <= due) {
        return None;
    }
    let is_relayed = made.is_none() && http.headers.get("via").is_some();
    let blame = if is_copy || is_relayed { Blame::Proxy } else { Blame::Origin };
    let elsewhere = if newer.path == case.path.name { "before".to_owned() } else { format!("on path {}", newer.path) };
    let (ours, theirs) =
        (words(list.number.as_deref(), list.this_update), words(newer.number.as_deref(), newer.this_update));
    let detail = format!("{} serves an old CRL: {ours}; {theirs} was seen {elsewhere}", case.host());
    let seen = newer.seen.format(&Rfc3339).unwrap_or_default();
    let finding = Finding::degraded(Cause::CrlRolledBack, detail).blaming(blame);
    Some(finding.with("newer_path", &newer.path).with("newer_seen", &seen))
}

fn words(number: Option<&str>, this_update: OffsetDateTime) -> String {
    let day = this_update.format(&Rfc3339).unwrap_or_default();
    let number = number.map(|number| format!("number {number} ")).unwrap_or_default();
    format!("{number}of {day}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers() {
        for (one, other) in [("9", "10"), ("-10", "-9"), ("-1", "0"), ("99999999999999999999", "100000000000000000000")]
        {
            assert_eq!(compare(one, other), Ordering::Less, "{one} {other}");
            assert_eq!(compare(other, one), Ordering::Greater, "{other} {one}");
        }
        assert_eq!(compare("7", "7"), Ordering::Equal);
    }
}
