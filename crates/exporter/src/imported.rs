//! Microsoft's endpoint list as endpoints of a configuration.
//!
//! ```text
//! list ─► offers ─────────────┐
//!         what can be probed  ├─► merge ─► the file's text, with what it did not have
//! file ─► existing ───────────┘
//! ```
//!
//! A file belongs to whoever edits it. Importing adds lines and takes none away: within the file's own list of endpoints, in
//! a section between two comments. Its last comment remembers what was offered before, so that what somebody removed does
//! not come back. All of this is text and decisions; nothing here does I/O.

mod existing;
mod merge;
mod offer;
mod section;

pub(crate) use self::existing::{Existing, NoConfiguration};
pub(crate) use self::merge::{MergeFault, Merged, merge};
pub(crate) use self::offer::offers;
