//! How long, how much, and what may be asked of the product in return.

use std::time::Duration;

use super::trouble::Kind;

/// Every so many hosts one serves revocation lists in the clear.
const LISTS_EVERY: usize = 5;
/// Runs shorter than this have one calm at the beginning and one at the end.
const LONG: Duration = Duration::from_secs(5 * 60);
/// The history gathers for so long before it begins anew.
const SLOT: Duration = Duration::from_secs(5 * 60);

/// What a run is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// How long it goes on, calms included.
    pub(crate) lasts: Duration,
    /// Probes a second.
    pub(crate) rate: u32,
    /// How often a pair of endpoint and path is probed.
    pub(crate) interval: Duration,
    /// The time that a probe has.
    pub(crate) timeout: Duration,
    /// How much later anything may be on a machine that others use too.
    pub(crate) lateness: Duration,
    /// The share of the hosts that have a fault, on the average.
    pub(crate) struck: f64,
    /// How often the process is looked at.
    pub(crate) look_every: Duration,
    /// What chance begins with.
    pub(crate) seed: u64,
}

impl Terms {
    /// Of a run that is to show something.
    pub(crate) fn long(minutes: u64, rate: u32, seed: u64) -> Self {
        Self {
            lasts: Duration::from_secs(60 * minutes),
            rate,
            interval: Duration::from_secs(5),
            timeout: Duration::from_secs(4),
            lateness: Duration::from_secs(5),
            struck: 0.08,
            look_every: Duration::from_secs(3),
            seed,
        }
    }

    /// Each on a host of its own, so that each is counted apart; half of the probes go each way.
    pub(super) fn hosts(&self) -> usize {
        let pairs = u64::from(self.rate) * u64::try_from(self.interval.as_millis()).unwrap_or_default() / 1000;
        usize::try_from(pairs / 2).unwrap_or_default().max(1)
    }

    /// What a host serves.
    pub(super) fn kind(host: usize) -> Kind {
        if host % LISTS_EVERY == LISTS_EVERY - 1 { Kind::Lists } else { Kind::Secured }
    }

    /// From a change of the world until every pair was probed anew: an interval with its jitter, and the probe.
    pub(super) fn noticed(&self) -> Duration {
        self.interval * 11 / 10 + self.timeout + self.lateness
    }

    /// How long a fault lasts at least that has to be confirmed: two probes in a row.
    pub(super) fn confirmed(&self) -> Duration {
        (self.interval * 11 / 10 + self.timeout) * 2 + self.lateness
    }

    /// Until nothing of a fault is left: neither in a state, nor held open.
    pub(super) fn settled(&self) -> Duration {
        self.noticed() + Duration::from_secs(1)
    }

    /// How many parts the run has, each with a calm at its end.
    pub(super) fn parts(&self) -> u32 {
        if self.lasts >= LONG { 5 } else { 1 }
    }

    /// How much more memory than before is still flat, in MiB: until a slot of the history is full, there is more of it.
    pub(super) fn memory_slack(&self) -> f64 {
        if self.lasts > SLOT * 2 { 1.0 } else { 8.0 }
    }
}
