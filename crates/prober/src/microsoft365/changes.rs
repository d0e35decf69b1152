//! What changed since a version: `/changes/{instance}/{version}`.

use ipnet::IpNet;
use serde::Deserialize;
use time::Date;

use super::area::{Category, ServiceArea};
use super::list::{MAX_HOSTS, MAX_RANGES, notes};
use super::pattern::HostPattern;
use super::ports::Ports;
use super::reading::{self, AtMost, Flaw, ReadError, Wrong, shown};
use super::version::{self, Version};
use crate::text::Clean;

const DOCUMENT: &str = "the changes of Microsoft's endpoint list";
/// All of them since 2018 were some 1,500 in 2025.
const MAX_CHANGES: usize = 10_000;
/// The longest name of an impact that is kept, in characters.
const MAX_IMPACT: usize = 64;

/// Changes in the order of the document; none where nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes(pub Vec<Change>);

/// One change of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// By which the change is known.
    pub id: u32,
    /// The [`Record::id`](super::Record::id) that it is about.
    pub record: u32,
    /// Whether the record came, changed or went.
    pub disposition: Disposition,
    /// What it means for a firewall; the oldest changes do not say.
    pub impact: Option<Impact>,
    /// In which version it was published.
    pub version: Version,
    /// How the record was, as far as that changed.
    pub previous: Option<Terms>,
    /// How it is now, as far as that changed.
    pub current: Option<Terms>,
    /// What came to it.
    pub added: Option<Added>,
    /// What went.
    pub removed: Option<Removed>,
}

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// It is new.
    Add,
    /// It is another.
    Change,
    /// It is gone.
    Remove,
}

/// What a change means for those who let traffic through.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are Microsoft's, and say it")]
pub enum Impact {
    AddedIp,
    AddedUrl,
    AddedIpAndUrl,
    AddedSubstituteUrl,
    RemovedIpOrUrl,
    ChangedIsExpressRoute,
    MovedIpOrUrl,
    RemovedDuplicateIpOrUrl,
    OtherNonPriorityChanges,
    /// Another, as the service calls it.
    Other(Clean),
}

/// How a record is treated: only what a change says of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// Which service it belongs to.
    pub area: Option<ServiceArea>,
    /// How it wants to be treated.
    pub category: Option<Category>,
    /// Whether it is required.
    pub required: Option<bool>,
    /// Whether it is announced over ExpressRoute.
    pub express_route: Option<bool>,
    /// TCP ports.
    pub tcp: Option<Ports>,
    /// UDP ports.
    pub udp: Option<Ports>,
    /// What Microsoft says to it.
    pub notes: Option<Clean>,
}

/// What came to a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Added {
    /// From when on clients use it: by then it has to be allowed.
    pub effective: Option<Date>,
    /// Hosts.
    pub hosts: Vec<HostPattern>,
    /// Ranges of addresses.
    pub ranges: Vec<IpNet>,
}

/// What went from a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removed {
    /// Hosts.
    pub hosts: Vec<HostPattern>,
    /// Ranges of addresses.
    pub ranges: Vec<IpNet>,
}

impl Changes {
    /// Reads the service's answer. An entry that is wrong in itself is left out, unless all are.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let raw: AtMost<MAX_CHANGES, RawChange> = reading::json(bytes, DOCUMENT)?;
        let checked = |(index, raw): (usize, &RawChange)| {
            raw.checked().map_err(|wrong| reading::at(DOCUMENT, "change", index, raw.id, wrong))
        };
        let (changes, mut faults): (Vec<_>, Vec<_>) = raw.0.iter().enumerate().map(checked).partition(Result::is_ok);
        match faults.pop() {
            // They go back to 2018: one odd entry among them is no reason to know nothing of those to come.
            Some(Err(fault)) if changes.is_empty() => Err(fault),
            _ => Ok(Self(changes.into_iter().flatten().collect())),
        }
    }
}

impl Impact {
    const KNOWN: [Self; 9] = [
        Self::AddedIp,
        Self::AddedUrl,
        Self::AddedIpAndUrl,
        Self::AddedSubstituteUrl,
        Self::RemovedIpOrUrl,
        Self::ChangedIsExpressRoute,
        Self::MovedIpOrUrl,
        Self::RemovedDuplicateIpOrUrl,
        Self::OtherNonPriorityChanges,
    ];

    /// The name as the service writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::AddedIp => "AddedIp",
            Self::AddedUrl => "AddedUrl",
            Self::AddedIpAndUrl => "AddedIpAndUrl",
            Self::AddedSubstituteUrl => "AddedSubstituteUrl",
            Self::RemovedIpOrUrl => "RemovedIpOrUrl",
            Self::ChangedIsExpressRoute => "ChangedIsExpressRoute",
            Self::MovedIpOrUrl => "MovedIpOrUrl",
            Self::RemovedDuplicateIpOrUrl => "RemovedDuplicateIpOrUrl",
            Self::OtherNonPriorityChanges => "OtherNonPriorityChanges",
            Self::Other(name) => name.as_str(),
        }
    }

    fn new(name: &str) -> Self {
        let name = Clean::bounded(name, MAX_IMPACT);
        let known = Self::KNOWN.into_iter().find(|impact| impact.as_str().eq_ignore_ascii_case(name.as_str()));
        known.unwrap_or(Self::Other(name))
    }
}

impl Disposition {
    /// The name as the service mostly writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "Add",
            Self::Change => "Change",
            Self::Remove => "Remove",
        }
    }

    fn new(name: &str) -> Option<Self> {
        [Self::Add, Self::Change, Self::Remove].into_iter().find(|one| one.as_str().eq_ignore_ascii_case(name))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawChange {
    id: u32,
    endpoint_set_id: u32,
    disposition: String,
    impact: Option<String>,
    version: String,
    previous: Option<RawTerms>,
    current: Option<RawTerms>,
    add: Option<RawSet>,
    remove: Option<RawSet>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawTerms {
    service_area: Option<String>,
    category: Option<String>,
    required: Option<bool>,
    express_route: Option<bool>,
    tcp_ports: Option<String>,
    udp_ports: Option<String>,
    notes: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSet {
    effective_date: Option<String>,
    #[serde(default)]
    urls: AtMost<MAX_HOSTS, String>,
    #[serde(default)]
    ips: AtMost<MAX_RANGES, String>,
}

impl RawChange {
    fn checked(&self) -> Result<Change, Wrong> {
        let disposition = Disposition::new(&self.disposition);
        Ok(Change {
            id: self.id,
            record: self.endpoint_set_id,
            disposition: disposition.ok_or_else(|| ("disposition", None, Flaw::Word(shown(&self.disposition))))?,
            impact: self.impact.as_deref().filter(|name| !shown(name).is_empty()).map(Impact::new),
            version: self.version.parse().map_err(|_| ("version", None, Flaw::Date(shown(&self.version))))?,
            previous: self.previous.as_ref().map(RawTerms::checked).transpose()?,
            current: self.current.as_ref().map(RawTerms::checked).transpose()?,
            added: self.add.as_ref().map(RawSet::added).transpose()?,
            removed: self.remove.as_ref().map(RawSet::removed).transpose()?,
        })
    }
}

impl RawTerms {
    fn checked(&self) -> Result<Terms, Wrong> {
        let category =
            self.category.as_deref().map(|name| name.parse().map_err(|_| ("category", None, Flaw::Word(shown(name)))));
        let ports =
            |key, text: &Option<String>| text.as_deref().map(|text| reading::ports(key, Some(text))).transpose();
        Ok(Terms {
            area: self.service_area.as_deref().map(ServiceArea::new),
            category: category.transpose()?,
            required: self.required,
            express_route: self.express_route,
            tcp: ports("tcpPorts", &self.tcp_ports)?,
            udp: ports("udpPorts", &self.udp_ports)?,
            notes: notes(self.notes.as_deref()),
        })
    }
}

impl RawSet {
    fn added(&self) -> Result<Added, Wrong> {
        let effective = self.effective_date.as_deref().filter(|date| !date.is_empty()).map(|text| {
            let is_eight = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
            let date = text.parse().ok().filter(|_| is_eight).and_then(version::date);
            date.ok_or_else(|| ("add.effectiveDate", None, Flaw::Date(shown(text))))
        });
        let Removed { hosts, ranges } = self.removed()?;
        Ok(Added { effective: effective.transpose()?, hosts, ranges })
    }

    fn removed(&self) -> Result<Removed, Wrong> {
        Ok(Removed { hosts: reading::hosts(&self.urls)?, ranges: reading::ranges(&self.ips)? })
    }
}

#[cfg(test)]
mod tests;
