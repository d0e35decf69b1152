//! What reachwatch counted against what testnet served.
//!
//! A probe leaves traces: a direct one asks the name server once for its host, one through the proxy once for the proxy and,
//! if it gets so far, asks the proxy once for its host. Who gets an answer in the origin's place was counted there. What
//! testnet counted some time before a scrape is over by then, and what the scrape tells had begun before testnet is asked
//! once more: the product's count has to lie between the two. They are taken in a calm, when a probe takes no time.

use std::collections::BTreeMap;

use testnet::{CONTROL_HOST, PROXY_HOST, Query};

use super::site::{CONTROL, PATHS, Site};
use super::terms::Terms;
use super::trouble::{Trouble, gets_through, of_a_host};
use crate::exposition::labelled;

/// What was counted of each thing, by its name.
pub(super) type Counts = BTreeMap<String, f64>;

/// What testnet counted so far.
pub(super) fn served(site: &Site) -> Result<Counts, Box<dyn std::error::Error>> {
    let mut counts = Counts::new();
    let asked = |name: &str| {
        let query = Query { name: name.to_owned(), record_type: "A".to_owned() };
        number(site.world.dns_asked(&query))
    };
    for (place, host) in site.hosts.iter().enumerate() {
        counts.insert(direct(host), asked(host));
        let troubles = of_a_host(Terms::kind(place));
        counts.insert(through(host), got_through(site, host, &troubles)?);
    }
    counts.insert(direct(CONTROL_HOST), asked(CONTROL_HOST));
    counts.insert(through(CONTROL_HOST), got_through(site, CONTROL_HOST, &[])?);
    counts.insert(PROXIED.to_owned(), asked(PROXY_HOST));
    Ok(counts)
}

fn got_through(site: &Site, host: &str, troubles: &[Trouble]) -> Result<f64, Box<dyn std::error::Error>> {
    let met = site.world.faults().met(host)?;
    Ok(met.iter().filter(|(met, _)| gets_through(met, troubles)).map(|(_, count)| number(*count)).sum())
}

/// What the product counted, by the same names.
pub(super) fn probed(site: &Site, exposition: &str) -> Counts {
    let mut counts = Counts::new();
    for (labels, value) in labelled(exposition, "reachwatch_probes_total") {
        let label = |name: &str| labels.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| *value);
        let host = match label("endpoint") {
            CONTROL => CONTROL_HOST,
            endpoint => site.host_of(endpoint).map_or("", |host| site.host(host)),
        };
        let mut add = |name: String| *counts.entry(name).or_default() += value;
        add(if label("path") == PATHS[0] { direct(host) } else { PROXIED.to_owned() });
        if matches!(label("result"), "reachable" | "degraded") {
            add(through(host));
        }
    }
    counts
}

/// Probes through the proxy that came so far as to ask it, by what it counted: those that met no door were not answered.
pub(super) fn asked_of_the_proxy(site: &Site) -> f64 {
    let hosts = site.hosts.iter().map(String::as_str).chain([CONTROL_HOST]);
    hosts.map(|host| number(site.world.proxy().asked_for(host))).sum()
}

/// Where the product's count is not what was served.
pub(super) fn differences(before: &Counts, probed: &Counts, after: &Counts) -> Vec<String> {
    let names = before.keys().chain(probed.keys().filter(|name| !before.contains_key(*name)));
    let differing = names.filter_map(|name| {
        let of = |counts: &Counts| counts.get(name).copied().unwrap_or_default();
        let (least, counted, most) = (of(before), of(probed), of(after));
        let is_equal = least <= counted && counted <= most;
        (!is_equal).then(|| format!("{name}: {counted} counted, {least} to {most} served"))
    });
    differing.collect()
}

/// All that was counted of what a name ends with.
pub(super) fn total(counts: &Counts, ending: &str) -> f64 {
    counts.iter().filter(|(name, _)| name.ends_with(ending)).map(|(_, count)| count).sum()
}

pub(super) const PROXIED: &str = "probes through the proxy";
pub(super) const DIRECT: &str = ": probes without the proxy";
pub(super) const THROUGH: &str = ": answers that were let through";

fn direct(host: &str) -> String {
    format!("{host}{DIRECT}")
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
        assert_eq!(differences(&counts(5.0, 7.0), &counts(5.0, 8.0), &counts(6.0, 8.0)), none);
        let told = differences(&counts(5.0, 7.0), &counts(4.0, 9.0), &counts(6.0, 8.0));
        assert_eq!(told, ["a: 4 counted, 5 to 6 served", "b: 9 counted, 7 to 8 served"]);
        let unknown = Counts::from([("c".to_owned(), 1.0)]);
        assert_eq!(differences(&Counts::new(), &unknown, &Counts::new()), ["c: 1 counted, 0 to 0 served"]);
    }
}
