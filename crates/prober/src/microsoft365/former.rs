//! What the list had once: only of such a host can be said that Microsoft no longer lists it.

use std::collections::{BTreeMap, HashSet};

use super::{Changes, HostPattern, List, Version};

/// Hosts and patterns that were listed and are not any more, each with the version in which it went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Former(BTreeMap<HostPattern, Version>);

impl Former {
    /// The most that are remembered; those that went first are forgotten first.
    pub const MAX: usize = 4_000;

    /// Takes hosts as they were written down.
    pub fn of(hosts: impl IntoIterator<Item = (HostPattern, Version)>) -> Self {
        let mut former = Self(hosts.into_iter().collect());
        former.bound();
        former
    }

    /// What there is to remember once a list has come: what was remembered, what `before` has and `list` has not, and what the
    /// changes say went; all of it as far as it is not in the list again.
    #[must_use]
    pub fn after(&self, before: Option<&List>, list: &List, version: Version, changes: Option<&Changes>) -> Self {
        let mut hosts = self.0.clone();
        for host in before.into_iter().flat_map(|before| &before.records).flat_map(|record| &record.hosts) {
            hosts.entry(host.clone()).or_insert(version);
        }
        for change in changes.into_iter().flat_map(|changes| &changes.0) {
            for host in change.removed.iter().flat_map(|removed| &removed.hosts) {
                let went = hosts.entry(host.clone()).or_insert(change.version);
                *went = change.version.max(*went);
            }
        }
        let listed: HashSet<&HostPattern> = list.records.iter().flat_map(|record| &record.hosts).collect();
        hosts.retain(|host, _| !listed.contains(host));
        let mut former = Self(hosts);
        former.bound();
        former
    }

    /// The host or pattern that had a host once, and the version in which it went: the one that went last.
    pub fn had(&self, host: &str) -> Option<(&HostPattern, Version)> {
        let had = self.0.iter().filter(|(pattern, _)| pattern.matches(host));
        had.max_by_key(|(_, version)| **version).map(|(pattern, version)| (pattern, *version))
    }

    /// Everything that is remembered, in the order of the hosts.
    pub fn iter(&self) -> impl Iterator<Item = (&HostPattern, Version)> {
        self.0.iter().map(|(host, version)| (host, *version))
    }

    fn bound(&mut self) {
        let excess = self.0.len().saturating_sub(Self::MAX);
        if excess == 0 {
            return;
        }
        let mut oldest: Vec<_> = self.0.iter().map(|(host, version)| (*version, host.clone())).collect();
        oldest.sort();
        for (_, host) in oldest.into_iter().take(excess) {
            self.0.remove(&host);
        }
    }
}

#[cfg(test)]
mod tests;
