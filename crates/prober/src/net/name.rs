//! What can be the name of a host.

use rustls::pki_types::ServerName;

/// The octets of the longest name that DNS can hold as text, without the root's dot (RFC 1035, section 2.3.4).
pub(crate) const MAX_NAME: usize = 253;

/// Whether a text is a name that a host can have in DNS and in certificates, as rustls has it: labels of 1 to 63 letters,
/// digits, `-` and `_` (RFC 1035, section 2.3.4, for the lengths), without `-` at either end, the last one not of digits alone;
/// 253 octets in all, a root's dot among them.
pub(crate) fn is_host_name(name: &str) -> bool {
    matches!(ServerName::try_from(name), Ok(ServerName::DnsName(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_lengths() {
        let label = "a".repeat(63);
        let longest = [&*label, &*label, &*label, &*"b".repeat(61)].join(".");
        assert_eq!(longest.len(), MAX_NAME);
        for name in ["proxy", "a_b.example", "proxy.example.", &longest] {
            assert!(is_host_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "a..b",
            "-a",
            "a-",
            "a.123",
            "a b",
            "*.example",
            "192.0.2.1",
            &format!("{label}a"),
            &format!("{longest}b"),
        ] {
            assert!(!is_host_name(name), "{name}");
        }
    }
}
