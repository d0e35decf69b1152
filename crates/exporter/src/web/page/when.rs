//! Points in time as the page shows them: how long ago, and exactly.

use time::OffsetDateTime;
use time::macros::format_description;

use crate::status::Stamp;
use crate::words;

/// A point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct When {
    /// How long ago it was: "18 min".
    pub(super) ago: String,
    /// For people: "1 Jan 2026, 11:42:10 UTC".
    pub(super) exact: String,
    /// For machines.
    pub(super) stamp: String,
}

impl When {
    pub(super) fn of(moment: OffsetDateTime, now: OffsetDateTime) -> Self {
        let format = format_description!("[day padding:none] [month repr:short] [year], [hour]:[minute]:[second] UTC");
        let utc = moment.to_offset(time::UtcOffset::UTC);
        Self {
            ago: words::span(now - moment),
            exact: utc.format(format).unwrap_or_default(),
            stamp: Stamp(moment).to_text().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_moment_is_told_in_three_ways() {
        let when = When::of(datetime!(2026-01-01 12:42:10 +1), datetime!(2026-01-01 12:00 UTC));
        assert_eq!(when.ago, "17 min");
        assert_eq!(when.exact, "1 Jan 2026, 11:42:10 UTC");
        assert_eq!(when.stamp, "2026-01-01T11:42:10Z");
    }
}
