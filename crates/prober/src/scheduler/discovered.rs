//! Where the chains that were proven lately say that their revocation is told: endpoints that come and go by themselves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use url::{Position, Url};

use crate::config::{MAX_NAME, slug};
use crate::observation::{Observation, Published};
use crate::plan::{Discovery, Endpoint, Pair, Path, Plan};

/// What was discovered, by what it is and its URL.
#[derive(Debug, Default)]
pub(super) struct Discovered(BTreeMap<(Published, Url), Found>);

/// A URL, and the paths over which some chain named it.
#[derive(Debug)]
struct Found {
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
        let discovery = &discovery.of_chain(&pair.endpoint, tls.verification.trust);
        let admitted = tls.published.iter().filter_map(|one| Some((one.kind, discovery.admits(one)?)));
        let mut new = Vec::new();
        for (kind, url) in admitted {
            if !is_configured(plan, kind, &url, &pair.path) {
                new.extend(self.see(plan, discovery, &(kind, url), &pair.path, now));
            }
        }
        new
    }

    /// Takes note of a URL over a path; gives the pair if it is new.
    fn see(
        &mut self,
        plan: &Plan,
        discovery: &Discovery,
        key: &(Published, Url),
        path: &Arc<Path>,
        now: Instant,
    ) -> Option<Arc<Pair>> {
        if !self.0.contains_key(key) {
            if self.0.len() >= Discovery::MAX_URLS {
                return None;
            }
            let endpoint = discovery.endpoint(key.0, key.1.clone(), self.name(plan, &key.1));
            self.0.insert(key.clone(), Found { endpoint, seen: Vec::new() });
        }
        let Found { endpoint, seen } = self.0.get_mut(key)?;
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

    /// Takes note that nobody is to be asked at what a pair is about: it is no pair for a while.
    pub(super) fn leave_out(&mut self, pair: &Pair, now: Instant) {
        let found = self.0.values_mut().filter(|found| found.endpoint.name == pair.endpoint.name);
        let seen = found.flat_map(|found| &mut found.seen).filter(|seen| seen.path.name == pair.path.name);
        seen.for_each(|seen| seen.unasked = Some(now));
    }

    /// Forgets what no chain has named for long; gives the keys of the pairs that go.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<(String, String)> {
        let mut gone = Vec::new();
        self.0.retain(|_, Found { endpoint, seen }| {
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

    /// Host and path; where that is somebody's name already, with a mark that depends on the URL alone.
    fn name(&self, plan: &Plan, url: &Url) -> String {
        let name = slug(&url[Position::BeforeHost..Position::AfterPath]);
        let is_taken = |name: &str| {
            let configured = plan.endpoints.iter().any(|endpoint| endpoint.name == name);
            configured || self.0.values().any(|found| found.endpoint.name == name)
        };
        if !is_taken(&name) {
            return name;
        }
        let mark = url.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            // FNV-1a: the same after a restart.
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let start: String = name.chars().take(MAX_NAME - 17).collect();
        format!("{start}-{mark:016x}")
    }
}

/// Whether the configuration probes a URL over a path itself. Of a responder's URL alone it cannot ask what has to be asked.
fn is_configured(plan: &Plan, kind: Published, url: &Url, path: &Path) -> bool {
    let is_it = |pair: &Arc<Pair>| pair.endpoint.url == *url && pair.path.name == path.name;
    kind != Published::Ocsp && plan.pairs.iter().any(is_it)
}

#[cfg(test)]
mod tests;
