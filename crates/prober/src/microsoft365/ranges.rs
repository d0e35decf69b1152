//! Whether an address is one that Microsoft publishes for a host.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use prefix_trie::PrefixMap;

use super::area::Category;
use super::list::{List, Record};
use super::pattern::{self, HostPattern};

/// The published ranges of a list, by host and by address.
///
/// A question costs a look for the host's labels and a walk along the address's bits, whatever the number of records and
/// prefixes; patterns that are not `*.domain` are few, and tried in turn.
#[derive(Debug, Default)]
pub struct Ranges {
    entries: Vec<Entry>,
    /// Entries by a host's name, and by the domain above.
    named: HashMap<Box<str>, Vec<u32>>,
    below: HashMap<Box<str>, Vec<u32>>,
    patterns: Vec<(HostPattern, u32)>,
    /// Entries by prefix. Most prefixes are of several: Exchange's stand in four records.
    v4: PrefixMap<Ipv4Net, Vec<u32>>,
    v6: PrefixMap<Ipv6Net, Vec<u32>>,
}

#[derive(Debug)]
struct Entry {
    id: u32,
    category: Category,
    ranges: Vec<IpNet>,
}

/// What an address is to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Held {
    /// It is published for the host.
    Inside,
    /// Others are published, this one is not: something on the way made it up, or stands in between.
    Outside,
    /// Nothing can be said: no record has the host, or those that rule over it publish no addresses of the family. That is
    /// so for most hosts, whose addresses are those of delivery networks.
    Unpublished,
}

/// What the list says of a host's addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRanges {
    /// The category that rules over the host.
    pub category: Category,
    /// The records of that category that have the host, in ascending order.
    pub ids: Vec<u32>,
    /// What those publish, in ascending order and each once; often nothing.
    pub ranges: Vec<IpNet>,
}

impl Ranges {
    /// Makes the ranges of a list ready to be asked.
    pub fn new(list: &List) -> Self {
        Self::of(&list.records)
    }

    /// As [`new`](Self::new), of some of a list's records.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut made = Self::default();
        for (record, index) in records.into_iter().zip(0..) {
            made.entries.push(Entry { id: record.id, category: record.category, ranges: record.ranges.clone() });
            for host in &record.hosts {
                made.note_host(host, index);
            }
            for range in &record.ranges {
                match range {
                    IpNet::V4(range) => made.v4.entry(*range).or_default().push(index),
                    IpNet::V6(range) => made.v6.entry(*range).or_default().push(index),
                }
            }
        }
        made
    }

    fn note_host(&mut self, host: &HostPattern, index: u32) {
        if let Some(domain) = host.below() {
            self.below.entry(domain.into()).or_default().push(index);
        } else if host.is_name() {
            self.named.entry(host.as_str().into()).or_default().push(index);
        } else {
            self.patterns.push((host.clone(), index));
        }
    }

    /// What the list says of a host's addresses; `None` where no record has the host.
    pub fn ranges_of(&self, host: &str) -> Option<HostRanges> {
        let indices = self.entries_of(host);
        let ruling = self.ruling(&indices)?;
        let category = ruling.first()?.category;
        let ids: BTreeSet<_> = ruling.iter().map(|entry| entry.id).collect();
        let ranges: BTreeSet<_> = ruling.iter().flat_map(|entry| entry.ranges.iter().copied()).collect();
        Some(HostRanges { category, ids: ids.into_iter().collect(), ranges: ranges.into_iter().collect() })
    }

    /// What an address is to a host.
    ///
    /// The records of the best category rule over what is outside. Inside is what any record of the host publishes: evidence
    /// against a resolver has to be beyond doubt. For the same reason a list that publishes addresses of one family says
    /// nothing about the other, and where a ruling record publishes none, its hosts may have any.
    pub fn holds(&self, host: &str, address: IpAddr) -> Held {
        let indices = self.entries_of(host);
        let address = address.to_canonical();
        if self.publishers(address).iter().any(|index| indices.contains(index)) {
            return Held::Inside;
        }
        let publishes = |entry: &&Entry| entry.ranges.iter().any(|range| range.addr().is_ipv4() == address.is_ipv4());
        match self.ruling(&indices) {
            Some(ruling) if ruling.iter().all(publishes) => Held::Outside,
            _ => Held::Unpublished,
        }
    }

    /// The entries that have a host; a name that no host can have is in none.
    fn entries_of(&self, host: &str) -> BTreeSet<u32> {
        if !pattern::is_host(host) {
            return BTreeSet::new();
        }
        let host = pattern::normal(host);
        let mut found: BTreeSet<u32> = self.named.get(&*host).into_iter().flatten().copied().collect();
        let domains = host.match_indices('.').filter_map(|(dot, _)| self.below.get(host.get(dot + 1..)?));
        found.extend(domains.flatten());
        let matching = self.patterns.iter().filter(|(pattern, _)| pattern.matches_normal(&host));
        found.extend(matching.map(|(_, index)| *index));
        found
    }

    /// Those of the best category among some; `None` where there are none.
    fn ruling(&self, indices: &BTreeSet<u32>) -> Option<Vec<&Entry>> {
        let entries = || indices.iter().filter_map(|index| self.entries.get(usize::try_from(*index).ok()?));
        let best = entries().map(|entry| entry.category).min()?;
        Some(entries().filter(|entry| entry.category == best).collect())
    }

    /// The entries that publish an address.
    fn publishers(&self, address: IpAddr) -> Vec<u32> {
        match address {
            IpAddr::V4(address) => self.v4.cover_values(&Ipv4Net::from(address)).flatten().copied().collect(),
            IpAddr::V6(address) => self.v6.cover_values(&Ipv6Net::from(address)).flatten().copied().collect(),
        }
    }
}

#[cfg(test)]
mod tests;
