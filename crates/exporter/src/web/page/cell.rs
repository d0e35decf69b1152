//! One endpoint over one path, as a cell of the matrix.

use prober::cause::{Cause, State};
use prober::observation::AuditFacts;
use prober::plan::Maintenance;
use prober::snapshot::Row;
use time::OffsetDateTime;

use super::when::When;
use crate::words;

/// One endpoint over one path.
#[derive(Debug)]
pub(super) struct Cell<'a> {
    /// The path, for narrow screens where the column heads are gone.
    pub(super) path: &'a str,
    /// The confirmed state.
    pub(super) state: State,
    /// The state in a word, or that it has not been probed.
    pub(super) word: &'static str,
    /// Why it is not reachable.
    pub(super) cause: Option<Cause>,
    /// Who has to act.
    pub(super) who: Option<&'static str>,
    /// Since when it has been so.
    pub(super) since: Option<When>,
    /// What the last probe took.
    pub(super) took: Option<String>,
    /// What the last probe found, where that is not (yet) the confirmed state.
    pub(super) pending: Option<String>,
    /// What the last audit of TLS found, and when.
    pub(super) audit: Option<(String, When)>,
    /// Until when somebody works on it.
    pub(super) maintenance: Option<When>,
}

impl<'a> Cell<'a> {
    pub(super) fn of(row: &'a Row, maintenance: &Maintenance, now: OffsetDateTime) -> Self {
        let confirmed = row.confirmed.as_ref();
        let reason = confirmed.and_then(|confirmed| confirmed.report.verdict.reason.as_ref());
        Self {
            path: &row.pair.path.name,
            state: row.state(),
            word: if row.last.is_none() && confirmed.is_none() { "not probed yet" } else { row.state().as_str() },
            cause: reason.map(|reason| reason.cause),
            who: reason.map(|reason| words::who(reason.blame)),
            since: confirmed.map(|confirmed| When::of(confirmed.since, now)),
            took: row.last.as_ref().map(|last| words::took(last.observation.duration)),
            pending: pending(row),
            audit: audit(row, now),
            maintenance: maintenance.until(&row.pair).map(|until| When::of(until, now)),
        }
    }
}

/// What the last audit found, and when.
fn audit(row: &Row, now: OffsetDateTime) -> Option<(String, When)> {
    let audit = row.last.as_deref()?.audit.as_deref()?;
    Some((audit_in_words(audit), When::of(audit.at, now)))
}

/// "TLS 1.2, TLS 1.3 and large hello pass", or what does not.
pub(super) fn audit_in_words(audit: &AuditFacts) -> String {
    let hellos =
        [("TLS 1.2 alone", &audit.tls12), ("TLS 1.3 alone", &audit.tls13), ("large hello", &audit.large_hello)];
    let those = |wanted| -> Vec<&str> {
        hellos.iter().filter(|(_, outcome)| outcome.passes() == wanted).map(|(name, _)| *name).collect()
    };
    let (failed, unknown) = (those(Some(false)), those(None));
    match (failed.is_empty(), unknown.is_empty()) {
        (true, true) => "TLS 1.2, TLS 1.3 and large hello pass".to_owned(),
        (true, false) => format!("not known: {}", unknown.join(", ")),
        (false, _) => format!("fails: {}", failed.join(", ")),
    }
}

/// What the last probe found, where that is not the confirmed state.
pub(super) fn pending(row: &Row) -> Option<String> {
    let last = &row.last.as_deref()?.verdict;
    let differs = row.confirmed.as_ref().is_none_or(|confirmed| confirmed.state != last.state);
    differs.then(|| match &last.reason {
        Some(reason) => format!("last probe {}: {}", last.state, reason.cause.words()),
        None => format!("last probe {}", last.state),
    })
}
