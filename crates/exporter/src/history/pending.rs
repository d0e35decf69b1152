//! What has been taken from the diaries and is not in the file yet.

use super::book::{Book, Name};
use super::evidence;
use super::slot::nanos;
use super::store::{Batch, TroubleRow};

/// The next batch. It grows while the file cannot be written, and what was not written is replaced by what is newer.
#[derive(Debug, Default)]
pub(super) struct Pending {
    batch: Batch,
}

impl Pending {
    /// The most troubles that wait, some kilobytes each with their findings.
    const MOST_TROUBLES: usize = 5_000;
    /// The most rollups that wait: two hours of two thousand pairs.
    const MOST_ROLLUPS: usize = 50_000;

    /// Takes what is urgent, or everything; gives up the oldest of what is too much.
    pub(super) fn take(&mut self, book: &Book, everything: bool) {
        for (name, entries) in book.take(everything) {
            for rollup in entries.rollups {
                let waiting = self.batch.rollups.entry((rollup.slot, name.clone()));
                // Fewer results are those of a second time that the clock came by here.
                let newest = waiting.or_insert_with(|| rollup.clone());
                if rollup.counts.total() >= newest.counts.total() {
                    *newest = rollup;
                }
            }
            for mut record in entries.troubles {
                let written = |report: Option<std::sync::Arc<_>>| report.and_then(|report| evidence::write(&report));
                let (first, last) = (written(record.first.take()), written(record.last.take()));
                let key = (nanos(record.from), name.clone(), record.state);
                let (waiting_first, waiting_last) =
                    self.batch.troubles.remove(&key).map_or((None, None), |row| (row.first, row.last));
                let row = TroubleRow { record, first: waiting_first.or(first), last: last.or(waiting_last) };
                self.batch.troubles.insert(key, row);
            }
        }
        book.give_up(self.shorten());
    }

    fn shorten(&mut self) -> u64 {
        let Batch { troubles, rollups } = &mut self.batch;
        let mut given_up = 0;
        while troubles.len() > Self::MOST_TROUBLES && troubles.pop_first().is_some() {
            given_up += 1;
        }
        while rollups.len() > Self::MOST_ROLLUPS && rollups.pop_first().is_some() {
            given_up += 1;
        }
        given_up
    }

    /// What is to be written.
    pub(super) fn batch(&self) -> &Batch {
        &self.batch
    }

    /// Whether that is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// It was written.
    pub(super) fn clear(&mut self) {
        self.batch = Batch::default();
    }

    /// Forgets open troubles of a pair: they are an older one, which will be told.
    pub(super) fn forget(&mut self, name: &Name) {
        self.batch.troubles.retain(|(_, whose, _), row| whose != name || row.record.to.is_some());
    }
}
