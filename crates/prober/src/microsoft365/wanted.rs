//! What of a list a site needs: each host once, with everything that is said of it.

use std::collections::BTreeMap;

use url::Url;

use super::{Category, HostPattern, List, ServiceArea};
use crate::plan::ListScope;

/// A host of the list that counts for a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The host, or a pattern of hosts.
    pub host: HostPattern,
    /// The records that have it, in the order of the list.
    pub ids: Vec<u32>,
    /// The service area of the first of them.
    pub area: ServiceArea,
    /// The best of their categories.
    pub category: Category,
    /// Whether one of them has TCP port 443.
    pub https: bool,
    /// Whether one of them has TCP port 80.
    pub http: bool,
}

impl Wanted {
    /// Where it can be probed: not where it stands for many hosts, and not where neither http nor https has its port.
    pub fn url(&self) -> Option<Url> {
        let scheme = match (self.https, self.http) {
            (true, _) => "https",
            (false, true) => "http",
            (false, false) => return None,
        };
        let url = Url::parse(&format!("{scheme}://{}/", self.host)).ok().filter(|_| self.host.is_name())?;
        // A name such as 127.1 would become an address.
        (url.host_str() == Some(self.host.as_str())).then_some(url)
    }
}

/// What of a list counts, in the order of the hosts' names.
pub fn wanted(list: &List, scope: &ListScope) -> Vec<Wanted> {
    let mut hosts: BTreeMap<&HostPattern, Wanted> = BTreeMap::new();
    for record in list.records.iter().filter(|record| scope.admits(record)) {
        for host in &record.hosts {
            let wanted = hosts.entry(host).or_insert_with(|| Wanted {
                host: host.clone(),
                ids: Vec::new(),
                area: record.area.clone(),
                category: record.category,
                https: false,
                http: false,
            });
            if !wanted.ids.contains(&record.id) {
                wanted.ids.push(record.id);
            }
            wanted.category = wanted.category.min(record.category);
            wanted.https |= record.tcp.contains(443);
            wanted.http |= record.tcp.contains(80);
        }
    }
    hosts.into_values().collect()
}
