//! One sentence that a person can act on: "2 of 20 endpoints are blocked on hq: the proxy refuses them."

mod facts;

use std::collections::BTreeSet;

use prober::cause::State;
use prober::clock::ClockOffset;
use prober::snapshot::Snapshot;

use self::facts::{Facts, Trouble};
use crate::words;

/// The most causes that one sentence names.
const MOST_CAUSES: usize = 3;

/// What a snapshot comes to. Controls are no part of it.
pub fn summary(snapshot: &Snapshot) -> String {
    let facts = Facts::of(snapshot);
    if facts.endpoints.is_empty() {
        return "No endpoints are configured.".to_owned();
    }
    if facts.known.is_empty() && !snapshot.first_round_complete {
        return format!("The first probes are on their way: nothing is known yet of {}.", facts.all_endpoints());
    }
    let sentence = if !facts.in_state(State::Blocked).is_empty() {
        blocked(&facts)
    } else if !facts.in_state(State::Degraded).is_empty() {
        degraded(&facts)
    } else if !snapshot.first_round_complete {
        return format!("Still probing: {} reachable so far.", facts.count(&facts.usable()));
    } else if !facts.in_state(State::Unknown).is_empty() {
        unknown(&facts)
    } else {
        format!("{} reachable on {}", facts.count(&facts.endpoints), facts.on(&facts.paths))
    };
    let ending = if snapshot.first_round_complete { "." } else { "; still probing." };
    sentence + ending
}

/// What is wrong with the monitor's clock, where certificates cannot be judged by it.
pub fn clock_warning(snapshot: &Snapshot) -> Option<String> {
    let clock = snapshot.clock.filter(ClockOffset::is_wrong)?;
    Some(format!("The monitor's clock is {clock}: certificates and CRLs are judged by theirs."))
}

fn blocked(facts: &Facts<'_>) -> String {
    let troubles = facts.troubles(State::Blocked);
    let blocked = facts.in_state(State::Blocked);
    let rest = rest(facts, &[State::Degraded, State::Unknown], &blocked);
    match paths_of(&troubles).filter(|paths| paths.is_subset(&facts.paths)) {
        Some(paths) => {
            let of = facts.endpoints_on(paths);
            let contrast = contrast(facts, paths, blocked.len() == of.len());
            let causes = causes(&troubles, None);
            format!("{} blocked on {}{contrast}{causes}{rest}", facts::count(&blocked, &of), facts.on(paths))
        }
        None => format!("{} blocked{}{rest}", facts.count(&blocked), causes(&troubles, Some(facts))),
    }
}

fn degraded(facts: &Facts<'_>) -> String {
    let troubles = facts.troubles(State::Degraded);
    let degraded = facts.in_state(State::Degraded);
    let rest = rest(facts, &[State::Unknown], &degraded);
    let usable = facts.count(&facts.usable());
    let are = if degraded.len() == 1 { "is" } else { "are" };
    let on = paths_of(&troubles).map(|paths| format!(" on {}", facts.on(paths))).unwrap_or_default();
    let causes = causes(&troubles, on.is_empty().then_some(facts));
    format!("{usable} reachable, but {} {are} degraded{on}{causes}{rest}", degraded.len())
}

fn unknown(facts: &Facts<'_>) -> String {
    let unknown = facts.in_state(State::Unknown);
    let troubles = facts.troubles(State::Unknown);
    let fully = facts.endpoints.difference(&unknown).copied().collect();
    let on = paths_of(&troubles).map(|paths| format!(" on {}", facts.on(paths))).unwrap_or_default();
    let causes = causes(&troubles, on.is_empty().then_some(facts));
    if unknown.len() == facts.endpoints.len() {
        return format!("Nothing is known of {}{on}{causes}", facts.all_endpoints());
    }
    format!("{} reachable, but nothing is known of {} more{on}{causes}", facts.count(&fully), unknown.len())
}

/// The one set of paths that all troubles share.
fn paths_of<'a>(troubles: &'a [Trouble<'_>]) -> Option<&'a BTreeSet<usize>> {
    let paths = &troubles.first()?.paths;
    troubles.iter().all(|trouble| trouble.paths == *paths).then_some(paths)
}

/// When everything fails on some paths, whether the others work is what a person wants to know first.
fn contrast(facts: &Facts<'_>, blocked: &BTreeSet<usize>, everything: bool) -> String {
    let others: BTreeSet<usize> = facts.paths.difference(blocked).copied().collect();
    if !everything || others.is_empty() || !facts.all_usable_on(&others) {
        return String::new();
    }
    let works = if others.len() == 1 { "works" } else { "work" };
    format!(", while {} {works}", facts.on(&others))
}

/// ": the proxy refuses them", or with numbers where there are several. With `facts`, each names its paths too.
fn causes(troubles: &[Trouble<'_>], facts: Option<&Facts<'_>>) -> String {
    let named: Vec<_> = troubles.iter().filter_map(|trouble| trouble.cause.map(|cause| (cause, trouble))).collect();
    let alone = named.len() == 1 && facts.is_none();
    let mut parts: Vec<_> = named
        .iter()
        .take(MOST_CAUSES)
        .map(|(cause, trouble)| {
            let count = trouble.endpoints.len();
            let words = words::cause_of(*cause, count);
            match facts {
                _ if alone => words.to_owned(),
                Some(facts) => format!("{words} ({count} on {})", facts.on(&trouble.paths)),
                None => format!("{words} ({count})"),
            }
        })
        .collect();
    match named.len().saturating_sub(MOST_CAUSES) {
        0 => {}
        1 => parts.push("and one more cause".to_owned()),
        more => parts.push(format!("and {more} more causes")),
    }
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

/// "; 1 more is degraded": endpoints in milder states that the sentence has not counted.
fn rest(facts: &Facts<'_>, states: &[State], counted: &BTreeSet<&str>) -> String {
    let mut counted = counted.clone();
    let mut parts = Vec::new();
    for state in states {
        let more: BTreeSet<_> = facts.in_state(*state).difference(&counted).copied().collect();
        if !more.is_empty() {
            let are = if more.len() == 1 { "is" } else { "are" };
            parts.push(format!("; {} more {are} {state}", more.len()));
            counted.extend(more);
        }
    }
    parts.concat()
}

#[cfg(test)]
mod tests;
