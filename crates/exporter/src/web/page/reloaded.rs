//! What came of the last reload, for people.

use prober::plan::Tally;
use time::OffsetDateTime;

use super::when::When;
use crate::reload::Last;

/// What came of the last reload.
#[derive(Debug)]
pub(super) struct Reloaded {
    /// Whether the configuration on disk is not the one that is followed.
    pub(super) refused: bool,
    /// What came of it.
    pub(super) words: String,
    /// When it was.
    pub(super) when: When,
}

impl Reloaded {
    pub(super) fn of(last: &Last, now: OffsetDateTime) -> Self {
        let words = match &last.outcome {
            Ok(Tally { added: 0, changed: 0, removed: 0, .. }) => "nothing that is probed changed".to_owned(),
            Ok(Tally { added, changed, removed, .. }) => {
                format!("{added} added, {changed} changed, {removed} removed")
            }
            Err(refused) => match refused.faults {
                0 => "it cannot be read or set up".to_owned(),
                1 => "it has a fault".to_owned(),
                many => format!("it has {many} faults"),
            },
        };
        Self { refused: last.outcome.is_err(), words, when: When::of(last.at, now) }
    }
}
