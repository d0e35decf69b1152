//! Fetching certificates that a server left out, over the way that the probe takes: a client does it so too.

use std::sync::Arc;

use tokio::time::Instant;
use url::Url;

use super::Prober;
use super::trip::Trip;
use crate::observation::RouteFacts;
use crate::phase::aia::{FetchIssuer, MAX_BYTES};
use crate::phase::http::Body;
use crate::phase::{Deadline, in_turn};
use crate::plan::{Endpoint, Expect, Pair, Path};
use crate::route::Hop;

/// Whoever publishes certificates, seen over one way.
#[derive(Debug)]
pub(super) struct Issuers<'a> {
    pub(super) prober: &'a Prober,
    pub(super) path: &'a Arc<Path>,
    /// The way on which the certificate came.
    pub(super) served: &'a RouteFacts,
}

impl FetchIssuer for Issuers<'_> {
    async fn fetch(&self, url: &Url, by: Instant) -> Option<Vec<u8>> {
        let mut hops = self.prober.ways(self.path, url, by, by).await.hops.ok()?;
        // The way that served goes first: others before it in the list have just been found dead.
        hops.sort_by_key(|hop| hop.facts() != *self.served);
        // Nobody's expectations: whatever comes is read as far as a certificate may reach.
        let endpoint = Endpoint { expect: Expect::default(), ..Endpoint::new("", url.clone()) };
        let pair = Pair { endpoint: Arc::new(endpoint), path: Arc::clone(self.path) };
        for (hop, share) in in_turn(&hops, by) {
            // Rare, so it stays out of every other probe's future.
            if let Some(body) = Box::pin(self.ask(&pair, hop, share)).await {
                return whole(body);
            }
        }
        None
    }
}

impl Issuers<'_> {
    async fn ask(&self, pair: &Pair, hop: &Hop, by: Instant) -> Option<Body> {
        let now = Instant::now();
        let deadline = Deadline::new(now, by.saturating_duration_since(now));
        Trip::new(self.prober, pair, deadline, &()).fetch(hop).await.ok()
    }
}

/// The body of an answer that is what was asked for, whole and of a size that a certificate may have.
fn whole(body: Body) -> Option<Vec<u8>> {
    let is_whole = body.fault.is_none() && !body.facts.body.limit_reached && body.bytes.len() <= MAX_BYTES;
    ((200..300).contains(&body.facts.status) && is_whole).then_some(body.bytes)
}

#[cfg(test)]
mod tests;
