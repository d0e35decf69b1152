//! The target's name did not resolve.

use super::case::{Case, some_of};
use super::finding::Finding;
use crate::cause::Cause;
use crate::observation::{Family, Lookup, LookupOutcome, ResolveFacts, ResolveFailure, ResolveFault};
use crate::text::Clean;

pub(super) fn failed(case: &Case<'_>, fault: &ResolveFault) -> Finding {
    let finding = Finding::blocked(meaning(fault.failure), in_words(fault)).with("rcodes", &rcodes(&fault.lookups));
    match case.fingerprints.sinkhole(&fault.lookups) {
        Some(sign) => finding.signed(&sign),
        None => finding,
    }
}

fn meaning(failure: ResolveFailure) -> Cause {
    match failure {
        ResolveFailure::NxDomain => Cause::DnsNxdomain,
        ResolveFailure::NoAddress => Cause::DnsNoAddress,
        ResolveFailure::ServerFailure => Cause::DnsServerFailure,
        ResolveFailure::Timeout => Cause::DnsTimeout,
        ResolveFailure::Unspecified => Cause::DnsSinkholed,
    }
}

/// An answer that is known to lead to a block page, whatever came of going there; but who can prove to be the origin is
/// the origin, at whatever address.
pub(super) fn sinkholed(case: &Case<'_>) -> Option<Finding> {
    let resolved = case.observation.resolve.as_ref().filter(|resolved| !resolved.fixed)?;
    let sign = case.fingerprints.sinkhole(&resolved.lookups)?;
    if case.is_proven() || case.content_proves() {
        return None;
    }
    let by = sayers(&resolved.lookups, |outcome| matches!(outcome, LookupOutcome::Addresses { .. }));
    let (host, vendor, answer) = (case.host(), sign.vendor, sign.message.as_str());
    let category = sign.facts.iter().find(|(key, _)| *key == "category");
    let category = category.map(|(_, category)| format!(" ({category})")).unwrap_or_default();
    let detail = format!("{host} leads to {answer}, a block page of {vendor}{category}, says {by}");
    let finding = Finding::blocked(Cause::DnsSinkholed, detail).with("vendor", vendor).with("answer", answer);
    Some(Finding { facts: finding.facts.into_iter().chain(sign.facts.iter().cloned()).collect(), ..finding })
}

/// The CNAMEs on the way to the addresses, in order.
pub(super) fn cnames(resolved: Option<&ResolveFacts>) -> Option<Clean> {
    let chain = resolved?.lookups.iter().find_map(|lookup| match &lookup.outcome {
        LookupOutcome::Addresses { cnames, .. } if !cnames.is_empty() => Some(cnames),
        _ => None,
    })?;
    let names: Vec<&str> = chain.iter().map(Clean::as_str).collect();
    Some(Clean::new(&names.join(" > ")))
}

/// The failure as a sentence, for the target's name and a proxy's alike.
pub(super) fn in_words(fault: &ResolveFault) -> String {
    let ResolveFault { name, failure, lookups } = fault;
    match failure {
        ResolveFailure::NxDomain => {
            let by = sayers(lookups, |outcome| matches!(outcome, LookupOutcome::NxDomain));
            format!("{name} does not exist (NXDOMAIN), says {by}")
        }
        ResolveFailure::NoAddress => {
            let by = sayers(lookups, |outcome| matches!(outcome, LookupOutcome::NoData | LookupOutcome::NxDomain));
            format!("{name} has neither an A nor an AAAA record, says {by}")
        }
        ResolveFailure::ServerFailure => format!("every resolver failed for {name}: {}", failures(lookups)),
        ResolveFailure::Timeout if lookups.is_empty() => format!("there is no resolver to ask for {name}"),
        ResolveFailure::Timeout => {
            let silent = sayers(lookups, |outcome| matches!(outcome, LookupOutcome::Timeout));
            format!("no answer for {name} in time from {silent}")
        }
        ResolveFailure::Unspecified => {
            let by = sayers(lookups, |outcome| matches!(outcome, LookupOutcome::Addresses { .. }));
            format!("{name} resolves to {} only, which is no host, says {by}", addresses(lookups))
        }
    }
}

/// The resolvers with such an outcome, each once, in the order asked.
pub(super) fn sayers(lookups: &[Lookup], of_interest: impl Fn(&LookupOutcome) -> bool) -> String {
    let mut names: Vec<String> = Vec::new();
    for lookup in lookups.iter().filter(|lookup| of_interest(&lookup.outcome)) {
        if !names.contains(&lookup.resolver) {
            names.push(lookup.resolver.clone());
        }
    }
    if names.is_empty() { "the resolver".to_owned() } else { some_of(names) }
}

/// What each resolver came to, where both families came to the same: `10.0.0.53:53 SERVFAIL`.
fn failures(lookups: &[Lookup]) -> String {
    let mut each: Vec<String> = Vec::new();
    for lookup in lookups {
        let failure = format!("{} {}", lookup.resolver, rcode(&lookup.outcome));
        if !each.contains(&failure) {
            each.push(failure);
        }
    }
    some_of(each)
}

/// What each question came to: `10.0.0.53:53 A SERVFAIL, 10.0.0.53:53 AAAA timeout`.
pub(super) fn rcodes(lookups: &[Lookup]) -> String {
    let each = lookups.iter().map(|lookup| {
        let family = match lookup.family {
            Family::Ipv4 => "A",
            Family::Ipv6 => "AAAA",
        };
        format!("{} {family} {}", lookup.resolver, rcode(&lookup.outcome))
    });
    each.collect::<Vec<_>>().join(", ")
}

fn rcode(outcome: &LookupOutcome) -> &str {
    match outcome {
        LookupOutcome::Addresses { .. } | LookupOutcome::NoData => "NOERROR",
        LookupOutcome::NxDomain => "NXDOMAIN",
        LookupOutcome::ServerFailure { rcode } => rcode,
        LookupOutcome::Timeout => "timeout",
    }
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
