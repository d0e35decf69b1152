//! What a new plan makes of the one before: which pairs go on, which begin anew, and which are gone.

use std::collections::HashMap;
use std::ops::AddAssign;
use std::sync::Arc;

use super::{Endpoint, Pair, Path, Plan};

/// What became of each pair of two plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// For every pair of the new plan, in its order.
    pub fates: Vec<Fate>,
    /// For every pair of the old plan, whether one of the new plan goes on with what is known of it.
    pub goes_on: Vec<bool>,
    /// How many of what.
    pub tally: Tally,
}

/// What a pair of the new plan is to the old one. Places are those in the old plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing of its name was there.
    New,
    /// It is what it was.
    Same(usize),
    /// It is asked the same over the same way, but called, weighed or paced differently: what is known stays true.
    Relabelled(usize),
    /// Something else goes by its name: what was known says nothing of it.
    Changed,
}

impl Fate {
    /// The place of the pair whose state it keeps.
    pub const fn keeps(self) -> Option<usize> {
        match self {
            Self::Same(place) | Self::Relabelled(place) => Some(place),
            Self::New | Self::Changed => None,
        }
    }
}

/// How many pairs a new plan changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// That were not there.
    pub added: usize,
    /// That are defined differently, those included that keep their state.
    pub changed: usize,
    /// That are gone.
    pub removed: usize,
    /// That are as they were.
    pub same: usize,
}

impl Diff {
    /// Compares two plans.
    pub fn between(old: &Plan, new: &Plan) -> Self {
        let places: HashMap<(&str, &str), usize> =
            old.pairs.iter().enumerate().map(|(place, pair)| (pair.key(), place)).collect();
        let mut goes_on = vec![false; old.pairs.len()];
        let mut tally = Tally::default();
        let fates: Vec<Fate> = new
            .pairs
            .iter()
            .map(|pair| {
                let before = places.get(&pair.key()).and_then(|place| Some((*place, old.pairs.get(*place)?)));
                let fate = before.map_or(Fate::New, |(place, before)| fate(place, before, pair));
                if let Some(kept) = fate.keeps().and_then(|place| goes_on.get_mut(place)) {
                    *kept = true;
                }
                tally.count(fate);
                fate
            })
            .collect();
        let known = new.pairs.len() - tally.added;
        tally.removed = old.pairs.len().saturating_sub(known);
        Self { fates, goes_on, tally }
    }
}

impl Tally {
    fn count(&mut self, fate: Fate) {
        let counter = match fate {
            Fate::New => &mut self.added,
            Fate::Same(_) => &mut self.same,
            Fate::Relabelled(_) | Fate::Changed => &mut self.changed,
        };
        counter.add_assign(1);
    }
}

fn fate(place: usize, old: &Pair, new: &Pair) -> Fate {
    if !asks_the_same(&old.endpoint, &new.endpoint) || !is_same_path(&old.path, &new.path) {
        Fate::Changed
    } else if is_paced_the_same(&old.endpoint, &new.endpoint) {
        Fate::Same(place)
    } else {
        Fate::Relabelled(place)
    }
}

/// Whether two paths leave in the same way. Most of the time they are compared often, since pairs share them.
fn is_same_path(old: &Arc<Path>, new: &Arc<Path>) -> bool {
    Arc::ptr_eq(old, new) || old == new
}

/// Whether what is asked, and what a good answer is, are the same. Taken apart to the last field, so that none that comes can
/// be forgotten here.
fn asks_the_same(old: &Endpoint, new: &Endpoint) -> bool {
    let Endpoint {
        name,
        url,
        group: _,
        severity: _,
        control,
        tenant,
        discovered,
        method,
        headers,
        body,
        interval: _,
        timeout: _,
        expect,
        private_answers,
        roots,
    } = old;
    *name == new.name
        && *url == new.url
        && *control == new.control
        && *tenant == new.tenant
        && *discovered == new.discovered
        && *method == new.method
        && *headers == new.headers
        && *body == new.body
        && *expect == new.expect
        && *private_answers == new.private_answers
        && *roots == new.roots
}

/// Whether an endpoint that asks the same is also called, weighed and paced as it was.
fn is_paced_the_same(old: &Endpoint, new: &Endpoint) -> bool {
    let of = |endpoint: &Endpoint| (endpoint.severity, endpoint.interval, endpoint.timeout);
    old.group == new.group && of(old) == of(new)
}

#[cfg(test)]
mod tests;
