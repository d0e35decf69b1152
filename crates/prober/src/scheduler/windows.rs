//! Which maintenance windows are under way, noticed when one begins or ends.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

use crate::plan::Maintenance;

/// Windows are told by the wall clock, which may be set meanwhile: so often it is looked at again.
const LOOK: Duration = Duration::from_secs(60);

/// The windows under way, and when to look again.
#[derive(Debug, Default)]
pub(super) struct Windows {
    under_way: Maintenance,
    /// `None` where no window is left.
    look_again: Option<Instant>,
}

impl Windows {
    /// Those of a plan.
    pub(super) fn of(all: &Maintenance, ours: OffsetDateTime, now: Instant) -> Self {
        let look_again = all.next_change(ours).map(|change| {
            let left = Duration::try_from(change - ours).unwrap_or_default();
            now + left.min(LOOK)
        });
        Self { under_way: all.under_way(ours), look_again }
    }

    /// Those under way.
    pub(super) fn under_way(&self) -> Maintenance {
        self.under_way.clone()
    }

    /// When to look again, where anything can change.
    pub(super) fn next(&self) -> Option<Instant> {
        self.look_again
    }

    /// Looks again if it is time; says whether there are others under way now.
    pub(super) fn look(&mut self, all: &Maintenance, ours: impl FnOnce() -> OffsetDateTime, now: Instant) -> bool {
        if self.look_again.is_none_or(|at| at > now) {
            return false;
        }
        let before = std::mem::replace(self, Self::of(all, ours(), now));
        self.under_way != before.under_way
    }
}
