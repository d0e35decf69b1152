//! Private answers for public names. Private Link, split DNS and private access clients give them, and so do filters
//! that lead to a page of their own: what decides is whether the origin is there.

use std::net::IpAddr;

use super::case::Case;
use super::finding::Finding;
use super::resolve;
use crate::cause::{Cause, Stage, State};
use crate::net::{is_private, is_public_name};
use crate::observation::LookupOutcome;
use crate::plan::PrivateAnswers;

/// The private address that a resolver gave for the endpoint's public name: the one that was connected to, else the first
/// where all are private. Fixed answers are the configuration's own.
pub(super) fn answer(case: &Case<'_>) -> Option<IpAddr> {
    let resolved = case.observation.resolve.as_ref().filter(|resolved| !resolved.fixed)?;
    if !is_public_name(case.host()) {
        return None;
    }
    let peer = case.observation.remote_address.map(|peer| peer.ip());
    match peer.filter(|_| case.proxy().is_none()) {
        Some(peer) => Some(peer).filter(|peer| is_private(*peer)),
        None if resolved.addresses.iter().all(|address| is_private(*address)) => resolved.addresses.first().copied(),
        None => None,
    }
}

/// What a private answer makes of a verdict: nothing where the origin proves itself behind it, or the site allows it;
/// otherwise whatever failed there failed because the name leads there.
pub(super) fn reconsidered(case: &Case<'_>, finding: Option<Finding>, also: &mut Vec<Cause>) -> Option<Finding> {
    let doubtful = match &finding {
        // A proxy is found by its own name, and a sinkhole has been named already.
        Some(finding) if matches!(finding.stage, Stage::Route | Stage::Resolve | Stage::Proxy) => false,
        // In the clear a mild answer is as doubtful as a bad one: nobody knows who gave it.
        Some(finding) => finding.state == State::Blocked || case.plain_answer().is_some(),
        // Whatever answers in the clear may be anybody.
        None => case.plain_answer().is_some(),
    };
    if !doubtful
        || case.endpoint.private_answers == PrivateAnswers::Allowed
        || case.is_proven()
        || case.content_proves()
    {
        return finding;
    }
    let Some(address) = answer(case) else { return finding };
    let met = finding.as_ref().map_or_else(
        || "what answers there does not prove to be the origin".to_owned(),
        |finding| finding.detail.clone(),
    );
    let host = case.host();
    let lookups = case.observation.resolve.as_ref().map_or(&[][..], |resolved| &resolved.lookups);
    let gave = |outcome: &LookupOutcome| matches!(outcome, LookupOutcome::Addresses { addresses, .. } if addresses.contains(&address));
    let by = resolve::sayers(lookups, gave);
    let detail = format!("{host} resolves to {address}, which is no public address, says {by}; {met}");
    let facts = finding.as_ref().map(|finding| finding.facts.clone()).unwrap_or_default();
    also.splice(0..0, finding.map(|finding| finding.cause));
    let mut sinkholed = Finding::blocked(Cause::DnsSinkholed, detail);
    sinkholed.facts = facts;
    Some(sinkholed)
}
