//! PAC files: those that cannot be had, those that are wrong, and copies that have outlived them.

use super::case::Case;
use super::finding::Finding;
use super::{Question, judge};
use crate::cause::{Cause, State};
use crate::observation::{PacFailure, PacFault};
use crate::plan::{Path, Way};
use crate::text::with_sources;

/// No way out: the file is missing or wrong.
pub(super) fn failed(fault: &PacFault) -> Finding {
    let file = &fault.file;
    match &fault.failure {
        PacFailure::Unavailable(source) => {
            let detail = format!("the PAC file {file} cannot be had: {}; no good copy is held", with_sources(source));
            Finding::blocked(Cause::PacUnavailable, detail)
        }
        PacFailure::Invalid(flaw) => {
            let line = flaw.line().map(|line| format!(" (line {line})")).unwrap_or_default();
            Finding::blocked(Cause::PacInvalid, format!("the PAC file {file} decides nothing: {flaw}{line}"))
        }
    }
}

/// A copy serves that cannot be had anew. Clients that start now have none.
pub(super) fn stale(case: &Case<'_>) -> Option<Finding> {
    let pac = case.observation.pac.as_ref()?;
    let stale = pac.stale.as_ref()?;
    let since = stale.since.format(&time::format_description::well_known::Rfc3339).unwrap_or_default();
    let why = with_sources(&stale.fault);
    let detail = format!("the PAC file {} cannot be had since {since}: {why}; the last good copy serves", pac.file);
    Some(Finding::degraded(Cause::PacStale, detail))
}

/// What a client meets that goes direct instead, in a word.
pub(super) fn direct(case: &Case<'_>) -> Option<String> {
    let direct = case.observation.direct.as_deref()?;
    let path = Path { name: case.path.name.clone(), way: Way::Direct, options: case.path.options.clone() };
    let question = Question {
        endpoint: case.endpoint,
        path: &path,
        proxy_answered_recently: false,
        leaf_proven_elsewhere: false,
        revoked: None,
        audit: None,
        clock: case.clock,
        newer_edition: None,
        ranges: case.ranges,
        fingerprints: case.fingerprints,
    };
    let verdict = judge(&question, direct);
    Some(match verdict.reason {
        None => State::Reachable.to_string(),
        Some(reason) => format!("{} ({})", verdict.state, reason.cause),
    })
}
