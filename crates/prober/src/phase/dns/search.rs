//! The search list of `/etc/resolv.conf`: which names a short one may stand for (resolv.conf(5), "search").

use hickory_proto::rr::Name;
use hickory_resolver::config::{ResolverConfig, ResolverOpts};

/// The most domains searched, as the C library had it for long (MAXDNSRCH).
const MAX_DOMAINS: usize = 6;

/// Domains to which names of this network are relative.
#[derive(Debug, Default)]
pub(super) struct Search {
    domains: Vec<Name>,
    /// `options ndots:0`: names without a dot are tried as they stand first, too.
    as_it_stands_first: bool,
}

impl Search {
    /// The list of a configuration.
    pub(super) fn new(config: &ResolverConfig, options: &ResolverOpts) -> Self {
        let domains = config.search().iter().filter(|domain| !domain.is_root()).take(MAX_DOMAINS).cloned().collect();
        Self { domains, as_it_stands_first: options.ndots == 0 }
    }

    /// The names that a host's may stand for, absolute, in the order in which they are asked for; `None` for one that
    /// DNS cannot carry.
    ///
    /// The C library asks for a name with fewer than `ndots` dots in the search domains first. Here only one without
    /// any waits: what is found is the same wherever one name has one meaning, and five questions for the name of every
    /// proxy, as `ndots:5` would have it, find out nothing.
    pub(super) fn names(&self, host: &str) -> Option<Vec<Name>> {
        let as_it_stands = absolute(host)?;
        if host.ends_with('.') {
            return Some(vec![as_it_stands]);
        }
        let relative = Name::from_ascii(host).ok()?;
        let mut names: Vec<Name> =
            self.domains.iter().filter_map(|domain| relative.clone().append_domain(domain).ok()).collect();
        let first = self.as_it_stands_first || host.contains('.');
        names.insert(if first { 0 } else { names.len() }, as_it_stands);
        Some(names)
    }
}

/// The name as DNS has it, absolute, so that no search domain is ever appended.
pub(super) fn absolute(host: &str) -> Option<Name> {
    let mut name = Name::from_ascii(host).ok()?;
    name.set_fqdn(true);
    Some(name)
}

#[cfg(test)]
pub(super) fn of_domains(domains: &[&str]) -> Search {
    let domains = domains.iter().map(|domain| absolute(domain).unwrap()).collect();
    Search { domains, as_it_stands_first: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(search: &Search, host: &str) -> Vec<String> {
        search.names(host).unwrap().iter().map(Name::to_ascii).collect()
    }

    #[test]
    fn short_names_are_searched_for_first_and_others_last() {
        let mut search = of_domains(&["corp.example", "example"]);
        assert_eq!(names(&search, "proxy"), ["proxy.corp.example.", "proxy.example.", "proxy."]);
        assert_eq!(names(&search, "proxy.dc"), ["proxy.dc.", "proxy.dc.corp.example.", "proxy.dc.example."]);
        assert_eq!(names(&search, "proxy."), ["proxy."]);
        assert_eq!(names(&Search::default(), "proxy"), ["proxy."]);
        search.as_it_stands_first = true;
        assert_eq!(names(&search, "proxy"), ["proxy.", "proxy.corp.example.", "proxy.example."]);
        assert_eq!(search.names(&"x".repeat(64)), None);
    }
}
