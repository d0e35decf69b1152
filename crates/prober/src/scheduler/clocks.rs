//! What time it is by the origins that proved themselves lately.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;
use tokio::time::Instant;

use crate::clock::ClockOffset;
use crate::net::registrable_domain;
use crate::observation::Observation;
use crate::plan::Pair;

/// The newest reading of each registrable domain.
#[derive(Debug, Default)]
pub(super) struct Clocks(Mutex<HashMap<String, Reading>>);

/// What time it was somewhere. Kept beside the monotonic clock, so that a step of ours, such as the one that sets it
/// right, leaves it as true as it was.
#[derive(Debug, Clone, Copy)]
struct Reading {
    at: Instant,
    time: OffsetDateTime,
    /// Until when it is recent: two intervals of the endpoint and a timeout.
    until: Instant,
}

impl Clocks {
    /// The most domains asked: more tell nothing more, and the median is taken for every probe.
    const KEPT: usize = 31;

    /// Takes note of an origin's clock in an observation that ended now.
    pub(super) fn note(&self, pair: &Pair, observation: &Observation, now: Instant) {
        let Some(clock) = observation.origin_clock else { return };
        let endpoint = &pair.endpoint;
        let Some(domain) = endpoint.url.host().map(|host| registrable_domain(host).into_owned()) else { return };
        let Some(time) = observation.probed_at.checked_add(clock.offset()) else { return };
        let until = now + endpoint.interval.saturating_mul(2).saturating_add(endpoint.timeout);
        let mut readings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if readings.len() >= Self::KEPT && !readings.contains_key(&domain) {
            readings.retain(|_, reading| now <= reading.until);
            if readings.len() >= Self::KEPT {
                return;
            }
        }
        readings.insert(domain, Reading { at: now, time, until });
    }

    /// What recent readings say of our clock, which shows `ours` now.
    pub(super) fn offset(&self, ours: OffsetDateTime, now: Instant) -> Option<ClockOffset> {
        self.of(ours, now, |reading| now <= reading.until)
    }

    /// As [`Clocks::offset`], where all readings are of one round.
    pub(super) fn offset_of_round(&self, ours: OffsetDateTime, now: Instant) -> Option<ClockOffset> {
        self.of(ours, now, |_| true)
    }

    fn of(&self, ours: OffsetDateTime, now: Instant, counts: impl Fn(&Reading) -> bool) -> Option<ClockOffset> {
        let readings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told = readings.values().filter(|reading| counts(reading)).filter_map(|reading| {
            let there = reading.time.checked_add(time::Duration::try_from(now.duration_since(reading.at)).ok()?)?;
            Some(there - ours)
        });
        ClockOffset::of(told)
    }
}
