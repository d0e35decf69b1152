//! Judgement: what an observation means. Pure; `docs/causes.md` is the specification.
//!
//! Each stage of the way has a module that states which of its causes apply. [`judge`] asks them in the order of
//! precedence: the first finding is the verdict, what loses is kept in [`Evidence::also`].

mod audit;
mod case;
mod clock;
mod connect;
mod content;
mod copy;
mod detour;
mod edition;
mod evidence;
mod finding;
mod http;
mod pac;
mod portal;
mod private;
mod proxy;
mod published;
mod ranges;
mod resolve;
mod route;
mod standstill;
mod tenant;
mod tls;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use self::case::Case;
pub use self::edition::Edition;
use self::finding::Finding;
use crate::cause::{Blame, Cause, Stage, State};
use crate::clock::ClockOffset;
use crate::fingerprint::{Fingerprints, Reply};
use crate::microsoft365::Ranges;
use crate::observation::{AuditFacts, Fault, Observation};
use crate::plan::{Endpoint, Pair, Path};
use crate::text::Clean;

/// What one observation means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What a client can do.
    pub state: State,
    /// Why, unless the state is reachable.
    pub reason: Option<Reason>,
    /// What supports it, and what was seen besides.
    pub evidence: Evidence,
}

/// Why an endpoint is not (or not quite) reachable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The cause.
    pub cause: Cause,
    /// Where the probe stopped.
    pub stage: Stage,
    /// Who has to act.
    pub blame: Blame,
    /// One sentence that a person can act on, with names and numbers.
    pub detail: String,
}

/// Named facts that support a verdict, for people and tickets; keys come from the code, values are clean.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Evidence {
    /// The facts.
    #[serde(flatten)]
    pub facts: BTreeMap<&'static str, Clean>,
    /// Causes that applied too and gave way to the reason by precedence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Cause>,
}

/// What judgement needs to know besides the observation.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// What was probed, and what is expected of it.
    pub endpoint: &'a Endpoint,
    /// Over which way.
    pub path: &'a Path,
    /// Whether the proxy that served answered for another host within the last interval: its silence then speaks of
    /// what lies behind it.
    pub proxy_answered_recently: bool,
    /// Whether the certificate that the peer showed proved the same endpoint to another probe, over whatever path: who
    /// holds its key is the origin then, although its chain does not show it here.
    pub leaf_proven_elsewhere: bool,
    /// What is known of the revocation of the certificate that the peer showed.
    pub revoked: Option<Arc<Revocation>>,
    /// What audits of the pair's TLS saw lately.
    pub audit: Option<&'a AuditFacts>,
    /// What the clocks of origins say of ours, where enough of them do: certificates and lists are judged at corrected
    /// time where ours is wrong.
    pub clock: Option<ClockOffset>,
    /// The newest edition of the endpoint's revocation list, where the one that came is older.
    pub newer_edition: Option<Arc<Edition>>,
    /// Where Microsoft says that its hosts are, if that is known.
    pub ranges: Option<&'a Ranges>,
    /// By which signs products in the way are known: the plan's.
    pub fingerprints: &'a Fingerprints,
}

impl<'a> Question<'a> {
    /// A pair's question where nothing is known of what other probes saw.
    pub fn alone(pair: &'a Pair, fingerprints: &'a Fingerprints) -> Self {
        let Pair { endpoint, path } = pair;
        Self {
            endpoint,
            path,
            proxy_answered_recently: false,
            leaf_proven_elsewhere: false,
            revoked: None,
            audit: None,
            clock: None,
            newer_edition: None,
            ranges: None,
            fingerprints,
        }
    }
}

/// That a certificate is revoked, by a word that its issuer signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Where it is said: the URL of a list or a responder.
    pub by: Clean,
    /// Since when, where that is told.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub since: Option<OffsetDateTime>,
}

/// The longest detail sentence: room for two texts from the network and our own words.
const DETAIL_CHARS: usize = 600;

/// Judges what one probe saw.
pub fn judge(question: &Question<'_>, observation: &Observation) -> Verdict {
    let case = Case::new(question, observation);
    if let Some(own) = standstill::held_up(&case) {
        // What it looks like besides says nothing.
        return conclude(&case, Some(own), Vec::new());
    }
    let by_precedence = [
        detour::last_resort(&case),
        resolve::sinkholed(&case),
        proxy::outdated(&case),
        transport(&case),
        tenant::alias(&case),
        middlebox(&case),
        tls::name(&case),
        tls::validity(&case),
        tls::trust(&case),
        clock::kept_back(&case),
        content::crl(&case),
        http::status(&case),
        content::body(&case),
        published::content(&case),
        tls::revoked(&case),
        http::server_error(&case),
        http::unproven(&case),
        pac::stale(&case),
        route::unexpected(&case),
        detour::unused(&case),
        clock::wrong(&case),
        audit::version(&case),
        audit::large_hello(&case),
    ];
    let mut findings = by_precedence.into_iter().flatten();
    let first = findings.next();
    let mut also = findings.map(|finding| finding.cause).collect();
    let first = private::reconsidered(&case, first, &mut also);
    conclude(&case, first, also)
}

/// The failure that ended the probe, where that matters.
fn transport(case: &Case<'_>) -> Option<Finding> {
    fault(case, case.observation.fault.as_ref()?)
}

/// What a failure means.
fn fault(case: &Case<'_>, fault: &Fault) -> Option<Finding> {
    match fault {
        Fault::Pac(fault) => Some(pac::failed(fault)),
        Fault::Resolve(fault) => Some(resolve::failed(case, fault)),
        Fault::Connect(fault) => Some(connect::failed(fault)),
        Fault::Proxy(fault) => Some(proxy::failed(case, fault)),
        Fault::Tls(fault) => Some(tls::failed(case, fault)),
        Fault::Http(fault) => http::failed(case, fault),
        Fault::Monitor(fault) => Some(case.monitor_error(fault.to_string())),
        Fault::Unasked(fault) => Some(case.monitor_error(fault.to_string())),
    }
}

/// An answer that is not the origin's: a block page, a portal, the proxy's own words.
fn middlebox(case: &Case<'_>) -> Option<Finding> {
    let http = case.unproven_answer().filter(|_| !case.content_proves())?;
    let sign = case.fingerprints.block(&Reply::to_request(http));
    proxy::own_answer(case, http, sign.as_ref())
        .or_else(|| http::block_page(case, http, sign.as_ref()?))
        .or_else(|| portal::captive(case, http))
        .or_else(|| proxy::gateway_error(case, http))
}

fn conclude(case: &Case<'_>, finding: Option<Finding>, also: Vec<Cause>) -> Verdict {
    let mut facts = evidence::gather(case);
    let Some(finding) = finding else {
        facts.extend(content::forgiven(case).map(|cause| ("ignored", Clean::new(cause.as_str()))));
        return Verdict { state: State::Reachable, reason: None, evidence: Evidence { facts, also } };
    };
    facts.extend(resolve::cnames(case.observation.resolve.as_ref()).map(|names| ("cnames", names)));
    facts.extend(finding.facts);
    Verdict {
        state: finding.state,
        reason: Some(Reason {
            cause: finding.cause,
            stage: finding.stage,
            blame: finding.blame,
            detail: Clean::bounded(&finding.detail, DETAIL_CHARS).into(),
        }),
        evidence: Evidence { facts, also },
    }
}
