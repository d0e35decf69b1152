//! The section `audit`: how often TLS is audited.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::cursor::Cursor;
use super::duration;
use crate::plan::Plan;

const KEYS: &[&str] = &["interval", "enabled"];

/// An audit costs three handshakes or more, so that it is not for every minute of a large site.
const INTERVALS: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(7 * 86_400);

/// Reads the section; `None` where audits are switched off.
pub(super) fn read(cursor: Option<&Cursor<'_>>) -> Option<Duration> {
    let Some(section) = cursor.and_then(|cursor| cursor.section(KEYS)) else {
        return Some(Plan::DEFAULT_AUDIT_INTERVAL);
    };
    let interval = section.get("interval").and_then(|cursor| duration::read(&cursor, INTERVALS));
    let enabled = section.get("enabled").and_then(|cursor| cursor.boolean()).unwrap_or(true);
    enabled.then(|| interval.unwrap_or(Plan::DEFAULT_AUDIT_INTERVAL))
}
