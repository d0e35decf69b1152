//! What audits told of a pair, outcome by outcome: one may get less far than the one before.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::observation::AuditFacts;

/// The newest of what audits told of a pair.
#[derive(Debug)]
pub(super) struct Audited {
    facts: Arc<AuditFacts>,
    /// When each of the three outcomes was seen.
    seen: [OffsetDateTime; 3],
}

impl Audited {
    /// Takes in an audit. What it did not get so far as to tell stays as the last one told it, unless that is over by then;
    /// one that told nothing changes nothing.
    pub(super) fn take(
        known: Option<Self>,
        mut facts: AuditFacts,
        is_over: impl Fn(OffsetDateTime) -> bool,
    ) -> Option<Self> {
        if facts.outcomes().iter().all(|outcome| outcome.passes().is_none()) {
            return known;
        }
        let mut seen = [facts.at; 3];
        if let Some(known) = known {
            let outcomes = facts.outcomes_mut().into_iter().zip(known.facts.outcomes());
            for ((outcome, before), (seen, seen_before)) in outcomes.zip(seen.iter_mut().zip(known.seen)) {
                if outcome.passes().is_none() && before.passes().is_some() && !is_over(seen_before) {
                    *outcome = before.clone();
                    *seen = seen_before;
                }
            }
        }
        Some(Self { facts: Arc::new(facts), seen })
    }

    /// What is known, with the time of the newest audit.
    pub(super) fn facts(&self) -> Arc<AuditFacts> {
        Arc::clone(&self.facts)
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::observation::HelloOutcome;

    const START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    /// An audit of so many minutes after the start: `+` passed, `-` failed, `?` got nowhere.
    fn audit(minutes: i64, outcomes: &str) -> AuditFacts {
        let mut outcomes = outcomes.chars().map(HelloOutcome::signed);
        let mut next = || outcomes.next().unwrap();
        AuditFacts { at: START + Duration::minutes(minutes), tls12: next(), tls13: next(), large_hello: next() }
    }

    #[test]
    fn what_an_audit_does_not_tell_stays_for_a_while() {
        for (audits, known) in [
            (&[(0, "+-+")][..], Some((0, "+-+"))),
            (&[(0, "???")], None),
            (&[(0, "+-+"), (15, "???")], Some((0, "+-+"))),
            (&[(0, "+-+"), (15, "?++")], Some((15, "+++"))),
            (&[(0, "+-+"), (15, "??-")], Some((15, "+--"))),
            (&[(0, "+?+"), (15, "?-?")], Some((15, "+-+"))),
            // However often something else is told, it is as old as it is.
            (&[(0, "+-+"), (15, "+?+"), (30, "+?+")], Some((30, "+-+"))),
            (&[(0, "+-+"), (15, "+?+"), (30, "+?+"), (45, "+?+")], Some((45, "+?+"))),
        ] {
            let mut audited = None;
            for (minutes, outcomes) in audits {
                let now = START + Duration::minutes(*minutes);
                audited = Audited::take(audited, audit(*minutes, outcomes), |at| now - at > Duration::minutes(30));
            }
            let told = audited.map(|audited| {
                let facts = audited.facts();
                let outcomes = facts.outcomes().map(HelloOutcome::sign);
                ((facts.at - START).whole_minutes(), outcomes.into_iter().collect::<String>())
            });
            assert_eq!(told, known.map(|(at, outcomes)| (at, outcomes.to_owned())), "{audits:?}");
        }
    }
}
