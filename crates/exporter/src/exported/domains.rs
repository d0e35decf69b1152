//! Lists with a host, or a range of addresses, in each line.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use prober::microsoft365::HostPattern;

use super::Export;
use super::allowlist::{Allowlist, Target};

/// The file of a `dstdomain` acl of Squid's: a name, or `.domain` for a domain with all below it. Squid stops where an entry
/// is within another (`src/acl/DomainData.cc`), so only the outermost are there.
pub(crate) fn squid(allowlist: &Allowlist) -> Export {
    let mut left_out = Vec::new();
    let (mut names, mut domains) = (BTreeSet::new(), BTreeSet::new());
    for target in allowlist.hosts.keys() {
        match target {
            Target::Names(pattern) => match pattern.below() {
                Some(domain) => drop(domains.insert(domain.to_owned())),
                None if pattern.is_name() => drop(names.insert(pattern.to_string())),
                None => {
                    left_out.push((pattern.to_string(), "a dstdomain acl knows whole domains only; use dstdom_regex"));
                }
            },
            Target::Address(IpAddr::V4(address)) => drop(names.insert(address.to_string())),
            Target::Address(IpAddr::V6(address)) => left_out.push((address.to_string(), "use a dst acl for addresses")),
        }
    }
    let is_within = |host: &str| {
        host.match_indices('.').any(|(dot, _)| host.get(dot + 1..).is_some_and(|above| domains.contains(above)))
    };
    let outer_domains = domains.iter().filter(|domain| !is_within(domain)).map(|domain| format!(".{domain}"));
    // `.domain` is the domain's own name as well.
    let outer_names = names.iter().filter(|name| !is_within(name) && !domains.contains(*name)).cloned();
    Export::lines(outer_domains.chain(outer_names), left_out)
}

/// An external dynamic list of type URL of Palo Alto Networks' firewalls. An entry ends in a slash, or else it would match
/// longer names too, depending on the firewall's settings; an asterisk stands for one or more whole labels
/// ("Guidelines for URL Category Exceptions" in their documentation).
pub(crate) fn paloalto(allowlist: &Allowlist) -> Export {
    let mut left_out = Vec::new();
    let mut lines = Vec::new();
    for target in allowlist.hosts.keys() {
        match target {
            Target::Names(pattern) if has_whole_labels(pattern) => lines.push(format!("{pattern}/")),
            Target::Names(pattern) => {
                left_out.push((pattern.to_string(), "an asterisk has to be a label of its own, and not two in a row"));
            }
            Target::Address(IpAddr::V4(address)) => lines.push(format!("{address}/")),
            Target::Address(IpAddr::V6(address)) => {
                left_out.push((address.to_string(), "use a list of addresses (--addresses)"));
            }
        }
    }
    Export::lines(lines, left_out)
}

fn has_whole_labels(pattern: &HostPattern) -> bool {
    let text = pattern.as_str();
    text.split('.').all(|label| label == "*" || !label.contains('*')) && !text.contains("*.*")
}

/// An external feed of type domain name of Fortinet's FortiGate: names, with asterisks anywhere
/// ("Domain name threat feed" in their administration guide).
pub(crate) fn fortinet(allowlist: &Allowlist) -> Export {
    let mut left_out = Vec::new();
    let mut lines = Vec::new();
    for target in allowlist.hosts.keys() {
        match target {
            Target::Names(pattern) => lines.push(pattern.to_string()),
            Target::Address(address) => left_out.push((address.to_string(), "use a feed of addresses (--addresses)")),
        }
    }
    Export::lines(lines, left_out)
}

/// Ranges of addresses, which all of them write alike: Squid's `dst` acl, a list of type IP, a feed of type IP address.
/// Neighbours and ranges within others are put together, of which Squid would complain.
pub(crate) fn ranges(allowlist: &Allowlist) -> Export {
    let ranges: Vec<IpNet> = allowlist.ranges.keys().copied().collect();
    Export::lines(IpNet::aggregate(&ranges).iter().map(ToString::to_string), Vec::new())
}
