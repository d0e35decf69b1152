//! Revocation lists that came in full lately: their publishers are asked only whether anything has changed since
//! ([RFC 9110, section 13](https://www.rfc-editor.org/rfc/rfc9110#section-13)), so that a line does not carry the same
//! megabytes every minute. What is kept is what a list says, never its bytes.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::{HeaderName, HeaderValue, Method};
use time::OffsetDateTime;
use tokio::time::Instant;
use url::Url;

use super::served::Knowledge;
use crate::observation::{CrlFacts, CrlSignature, HttpFacts, RouteFacts};
use crate::plan::{Endpoint, Pair};

/// Within so long every list comes in full once: what a cache says of its own copy is not believed for ever.
const FULL_EVERY: Duration = Duration::from_secs(60 * 60);

/// The lists that came in full, by endpoint and path.
#[derive(Debug, Default)]
pub(super) struct KeptLists(Mutex<HashMap<(String, String), KeptList>>);

/// What is known of a list that came in full.
#[derive(Debug, Clone)]
pub(super) struct KeptList {
    /// From where and over which way: another server's word for it says nothing.
    url: Url,
    route: RouteFacts,
    conditions: Vec<(HeaderName, HeaderValue)>,
    /// What it says, with when it came.
    pub(super) facts: CrlFacts,
    at: Instant,
    /// How much was known then.
    knowledge: Knowledge,
}

impl KeptList {
    /// The headers by which the server is asked to send the list only if it has changed.
    pub(super) fn conditions(&self) -> &[(HeaderName, HeaderValue)] {
        &self.conditions
    }
}

impl KeptLists {
    /// The list of a pair that the server at this URL, over this way, may be asked about. One that could tell more by now than
    /// with what was known then has to come again.
    pub(super) fn of(
        &self,
        pair: &Pair,
        url: &Url,
        route: &RouteFacts,
        could_tell_more: impl Fn(&CrlFacts, Knowledge) -> bool,
    ) -> Option<KeptList> {
        if !may_be_conditional(&pair.endpoint) {
            return None;
        }
        let kept = self.kept();
        let list = kept.get(&key(pair))?;
        // The next probe would come too late.
        let is_due = list.at.elapsed().saturating_add(pair.endpoint.interval) > full_every(pair);
        let is_same = list.url == *url && list.route == *route;
        (is_same && !is_due && !could_tell_more(&list.facts, list.knowledge)).then(|| list.clone())
    }

    /// Takes note of what came in full, if it can be asked about; a list that is not its issuer's is not worth it.
    pub(super) fn keep(
        &self,
        pair: &Pair,
        (url, route): (&Url, &RouteFacts),
        http: &HttpFacts,
        facts: &CrlFacts,
        (now, knowledge): (OffsetDateTime, Knowledge),
    ) {
        let conditions = conditions(http);
        let mut kept = self.kept();
        // Those of endpoints that are gone go too.
        kept.retain(|_, list| list.at.elapsed() < FULL_EVERY);
        if conditions.is_empty() || facts.signature == CrlSignature::Invalid || !may_be_conditional(&pair.endpoint) {
            kept.remove(&key(pair));
            return;
        }
        let facts = CrlFacts { unchanged_since: Some(now), ..facts.clone() };
        let list =
            KeptList { url: url.clone(), route: route.clone(), conditions, facts, at: Instant::now(), knowledge };
        kept.insert(key(pair), list);
    }

    /// A copy of the lists of some pairs, by endpoint and path.
    pub(super) fn of_those(&self, wanted: impl Fn(&str, &str) -> bool) -> Self {
        let kept = self.kept();
        let wanted = kept.iter().filter(|((endpoint, path), _)| wanted(endpoint, path));
        Self(Mutex::new(wanted.map(|(key, list)| (key.clone(), list.clone())).collect()))
    }

    /// Forgets the list of a pair, since something else came in its place.
    pub(super) fn forget(&self, pair: &Pair) {
        self.kept().remove(&key(pair));
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<(String, String), KeptList>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A part of an hour, for each pair its own: what came together at the start is not to come together each hour.
fn full_every(pair: &Pair) -> Duration {
    let mut hasher = DefaultHasher::new();
    pair.key().hash(&mut hasher);
    let early = FULL_EVERY / 4 * u32::try_from(hasher.finish() % 1000).unwrap_or_default() / 1000;
    // Where the interval leaves no room for that, every other probe would ask in full.
    if pair.endpoint.interval > FULL_EVERY / 4 { FULL_EVERY } else { FULL_EVERY.saturating_sub(early) }
}

fn key(pair: &Pair) -> (String, String) {
    let (endpoint, path) = pair.key();
    (endpoint.to_owned(), path.to_owned())
}

/// Whether an endpoint's requests may ask for changes alone: not where the configuration has such headers of its own, and
/// not where it wants to see a status or a text, which "not modified" is none of.
fn may_be_conditional(endpoint: &Endpoint) -> bool {
    let own = endpoint.headers.iter().any(|(name, _)| name.as_str().starts_with("if-") || *name == http::header::RANGE);
    let expect = &endpoint.expect;
    let is_plain = expect.crl.is_some() && expect.status.is_none() && expect.body.is_none();
    is_plain && !own && endpoint.method == Method::GET && endpoint.body.is_none()
}

/// What a server gives to ask by. Values that were shortened end in an ellipsis, and are not what it gave.
fn conditions(http: &HttpFacts) -> Vec<(HeaderName, HeaderValue)> {
    let of = |given: HeaderName, ask: HeaderName| {
        let value = http.headers.get(given.as_str()).filter(|value| !value.is_empty() && value.is_ascii())?;
        Some((ask, HeaderValue::from_str(value).ok()?))
    };
    // Both, as RFC 9110, section 13.1.3 advises: old caches know dates alone.
    [of(ETAG, IF_NONE_MATCH), of(LAST_MODIFIED, IF_MODIFIED_SINCE)].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests;
