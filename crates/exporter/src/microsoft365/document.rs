//! How things stand with the list, as `GET /api/v1/microsoft365` tells it. `docs/http.md` is the reference.

use prober::microsoft365::{Change, Impact, ServiceArea, Unlisted, Wanted, is_pending};
use prober::plan::Microsoft365;
use prober::text::{Clean, with_sources};
use serde::Serialize;
use time::{Date, OffsetDateTime};

use super::{Held, Kept, Standing, Trouble};
use crate::status::Stamp;

/// The most changes that the document and the page have; the newest come first.
pub const MAX_CHANGES: usize = 200;

/// The document.
#[derive(Debug, Serialize)]
pub struct ListDocument<'a> {
    /// The site's name.
    pub site: &'a str,
    /// When the document was made.
    pub generated_at: Stamp,
    /// Whose list is followed; null where none is.
    pub settings: Option<SettingsEntry<'a>>,
    /// The last good list.
    pub list: Option<ListEntry>,
    /// What came of asking for a newer one.
    pub fetch: FetchEntry<'a>,
    /// Hosts that count and that no endpoint is about.
    pub uncovered: Vec<WantedEntry<'a>>,
    /// Patterns that count and that no endpoint matches.
    pub uncovered_patterns: Vec<WantedEntry<'a>>,
    /// Endpoints that Microsoft listed once.
    pub unlisted: Vec<UnlistedEntry<'a>>,
    /// Service areas that are to count and that the list has not: Microsoft has renamed them, or it is a slip.
    pub unknown_service_areas: Vec<&'a str>,
    /// How many endpoints are probed because the list has them.
    pub probed: usize,
    /// What changed; null where that is not known.
    pub changes: Option<ChangesEntry<'a>>,
}

/// Whose list is followed.
#[derive(Debug, Serialize)]
pub struct SettingsEntry<'a> {
    /// `Worldwide`, `China`, `USGovDoD` or `USGovGCCHigh`.
    pub instance: &'static str,
    /// Where the service is.
    pub source: &'a str,
    /// The name of the way to it.
    pub path: &'a str,
    /// `watch` or `probe`.
    pub mode: &'static str,
    /// How often it is asked, in seconds.
    pub refresh_seconds: f64,
    /// The services in use; empty for all.
    pub service_areas: Vec<&'a str>,
    /// Whether optional records count.
    pub optional: bool,
}

/// The list that is held.
#[derive(Debug, Serialize)]
pub struct ListEntry {
    /// Its version, ten digits.
    pub version: String,
    /// When it came.
    pub fetched_at: Stamp,
    /// How many records it has.
    pub records: usize,
    /// How many hosts count that have a name of their own.
    pub names: usize,
    /// How many patterns of hosts count.
    pub patterns: usize,
    /// How many ranges of addresses it publishes.
    pub ranges: usize,
}

/// What came of asking.
#[derive(Debug, Serialize)]
pub struct FetchEntry<'a> {
    /// Whether the last attempt brought what there is; null before the first.
    pub successful: Option<bool>,
    /// When that was.
    pub asked_at: Option<Stamp>,
    /// When the service said for the last time that what is held is the newest.
    pub confirmed_at: Option<Stamp>,
    /// When it is asked next.
    pub next_at: Option<Stamp>,
    /// Why the last attempt failed.
    pub fault: Option<FaultEntry>,
    /// What is wrong with the place where the list is kept.
    pub storage_fault: Option<&'a str>,
}

/// Why an attempt failed.
#[derive(Debug, Serialize)]
pub struct FaultEntry {
    /// `unreachable`, `untrusted`, `too_large`, `rate_limited`, `not_found`, `refused`, `unreadable`, `older`, `ahead` or
    /// `stale`.
    pub kind: &'static str,
    /// The whole story.
    pub detail: Clean,
    /// Since when nothing newer can be had.
    pub since: Stamp,
}

/// A host, or a pattern of hosts.
#[derive(Debug, Serialize)]
pub struct WantedEntry<'a> {
    /// The host or pattern.
    pub host: &'a str,
    /// The records that have it.
    pub ids: &'a [u32],
    /// Its service area.
    pub service_area: &'a str,
    /// The best of their categories.
    pub category: &'static str,
}

/// An endpoint that Microsoft listed once.
#[derive(Debug, Serialize)]
pub struct UnlistedEntry<'a> {
    /// Its name.
    pub endpoint: &'a str,
    /// Its host.
    pub host: &'a str,
    /// What of the list had it.
    pub by: &'a str,
    /// The version in which that went.
    pub went: String,
}

/// What changed.
#[derive(Debug, Serialize)]
pub struct ChangesEntry<'a> {
    /// Since which version that was asked; `0000000000` for all of them.
    pub since: String,
    /// Up to which version: an earlier one than that of the list where the newest could not be had.
    pub until: String,
    /// How many are still to come into effect.
    pub pending: usize,
    /// Those to come, the next first, and then those that are news, the newest first.
    pub news: Vec<ChangeEntry<'a>>,
    /// How many more there are.
    pub left_out: usize,
}

/// One change of one record.
#[derive(Debug, Serialize)]
pub struct ChangeEntry<'a> {
    /// By which the change is known.
    pub id: u32,
    /// The record.
    pub record: u32,
    /// The version in which it was published.
    pub version: String,
    /// `Add`, `Change` or `Remove`.
    pub disposition: &'static str,
    /// What it means for a firewall, in Microsoft's word.
    pub impact: Option<&'a str>,
    /// The day on which what is added comes into use.
    pub effective: Option<String>,
    /// Whether that is still to come.
    pub pending: bool,
    /// Hosts that came.
    pub added_hosts: Vec<&'a str>,
    /// Ranges of addresses that came.
    pub added_ranges: Vec<String>,
    /// Hosts that went.
    pub removed_hosts: Vec<&'a str>,
    /// Ranges of addresses that went.
    pub removed_ranges: Vec<String>,
}

impl<'a> ListDocument<'a> {
    /// How things stand now.
    pub fn of(site: &'a str, standing: &'a Standing, now: OffsetDateTime) -> Self {
        let drift = standing.drift.as_deref();
        Self {
            site,
            generated_at: Stamp(now),
            settings: standing.settings.as_ref().map(SettingsEntry::of),
            list: standing.held.as_ref().map(|held| ListEntry::of(held, standing)),
            fetch: FetchEntry::of(standing),
            uncovered: drift.map(|drift| wanted(&drift.uncovered)).unwrap_or_default(),
            uncovered_patterns: drift.map(|drift| wanted(&drift.uncovered_patterns)).unwrap_or_default(),
            unlisted: drift.iter().flat_map(|drift| &drift.unlisted).map(UnlistedEntry::of).collect(),
            unknown_service_areas: drift
                .iter()
                .flat_map(|drift| &drift.strange_areas)
                .map(ServiceArea::as_str)
                .collect(),
            probed: standing.probed,
            changes: ChangesEntry::of(standing, now),
        }
    }
}

fn wanted(hosts: &[Wanted]) -> Vec<WantedEntry<'_>> {
    hosts.iter().map(WantedEntry::of).collect()
}

impl<'a> SettingsEntry<'a> {
    fn of(settings: &'a Microsoft365) -> Self {
        Self {
            instance: settings.instance.as_str(),
            source: settings.source.as_str(),
            path: &settings.path.name,
            mode: if settings.probing.is_some() { "probe" } else { "watch" },
            refresh_seconds: settings.refresh.as_secs_f64(),
            service_areas: settings.scope.service_areas.iter().map(prober::microsoft365::ServiceArea::as_str).collect(),
            optional: settings.scope.optional,
        }
    }
}

impl ListEntry {
    fn of(held: &Held, standing: &Standing) -> Self {
        let (list, drift) = (held.list(), standing.drift.as_deref());
        Self {
            version: held.kept.version.to_string(),
            fetched_at: Stamp(held.kept.fetched_at),
            records: list.records.len(),
            names: drift.map_or(0, |drift| drift.names),
            patterns: drift.map_or(0, |drift| drift.patterns),
            ranges: list.records.iter().map(|record| record.ranges.len()).sum(),
        }
    }
}

impl<'a> FetchEntry<'a> {
    fn of(standing: &'a Standing) -> Self {
        Self {
            successful: standing.asked_at.map(|_| standing.trouble.is_none()),
            asked_at: standing.asked_at.map(Stamp),
            confirmed_at: standing.confirmed_at.map(Stamp),
            next_at: standing.next_at.map(Stamp),
            fault: standing.trouble.as_ref().map(FaultEntry::of),
            storage_fault: standing.storage.as_ref().map(Clean::as_str),
        }
    }
}

impl FaultEntry {
    fn of(trouble: &Trouble) -> Self {
        let detail = Clean::new(&with_sources(&trouble.fault));
        Self { kind: trouble.fault.kind(), detail, since: Stamp(trouble.since) }
    }
}

impl<'a> WantedEntry<'a> {
    fn of(wanted: &'a Wanted) -> Self {
        Self {
            host: wanted.host.as_str(),
            ids: &wanted.ids,
            service_area: wanted.area.as_str(),
            category: wanted.category.as_str(),
        }
    }
}

impl<'a> UnlistedEntry<'a> {
    fn of(unlisted: &'a Unlisted) -> Self {
        let Unlisted { endpoint, host, by, went } = unlisted;
        Self { endpoint, host, by: by.as_str(), went: went.to_string() }
    }
}

impl<'a> ChangesEntry<'a> {
    fn of(standing: &'a Standing, now: OffsetDateTime) -> Option<Self> {
        let pending = standing.pending(now)?;
        let Kept { since, until, .. } = &*standing.held.as_ref()?.kept;
        let news = standing.news(now);
        Some(Self {
            since: since.to_string(),
            until: until.to_string(),
            pending,
            left_out: news.len().saturating_sub(MAX_CHANGES),
            news: news.into_iter().take(MAX_CHANGES).map(|change| ChangeEntry::of(change, now.date())).collect(),
        })
    }
}

impl<'a> ChangeEntry<'a> {
    /// A change as it looks on a day.
    pub(crate) fn of(change: &'a Change, today: Date) -> Self {
        let (added, removed) = (change.added.as_ref(), change.removed.as_ref());
        let hosts = |hosts: &'a [prober::microsoft365::HostPattern]| {
            hosts.iter().map(prober::microsoft365::HostPattern::as_str).collect()
        };
        Self {
            id: change.id,
            record: change.record,
            version: change.version.to_string(),
            disposition: change.disposition.as_str(),
            impact: change.impact.as_ref().map(Impact::as_str),
            effective: added.and_then(|added| added.effective).map(|date| date.to_string()),
            pending: is_pending(change, today),
            added_hosts: added.map(|added| hosts(&added.hosts)).unwrap_or_default(),
            added_ranges: added.iter().flat_map(|added| &added.ranges).map(ToString::to_string).collect(),
            removed_hosts: removed.map(|removed| hosts(&removed.hosts)).unwrap_or_default(),
            removed_ranges: removed.iter().flat_map(|removed| &removed.ranges).map(ToString::to_string).collect(),
        }
    }
}
