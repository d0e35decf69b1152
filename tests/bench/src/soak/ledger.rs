//! What reachwatch counted against what testnet served.
//!
//! A probe leaves traces: a direct one asks the name server once for its host, one through the proxy asks that once, unless
//! its door is shut, and who got an answer in the origin's place was counted there. What testnet counted some time before a
//! scrape is over by then, and what the scrape tells had begun before testnet is asked once more: the product's count has to
//! lie between the two. They are taken in a calm, when a probe takes no time. (The proxy's name is no trace: questions for
//! the same name that are under way at the same time share an answer.)

use std::collections::BTreeMap;

use testnet::{CONTROL_HOST, Query};

use super::record::Happened;
use super::site::{CONTROL, PATHS, Site};
use super::terms::Terms;
use super::trouble::{Doing, Trouble, gets_through, of_a_host};
use crate::exposition::labelled;

/// What was counted of each thing, by its name.
pub(super) type Counts = BTreeMap<String, f64>;

/// What testnet counted so far, the least that it may come to and the most: a probe whose question is not answered asks again.
pub(super) fn served(site: &Site) -> Result<(Counts, Counts), Box<dyn std::error::Error>> {
    let (mut least, mut most) = (Counts::new(), Counts::new());
    let hosts = site.hosts.iter().enumerate().map(|(place, host)| (host.as_str(), of_a_host(Terms::kind(place))));
    for (host, troubles) in hosts.chain([(CONTROL_HOST, Vec::new())]) {
        let query = Query { name: host.to_owned(), record_type: "A".to_owned() };
        let (asked, unanswered) = (site.world.dns_asked(&query), site.world.dns_unanswered(&query));
        least.insert(direct(host), number(asked.saturating_sub(unanswered)));
        most.insert(direct(host), number(asked));
        let alike = [
            (proxied(host), number(site.world.proxy().asked_for(host))),
            (through(host), got_through(site, host, &troubles)?),
        ];
        least.extend(alike.clone());
        most.extend(alike);
    }
    Ok((least, most))
}

/// How many probes of a pair met the proxy's door shut at the most: those of every interval, and those that come early.
pub(super) fn at_the_door(happened: &[Happened], terms: &Terms) -> f64 {
    const EARLY: f64 = 6.0;
    let is_shut = |fault: &&Happened| matches!(fault.planned.trouble.doing, Doing::ProxyRefuses | Doing::ProxyIsGone);
    let shut = happened.iter().filter(is_shut).filter_map(|fault| Some((fault.off? - fault.on).as_seconds_f64()));
    shut.map(|seconds| (seconds / terms.interval.as_secs_f64()).ceil() + EARLY).sum()
}

fn got_through(site: &Site, host: &str, troubles: &[Trouble]) -> Result<f64, Box<dyn std::error::Error>> {
    let met = site.world.faults().met(host)?;
    Ok(met.iter().filter(|(met, _)| gets_through(met, troubles)).map(|(_, count)| number(*count)).sum())
}

/// What the product counted, by the same names.
pub(super) fn probed(exposition: &str) -> Counts {
    let mut counts = Counts::new();
    for (labels, value) in labelled(exposition, "reachwatch_probes_total") {
        let label = |name: &str| labels.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| *value);
        let host = match label("endpoint") {
            CONTROL => CONTROL_HOST,
            host => host,
        };
        let mut add = |name: String| *counts.entry(name).or_default() += value;
        add(if label("path") == PATHS[0] { direct(host) } else { proxied(host) });
        if matches!(label("result"), "reachable" | "degraded") {
            add(through(host));
        }
    }
    counts
}

/// Where the product's count is not what was served; so many probes more may have met the proxy's door.
pub(super) fn differences(before: &Counts, probed: &Counts, after: &Counts, at_the_door: f64) -> Vec<String> {
    let names = before.keys().chain(probed.keys().filter(|name| !before.contains_key(*name)));
    let differing = names.filter_map(|name| {
        let of = |counts: &Counts| counts.get(name).copied().unwrap_or_default();
        let unseen = if name.ends_with(PROXIED) { at_the_door } else { 0.0 };
        let (least, counted, most) = (of(before), of(probed), of(after) + unseen);
        let is_equal = least <= counted && counted <= most;
        (!is_equal).then(|| format!("{name}: {counted} counted, {least} to {most} served"))
    });
    differing.collect()
}

/// All that was counted of what a name ends with.
pub(super) fn total(counts: &Counts, ending: &str) -> f64 {
    counts.iter().filter(|(name, _)| name.ends_with(ending)).map(|(_, count)| count).sum()
}

pub(super) const PROXIED: &str = ": probes through the proxy";
pub(super) const DIRECT: &str = ": probes without the proxy";
pub(super) const THROUGH: &str = ": answers that were let through";

fn direct(host: &str) -> String {
    format!("{host}{DIRECT}")
}

fn proxied(host: &str) -> String {
    format!("{host}{PROXIED}")
}

fn through(host: &str) -> String {
    format!("{host}{THROUGH}")
}

fn number(count: u64) -> f64 {
    crate::cpu::as_f64(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_has_to_lie_between_those_around_it() {
        let counts = |a: f64, b: f64| Counts::from([("a".to_owned(), a), ("b".to_owned(), b)]);
        let none: [&str; 0] = [];
        assert_eq!(differences(&counts(5.0, 7.0), &counts(5.0, 8.0), &counts(6.0, 8.0), 9.0), none);
        let told = differences(&counts(5.0, 7.0), &counts(4.0, 9.0), &counts(6.0, 8.0), 9.0);
        assert_eq!(told, ["a: 4 counted, 5 to 6 served", "b: 9 counted, 7 to 8 served"]);
        let door = |at_the_door| {
            let one = |count: f64| Counts::from([(proxied("a"), count)]);
            differences(&one(5.0), &one(9.0), &one(5.0), at_the_door)
        };
        assert_eq!((door(4.0).len(), door(3.0).len()), (0, 1));
        let unknown = Counts::from([("c".to_owned(), 1.0)]);
        assert_eq!(differences(&Counts::new(), &unknown, &Counts::new(), 0.0), ["c: 1 counted, 0 to 0 served"]);
    }
}
