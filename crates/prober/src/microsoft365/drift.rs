//! Where a plan and Microsoft's list have come apart.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use time::{Date, Duration};

use super::former::Former;
use super::wanted::{Wanted, wanted};
use super::{Change, Changes, HostPattern, List, ServiceArea, Version};
use crate::plan::{ListScope, Plan};

/// Where a plan and a list have come apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drift {
    /// How many hosts count that have a name of their own, and how many patterns of hosts.
    pub names: usize,
    /// How many patterns of hosts count.
    pub patterns: usize,
    /// Hosts that count and that no endpoint is about.
    pub uncovered: Vec<Wanted>,
    /// Patterns that count and that the host of no endpoint matches: which names there are only the tenant knows.
    pub uncovered_patterns: Vec<Wanted>,
    /// Endpoints that Microsoft listed once and no longer does.
    pub unlisted: Vec<Unlisted>,
    /// Service areas that are to count and that no record is of.
    pub strange_areas: Vec<ServiceArea>,
}

/// An endpoint that Microsoft listed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlisted {
    /// The endpoint's name.
    pub endpoint: String,
    /// Its host.
    pub host: String,
    /// What of the list had it.
    pub by: HostPattern,
    /// The version in which that went.
    pub went: Version,
}

/// Compares a plan with a list.
///
/// What counts is covered by an endpoint that is about the very host, over whatever path, or for a pattern by one that
/// matches it. An endpoint is no longer listed if nothing in the list has its host, optional or not and of whatever service
/// area, and had it by its very name: a pattern that went had the customer's own hosts, certificate authorities that were never
/// listed and Microsoft's other services are none of this list's business. Controls are asked for other reasons, and so are
/// the tenant's domains.
pub fn drift(list: &List, scope: &ListScope, former: &Former, plan: &Plan) -> Drift {
    let endpoints = || plan.endpoints.iter().filter(|endpoint| !endpoint.control && endpoint.tenant.is_none());
    let probed = endpoints().filter_map(|endpoint| endpoint.host_name());
    let hosts: BTreeSet<String> = probed.chain(plan.disabled.iter().cloned()).collect();
    let (names, patterns): (Vec<_>, Vec<_>) = wanted(list, scope).into_iter().partition(|wanted| wanted.host.is_name());
    let is_matched = |pattern: &HostPattern| hosts.iter().any(|host| pattern.matches(host));
    let unlisted = endpoints().filter_map(|endpoint| {
        let host = endpoint.host_name()?;
        let (by, went) =
            former.had(&host).filter(|(by, _)| by.is_name()).filter(|_| list.records_of(&host).is_empty())?;
        Some(Unlisted { endpoint: endpoint.name.clone(), by: by.clone(), went, host })
    });
    let is_strange = |area: &&ServiceArea| !list.records.iter().any(|record| record.area.is_same(area));
    Drift {
        strange_areas: scope.service_areas.iter().filter(is_strange).cloned().collect(),
        names: names.len(),
        patterns: patterns.len(),
        unlisted: unlisted.collect(),
        uncovered: names.into_iter().filter(|wanted| !hosts.contains(wanted.host.as_str())).collect(),
        uncovered_patterns: patterns.into_iter().filter(|wanted| !is_matched(&wanted.host)).collect(),
    }
}

/// For so long a change is news.
const NEWS: Duration = Duration::days(90);

/// The changes that are still to come into effect on a day, the next first, and after them those that are news, the newest
/// first; those of records that do not count are left out. What is known of a record that is gone is its id, so that its changes stay.
pub fn news<'a>(changes: &'a Changes, list: &List, scope: &ListScope, today: Date) -> Vec<&'a Change> {
    let counts = |change: &&Change| {
        let record = list.records.iter().find(|record| record.id == change.record);
        record.is_none_or(|record| scope.admits(record))
    };
    let is_news = |change: &&Change| {
        let published = change.version.date().and_then(|date| date.checked_add(NEWS));
        is_pending(change, today) || published.is_some_and(|until| until >= today)
    };
    let mut news: Vec<&Change> = changes.0.iter().filter(counts).filter(is_news).collect();
    news.sort_by_key(|change| {
        let effective = change.added.as_ref().and_then(|added| added.effective).filter(|date| *date > today);
        (effective.is_none(), effective, Reverse((change.version, change.id)))
    });
    news
}

/// Whether a change comes into effect after a day: until then whatever it adds should be let through.
pub fn is_pending(change: &Change, today: Date) -> bool {
    change.added.as_ref().and_then(|added| added.effective).is_some_and(|effective| effective > today)
}

#[cfg(test)]
mod tests;
