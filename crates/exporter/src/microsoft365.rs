//! Microsoft's endpoint list as this process follows it: asked for, kept, and held against the plan.
//!
//! ```text
//! service ─► look ─► kept ─► watcher ─► standing ─► page, JSON, metrics
//!            what    a file    │  ▲
//!            came    of the    ▼  │
//!                    last      plan that follows the list
//!                    good
//! ```
//!
//! What came is taken whole or not at all: whatever goes wrong, the last good list stays, and what went wrong is told.

mod client;
mod document;
mod fault;
mod kept;
mod look;
mod pace;
#[cfg(test)]
pub(crate) mod sample;
mod standing;
mod store;
mod watcher;

use prober::microsoft365::{List, Ranges};
use std::sync::Arc;

pub use self::client::ClientId;
pub use self::document::{ChangeEntry, ListDocument, MAX_CHANGES};
pub use self::fault::{Asked, Failing, SourceFault};
pub use self::kept::{Kept, KeptError};
pub use self::standing::{Standing, Trouble};
pub use self::store::{Store, StoreError};
pub use self::watcher::{Following, Watcher};

/// A list that is held, ready to be asked.
#[derive(Debug, Clone)]
pub struct Held {
    /// What was taken, and when.
    pub kept: Arc<Kept>,
    /// Where its hosts have their addresses.
    pub ranges: Arc<Ranges>,
}

impl Held {
    /// Makes what was taken ready to be asked.
    pub fn of(kept: Kept) -> Self {
        let ranges = Arc::new(Ranges::new(&kept.list));
        Self { kept: Arc::new(kept), ranges }
    }

    /// The list.
    pub fn list(&self) -> &List {
        &self.kept.list
    }
}
