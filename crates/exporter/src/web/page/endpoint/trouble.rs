//! The endpoint's troubles, each with the evidence of its first and its last failure on request.

use prober::cause::{Cause, State};
use time::OffsetDateTime;

use super::past::EndpointPast;
use crate::history::{Finding, Trouble};
use crate::web::Told;
use crate::web::page::failure::Failure;
use crate::web::page::when::When;
use crate::words;

/// The newest troubles.
#[derive(Debug)]
pub(super) struct Troubles<'a> {
    pub(super) all: Vec<TroubleLine<'a>>,
}

/// One trouble.
#[derive(Debug)]
pub(super) struct TroubleLine<'a> {
    pub(super) path: &'a str,
    pub(super) state: State,
    pub(super) cause: Cause,
    pub(super) who: &'static str,
    pub(super) detail: &'a str,
    pub(super) from: When,
    pub(super) to: Option<When>,
    /// How long it lasted, or has so far.
    pub(super) lasted: String,
    pub(super) probes: u64,
    /// What its failures looked like: the first, and the last where there were more.
    pub(super) failures: Vec<(&'static str, Failure)>,
}

impl<'a> Troubles<'a> {
    pub(super) fn of(past: &'a EndpointPast, now: OffsetDateTime) -> Self {
        let line = |(trouble, evidence): &'a Told| TroubleLine::of(trouble, evidence.as_ref(), now);
        Self { all: past.troubles.iter().map(line).collect() }
    }
}

impl<'a> TroubleLine<'a> {
    fn of(trouble: &'a Trouble, evidence: Option<&(Finding, Finding)>, now: OffsetDateTime) -> Self {
        let failures = evidence.map(|(first, last)| {
            let first = ("The first failure", Failure::of(first, now));
            let last = (trouble.probes > 1).then(|| ("The last failure", Failure::of(last, now)));
            [Some(first), last].into_iter().flatten().collect()
        });
        Self {
            path: &trouble.path,
            state: trouble.state,
            cause: trouble.cause,
            who: words::who(trouble.blame),
            detail: trouble.detail.as_str(),
            from: When::of(trouble.from, now),
            to: trouble.to.map(|to| When::of(to, now)),
            lasted: words::span(trouble.to.unwrap_or(now) - trouble.from),
            probes: trouble.probes,
            failures: failures.unwrap_or_default(),
        }
    }
}
