//! What PAC files ask about addresses, and in which forms they get them.

use std::net::{IpAddr, Ipv4Addr};

/// `isInNet`, once the host is an address: whether both agree where the mask has ones. A pattern or a mask that is none
/// matches nothing.
pub(super) fn is_in_net(address: Ipv4Addr, pattern: &str, mask: &str) -> bool {
    let (Some(pattern), Some(mask)) = (dotted(pattern), dotted(mask)) else { return false };
    address & mask == pattern & mask
}

/// An IPv4 address as browsers' own library takes it: four numbers of one to three digits, which are decimal even where
/// they begin with a zero ("010.000.000.000", as people align them).
pub(super) fn dotted(address: &str) -> Option<Ipv4Addr> {
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = address.split('.').map(|part| part.parse::<u8>().ok().filter(|_| is_number(part)));
    let mut next = || parts.next().flatten();
    let address = Ipv4Addr::new(next()?, next()?, next()?, next()?);
    parts.next().is_none().then_some(address)
}

/// `isInNetEx`: whether an address literal lies in a network written as `address/length`. An IPv4 address is compared
/// with an IPv6 network in its mapped form, and the other way round, as Chrome does.
pub(super) fn is_in_net_ex(address: &str, network: &str) -> bool {
    let Some((prefix, length)) = network.split_once('/') else { return false };
    let (Ok(address), Ok(prefix), Ok(length)) =
        (address.parse::<IpAddr>(), prefix.parse::<IpAddr>(), length.parse::<u32>())
    else {
        return false;
    };
    let (bits, offset) = if prefix.is_ipv4() { (32, 96) } else { (128, 0) };
    length <= bits && agree(widened(address), widened(prefix), offset + length)
}

/// Whether two addresses have so many leading bits in common.
fn agree(one: u128, other: u128, bits: u32) -> bool {
    bits == 0 || (one ^ other).checked_shr(128 - bits).is_none_or(|difference| difference == 0)
}

/// An address as 128 bits; IPv4 in its mapped form.
fn widened(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// `sortIpAddressList`: a list between semicolons in ascending order, IPv6 before IPv4, every address as it was written;
/// `None` where anything in it is no address, or nothing is in it.
pub(super) fn sorted(list: &str) -> Option<String> {
    let mut addresses = list
        .split(';')
        .map(|text| text.trim_matches([' ', '\t']))
        .filter(|text| !text.is_empty())
        .map(|text| text.parse::<IpAddr>().ok().map(|address| ((address.is_ipv4(), address), text)))
        .collect::<Option<Vec<_>>>()?;
    addresses.sort_by_key(|(key, _)| *key);
    let sorted: Vec<_> = addresses.into_iter().map(|(_, text)| text).collect();
    (!sorted.is_empty()).then(|| sorted.join(";"))
}

/// `convert_addr`: a dotted address as a signed number of 32 bits, as JavaScript's bit operators make it. What is no
/// number counts as 0, and only the last eight bits of each part count.
pub(super) fn converted(address: &str) -> i32 {
    let mut parts = address.split('.').map(|part| part.trim().parse::<u64>().unwrap_or(0).to_le_bytes()[0]);
    let mut next = || parts.next().unwrap_or(0);
    i32::from_be_bytes([next(), next(), next(), next()])
}

/// A list between semicolons, as the `…Ex` functions answer.
pub(super) fn joined(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(";")
}

/// The first IPv4 address: all that the functions of the original definition know of.
pub(super) fn first_v4(addresses: &[IpAddr]) -> Option<Ipv4Addr> {
    addresses.iter().find_map(|address| match address {
        IpAddr::V4(v4) => Some(*v4),
        IpAddr::V6(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_by_mask() {
        for (address, pattern, mask, expected) in [
            ("192.0.2.25", "192.0.2.25", "255.255.255.255", true),
            ("193.0.2.25", "192.0.2.25", "255.255.255.255", false),
            ("192.0.2.25", "192.0.0.0", "255.255.0.0", true),
            ("193.0.2.25", "192.0.0.0", "255.255.0.0", false),
            ("10.1.2.3", "0.0.0.0", "0.0.0.0", true),
            // Masks need not be prefixes.
            ("10.1.2.3", "10.9.2.9", "255.0.255.0", true),
            // Numbers are decimal, however many zeros they begin with.
            ("10.1.2.3", "010.000.000.000", "255.000.000.000", true),
            ("10.1.2.3", "010.001.002.003", "255.255.255.255", true),
            ("8.1.2.3", "010.0.0.0", "255.0.0.0", false),
            ("10.1.2.3", "0010.0.0.0", "255.0.0.0", false),
            ("10.1.2.3", "+10.0.0.0", "255.0.0.0", false),
            ("10.1.2.3", "10.0.0.0", "256.0.0.0", false),
            ("10.1.2.3", "10.0.0.0.0", "255.0.0.0", false),
            ("10.1.2.3", "10.0.0.0", "255.0.0.", false),
            ("10.1.2.3", "10.0.0.0", " 255.0.0.0", false),
            // As in Chrome and Firefox today; what either did before it checked them was to take them for zeros.
            ("10.1.2.3", "10.0.0.0", "255.0.0", false),
            ("10.1.2.3", "10.0.0.0", "8", false),
            ("10.1.2.3", "10.0.0", "255.0.0.0", false),
            ("10.1.2.3", "10.0.0.0", "", false),
        ] {
            assert_eq!(is_in_net(address.parse().unwrap(), pattern, mask), expected, "{address} {pattern} {mask}");
        }
    }

    #[test]
    fn networks_by_prefix() {
        let inside = [
            ("198.51.100.79", "198.51.100.79/32"),
            ("198.51.1.1", "198.51.3.3/16"),
            ("::7f00:1", "::7f00:1/32"),
            ("2001:db8:ffff:abcd:1234:dead:beef:101", "2001:db8:ffff::/48"),
            ("127.0.0.1", "::7f00:1/16"),
            ("::ffff:192.168.100.5", "192.168.1.1/16"),
            ("::ffff:192.168.100.5", "::ffff:192.168.1.1/112"),
            ("192.168.1.1", "::ffff:192.168.1.1/112"),
            ("2001:db8::1", "::/0"),
            ("10.0.0.1", "10.0.0.2/0"),
        ];
        for (address, network) in inside {
            assert!(is_in_net_ex(address, network), "{address} in {network}");
        }
        let outside = [
            ("192.168.24.3", "fe80::c0a8:1803/32"),
            ("::ffff:10.168.100.5", "192.168.1.1/16"),
            ("::fffe:192.168.100.5", "192.168.1.1/16"),
            ("192.168.1.1", "::fffe:192.168.1.1/112"),
            ("198.51.100.78", "198.51.100.79/32"),
            ("2001:db9::1", "2001:db8::/32"),
            ("256.0.0.1", "198.51.100.79"),
            ("127.0.0.1 ", "127.0.0.1/32"),
            ("198.51.100.10", "198.51.0.0/34"),
            ("2001:db8::1", "2001:db8::/129"),
            ("127.0.0.1", "127.0.0.1"),
            ("127.0.0.1", "127.0.0.1/"),
            ("a.example", "0.0.0.0/0"),
        ];
        for (address, network) in outside {
            assert!(!is_in_net_ex(address, network), "{address} not in {network}");
        }
    }

    #[test]
    fn lists_are_sorted_by_value_and_kept_as_written() {
        for (list, expected) in [
            ("::2;::3;::1", Some("::1;::2;::3")),
            (
                "198.51.100.22;2001:db8:28:3:201:2ff:feea:fc14;fe80::5efe:157:9d3b:8b16",
                Some("2001:db8:28:3:201:2ff:feea:fc14;fe80::5efe:157:9d3b:8b16;198.51.100.22"),
            ),
            ("127.0.0.1", Some("127.0.0.1")),
            ("192.168.1.1;0:0::1", Some("0:0::1;192.168.1.1")),
            ("0::1;::1;0:0::1", Some("0::1;::1;0:0::1")),
            (";127.0.0.1;", Some("127.0.0.1")),
            ("127.0.0.1;\t127.0.0.2;\t 127.0.0.0", Some("127.0.0.0;127.0.0.1;127.0.0.2")),
            ("", None),
            (" ;  ; ", None),
            ("256.0.0.1", None),
            ("192.168.1.1;0:0:0:1;127.0.0.1", None),
        ] {
            assert_eq!(sorted(list).as_deref(), expected, "{list}");
        }
    }

    #[test]
    fn numbers_are_signed_as_in_javascript() {
        let cases = [("104.16.41.2", 1_745_889_538), ("255.255.255.255", -1), ("1.2", 16_908_288), ("x", 0), ("", 0)];
        for (address, expected) in cases {
            assert_eq!(converted(address), expected, "{address}");
        }
        assert_eq!(converted("257.0.0.1"), 0x0100_0001);
    }
}
