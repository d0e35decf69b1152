//! How time is cut: five-minute slots and half-hours of the clock in UTC, each numbered from 1970 on.

use time::OffsetDateTime;

/// A slot's length, in seconds.
const SLOT: i64 = 5 * 60;
/// A half-hour's length, in seconds.
const HALF: i64 = 30 * 60;
/// How many slots make a half-hour.
pub(super) const SLOTS_OF_HALF: i64 = HALF / SLOT;

/// How many half-hours make a day.
pub(super) const HALVES_OF_DAY: i64 = 24 * 3600 / HALF;

/// The number of the slot in which something was.
pub(super) fn slot_of(at: OffsetDateTime) -> i64 {
    at.unix_timestamp().div_euclid(SLOT)
}

/// The number of the half-hour in which something was.
pub(super) fn half_of(at: OffsetDateTime) -> i64 {
    at.unix_timestamp().div_euclid(HALF)
}

/// When a slot began; `None` where that is no date.
pub(super) fn slot_start(slot: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(slot.checked_mul(SLOT)?).ok()
}

/// When a half-hour began; `None` where that is no date.
pub(super) fn half_start(half: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(half.checked_mul(HALF)?).ok()
}

/// A point in time in nanoseconds from 1970 on, as it is stored.
pub(super) fn nanos(at: OffsetDateTime) -> i64 {
    let bound = if at.unix_timestamp() < 0 { i64::MIN } else { i64::MAX };
    i64::try_from(at.unix_timestamp_nanos()).unwrap_or(bound)
}

/// The point in time that was stored.
pub(super) fn from_nanos(nanos: i64) -> OffsetDateTime {
    // Every one of them is a date between 1677 and 2262.
    OffsetDateTime::from_unix_timestamp_nanos(nanos.into()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn slots_and_halves_are_the_clocks() {
        let at = datetime!(2026-01-01 12:34:56.789 UTC);
        assert_eq!(slot_start(slot_of(at)), Some(datetime!(2026-01-01 12:30 UTC)));
        assert_eq!(half_start(half_of(at)), Some(datetime!(2026-01-01 12:30 UTC)));
        assert_eq!(slot_of(at).div_euclid(SLOTS_OF_HALF), half_of(at));
        let early = datetime!(1969-12-31 23:59 UTC);
        assert_eq!(half_start(half_of(early)), Some(datetime!(1969-12-31 23:30 UTC)));
        assert_eq!(usize::try_from(HALVES_OF_DAY), Ok(crate::history::HALF_HOURS));
        assert_eq!((slot_start(i64::MAX), half_start(i64::MIN)), (None, None));
    }

    #[test]
    fn stamps_come_back_to_the_nanosecond() {
        let at = datetime!(2026-01-01 12:34:56.789_012_345 UTC);
        assert_eq!(from_nanos(nanos(at)), at);
        assert_eq!(nanos(datetime!(9999-01-01 0:00 UTC)), i64::MAX);
        assert_eq!(nanos(datetime!(1000-01-01 0:00 UTC)), i64::MIN);
    }
}
