//! Points in time, as documents write them.

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time that serializes as RFC 3339 in UTC with at most milliseconds: `2026-01-01T00:00:00.25Z`.
///
/// Null where RFC 3339 has no word for it: certificates and CRLs may name years beyond 9999 by an offset, and one of
/// them must not take the whole document away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(pub OffsetDateTime);

impl Stamp {
    /// The text, or nothing for years that RFC 3339 cannot write (before 0 or after 9999).
    pub fn to_text(self) -> Option<String> {
        let utc = self.0.checked_to_offset(time::UtcOffset::UTC)?;
        let rounded = utc.replace_millisecond(utc.millisecond()).unwrap_or(utc);
        rounded.format(&Rfc3339).ok()
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_text().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn stamps_are_utc_with_at_most_milliseconds() {
        let text = |moment| Stamp(moment).to_text().unwrap();
        assert_eq!(text(datetime!(2026-01-01 00:00 UTC)), "2026-01-01T00:00:00Z");
        assert_eq!(text(datetime!(2026-01-01 02:00:00.123456789 +2)), "2026-01-01T00:00:00.123Z");
    }
    #[test]
    fn what_rfc_3339_cannot_say_is_null() {
        // In UTC these are in the years 10000 and -1.
        for beyond in [datetime!(9999-12-31 23:30 -1), datetime!(0000-01-01 00:30 +1)] {
            assert_eq!(serde_json::to_value(Stamp(beyond)).unwrap(), serde_json::Value::Null, "{beyond}");
        }
    }
}
