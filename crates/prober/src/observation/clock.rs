//! What an origin's clock says of ours.

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};

use super::{Headers, TlsFacts};

/// Two clocks at the same moment: that of an origin that proves itself by what it says, and ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginClock {
    /// The origin's `Date` (RFC 9110, section 6.6.1), in whole seconds.
    #[serde(with = "time::serde::rfc3339")]
    pub date: OffsetDateTime,
    /// Our wall clock in the middle of the exchange.
    #[serde(with = "time::serde::rfc3339")]
    pub ours: OffsetDateTime,
}

impl OriginClock {
    /// Headers by which caches tell that they had the answer already; the names in lower case.
    const TOLD_BY_CACHES: [&str; 5] =
        ["x-cache", "x-cache-remote", "x-cache-lookup", "cf-cache-status", "cache-status"];

    /// Reads the origin's clock from its answer: where the certificate proves the origin at that very time, and the
    /// answer is no copy, whose Date would be that of its making.
    pub fn read(tls: &TlsFacts, headers: &Headers, ours: OffsetDateTime) -> Option<Self> {
        let date = OffsetDateTime::parse(headers.get("date")?, &Rfc2822).ok()?;
        (tls.is_proven_at(date) && !is_copy(headers)).then_some(Self { date, ours })
    }

    /// By how much our clock is behind the origin's; negative where it is ahead (as in NTP: RFC 5905, section 8).
    pub fn offset(&self) -> Duration {
        self.date - self.ours
    }
}

/// Whether an answer came from a cache (RFC 9111, section 5.1; RFC 9211; and what CDNs said before that).
fn is_copy(headers: &Headers) -> bool {
    let says_so = |value: &str| {
        let value = value.to_ascii_lowercase();
        ["hit", "stale", "revalidated", "updating"].iter().any(|word| value.contains(word))
    };
    headers.get("age").is_some() || OriginClock::TOLD_BY_CACHES.iter().any(|name| headers.get_all(name).any(says_so))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::observation::{ChainTrust, HandshakeSignature, Period, Validity, Verification};

    /// A handshake of a leaf of June 2026, as seen by a clock that stands in 2027.
    fn tls() -> TlsFacts {
        let mut tls = TlsFacts::of(ChainTrust::Public);
        tls.verification.validity = Validity::Expired;
        tls.verification.period =
            Some(Period { not_before: datetime!(2026-06-01 00:00 UTC), not_after: datetime!(2026-07-01 00:00 UTC) });
        tls
    }

    const OURS: OffsetDateTime = datetime!(2027-06-15 12:00:00.5 UTC);

    fn read(tls: &TlsFacts, headers: &[(&str, &str)]) -> Option<Duration> {
        let headers = Headers(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect());
        OriginClock::read(tls, &headers, OURS).map(|clock| clock.offset())
    }

    const DATE: (&str, &str) = ("date", "Mon, 15 Jun 2026 12:00:00 GMT");

    #[test]
    fn an_origin_tells_the_time_at_which_it_is_proven() {
        assert_eq!(read(&tls(), &[DATE]), Some(Duration::days(-365) - Duration::milliseconds(500)));
        // At its own time the certificate does not hold.
        assert_eq!(read(&tls(), &[("date", "Wed, 15 Jul 2026 12:00:00 GMT")]), None);
        assert_eq!(read(&tls(), &[]), None);
        assert_eq!(read(&tls(), &[("date", "yesterday")]), None);
    }

    #[test]
    fn whoever_does_not_prove_himself_tells_no_time() {
        let with = |change: fn(&mut Verification)| {
            let mut tls = tls();
            change(&mut tls.verification);
            read(&tls, &[DATE])
        };
        assert!(with(|_| {}).is_some());
        assert_eq!(with(|verification| verification.trust = ChainTrust::Untrusted), None);
        assert_eq!(with(|verification| verification.trust = ChainTrust::Inspection), None);
        assert_eq!(with(|verification| verification.name_matches = false), None);
        assert_eq!(with(|verification| verification.handshake_signature = HandshakeSignature::Invalid), None);
        assert_eq!(with(|verification| verification.period = None), None);
    }

    #[test]
    fn a_copy_tells_when_it_was_made() {
        for copy in [
            ("age", "0"),
            ("x-cache", "TCP_HIT from a.example"),
            ("x-cache", "Hit from cloudfront"),
            ("cf-cache-status", "REVALIDATED"),
            ("cache-status", "ExampleCache; hit; ttl=376"),
        ] {
            assert_eq!(read(&tls(), &[DATE, copy]), None, "{copy:?}");
        }
        for own in [("x-cache", "TCP_MISS"), ("cf-cache-status", "DYNAMIC"), ("cache-status", "ExampleCache; fwd=miss")]
        {
            assert!(read(&tls(), &[DATE, own]).is_some(), "{own:?}");
        }
    }
}
