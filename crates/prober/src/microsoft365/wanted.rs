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
            (_, true) if is_of_a_certificate_authority(self.host.as_str()) => "http",
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

/// Whether revocation lists, OCSP responders or issuers live there, by the usual names. Clients ask for these in the clear
/// (RFC 5280, sections 4.2.1.13 and 4.2.2.1), and many of the hosts have no certificate of their own.
pub fn is_of_a_certificate_authority(host: &str) -> bool {
    let mut labels = host.split('.').rev().skip(2);
    labels.any(|label| ["crl", "ocsp", "cacert"].iter().any(|start| label.starts_with(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_certificate_authorities_and_no_others() {
        for host in ["crl3.digicert.com", "ocsp.msocsp.com", "isrg.trustid.ocsp.identrust.com", "cacerts.digicert.com"]
        {
            assert!(is_of_a_certificate_authority(host), "{host}");
        }
        for host in ["ocsp.com", "www.ocsp.com", "login.live.com", "secure.globalsign.com", "microcrl.example.com"] {
            assert!(!is_of_a_certificate_authority(host), "{host}");
        }
    }
}
