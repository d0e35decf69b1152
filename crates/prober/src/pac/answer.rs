//! The list that a PAC file answers with.

use std::fmt;

use url::Host;

use crate::net::MAX_NAME;
use crate::plan::{Proxy, ProxyScheme};
use crate::text::Clean;

/// The most entries tried, and the most malformed ones kept as evidence; a client would long have given up.
const MAX_ENTRIES: usize = 32;

/// The answer of a PAC file, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Which ways to try, never empty: a list without any valid entry means `DIRECT`, as in Chrome.
    pub entries: Vec<Entry>,
    /// Entries that mean nothing, as they stand there; clients skip them.
    pub malformed: Vec<Clean>,
}

/// One entry of the list. Its `Display` is what a well-written file would say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// `DIRECT`.
    Direct,
    /// A keyword and a proxy.
    Proxy(Proxy),
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("DIRECT"),
            Self::Proxy(proxy) => write!(f, "{} {proxy}", proxy.scheme.keyword()),
        }
    }
}

/// What a keyword stands for, in upper or lower case, and the port where none is given. There is no `HTTP`: no common
/// client takes it. Browsers give the name of the target to SOCKS5 proxies; SOCKS4 has room for an address only.
fn scheme_and_port(keyword: &str) -> Option<(ProxyScheme, u16)> {
    Some(match keyword.to_ascii_uppercase().as_str() {
        "PROXY" => (ProxyScheme::Http, 80),
        "HTTPS" => (ProxyScheme::Https, 443),
        "SOCKS" | "SOCKS4" => (ProxyScheme::Socks4, 1080),
        "SOCKS5" => (ProxyScheme::Socks5h, 1080),
        _ => return None,
    })
}

impl Answer {
    /// Reads a list between semicolons.
    pub fn parse(text: &str) -> Self {
        let mut answer = Self { entries: Vec::new(), malformed: Vec::new() };
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            match entry(part) {
                Some(entry) => answer.entries.push(entry),
                None if answer.malformed.len() < MAX_ENTRIES => answer.malformed.push(Clean::new(part)),
                None => {}
            }
            if answer.entries.len() == MAX_ENTRIES {
                break;
            }
        }
        if answer.entries.is_empty() {
            answer.entries.push(Entry::Direct);
        }
        answer
    }
}

fn entry(text: &str) -> Option<Entry> {
    let Some((keyword, place)) = text.split_once(|c: char| c.is_ascii_whitespace()) else {
        return text.eq_ignore_ascii_case("DIRECT").then_some(Entry::Direct);
    };
    let (scheme, usual_port) = scheme_and_port(keyword)?;
    let (host, port) = host_and_port(place.trim())?;
    Some(Entry::Proxy(Proxy { scheme, host, port: port.unwrap_or(usual_port), credentials: None }))
}

fn host_and_port(place: &str) -> Option<(Host<String>, Option<u16>)> {
    let (host, port) = match place.rsplit_once(':') {
        // The last colon of a bare IPv6 literal stands within its brackets.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (place, None),
    };
    let port = match port {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok().filter(|port| *port != 0)?)
        }
        Some(_) => return None,
        None => None,
    };
    Some((Host::parse(host).ok().filter(can_be_asked_for)?, port))
}

/// Whether a name is no longer than any can be, the root's dot aside.
fn can_be_asked_for(host: &Host<String>) -> bool {
    !matches!(host, Host::Domain(name) if name.strip_suffix('.').unwrap_or(name).len() > MAX_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> (Vec<String>, Vec<String>) {
        let answer = Answer::parse(text);
        (
            answer.entries.iter().map(ToString::to_string).collect(),
            answer.malformed.into_iter().map(Into::into).collect(),
        )
    }

    #[test]
    fn every_valid_entry() {
        for (text, expected) in [
            ("DIRECT", "DIRECT"),
            ("direct", "DIRECT"),
            ("PROXY foopy:10", "PROXY foopy:10"),
            ("   PROXY    foopy:10   ", "PROXY foopy:10"),
            ("PROXY\tfoopy:10", "PROXY foopy:10"),
            ("pRoXy foopy:10", "PROXY foopy:10"),
            ("PROXY foopy", "PROXY foopy:80"),
            ("socks foopy", "SOCKS4 foopy:1080"),
            ("socks4 foopy", "SOCKS4 foopy:1080"),
            ("socks5 foopy", "SOCKS5H foopy:1080"),
            ("socks5 foopy:11", "SOCKS5H foopy:11"),
            ("https foopy", "HTTPS foopy:443"),
            ("https foopy:10", "HTTPS foopy:10"),
            ("PROXY [2001:DB8::1]:10", "PROXY [2001:db8::1]:10"),
            ("PROXY [2001:DB8::1]", "PROXY [2001:db8::1]:80"),
            ("PROXY f\u{fc}py:85", "PROXY xn--fpy-hoa:85"),
            ("PROXY 10.0.0.1:3128", "PROXY 10.0.0.1:3128"),
        ] {
            assert_eq!(shown(text), (vec![expected.to_owned()], vec![]), "{text}");
        }
    }

    #[test]
    fn a_name_longer_than_any_is_none() {
        let longest = "a.".repeat(126) + "a";
        for place in [longest.clone(), format!("{longest}.")] {
            assert_eq!(shown(&format!("PROXY {place}:80")), (vec![format!("PROXY {place}:80")], vec![]));
        }
        // In the letters of the DNS it is longer than it stands there.
        for place in [format!("a{longest}"), format!("f\u{fc}{}", "a".repeat(245))] {
            assert_eq!(Answer::parse(&format!("PROXY {place}:80")).entries, [Entry::Direct], "{place}");
        }
    }

    #[test]
    fn invalid_entries_are_skipped_and_kept_and_nothing_else_means_direct() {
        for text in [
            "PROXY",
            "HTTPS",
            "SOCKS",
            "DIRECT foopy:10",
            "INVALIDSCHEME",
            "INVALIDSCHEME foopy:10",
            "HTTP foopy:10",
            "foopy:10",
            "PROXY foopy:0",
            "PROXY foopy:65536",
            "PROXY foopy:",
            "PROXY foopy:+8",
            "PROXY :8080",
            "PROXY http://foopy:8080",
            "PROXY user@foopy:8080",
            "PROXY foopy:10 other",
            "PROXY 2001:db8::1",
        ] {
            assert_eq!(shown(text), (vec!["DIRECT".to_owned()], vec![text.to_owned()]), "{text}");
        }
    }

    #[test]
    fn lists_keep_their_order() {
        let list = "PROXY a.example:8080; nonsense;SOCKS b.example ;; DIRECT;";
        let expected = ["PROXY a.example:8080", "SOCKS4 b.example:1080", "DIRECT"].map(str::to_owned).to_vec();
        assert_eq!(shown(list), (expected, vec!["nonsense".to_owned()]));
        assert_eq!(shown(""), (vec!["DIRECT".to_owned()], vec![]));
        assert_eq!(shown(" ; "), (vec!["DIRECT".to_owned()], vec![]));
    }

    #[test]
    fn what_urls_in_place_of_hosts_leave_of_a_list() {
        let list = "PROXY http://proxy-a.example:8080; http://proxy-b.example:8080; direct";
        let malformed =
            ["PROXY http://proxy-a.example:8080", "http://proxy-b.example:8080"].map(str::to_owned).to_vec();
        assert_eq!(shown(list), (vec!["DIRECT".to_owned()], malformed));
    }

    #[test]
    fn lists_are_bounded() {
        assert_eq!(shown(&"PROXY a:1;".repeat(1000)).0.len(), MAX_ENTRIES);
        let (entries, malformed) = shown(&"nonsense;".repeat(1000));
        assert_eq!((entries, malformed.len()), (vec!["DIRECT".to_owned()], MAX_ENTRIES));
    }
}
