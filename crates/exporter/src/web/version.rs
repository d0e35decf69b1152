//! What of a snapshot people see, as a number: two snapshots with the same version look the same but for the time.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use prober::diagnosis;
use prober::observation::HelloOutcome;
use prober::snapshot::{Row, Snapshot};
use prober::state::Report;
use prober::verdict::Reason;
use time::OffsetDateTime;

use crate::sentence;

/// How a snapshot looks. How long probes took is no part of it: it changes with each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    version: u64,
    results: HashMap<u64, u64>,
}

impl Look {
    /// That of a snapshot.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let mut whole = DefaultHasher::new();
        (&snapshot.site, snapshot.first_round_complete).hash(&mut whole);
        sentence::clock_warning(snapshot).hash(&mut whole);
        for interceptor in diagnosis::interception(snapshot).interceptors {
            (interceptor.issuer, interceptor.vendor, interceptor.announced).hash(&mut whole);
            interceptor.paths.iter().for_each(|reach| (reach.path, reach.intercepted, reach.tls).hash(&mut whole));
        }
        let mut results = HashMap::with_capacity(snapshot.rows.len());
        for row in &snapshot.rows {
            let one = of_row(row, snapshot.maintenance.until(&row.pair));
            one.hash(&mut whole);
            results.insert(key(row), one);
        }
        Self { version: whole.finish(), results }
    }

    /// The version, for tags and scripts.
    pub(super) fn version(&self) -> String {
        format!("{:016x}", self.version)
    }

    /// The rows of a snapshot that did not look so before, in their order; this is its look.
    pub(super) fn changed<'s>(&self, before: &Self, snapshot: &'s Snapshot) -> Vec<&'s Row> {
        let is_new = |row: &&Row| {
            let key = key(row);
            before.results.get(&key) != self.results.get(&key)
        };
        snapshot.rows.iter().map(AsRef::as_ref).filter(is_new).collect()
    }
}

fn key(row: &Row) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.pair.key().hash(&mut hasher);
    hasher.finish()
}

fn of_row(row: &Row, maintained_until: Option<OffsetDateTime>) -> u64 {
    let mut hasher = DefaultHasher::new();
    let endpoint = &row.pair.endpoint;
    row.pair.key().hash(&mut hasher);
    (&endpoint.group, endpoint.url.as_str(), endpoint.control, endpoint.severity.as_str()).hash(&mut hasher);
    (row.state(), row.last.is_some(), maintained_until).hash(&mut hasher);
    if let Some(confirmed) = &row.confirmed {
        confirmed.since.hash(&mut hasher);
        of_report(&confirmed.report, &mut hasher);
    }
    if let Some(last) = row.last.as_deref() {
        (last.verdict.state, last.verdict.reason.as_ref().map(|reason| reason.cause)).hash(&mut hasher);
        if let Some(audit) = &last.audit {
            [&audit.tls12, &audit.tls13, &audit.large_hello].map(HelloOutcome::passes).hash(&mut hasher);
        }
    }
    hasher.finish()
}

fn of_report(report: &Report, hasher: &mut DefaultHasher) {
    if let Some(Reason { cause, stage, blame, detail }) = &report.verdict.reason {
        (cause, stage, blame, detail).hash(hasher);
        report.verdict.evidence.facts.hash(hasher);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prober::cause::{Cause, State};

    use super::*;
    use crate::sample::{self, RowSample};

    fn one() -> RowSample {
        sample::row("a", "hq").evidence("via", "squid").blocked(Cause::TcpRefused, "refused")
    }

    #[test]
    fn what_takes_another_time_looks_the_same() {
        let slow = one().observed(|seen| seen.duration = Duration::from_secs(9));
        let slow = slow.blocked(Cause::TcpRefused, "refused");
        assert_eq!(Look::of(&sample::snapshot([slow])), Look::of(&sample::snapshot([one()])));
    }

    #[test]
    fn whatever_people_see_makes_another_version() {
        let mut first_round = sample::snapshot([one()]);
        first_round.first_round_complete = false;
        let mut others: Vec<_> = [
            sample::row("a", "hq").reachable(),
            sample::row("a", "hq"),
            sample::row("a", "hq").evidence("via", "other").blocked(Cause::TcpRefused, "refused"),
            sample::row("a", "hq").evidence("via", "squid").blocked(Cause::TcpTimeout, "refused"),
            sample::row("a", "hq").evidence("via", "squid").blocked(Cause::TcpRefused, "refused twice"),
            one().since(sample::NOW).blocked(Cause::TcpRefused, "refused"),
            one().then(State::Unknown, Cause::MonitorError, "…"),
            one()
                .audited(sample::passed(), sample::passed(), sample::unanswered())
                .blocked(Cause::TcpRefused, "refused"),
            one().group("crl", prober::plan::Severity::Info),
        ]
        .into_iter()
        .map(|row| Look::of(&sample::snapshot([row])).version())
        .collect();
        others.push(Look::of(&first_round).version());
        others.push(Look::of(&sample::snapshot([one()])).version());
        let count = others.len();
        others.sort();
        others.dedup();
        assert_eq!(others.len(), count);
    }

    #[test]
    fn the_results_that_changed_are_named() {
        let before = sample::snapshot([one(), sample::row("b", "hq").reachable()]);
        let after = sample::snapshot([one(), sample::row("b", "hq"), sample::row("c", "hq").reachable()]);
        let look = Look::of(&after);
        let changed = look.changed(&Look::of(&before), &after);
        let names: Vec<_> = changed.iter().map(|row| row.pair.key().0).collect();
        assert_eq!(names, ["b", "c"]);
        assert!(look.changed(&look, &after).is_empty());
    }
}
