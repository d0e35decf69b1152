//! The Prometheus exposition: one snapshot and the live histograms, as text.
//!
//! The families of the snapshot are written straight into the text: ten thousand results make over two hundred
//! thousand lines, and building the client library's model of them first costs more than everything else. What lives
//! between snapshots (histograms, the process) is the client library's. `docs/metrics.md` is the reference; a test
//! fails when it and the code differ.

pub mod blackbox;
mod exposition;
mod family;
mod live;
mod microsoft365;
mod process;
mod results;
mod site;
mod storage;

use prober::snapshot::Snapshot;
use time::OffsetDateTime;

use self::exposition::Exposition;
pub use self::live::Live;
use crate::history::Storage;
use crate::microsoft365::Standing;

/// The content type of the text format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The exposition of a snapshot, of how the history is kept, of how things stand with Microsoft's list now, and of what lives
/// between snapshots.
///
/// # Errors
/// Only if the client library finds its own families malformed.
pub fn render(
    snapshot: &Snapshot,
    storage: Storage,
    (list, now): (&Standing, OffsetDateTime),
    live: &Live,
) -> prometheus::Result<String> {
    let mut exposition = Exposition::with_room_for(snapshot.rows.len());
    results::write(snapshot, &mut exposition);
    site::write(snapshot, live.external_url(), &mut exposition);
    storage::write(storage, &mut exposition);
    microsoft365::write(list, now, &mut exposition);
    live.process().write(&mut exposition);
    let mut text = exposition.into_text();
    live.write(snapshot, &mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests;
