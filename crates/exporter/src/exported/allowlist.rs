//! What has to be let through, put together from the configuration and from Microsoft's list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use prober::microsoft365::{Category, HostPattern, NoPattern, Ports, Record};
use prober::plan::Plan;
use thiserror::Error;
use url::Host;

/// What has to be let through.
#[derive(Debug, Default)]
pub(crate) struct Allowlist {
    /// Hosts in ascending order.
    pub(crate) hosts: BTreeMap<Target, Entry>,
    /// Ranges of addresses in ascending order.
    pub(crate) ranges: BTreeMap<IpNet, Entry>,
}

/// A host as it is let through.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A name, or a pattern of names.
    Names(HostPattern),
    /// An address in the place of a name.
    Address(IpAddr),
}

/// For what something is let through, by whoever asked for it.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    /// TCP ports.
    pub(crate) tcp: Ports,
    /// UDP ports.
    pub(crate) udp: Ports,
    /// The category that rules, where Microsoft lists it.
    pub(crate) category: Option<Category>,
    /// Whether Microsoft requires it, where it lists it.
    pub(crate) required: Option<bool>,
    /// Service areas of Microsoft's records.
    pub(crate) areas: BTreeSet<String>,
    /// Ids of Microsoft's records.
    pub(crate) ids: BTreeSet<u32>,
    /// What Microsoft says to it.
    pub(crate) notes: BTreeSet<String>,
    /// Names of endpoints of the configuration.
    pub(crate) endpoints: BTreeSet<String>,
    /// Their groups.
    pub(crate) groups: BTreeSet<String>,
}

/// An endpoint has a host that no allowlist could name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the endpoint {endpoint} has no host that could be let through")]
pub(crate) struct NoHost {
    endpoint: String,
    source: NoPattern,
}

impl Allowlist {
    /// All endpoints of a plan but its controls, which are no part of an allowlist, and some records of Microsoft's.
    pub(crate) fn of(plan: &Plan, records: &[&Record]) -> Result<Self, NoHost> {
        let mut made = Self::default();
        for endpoint in plan.endpoints.iter().filter(|endpoint| !endpoint.control && endpoint.tenant.is_none()) {
            let target = match endpoint.url.host() {
                Some(Host::Domain(name)) => name
                    .parse()
                    .map(Target::Names)
                    .map_err(|source| NoHost { endpoint: endpoint.name.clone(), source })?,
                Some(Host::Ipv4(address)) => Target::Address(address.into()),
                Some(Host::Ipv6(address)) => Target::Address(address.into()),
                None => continue,
            };
            if let Target::Address(address) = target {
                made.ranges.entry(IpNet::from(address)).or_default().add_endpoint(endpoint);
            }
            made.hosts.entry(target).or_default().add_endpoint(endpoint);
        }
        for record in records {
            for host in &record.hosts {
                made.hosts.entry(Target::Names(host.clone())).or_default().add_record(record);
            }
            for range in &record.ranges {
                made.ranges.entry(*range).or_default().add_record(record);
            }
        }
        Ok(made)
    }
}

impl Entry {
    fn add_endpoint(&mut self, endpoint: &prober::plan::Endpoint) {
        self.tcp = self.tcp.with(&endpoint.url.port_or_known_default().map(Ports::from).unwrap_or_default());
        self.endpoints.insert(endpoint.name.clone());
        self.groups.insert(endpoint.group.clone());
    }

    fn add_record(&mut self, record: &Record) {
        self.tcp = self.tcp.with(&record.tcp);
        self.udp = self.udp.with(&record.udp);
        self.category = Some(self.category.map_or(record.category, |before| before.min(record.category)));
        self.required = Some(self.required.unwrap_or_default() || record.required);
        self.areas.insert(record.area.to_string());
        self.ids.insert(record.id);
        self.notes.extend(record.notes.iter().map(ToString::to_string));
    }
}

impl Target {
    /// What kind of host it is, in a word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Names(pattern) if pattern.is_name() => "name",
            Self::Names(pattern) if pattern.below().is_some() => "domain",
            Self::Names(_) => "pattern",
            Self::Address(_) => "address",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Names(pattern) => pattern.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}
