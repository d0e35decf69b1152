//! Addresses that Microsoft does not publish for the host. Split DNS, a cloud proxy and a sinkhole give such, and so does a
//! list that is a day behind: a trace to follow where something fails, and nothing to judge by.

use super::case::{Case, some_of};
use crate::microsoft365::Held;

/// The addresses that the endpoint's host resolved to and that are outside all ranges published for it. Fixed answers are the
/// configuration's own, and after a redirect the addresses are another host's.
pub(super) fn outside(case: &Case<'_>) -> Option<String> {
    let (ranges, host) = (case.ranges?, case.endpoint.url.domain()?);
    let seen = case.observation;
    let resolved = seen.resolve.as_ref().filter(|resolved| !resolved.fixed && seen.chosen.is_none())?;
    let is_outside = |address: &&std::net::IpAddr| ranges.holds(host, **address) == Held::Outside;
    let outside: Vec<_> = resolved.addresses.iter().filter(is_outside).map(ToString::to_string).collect();
    (!outside.is_empty()).then(|| some_of(outside))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use time::macros::datetime;

    use crate::cause::State;
    use crate::fingerprint::Fingerprints;
    use crate::microsoft365::{Instance, List, Ranges};
    use crate::observation::{Observation, ResolveFacts, RouteFacts};
    use crate::plan::{Endpoint, Pair, Path, PathOptions, Way};
    use crate::verdict::{Question, judge};

    /// What is told of a host that resolved to these addresses.
    fn told(host: &str, addresses: &[&str], change: impl FnOnce(&mut Observation)) -> Option<String> {
        let text = include_bytes!("../../../../tests/fixtures/microsoft365/list.json");
        let ranges = Ranges::new(&List::read(Instance::Worldwide, text).unwrap());
        let endpoint = Endpoint::new("it", format!("https://{host}/").parse().unwrap());
        let path = Path { name: "direct".to_owned(), way: Way::Direct, options: PathOptions::default() };
        let pair = Pair { endpoint: Arc::new(endpoint), path: Arc::new(path) };
        let mut seen = Observation::empty(datetime!(2026-01-01 0:00 UTC));
        let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        seen.resolve = Some(ResolveFacts { addresses, ..ResolveFacts::default() });
        change(&mut seen);
        let fingerprints = Fingerprints::built_in().unwrap();
        let alone = Question::alone(&pair, &fingerprints);
        let (with, without) =
            (judge(&Question { ranges: Some(&ranges), ..alone.clone() }, &seen), judge(&alone, &seen));
        // Evidence is all that it is.
        assert_eq!((with.state, &with.reason), (without.state, &without.reason));
        assert_eq!(with.state, State::Reachable);
        assert!(!without.evidence.facts.contains_key("outside_published_ranges"));
        with.evidence.facts.get("outside_published_ranges").map(ToString::to_string)
    }

    #[test]
    fn addresses_outside_of_what_is_published_are_told_and_others_are_not() {
        let outside = ["203.0.113.9", "192.0.2.1", "10.0.0.1", "2001:db8:9::1"];
        assert_eq!(told("mail.example.com", &outside, |_| {}).as_deref(), Some("203.0.113.9, 10.0.0.1, 2001:db8:9::1"));
        assert_eq!(told("mail.example.com", &["192.0.2.1", "2001:db8:1::1"], |_| {}), None);
        let many: Vec<String> = (1..6).map(|number| format!("10.0.0.{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(told("mail.example.com", &many, |_| {}).as_deref(), Some("10.0.0.1, 10.0.0.2, 10.0.0.3 and 2 more"));
    }

    #[test]
    fn nothing_is_told_where_nothing_is_published_or_the_addresses_are_not_the_hosts() {
        for host in ["crl.example.org", "own.contoso.com"] {
            assert_eq!(told(host, &["10.0.0.1"], |_| {}), None, "{host}");
        }
        let fixed = |seen: &mut Observation| seen.resolve.as_mut().unwrap().fixed = true;
        assert_eq!(told("mail.example.com", &["10.0.0.1"], fixed), None);
        let redirected = |seen: &mut Observation| seen.chosen = Some(RouteFacts::Direct);
        assert_eq!(told("mail.example.com", &["10.0.0.1"], redirected), None);
        assert_eq!(told("mail.example.com", &[], |seen| seen.resolve = None), None);
    }
}
