//! The MSOID record of a tenant's domain: where it leads, and whether that is the tenant's cloud.

use super::case::{Case, some_of};
use super::finding::Finding;
use crate::cause::{Blame, Cause};
use crate::observation::{AliasLookup, AliasOutcome, TenantFacts};
use crate::plan::Cloud;

/// Where the record leads for tenants that 21Vianet operates, and for nobody else
/// (Microsoft, "Troubleshoot activation issues", section "Check for MSOID in external DNS").
const VIANET: &str = "clientconfig.partner.microsoftonline-p.net.cn";
/// Where it leads for the others, if it is there at all.
const MICROSOFT: &str = "clientconfig.microsoftonline-p.net";

/// The record leads to another cloud than the tenant's, or nobody knows where it leads.
pub(super) fn alias(case: &Case<'_>) -> Option<Finding> {
    let (asked_for, seen) = (case.endpoint.tenant.as_ref()?, case.observation.tenant.as_ref()?);
    let name = &asked_for.name;
    let leads_to = |host: &str| seen.aliases().any(|alias| alias.as_str().eq_ignore_ascii_case(host));
    match asked_for.cloud {
        Cloud::Worldwide if leads_to(VIANET) => {
            let detail = format!(
                "{name} points to {VIANET}, which is right only for tenants that 21Vianet operates; asked of {}",
                asked(seen)
            );
            Some(Finding::blocked(Cause::TenantCname, detail))
        }
        Cloud::Worldwide if leads_to(MICROSOFT) => None,
        Cloud::China if leads_to(VIANET) => None,
        _ if !seen.is_complete() => Some(unknown(name, seen)),
        Cloud::Worldwide => None,
        Cloud::China => {
            let leads = seen.aliases().last().map_or_else(|| "is no alias".to_owned(), |to| format!("points to {to}"));
            let detail = format!(
                "{name} {leads}; tenants that 21Vianet operates need a CNAME to {VIANET}; asked of {}",
                asked(seen)
            );
            Some(Finding::degraded(Cause::TenantCname, detail))
        }
    }
}

/// Nobody says where the record leads, which says nothing of the record.
fn unknown(name: &str, seen: &TenantFacts) -> Finding {
    let failures = seen.lookups.iter().filter_map(|lookup| match &lookup.outcome {
        AliasOutcome::ServerFailure { rcode } => Some(format!("{} {rcode}", lookup.resolver)),
        AliasOutcome::Timeout => Some(format!("{} timeout", lookup.resolver)),
        _ => None,
    });
    let failures: Vec<String> = failures.collect();
    let is_silent = !seen.lookups.iter().any(|lookup| matches!(lookup.outcome, AliasOutcome::ServerFailure { .. }));
    let cause = if is_silent { Cause::DnsTimeout } else { Cause::DnsServerFailure };
    let why = if failures.is_empty() { "there is no resolver to ask".to_owned() } else { some_of(failures) };
    Finding::unknown(cause, format!("nobody says where {name} leads: {why}")).blaming(Blame::Resolver)
}

/// Who was asked: `1.1.1.1:53 (dns.external)`.
pub(super) fn asked(seen: &TenantFacts) -> String {
    let mut names: Vec<String> = Vec::new();
    for AliasLookup { resolver, .. } in &seen.lookups {
        if !names.contains(resolver) {
            names.push(resolver.clone());
        }
    }
    let whose = if seen.external { "dns.external" } else { "the monitor's resolvers" };
    if names.is_empty() { whose.to_owned() } else { format!("{} ({whose})", some_of(names)) }
}
