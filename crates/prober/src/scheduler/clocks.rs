//! What time it is by the origins that proved themselves lately.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use time::{Duration, OffsetDateTime};
use tokio::time::Instant;

use crate::clock::{ClockOffset, TOLERANCE};
use crate::net::registrable_domain;
use crate::observation::Observation;
use crate::plan::Pair;

/// The newest reading of each registrable domain.
#[derive(Debug, Default)]
pub(super) struct Clocks(Mutex<HashMap<String, Reading>>);

/// What time it was somewhere, beside both clocks of ours.
#[derive(Debug, Clone, Copy)]
struct Reading {
    at: Instant,
    ours: OffsetDateTime,
    time: OffsetDateTime,
    /// Until when it is recent: two intervals of the endpoint and a timeout.
    until: Instant,
}

impl Reading {
    /// What it says of our clock, which shows `ours` now; nothing once our two clocks went apart since. Either one of them
    /// may be why: the wall clock was set, or the machine slept, through which the monotonic one stands still. Then only what
    /// is read from now on can tell.
    fn offset(&self, ours: OffsetDateTime, now: Instant) -> Option<Duration> {
        let passed = Duration::try_from(now.saturating_duration_since(self.at)).ok()?;
        let apart = (ours - self.ours).checked_sub(passed)?;
        if apart.abs() > TOLERANCE {
            return None;
        }
        Some(self.time.checked_add(passed)? - ours)
    }
}

impl Clocks {
    /// The most domains asked: more tell nothing more, and the median is taken for every probe.
    const KEPT: usize = 31;

    /// Takes note of an origin's clock in an observation that ended now.
    pub(super) fn note(&self, pair: &Pair, observation: &Observation, now: Instant) {
        let Some(clock) = observation.origin_clock else { return };
        let endpoint = &pair.endpoint;
        let Some(domain) = endpoint.url.host().map(|host| registrable_domain(host).into_owned()) else { return };
        let ours = observation.probed_at;
        let Some(time) = ours.checked_add(clock.offset()) else { return };
        let until = now + endpoint.interval.saturating_mul(2).saturating_add(endpoint.timeout);
        let mut readings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if readings.len() >= Self::KEPT && !readings.contains_key(&domain) {
            readings.retain(|_, reading| now <= reading.until && reading.offset(ours, now).is_some());
            if readings.len() >= Self::KEPT {
                return;
            }
        }
        readings.insert(domain, Reading { at: now, ours, time, until });
    }

    /// What goes on with another plan: what time it was, it was.
    pub(super) fn follow(&self) -> Self {
        Self(Mutex::new(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()))
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
        let told = readings.values().filter(|reading| counts(reading));
        ClockOffset::of(told.filter_map(|reading| reading.offset(ours, now)))
    }
}
