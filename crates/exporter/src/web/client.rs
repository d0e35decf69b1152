//! Who is at the other end, as far as shares are counted.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// An address that has its share of what is limited: one of IPv4, or one of IPv6 with its whole /64, since that is what
/// a single machine may choose its addresses from (RFC 4291, section 2.5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Client(IpAddr);

impl Client {
    /// Whose share a peer's connection takes from.
    pub(crate) fn of(peer: SocketAddr) -> Self {
        // A socket for both families shows IPv4 as mapped addresses.
        match peer.ip().to_canonical() {
            IpAddr::V6(ip) if !ip.is_loopback() => {
                let [a, b, c, d, ..] = ip.segments();
                Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
            }
            ip => Self(ip),
        }
    }

    /// Whether it is this machine.
    pub(crate) fn is_loopback(self) -> bool {
        self.0.is_loopback()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> Client {
        Client::of(text.parse().unwrap())
    }

    #[test]
    fn one_machine_is_one_client_whatever_its_address_of_the_day() {
        assert_eq!(client("[2001:db8:1:2::3]:1"), client("[2001:db8:1:2:ffff::9]:2"));
        assert_ne!(client("[2001:db8:1:2::3]:1"), client("[2001:db8:1:3::3]:1"));
        assert_eq!(client("[::ffff:192.0.2.1]:1"), client("192.0.2.1:2"));
        assert_ne!(client("192.0.2.1:1"), client("192.0.2.2:1"));
    }

    #[test]
    fn this_machine_is_known_by_all_its_loopback_addresses() {
        for ours in ["127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(client(ours).is_loopback(), "{ours}");
        }
        assert!(!client("[::2]:1").is_loopback());
        assert!(!client("10.0.0.1:1").is_loopback());
    }
}
