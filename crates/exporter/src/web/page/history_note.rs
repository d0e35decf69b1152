//! What is wrong with the history, as pages say it.

use time::OffsetDateTime;

use super::when::When;
use crate::history::Standing;

/// What is wrong with the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HistoryNote {
    /// What cannot be written and why, and since when.
    pub(super) fault: Option<(String, When)>,
    /// Where a file went that could not be read.
    pub(super) set_aside: Option<String>,
}

impl HistoryNote {
    /// A note, where there is something to say.
    pub(super) fn of(standing: &Standing, now: OffsetDateTime) -> Option<Self> {
        let fault = standing.fault.as_ref();
        let note = Self {
            fault: fault
                .map(|fault| (format!("{} failed: {}", fault.operation, fault.reason), When::of(fault.since, now))),
            set_aside: standing.set_aside.as_ref().map(|file| file.display().to_string()),
        };
        (note.fault.is_some() || note.set_aside.is_some()).then_some(note)
    }
}
