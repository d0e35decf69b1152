//! How things stand with the list, as pages and metrics read it.

use std::sync::Arc;

use prober::microsoft365::{Change, Drift, is_pending, news};
use prober::plan::Microsoft365;
use prober::text::Clean;
use time::OffsetDateTime;

use super::Held;
use super::fault::SourceFault;

/// How things stand with the list.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Whose list is followed, and how; `None` where none is.
    pub settings: Option<Microsoft365>,
    /// The last good list.
    pub held: Option<Held>,
    /// Where it and the plan have come apart.
    pub drift: Option<Arc<Drift>>,
    /// How many endpoints are probed because the list has them.
    pub probed: usize,
    /// What keeps a newer one from being had.
    pub trouble: Option<Trouble>,
    /// What is wrong with the place where it is kept.
    pub storage: Option<Clean>,
    /// When the service was asked for the last time.
    pub asked_at: Option<OffsetDateTime>,
    /// When it said for the last time that what is held is the newest.
    pub confirmed_at: Option<OffsetDateTime>,
    /// When it is asked next.
    pub next_at: Option<OffsetDateTime>,
}

/// What keeps a newer list from being had, and since when.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    /// Since when; the fault may have been another at first.
    pub since: OffsetDateTime,
    /// The newest fault.
    pub fault: SourceFault,
}

impl Standing {
    /// The changes that are to come, and those that are news (see [`news`]).
    pub fn news(&self, now: OffsetDateTime) -> Vec<&Change> {
        let (Some(settings), Some(held)) = (&self.settings, &self.held) else { return Vec::new() };
        let changes = held.kept.changes.as_ref();
        changes.map(|changes| news(changes, held.list(), &settings.scope, now.date())).unwrap_or_default()
    }

    /// How many of them are still to come into effect; `None` where they are not known.
    pub fn pending(&self, now: OffsetDateTime) -> Option<usize> {
        self.held.as_ref()?.kept.changes.as_ref()?;
        Some(self.news(now).into_iter().filter(|change| is_pending(change, now.date())).count())
    }
}
