//! The target's name did not resolve.

use super::case::some_of;
use super::finding::Finding;
use crate::cause::Cause;
use crate::observation::{Family, Lookup, LookupOutcome, ResolveFailure, ResolveFault};

pub(super) fn failed(fault: &ResolveFault) -> Finding {
    let cause = match fault.failure {
        ResolveFailure::NxDomain => Cause::DnsNxdomain,
        ResolveFailure::NoAddress => Cause::DnsNoAddress,
        ResolveFailure::ServerFailure => Cause::DnsServerFailure,
        ResolveFailure::Timeout => Cause::DnsTimeout,
        ResolveFailure::Unspecified => Cause::DnsSinkholed,
    };
    Finding::blocked(cause, in_words(fault)).with("rcodes", &rcodes(&fault.lookups))
}

/// The failure as a sentence, for the target's name and a proxy's alike.
pub(super) fn in_words(fault: &ResolveFault) -> String {
    let name = &fault.name;
    let asked = resolvers(&fault.lookups);
    let by = if asked.is_empty() { "the resolver".to_owned() } else { asked };
    match fault.failure {
        ResolveFailure::NxDomain => format!("{name} does not exist (NXDOMAIN), says {by}"),
        ResolveFailure::NoAddress => format!("{name} has neither an A nor an AAAA record, says {by}"),
        ResolveFailure::ServerFailure => format!("every resolver failed for {name}: {}", rcodes(&fault.lookups)),
        ResolveFailure::Timeout => format!("no resolver answered for {name} in time: asked {by}"),
        ResolveFailure::Unspecified => {
            format!("{name} resolves to {} only, which is no host, says {by}", addresses(&fault.lookups))
        }
    }
}

/// Each resolver once, in the order asked.
fn resolvers(lookups: &[Lookup]) -> String {
    let mut names: Vec<String> = Vec::new();
    for lookup in lookups {
        if !names.contains(&lookup.resolver) {
            names.push(lookup.resolver.clone());
        }
    }
    some_of(names)
}

/// What each question came to: `10.0.0.53:53 A SERVFAIL, 10.0.0.53:53 AAAA timeout`.
pub(super) fn rcodes(lookups: &[Lookup]) -> String {
    let each = lookups.iter().map(|lookup| {
        let family = match lookup.family {
            Family::Ipv4 => "A",
            Family::Ipv6 => "AAAA",
        };
        let outcome = match &lookup.outcome {
            LookupOutcome::Addresses { .. } | LookupOutcome::NoData => "NOERROR",
            LookupOutcome::NxDomain => "NXDOMAIN",
            LookupOutcome::ServerFailure { rcode } => rcode,
            LookupOutcome::Timeout => "timeout",
        };
        format!("{} {family} {outcome}", lookup.resolver)
    });
    some_of(each.collect())
}

fn addresses(lookups: &[Lookup]) -> String {
    let mut each: Vec<String> = Vec::new();
    for lookup in lookups {
        if let LookupOutcome::Addresses { addresses, .. } = &lookup.outcome {
            each.extend(addresses.iter().map(ToString::to_string));
        }
    }
    each.dedup();
    if each.is_empty() { "an unspecified address".to_owned() } else { some_of(each) }
}
