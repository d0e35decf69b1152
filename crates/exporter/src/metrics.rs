//! The Prometheus exposition: one snapshot and the live histograms, as text.
//!
//! The families of the snapshot are written straight into text, a piece at a time: ten thousand results make over two
//! hundred thousand lines, and building the client library's model of them first costs more than everything else. What
//! lives between snapshots (histograms) is the client library's. `docs/metrics.md` is the reference; a test
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

use std::mem;

use prober::snapshot::Snapshot;
use time::OffsetDateTime;

use self::exposition::Exposition;
pub use self::live::Live;
use self::results::Results;
use crate::history::Storage;
use crate::microsoft365::Standing;

/// The content type of the text format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Bytes of a piece: what is written in the time that one handshake takes.
const PIECE: usize = 64 << 10;

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
) -> prometheus::Result<Pieces> {
    let mut exposition = Exposition::default();
    site::write(snapshot, live.external_url(), &mut exposition);
    storage::write(storage, &mut exposition);
    microsoft365::write(list, now, &mut exposition);
    live.process().write(&mut exposition);
    let mut rest = exposition.into_text();
    live.write(snapshot, &mut rest)?;
    Ok(Pieces { results: Results::of(snapshot), rest })
}

/// An exposition that is written while it is sent: that of ten thousand results has 26 MB, a piece of it 64 KiB.
#[derive(Debug)]
pub struct Pieces {
    results: Results,
    /// What stands behind the results, until it is given.
    rest: String,
}

impl Iterator for Pieces {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        // A row's share of a family goes beyond it by a little.
        let mut text = String::with_capacity(PIECE + PIECE / 16);
        self.results.write(&mut text, PIECE);
        if text.len() < PIECE {
            text.push_str(&mem::take(&mut self.rest));
        }
        (!text.is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests;
