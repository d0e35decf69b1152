//! What the answers of both families come to. Pure.

use std::net::IpAddr;

use crate::net::is_unspecified;
use crate::observation::{Lookup, LookupOutcome, ResolveFailure};
use crate::plan::IpFamily;

/// The most addresses kept in all.
const MAX_ADDRESSES: usize = 32;

/// Merges what came for A and for AAAA: any usable address wins; without any, the name does not exist only if both
/// say so, else a timeout speaks before a server failure before "no address".
///
/// A family that may not be used was not asked for and has no say.
pub(super) fn merge(v4: &[Lookup], v6: &[Lookup], family: IpFamily) -> Result<Vec<IpAddr>, ResolveFailure> {
    let found: Vec<IpAddr> = [v4, v6]
        .into_iter()
        .flatten()
        .filter_map(|lookup| match &lookup.outcome {
            LookupOutcome::Addresses { addresses, .. } => Some(addresses),
            _ => None,
        })
        .flatten()
        .copied()
        .collect();
    if !found.is_empty() {
        return usable(&found, family);
    }
    let (v4, v6) = match family {
        IpFamily::Any => (family_failure(v4), family_failure(v6)),
        IpFamily::Ipv4 => (family_failure(v4), family_failure(v4)),
        IpFamily::Ipv6 => (family_failure(v6), family_failure(v6)),
    };
    match (v4, v6) {
        (ResolveFailure::NxDomain, ResolveFailure::NxDomain) => Err(ResolveFailure::NxDomain),
        (a, b) => Err(worse(a, b).or_no_address()),
    }
}

/// The failure that speaks for two.
pub(super) fn worse(one: ResolveFailure, other: ResolveFailure) -> ResolveFailure {
    if rank(one) >= rank(other) { one } else { other }
}

/// The addresses to connect to, in order: the unspecified among them are dropped; where there is nothing else, that is
/// the failure.
/// Those of a family that may not be used are left out too.
pub(super) fn usable(found: &[IpAddr], family: IpFamily) -> Result<Vec<IpAddr>, ResolveFailure> {
    let found: Vec<IpAddr> = found.iter().copied().filter(|address| family.includes(*address)).collect();
    if found.is_empty() {
        return Err(ResolveFailure::NoAddress);
    }
    let usable: Vec<IpAddr> = found.into_iter().filter(|address| !is_unspecified(*address)).collect();
    if usable.is_empty() {
        return Err(ResolveFailure::Unspecified);
    }
    let mut ordered = interleave(&usable);
    ordered.truncate(MAX_ADDRESSES);
    Ok(ordered)
}

/// The order in which addresses are tried: the families alternate, IPv6 first, each in the order of its answer
/// (RFC 8305, section 4).
pub fn interleave(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut v6 = addresses.iter().filter(|address| address.is_ipv6());
    let mut v4 = addresses.iter().filter(|address| address.is_ipv4());
    let mut ordered = Vec::with_capacity(addresses.len());
    while ordered.len() < addresses.len() {
        ordered.extend(v6.next());
        ordered.extend(v4.next());
    }
    ordered
}

/// What the lookups of one family come to when none found an address: the last word of a server that knows, else the
/// worst of the failures.
fn family_failure(lookups: &[Lookup]) -> ResolveFailure {
    match lookups.last().map(|lookup| &lookup.outcome) {
        Some(LookupOutcome::NxDomain) => ResolveFailure::NxDomain,
        Some(LookupOutcome::NoData) => ResolveFailure::NoAddress,
        // Nobody could be asked at all.
        None => ResolveFailure::Timeout,
        Some(_) if lookups.iter().any(|lookup| lookup.outcome == LookupOutcome::Timeout) => ResolveFailure::Timeout,
        Some(_) => ResolveFailure::ServerFailure,
    }
}

fn rank(failure: ResolveFailure) -> u8 {
    match failure {
        ResolveFailure::Timeout => 4,
        ResolveFailure::ServerFailure => 3,
        ResolveFailure::Unspecified => 2,
        ResolveFailure::NoAddress => 1,
        ResolveFailure::NxDomain => 0,
    }
}

impl ResolveFailure {
    /// One family alone cannot say that the name does not exist.
    fn or_no_address(self) -> Self {
        if self == Self::NxDomain { Self::NoAddress } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Family;
    use LookupOutcome::{NoData, NxDomain, Timeout};

    fn addresses(texts: &[&str]) -> LookupOutcome {
        LookupOutcome::Addresses { addresses: ips(texts), cnames: vec![] }
    }

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn servfail() -> LookupOutcome {
        LookupOutcome::ServerFailure { rcode: "SERVFAIL".to_owned() }
    }

    fn lookups(family: Family, outcomes: Vec<LookupOutcome>) -> Vec<Lookup> {
        let lookup = |outcome| Lookup { resolver: "192.0.2.53:53".to_owned(), family, outcome };
        outcomes.into_iter().map(lookup).collect()
    }

    fn check(v4: Vec<LookupOutcome>, v6: Vec<LookupOutcome>, expected: Result<&[&str], ResolveFailure>) {
        let shown = format!("{v4:?} {v6:?}");
        let merged = merge(&lookups(Family::Ipv4, v4), &lookups(Family::Ipv6, v6), IpFamily::Any);
        assert_eq!(merged, expected.map(ips), "{shown}");
    }

    #[test]
    fn any_usable_address_wins() {
        check(vec![addresses(&["192.0.2.1"])], vec![Timeout], Ok(&["192.0.2.1"]));
        check(vec![servfail(), addresses(&["192.0.2.1"])], vec![NxDomain], Ok(&["192.0.2.1"]));
        check(vec![NxDomain], vec![addresses(&["2001:db8::1"])], Ok(&["2001:db8::1"]));
        check(
            vec![addresses(&["192.0.2.1", "192.0.2.2", "192.0.2.3"])],
            vec![addresses(&["2001:db8::1"])],
            Ok(&["2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"]),
        );
    }

    #[test]
    fn unspecified_addresses_are_dropped_or_the_failure() {
        check(vec![addresses(&["0.0.0.0", "192.0.2.1"])], vec![NoData], Ok(&["192.0.2.1"]));
        check(vec![addresses(&["0.0.0.0"])], vec![addresses(&["2001:db8::1"])], Ok(&["2001:db8::1"]));
        check(vec![addresses(&["0.0.0.0"])], vec![addresses(&["::"])], Err(ResolveFailure::Unspecified));
        check(vec![addresses(&["0.0.0.0"])], vec![NxDomain], Err(ResolveFailure::Unspecified));
    }

    #[test]
    fn without_addresses_the_failures_have_an_order() {
        use ResolveFailure::{NoAddress, NxDomain as DoesNotExist, ServerFailure, Timeout as TimedOut};
        check(vec![NxDomain], vec![NxDomain], Err(DoesNotExist));
        check(vec![NxDomain], vec![NoData], Err(NoAddress));
        check(vec![NoData], vec![NxDomain], Err(NoAddress));
        check(vec![NoData], vec![NoData], Err(NoAddress));
        check(vec![NxDomain], vec![servfail()], Err(ServerFailure));
        check(vec![servfail()], vec![NoData], Err(ServerFailure));
        check(vec![NxDomain], vec![Timeout], Err(TimedOut));
        check(vec![Timeout], vec![servfail()], Err(TimedOut));
        check(vec![servfail(), servfail()], vec![servfail()], Err(ServerFailure));
        check(vec![Timeout, servfail()], vec![servfail()], Err(TimedOut));
        check(vec![servfail(), NxDomain], vec![Timeout, NxDomain], Err(DoesNotExist));
        check(vec![], vec![], Err(TimedOut));
    }

    #[test]
    fn families_alternate() {
        let order = |texts: &[&str]| interleave(&ips(texts));
        assert_eq!(order(&["192.0.2.1", "192.0.2.2", "::2", "::3"]), ips(&["::2", "192.0.2.1", "::3", "192.0.2.2"]));
        assert_eq!(order(&["::2", "192.0.2.1", "::3", "192.0.2.2"]), ips(&["::2", "192.0.2.1", "::3", "192.0.2.2"]));
        assert_eq!(order(&[]), ips(&[]));
    }

    #[test]
    fn the_number_of_addresses_is_bounded() {
        let many: Vec<IpAddr> = (1..=64_u32).map(|n| IpAddr::V4(n.into())).collect();
        assert_eq!(usable(&many, IpFamily::Any).unwrap().len(), MAX_ADDRESSES);
    }
}
