//! Questions about addresses.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Whether an address names no host at all (0.0.0.0, ::, ::ffff:0.0.0.0). Linux connects to itself when asked to
/// connect there, so nobody must.
pub(crate) fn is_unspecified(address: IpAddr) -> bool {
    address.to_canonical().is_unspecified()
}

/// Whether an address is of no use beyond a site: private (RFC 1918), loopback, link-local, shared (RFC 6598),
/// benchmarking (RFC 2544), unique local (RFC 4193); also inside ::ffff:0:0/96 and the NAT64 prefix 64:ff9b::/96
/// (RFC 6052).
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => match v6.segments() {
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                is_private_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
            }
            _ => v6.is_loopback() || v6.is_unicast_link_local() || v6.is_unique_local(),
        },
    }
}

/// Whether an address may be one of the internet's: neither private nor unspecified, and of one host.
pub(crate) fn is_global(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let is_one_host = match address {
        IpAddr::V4(v4) => !matches!(v4.octets(), [0 | 224..=255, ..]),
        IpAddr::V6(v6) => !v6.is_multicast(),
    };
    is_one_host && !is_private(address) && !is_unspecified(address)
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let shared = first == 100 && second & 0xc0 == 64;
    let benchmarking = first == 198 && second & 0xfe == 18;
    address.is_private() || address.is_loopback() || address.is_link_local() || shared || benchmarking
}

/// Whether this machine has a route to an address. Only the routing table is asked: connecting a UDP socket sends
/// nothing. An answer that cannot be had counts as yes.
pub(crate) fn has_route(address: IpAddr) -> bool {
    let unbound = match address {
        IpAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        IpAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    // Any port will do; 443 reads well in a trace.
    match UdpSocket::bind(unbound).and_then(|socket| socket.connect((address, 443))) {
        Ok(()) => true,
        Err(error) => !matches!(error.kind(), io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_addresses_are_seen_through() {
        let cases = [("0.0.0.0", true), ("::", true), ("::ffff:0.0.0.0", true), ("0.0.0.1", false), ("::1", false)];
        for (text, expected) in cases {
            assert_eq!(is_unspecified(text.parse().unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn addresses_of_no_use_beyond_a_site() {
        for (texts, expected) in [
            (&["10.0.0.1", "172.16.0.1", "172.31.255.1", "192.168.1.1", "127.0.0.1", "169.254.1.1"][..], true),
            (&["100.64.0.1", "100.127.255.254", "198.18.0.1", "198.19.255.1"], true),
            (&["::1", "fe80::1", "fc00::1", "fdff::1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1"], true),
            (&["8.8.8.8", "172.32.0.1", "100.63.255.1", "100.128.0.1", "198.17.0.1", "198.20.0.1"], false),
            (&["2001:db8::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b:1::10.0.0.1"], false),
        ] {
            for text in texts {
                assert_eq!(is_private(text.parse().unwrap()), expected, "{text}");
            }
        }
    }

    #[test]
    fn addresses_of_the_internet() {
        for (texts, expected) in [
            (&["8.8.8.8", "2001:4860::1", "::ffff:8.8.8.8"][..], true),
            (
                &["10.0.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "127.0.0.1", "169.254.169.254"],
                false,
            ),
            (&["::", "::1", "ff02::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1"], false),
        ] {
            for text in texts {
                assert_eq!(is_global(text.parse().unwrap()), expected, "{text}");
            }
        }
    }

    #[test]
    fn there_is_a_way_to_ourselves() {
        assert!(has_route(Ipv4Addr::LOCALHOST.into()));
    }
}
