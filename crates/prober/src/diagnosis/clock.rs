//! Whether the monitor's clock is right.

use std::borrow::Cow;
use std::collections::HashMap;

use time::{Duration, OffsetDateTime};

use crate::clock::ClockOffset;
use crate::net::registrable_domain;
use crate::snapshot::{Row, Snapshot};

/// What the newest recent answers say of our clock, one of each registrable domain; `None` of too few.
pub fn clock(snapshot: &Snapshot) -> Option<ClockOffset> {
    let mut newest: HashMap<Cow<'_, str>, (OffsetDateTime, Duration)> = HashMap::new();
    for row in &snapshot.rows {
        let Some((at, offset)) = recent(row, snapshot.generated_at) else { continue };
        let Some(domain) = row.pair.endpoint.url.host().map(registrable_domain) else { continue };
        let known = newest.entry(domain).or_insert((at, offset));
        if known.0 < at {
            *known = (at, offset);
        }
    }
    ClockOffset::of(newest.into_values().map(|(_, offset)| offset))
}

/// When a row's newest probe ended, and what it says: two intervals ago at most (and a timeout), on either side, since
/// a clock that has been set leaves stamps in the future too.
fn recent(row: &Row, now: OffsetDateTime) -> Option<(OffsetDateTime, Duration)> {
    let observation = &row.last.as_ref()?.observation;
    let endpoint = &row.pair.endpoint;
    let most = endpoint.interval.saturating_mul(2).saturating_add(endpoint.timeout);
    let age = (now - observation.probed_at).unsigned_abs();
    let clock = observation.origin_clock.filter(|_| age <= most)?;
    Some((observation.probed_at, clock.offset()))
}
