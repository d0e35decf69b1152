//! `NO_PROXY` as curl documents it (curl(1), "NO_PROXY", since 7.86 with networks). Two things that its code does and its
//! manual does not say are left out: a prefix of 0 bits standing for one address, and garbage after the prefix length.

use std::net::IpAddr;

use url::Host;

use crate::plan::{NoProxy, NoProxyRule};

/// Reads the list: entries are separated by commas or blanks, `*` counts only when it stands alone. Ports are no part
/// of an entry: one that has any matches nothing, as with curl.
pub(crate) fn parse(list: &str) -> NoProxy {
    if list == "*" {
        return NoProxy(vec![NoProxyRule::Everything]);
    }
    let entries = list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
    NoProxy(entries.filter_map(rule).collect())
}

/// Whether a host is to be reached without the proxy.
pub(super) fn exempts(list: &NoProxy, host: &Host<&str>) -> bool {
    list.0.iter().any(|rule| match (rule, host) {
        (NoProxyRule::Everything, _) => true,
        (NoProxyRule::Domain(domain), Host::Domain(name)) => is_within(name, domain),
        (NoProxyRule::Network(network, bits), Host::Ipv4(ip)) => contains(*network, *bits, IpAddr::V4(*ip)),
        (NoProxyRule::Network(network, bits), Host::Ipv6(ip)) => contains(*network, *bits, IpAddr::V6(*ip)),
        _ => false,
    })
}

fn rule(entry: &str) -> Option<NoProxyRule> {
    if let Some(network) = network(entry) {
        return Some(network);
    }
    let domain = entry.strip_suffix('.').unwrap_or(entry);
    let domain = domain.strip_prefix('.').unwrap_or(domain);
    (!domain.is_empty()).then(|| NoProxyRule::Domain(domain.to_ascii_lowercase()))
}

fn network(entry: &str) -> Option<NoProxyRule> {
    let (address, bits) = entry.split_once('/').map_or((entry, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let width = width(address);
    match bits {
        None => Some(NoProxyRule::Network(address, width)),
        Some(bits) => bits.parse().ok().filter(|bits| *bits <= width).map(|bits| NoProxyRule::Network(address, bits)),
    }
}

/// Whether a name is a domain or below it; a final dot makes no difference.
fn is_within(name: &str, domain: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    match name.strip_suffix(domain) {
        Some("") => true,
        Some(rest) => rest.ends_with('.'),
        None => false,
    }
}

fn contains(network: IpAddr, bits: u8, ip: IpAddr) -> bool {
    let (network, ip, width) = match (network, ip) {
        (IpAddr::V4(network), IpAddr::V4(ip)) => (u128::from(network.to_bits()), u128::from(ip.to_bits()), 32),
        (IpAddr::V6(network), IpAddr::V6(ip)) => (network.to_bits(), ip.to_bits(), 128),
        _ => return false,
    };
    // A shift by the whole width is none at all in Rust; where no bit counts, every address is in.
    let host_bits = u32::from(width - bits.min(width));
    (network ^ ip).checked_shr(host_bits).unwrap_or(0) == 0
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_by_curls_rules() {
        for (list, host, exempt) in [
            ("*", "a.example", true),
            ("a.example,*", "b.example", false),
            ("example.com", "example.com", true),
            ("example.com", "www.example.com", true),
            ("example.com", "nonexample.com", false),
            ("www.example.com", "example.com", false),
            (".example.com", "example.com", true),
            (".example.com", "www.example.com", true),
            ("EXAMPLE.com.", "www.example.com.", true),
            ("a.example b.example", "b.example", true),
            ("a.example,\tb.example", "b.example", true),
            ("a.example, ,,b.example", "b.example", true),
            ("example.com:443", "example.com", false),
            (",", "example.com", false),
            (".", "example.com", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("192.168.1.0/31", "192.168.1.1", true),
            ("192.168.1.0/31", "192.168.1.2", false),
            ("10.0.0.0/33", "10.0.0.0", false),
            ("10.0.0.0/x", "10.0.0.0", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::1", "::1", true),
            ("::/0", "2001:db8::1", true),
            ("0.0.0.1", "::1", false),
            ("1.2.3", "1.2.3.example", false),
        ] {
            let parsed = match host.parse::<IpAddr>() {
                Ok(IpAddr::V4(ip)) => Host::Ipv4(ip),
                Ok(IpAddr::V6(ip)) => Host::Ipv6(ip),
                Err(_) => Host::Domain(host),
            };
            assert_eq!(exempts(&parse(list), &parsed), exempt, "{list:?} and {host}");
        }
    }
}
