//! The list itself: `/endpoints/{instance}`.

use std::collections::HashSet;

use ipnet::IpNet;
use serde::Deserialize;

use super::area::{Category, ServiceArea};
use super::instance::Instance;
use super::pattern::{self, HostPattern};
use super::ports::Ports;
use super::reading::{self, AtMost, Flaw, ReadError, Wrong, shown};
use crate::text::Clean;

const DOCUMENT: &str = "Microsoft's endpoint list";
/// Twenty times those that have been seen.
const MAX_RECORDS: usize = 2_000;
pub(super) const MAX_HOSTS: usize = 1_000;
pub(super) const MAX_RANGES: usize = 4_000;
/// Of the whole list: thirty times those that have been seen.
const MAX_ALL_HOSTS: usize = 10_000;
const MAX_ALL_RANGES: usize = 40_000;
/// The longest note that is kept, in characters; the longest that has been seen has 480.
pub(super) const MAX_NOTES: usize = 1_000;

/// Everything that one cloud needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Whose list it is. The document does not say it, so that is what was asked for.
    pub instance: Instance,
    /// Its records in the order of the document; at least one, and every id once.
    pub records: Vec<Record>,
}

/// One "endpoint set": hosts and addresses that are used for the same and treated alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// By what it is known across versions, in the documentation too.
    pub id: u32,
    /// Which service it belongs to.
    pub area: ServiceArea,
    /// How it wants to be treated.
    pub category: Category,
    /// Whether Microsoft 365 is supported only where this can be reached.
    pub required: bool,
    /// Whether it is announced over ExpressRoute too.
    pub express_route: bool,
    /// Its hosts; none where only addresses are known (media of Teams).
    pub hosts: Vec<HostPattern>,
    /// The ranges in which its hosts have their addresses; for most records there are none.
    pub ranges: Vec<IpNet>,
    /// TCP ports.
    pub tcp: Ports,
    /// UDP ports.
    pub udp: Ports,
    /// What Microsoft says to it: for what it is needed, or by which clients.
    pub notes: Option<Clean>,
}

impl List {
    /// Reads the service's answer, or a file that was kept of it.
    pub fn read(instance: Instance, bytes: &[u8]) -> Result<Self, ReadError> {
        let raw: AtMost<MAX_RECORDS, RawRecord> = reading::json(bytes, DOCUMENT)?;
        if raw.0.is_empty() {
            return Err(ReadError::Empty { document: DOCUMENT });
        }
        let mut ids = HashSet::new();
        let records = raw.0.iter().enumerate().map(|(index, raw)| {
            let once = if ids.insert(raw.id) { Ok(()) } else { Err(("id", None, Flaw::Twice)) };
            once.and_then(|()| raw.checked()).map_err(|wrong| reading::at(DOCUMENT, "record", index, raw.id, wrong))
        });
        let records = records.collect::<Result<Vec<_>, _>>()?;
        let count = |of: fn(&Record) -> usize| records.iter().map(of).sum::<usize>();
        if count(|record| record.hosts.len()) > MAX_ALL_HOSTS || count(|record| record.ranges.len()) > MAX_ALL_RANGES {
            return Err(ReadError::TooMany { document: DOCUMENT });
        }
        Ok(Self { instance, records })
    }

    /// The records that name a host or match it, those that rule first: by category, then in their order.
    pub fn records_of(&self, host: &str) -> Vec<&Record> {
        if !pattern::is_host(host) {
            return Vec::new();
        }
        let host = pattern::normal(host);
        let names = |record: &&Record| record.hosts.iter().any(|pattern| pattern.matches_normal(&host));
        let mut records: Vec<_> = self.records.iter().filter(names).collect();
        records.sort_by_key(|record| record.category);
        records
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRecord {
    id: u32,
    service_area: Option<String>,
    category: Option<String>,
    required: Option<bool>,
    #[serde(default)]
    express_route: bool,
    #[serde(default)]
    urls: AtMost<MAX_HOSTS, String>,
    #[serde(default)]
    ips: AtMost<MAX_RANGES, String>,
    tcp_ports: Option<String>,
    udp_ports: Option<String>,
    notes: Option<String>,
}

impl RawRecord {
    fn checked(&self) -> Result<Record, Wrong> {
        let area = given("serviceArea", self.service_area.as_deref())?;
        let category = given("category", self.category.as_deref())?;
        Ok(Record {
            id: self.id,
            area: ServiceArea::new(area),
            category: category.parse().map_err(|_| ("category", None, Flaw::Word(shown(category))))?,
            required: self.required.ok_or(("required", None, Flaw::Missing))?,
            express_route: self.express_route,
            hosts: reading::hosts(&self.urls)?,
            ranges: reading::ranges(&self.ips)?,
            tcp: reading::ports("tcpPorts", self.tcp_ports.as_deref())?,
            udp: reading::ports("udpPorts", self.udp_ports.as_deref())?,
            notes: notes(self.notes.as_deref()),
        })
    }
}

/// A note, if it says anything; some are empty.
pub(super) fn notes(text: Option<&str>) -> Option<Clean> {
    text.map(|text| Clean::bounded(text, MAX_NOTES)).filter(|notes| !notes.is_empty())
}

fn given<'a>(key: &'static str, text: Option<&'a str>) -> Result<&'a str, Wrong> {
    text.filter(|text| !shown(text).is_empty()).ok_or((key, None, Flaw::Missing))
}

#[cfg(test)]
mod tests;
