//! When to ask again.

use std::time::Duration;

use super::fault::{Failing, SourceFault};

/// How long after nobody answered for the first time; each further time doubles it.
const FIRST: Duration = Duration::from_secs(60);

/// How long to leave a service alone that asks for it, as Microsoft wants: an hour, or as it says itself, but not for ever.
const AN_HOUR: Duration = Duration::from_secs(60 * 60);
pub(super) const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long to leave a service alone that wants fewer requests, with what its `Retry-After` says. A date there says as little
/// of our clock as the hour does.
pub(super) fn left_alone(retry_after: Option<&str>) -> Duration {
    let seconds = retry_after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    seconds.unwrap_or(AN_HOUR).clamp(AN_HOUR, A_DAY)
}

/// How long after a look the next one is. Whoever answered is asked no sooner than `refresh` again, whatever it said; where
/// nobody did, somebody may be there in a minute, and less and less often.
pub(super) fn pause(refresh: Duration, fault: Option<&SourceFault>, failed_before: u32) -> Duration {
    match fault {
        Some(SourceFault { failing: Failing::Limited { wait }, .. }) => refresh.max(*wait),
        Some(fault) if !fault.is_answer() => {
            FIRST.min(refresh).saturating_mul(2_u32.saturating_pow(failed_before)).min(refresh)
        }
        Some(_) | None => refresh,
    }
}

#[cfg(test)]
mod tests {
    use prober::observation::{Fault, MonitorFault};
    use prober::probe::DownloadFault;

    use super::super::fault::Asked;
    use super::*;

    fn fault(failing: Failing) -> SourceFault {
        SourceFault { asked: Asked::Version, peer: "endpoints.example".into(), failing }
    }

    #[test]
    fn who_answers_is_left_alone_and_who_does_not_is_tried_again() {
        let nobody = || {
            let fault = MonitorFault { operation: "connect".to_owned(), reason: "no route".into() };
            Failing::Unreached(Box::new(DownloadFault::Unreached(Fault::Monitor(fault))))
        };
        let minutes =
            |failing: Option<Failing>, before| pause(AN_HOUR, failing.map(fault).as_ref(), before).as_secs() / 60;
        assert_eq!(minutes(None, 0), 60);
        assert_eq!(minutes(Some(Failing::Missing), 0), 60);
        assert_eq!(minutes(Some(Failing::Unreached(Box::new(DownloadFault::TooLarge { limit: 1 }))), 0), 60);
        let unreached = [0, 1, 2, 5, 6, 40].map(|before| minutes(Some(nobody()), before));
        assert_eq!(unreached, [1, 2, 4, 32, 60, 60]);
        assert_eq!(pause(FIRST / 60, Some(&fault(nobody())), 3), FIRST / 60, "no less often than when all is well");
        assert_eq!(minutes(Some(Failing::Limited { wait: A_DAY }), 0), 24 * 60);
    }

    #[test]
    fn a_service_says_how_long_it_wants_to_be_left_alone_within_bounds() {
        for (said, seconds) in [
            (None, 3600),
            (Some("5"), 3600),
            (Some(" 7200 "), 7200),
            (Some("99999999999"), 86_400),
            (Some("-1"), 3600),
            (Some("Fri, 31 Dec 1999 23:59:59 GMT"), 3600),
        ] {
            assert_eq!(left_alone(said), Duration::from_secs(seconds), "{said:?}");
        }
    }
}
