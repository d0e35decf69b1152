//! Questions about addresses.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Whether an address names no host at all (0.0.0.0, ::, ::ffff:0.0.0.0). Linux connects to itself when asked to
/// connect there, so nobody must.
pub(crate) fn is_unspecified(address: IpAddr) -> bool {
    address.to_canonical().is_unspecified()
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
    fn there_is_a_way_to_ourselves() {
        assert!(has_route(Ipv4Addr::LOCALHOST.into()));
    }
}
