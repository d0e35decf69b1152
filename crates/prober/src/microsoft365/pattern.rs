//! The hosts of a record.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use wildmatch::WildMatch;

use crate::net::MAX_NAME;

/// A host of the list: a name, or a pattern of names.
///
/// `*` stands for any run of characters, the empty one and dots among them, as in the `shExpMatch` by which Microsoft's own
/// PAC files (`Get-PacFile`) look for the same texts. So `*.office.com` are all names below `office.com`, however deep, and
/// not that one; `*cdn.onenote.net` are `cdn.onenote.net`, `acdn.onenote.net` and `a.cdn.onenote.net`; and
/// `autodiscover.*.onmicrosoft.com` has at least one character where the star is, because no name has an empty label.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostPattern(Box<str>);

impl HostPattern {
    /// Stars that one pattern may have; two are the most that has been seen.
    const MAX_STARS: usize = 4;
    /// RFC 1035, section 2.3.4.
    const MAX_LABEL: usize = 63;

    /// The text as the list has it, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is one name rather than many.
    pub fn is_name(&self) -> bool {
        !self.0.contains('*')
    }

    /// The domain of a pattern for all names below that domain (`office.com` of `*.office.com`); `None` for other patterns
    /// and for names.
    pub fn below(&self) -> Option<&str> {
        self.0.strip_prefix("*.").filter(|domain| !domain.contains('*'))
    }

    /// Whether a host is one of those, in any case and with or without the final dot.
    pub fn matches(&self, host: &str) -> bool {
        is_host(host) && self.matches_normal(&normal(host))
    }

    /// As [`matches`](Self::matches), for a host that is a name in lower case without the final dot.
    pub(super) fn matches_normal(&self, host: &str) -> bool {
        if self.is_name() {
            return *self.0 == *host;
        }
        match self.below() {
            Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            None => WildMatch::new(&self.0).matches(host),
        }
    }

    /// Whether all hosts of another pattern are hosts of this one, as far as that is plain from their texts: of two equal
    /// ones, of a name, and of domains below domains.
    pub fn covers(&self, other: &Self) -> bool {
        if self == other || other.is_name() {
            return self == other || self.matches_normal(&other.0);
        }
        // Whatever stands for the other's first star, this one's star can stand for too.
        self.below().is_some_and(|domain| other.0.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
    }
}

/// A host as names are compared.
pub(super) fn normal(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// Whether a text can be a host's name at all, so that no pattern matches what no resolver would be asked for.
pub(super) fn is_host(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    name.len() <= MAX_NAME && name.split('.').all(|label| is_label(label) && !label.contains('*'))
}

fn is_label(label: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'*');
    (1..=HostPattern::MAX_LABEL).contains(&label.len()) && label.bytes().all(is_allowed)
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A text that is neither a host's name nor a pattern of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoPattern {
    /// Letters, digits, `-`, `_` and `*` in labels of 1 to 63, 253 in all (RFC 1035, section 2.3.4).
    #[error("it is no host's name")]
    NoName,
    /// The last label is what a domain is registered under: one that is open would allow the internet.
    #[error("its last label is not fixed")]
    OpenEnd,
    /// More stars than any pattern needs.
    #[error("it has more than {} stars", HostPattern::MAX_STARS)]
    Stars,
}

impl FromStr for HostPattern {
    type Err = NoPattern;

    fn from_str(text: &str) -> Result<Self, NoPattern> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.len() > MAX_NAME || !text.split('.').all(is_label) {
            return Err(NoPattern::NoName);
        }
        if text.rsplit('.').next().is_none_or(|last| last.contains('*')) {
            return Err(NoPattern::OpenEnd);
        }
        if text.matches('*').count() > Self::MAX_STARS {
            return Err(NoPattern::Stars);
        }
        Ok(Self(text.to_ascii_lowercase().into_boxed_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> HostPattern {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn which_hosts_a_pattern_matches() {
        for (text, matched, others) in [
            ("login.live.com", &["login.live.com", "LOGIN.live.com."][..], &["a.login.live.com", "live.com", ""][..]),
            (
                "*.office.com",
                &["www.office.com", "a.b.Office.com"],
                &[
                    "office.com",
                    "evil-office.com",
                    ".office.com",
                    "office.com.evil.net",
                    "www.office.com..",
                    "a..office.com",
                ],
            ),
            (
                "*cdn.onenote.net",
                &["cdn.onenote.net", "acdn.onenote.net", "a.cdn.onenote.net"],
                &["cdn.onenote.net.evil.net", "onenote.net", ".cdn.onenote.net"],
            ),
            (
                "*-files.sharepoint.com",
                &["contoso-files.sharepoint.com", "a.b-files.sharepoint.com"],
                &["files.sharepoint.com", "contoso-myfiles.sharepoint.com"],
            ),
            (
                "autodiscover.*.onmicrosoft.com",
                &["autodiscover.contoso.onmicrosoft.com", "autodiscover.a.b.onmicrosoft.com"],
                &["autodiscover.onmicrosoft.com", "autodiscover..onmicrosoft.com", "contoso.onmicrosoft.com"],
            ),
        ] {
            let pattern = pattern(text);
            for host in matched {
                assert!(pattern.matches(host), "{text} {host}");
            }
            for host in others {
                assert!(!pattern.matches(host), "{text} {host}");
            }
        }
        let long = format!("{}.office.com", "a.".repeat(200));
        assert!(!pattern("*.office.com").matches(&long));
        assert!(!pattern("*.office.com").matches("*.office.com"));
        assert!(!pattern("*.office.com").matches("a/../b.office.com"));
    }

    #[test]
    fn domains_are_told_from_names_and_other_patterns() {
        assert_eq!(pattern("*.Office.COM").below(), Some("office.com"));
        for other in ["office.com", "*cdn.onenote.net", "a.*.office.com", "*.*.office.com"] {
            assert_eq!(pattern(other).below(), None, "{other}");
        }
        assert!(pattern("office.com").is_name() && !pattern("*.office.com").is_name());
    }

    #[test]
    fn a_pattern_covers_what_is_within_it() {
        let domain = pattern("*.office.com");
        for inside in ["*.office.com", "www.office.com", "*.a.office.com", "a.*.office.com", "*-files.office.com"] {
            assert!(domain.covers(&pattern(inside)), "{inside}");
        }
        for outside in ["office.com", "*.net", "*office.com", "*.evil-office.com"] {
            assert!(!domain.covers(&pattern(outside)), "{outside}");
        }
    }

    #[test]
    fn what_is_no_pattern() {
        let long_label = format!("{}.com", "a".repeat(64));
        let long = format!("{}com", "abcdefg.".repeat(32));
        for (text, why) in [
            ("", NoPattern::NoName),
            (".", NoPattern::NoName),
            ("a..com", NoPattern::NoName),
            ("https://a.com", NoPattern::NoName),
            ("a.com/path", NoPattern::NoName),
            ("a.com:443", NoPattern::NoName),
            ("a.com\nb.com", NoPattern::NoName),
            ("a.com\");alert(\"", NoPattern::NoName),
            ("bücher.example", NoPattern::NoName),
            ("a?.com", NoPattern::NoName),
            (&long_label, NoPattern::NoName),
            (&long, NoPattern::NoName),
            ("*", NoPattern::OpenEnd),
            ("*.*", NoPattern::OpenEnd),
            ("office.*", NoPattern::OpenEnd),
            ("office.c*m", NoPattern::OpenEnd),
            ("*.*.*.*.*.com", NoPattern::Stars),
        ] {
            assert_eq!(text.parse::<HostPattern>(), Err(why), "{text}");
        }
    }
}
