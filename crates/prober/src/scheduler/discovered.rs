//! Where the chains that were proven lately say that their revocation is told: endpoints that come and go by themselves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use url::{Position, Url};

use crate::config::{MAX_NAME, slug};
use crate::observation::{Observation, Published};
use crate::plan::{Discovery, Endpoint, Pair, Path, Plan, Severity};

/// What was discovered.
#[derive(Debug, Default)]
pub(super) struct Discovered {
    /// By what it is and its URL.
    found: BTreeMap<Key, Found>,
    /// The keys of pairs that gave way to others, until they are told.
    gave_way: Vec<(String, String)>,
    /// How many found no place or gave way so far.
    left_out: u64,
}

type Key = (Published, Url);

/// How much it matters that a URL is probed, the most first: what critical endpoints name, and of each chain what stands
/// first, which is the leaf's own.
type Rank = (Severity, usize);

/// A URL, and the paths over which some chain named it.
#[derive(Debug)]
struct Found {
    /// The best that any chain gave it.
    rank: Rank,
    endpoint: Arc<Endpoint>,
    seen: Vec<Seen>,
}

/// A path over which a chain named a URL.
#[derive(Debug)]
struct Seen {
    path: Arc<Path>,
    /// When a chain did so last.
    last: Instant,
    /// When it was found that nobody is to be asked there.
    unasked: Option<Instant>,
}

/// After so long it is looked at again whether somebody may be asked.
const LOOK_AGAIN: Duration = Duration::from_secs(60 * 60);

impl Discovered {
    /// Takes note of what a probe was shown; gives the pairs that are new. Whatever else is on its way, what an endpoint
    /// serves on one path tells nothing of another: clients there may be shown another chain.
    pub(super) fn note(&mut self, plan: &Plan, pair: &Pair, seen: &Observation, now: Instant) -> Vec<Arc<Pair>> {
        let Some(discovery) = &plan.discovery else { return Vec::new() };
        let Some(tls) = seen.tls.as_ref().filter(|tls| tls.is_proven() && !pair.endpoint.control) else {
            return Vec::new();
        };
        // A root that products on the way sign by may stand in the system's store.
        if plan.fingerprints.inspection(&tls.chain).is_some() {
            return Vec::new();
        }
        let discovery = &discovery.of_chain(&pair.endpoint, tls.verification.trust);
        let admitted = tls.published.iter().filter_map(|one| Some((one.kind, discovery.admits(one)?)));
        let mut new = Vec::new();
        for (place, key) in admitted.enumerate() {
            if !is_configured(plan, &key, &pair.path) {
                let rank = (pair.endpoint.severity, place);
                new.extend(self.see(plan, discovery, &key, rank, &pair.path, now));
            }
        }
        new.retain(|pair| self.holds(pair));
        new
    }

    /// Takes note of a URL over a path; gives the pair if it is new.
    fn see(
        &mut self,
        plan: &Plan,
        discovery: &Discovery,
        key: &Key,
        rank: Rank,
        path: &Arc<Path>,
        now: Instant,
    ) -> Option<Arc<Pair>> {
        if !self.found.contains_key(key) {
            if self.found.len() >= Discovery::MAX_URLS && !self.make_room(key, rank) {
                return None;
            }
            let endpoint = discovery.endpoint(key.0, key.1.clone(), self.name(plan, key));
            self.found.insert(key.clone(), Found { rank, endpoint, seen: Vec::new() });
        }
        let Found { rank: best, endpoint, seen } = self.found.get_mut(key)?;
        *best = rank.min(*best);
        let is_over = |since: &mut Instant| now.saturating_duration_since(*since) >= LOOK_AGAIN;
        match seen.iter_mut().find(|known| known.path.name == path.name) {
            Some(known) => {
                known.last = now;
                known.unasked.take_if(is_over)?;
            }
            None => seen.push(Seen { path: Arc::clone(path), last: now, unasked: None }),
        }
        Some(Arc::new(Pair { endpoint: Arc::clone(endpoint), path: Arc::clone(path) }))
    }

    /// Lets what matters least give way, if it matters less than this: who came first is no reason to stay.
    fn make_room(&mut self, key: &Key, rank: Rank) -> bool {
        self.left_out += 1;
        if self.left_out == 1 {
            let (most, url) = (Discovery::MAX_URLS, key.1.as_str());
            tracing::warn!(most, url, "certificates name more than is probed; what matters least is left out");
        }
        let least = self.found.iter().max_by_key(|(key, found)| (found.rank, *key));
        let Some(least) = least.filter(|(least, found)| (rank, key) < (found.rank, *least)) else { return false };
        let least = least.0.clone();
        let Some(Found { endpoint, seen, .. }) = self.found.remove(&least) else { return false };
        let probed = seen.iter().filter(|seen| seen.unasked.is_none());
        self.gave_way.extend(probed.map(|seen| (endpoint.name.clone(), seen.path.name.clone())));
        true
    }

    /// Whether a pair has its place.
    pub(super) fn holds(&self, pair: &Pair) -> bool {
        self.found.values().any(|found| found.endpoint.name == pair.endpoint.name)
    }

    /// How many URLs were left out or gave way to others so far.
    #[cfg(test)]
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Takes note that nobody is to be asked at what a pair is about: it is no pair for a while.
    pub(super) fn leave_out(&mut self, pair: &Pair, now: Instant) {
        let found = self.found.values_mut().filter(|found| found.endpoint.name == pair.endpoint.name);
        let seen = found.flat_map(|found| &mut found.seen).filter(|seen| seen.path.name == pair.path.name);
        seen.for_each(|seen| seen.unasked = Some(now));
    }

    /// Forgets what no chain has named for long; gives the keys of the pairs that go, or gave way.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<(String, String)> {
        let mut gone = std::mem::take(&mut self.gave_way);
        self.found.retain(|_, Found { endpoint, seen, .. }| {
            seen.retain(|Seen { path, last, unasked }| {
                let stays = now.saturating_duration_since(*last) < Discovery::KEPT;
                if !stays && unasked.is_none() {
                    gone.push((endpoint.name.clone(), path.name.clone()));
                }
                stays
            });
            !seen.is_empty()
        });
        gone
    }

    /// Goes on with another plan: with what it does not probe itself, over paths that are the same, as it wants such things to
    /// be probed. Gives the pairs that stay.
    pub(super) fn follow(&mut self, old: &Plan, plan: &Plan) -> Vec<Arc<Pair>> {
        // Whoever gave way is in no place of the new plan.
        self.gave_way.clear();
        let Some(discovery) = &plan.discovery else {
            self.found.clear();
            return Vec::new();
        };
        let mut stay = Vec::new();
        self.found.retain(|key, Found { endpoint, seen, .. }| {
            let (kind, url) = key;
            if !discovery.may_ask(url) || plan.endpoints.iter().any(|one| one.name == endpoint.name) {
                return false;
            }
            if old.discovery != plan.discovery {
                *endpoint = discovery.endpoint(*kind, url.clone(), endpoint.name.clone());
            }
            seen.retain_mut(|Seen { path, unasked, .. }| {
                let same = plan.paths.iter().find(|one| **one == *path).filter(|path| !is_configured(plan, key, path));
                same.is_some_and(|same| {
                    *path = Arc::clone(same);
                    if unasked.is_none() {
                        stay.push(Arc::new(Pair { endpoint: Arc::clone(endpoint), path: Arc::clone(same) }));
                    }
                    true
                })
            });
            !seen.is_empty()
        });
        stay
    }

    /// Host and path, with a mark behind it where that is not all of the URL, or somebody's name already. The mark depends
    /// on what it is and the URL alone, so that names stay the same after a restart.
    fn name(&self, plan: &Plan, key: &Key) -> String {
        let (_, url) = key;
        let name = slug(&url[Position::BeforeHost..Position::AfterPath]);
        let is_all = url.query().is_none() && name.chars().count() < MAX_NAME;
        let is_taken = |name: &str| {
            let configured = plan.endpoints.iter().any(|endpoint| endpoint.name == name);
            let going = self.gave_way.iter().any(|(endpoint, _)| endpoint == name);
            configured || going || self.found.values().any(|found| found.endpoint.name == name)
        };
        let start: String = name.chars().take(MAX_NAME - 17).collect();
        let marked = (0_u32..).map(|more| format!("{start}-{:016x}", mark(key, more)));
        let mut names = is_all.then_some(name).into_iter().chain(marked);
        names.find(|name| !is_taken(name)).unwrap_or_default()
    }
}

/// FNV-1a of what something is and its URL; a further one where that is taken too.
fn mark((kind, url): &Key, more: u32) -> u64 {
    let kind = match kind {
        Published::Crl => 1,
        Published::Issuer => 2,
        Published::Ocsp => 3,
    };
    let more = more.to_be_bytes();
    let octets = [kind].into_iter().chain(url.as_str().bytes()).chain(more);
    octets.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Whether the configuration probes a URL over a path itself. Of a responder's URL alone it cannot ask what has to be asked.
fn is_configured(plan: &Plan, (kind, url): &Key, path: &Path) -> bool {
    let is_it = |pair: &Arc<Pair>| pair.endpoint.url == *url && pair.path.name == path.name;
    *kind != Published::Ocsp && plan.pairs.iter().any(is_it)
}

#[cfg(test)]
mod tests;
