//! Which proxies answered lately, and for whom.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::observation::{Observation, RouteFacts, Via};
use crate::plan::Pair;

/// The newest answers of each proxy. Proxies come from the configuration, so the map is as small as that.
#[derive(Debug, Default)]
pub(super) struct Answers(Mutex<HashMap<Via, Latest>>);

/// The newest answer, and the newest one for any other host: enough to ask about every host.
#[derive(Debug, Clone)]
struct Latest {
    host: String,
    at: Instant,
    for_another: Option<Instant>,
}

impl Answers {
    /// Over the longest interval of an endpoint and its timeout: what is older counts for nobody.
    const LONGEST: Duration = Duration::from_secs(2 * 24 * 60 * 60);

    /// Takes note if a proxy answered in this observation: to CONNECT, to a request in SOCKS, or to a plain-http
    /// request.
    pub(super) fn note(&self, pair: &Pair, observation: &Observation, now: Instant) {
        let RouteFacts::Proxy(proxy) = &observation.route else { return };
        let replied = observation.socks.as_ref().is_some_and(|socks| socks.reply.is_some());
        if observation.proxy.is_none() && observation.http.is_none() && !replied {
            return;
        }
        let host = pair.endpoint.url.host_str().unwrap_or_default();
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match latest.get_mut(proxy) {
            Some(known) if known.host == host => known.at = now,
            Some(known) => {
                known.for_another = Some(known.at);
                known.at = now;
                host.clone_into(&mut known.host);
            }
            None => {
                latest.insert(proxy.clone(), Latest { host: host.to_owned(), at: now, for_another: None });
            }
        }
    }

    /// What goes on with another plan: proxies that answered not too long ago to count for anybody.
    pub(super) fn follow(&self) -> Self {
        let latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = latest.iter().filter(|(_, latest)| latest.at.elapsed() <= Self::LONGEST);
        Self(Mutex::new(kept.map(|(proxy, latest)| (proxy.clone(), latest.clone())).collect()))
    }

    /// Whether the proxy of this observation answered for another host, within the endpoint's interval before the probe
    /// began or while it ran.
    pub(super) fn answered_for_another(&self, pair: &Pair, observation: &Observation, now: Instant) -> bool {
        self.newest_for_another(pair, observation).is_some_and(|at| {
            let past: Duration = pair.endpoint.interval.saturating_add(observation.duration);
            now.saturating_duration_since(at) <= past
        })
    }

    /// When the proxy of this observation last answered for another host.
    pub(super) fn newest_for_another(&self, pair: &Pair, observation: &Observation) -> Option<Instant> {
        let RouteFacts::Proxy(proxy) = &observation.route else { return None };
        let host = pair.endpoint.url.host_str().unwrap_or_default();
        let latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = latest.get(proxy)?;
        if known.host == host { known.for_another } else { Some(known.at) }
    }
}
