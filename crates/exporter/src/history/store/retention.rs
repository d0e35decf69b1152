//! What is too old, or too much, goes: in small steps, since the thread that does it also writes.

use rusqlite::params;
use time::OffsetDateTime;

use super::write::transact;
use super::{Doing, Store, StoreError};
use crate::history::slot::{half_of, nanos};

/// How long and how much is kept.
#[derive(Debug, Clone, Copy)]
pub(in crate::history) struct Bounds {
    /// In days.
    pub(in crate::history) days: i64,
    /// In bytes of what is kept.
    pub(in crate::history) bytes: u64,
}

/// How many half-hours of rollups go in one step.
const HALVES: usize = 8;
/// How many troubles go in one step.
const TROUBLES: i64 = 500;
/// How many freed pages are given back in one step: 8 MiB.
const PAGES: i64 = 2048;

impl Store {
    /// Bytes of what is kept, without those that were freed.
    pub(in crate::history) fn used_bytes(&self) -> Result<u64, StoreError> {
        let number =
            |pragma: &str| -> rusqlite::Result<i64> { self.connection.query_row(pragma, [], |row| row.get(0)) };
        let bytes = || -> rusqlite::Result<i64> {
            Ok((number("PRAGMA page_count")? - number("PRAGMA freelist_count")?) * number("PRAGMA page_size")?)
        };
        Ok(u64::try_from(bytes().doing("measure the history")?).unwrap_or_default())
    }

    /// Removes some of what is older than the bounds, or the oldest of what is more than they allow: rollups first, since
    /// troubles are what people come back for. Returns whether anything went.
    pub(in crate::history) fn prune(&mut self, bounds: Bounds, now: OffsetDateTime) -> Result<bool, StoreError> {
        let oldest_allowed = now - time::Duration::days(bounds.days);
        let mut removed = 0;
        for _ in 0..HALVES {
            let is_too_much = self.used_bytes()? > bounds.bytes;
            let end = if is_too_much { i64::MAX } else { half_of(oldest_allowed) };
            let gone = self.remove_oldest_half(end)?;
            removed += gone;
            if gone == 0 {
                break;
            }
        }
        removed += self.remove_troubles(nanos(oldest_allowed), TROUBLES)?;
        if self.used_bytes()? > bounds.bytes && removed == 0 {
            // Some open ones are always left; there are no more of them than pairs.
            removed += self.remove_troubles(i64::MAX, TROUBLES)?;
        }
        removed += self.remove_runs(oldest_allowed)?;
        removed += self.remove_pairs(half_of(oldest_allowed))?;
        self.give_back()?;
        Ok(removed > 0)
    }

    fn remove_oldest_half(&mut self, end: i64) -> Result<usize, StoreError> {
        let delete = "DELETE FROM rollups WHERE half = (SELECT min(half) FROM rollups) AND half < ?1";
        self.connection.execute(delete, [end]).doing("remove old rollups")
    }

    fn remove_troubles(&mut self, end: i64, most: i64) -> Result<usize, StoreError> {
        let delete = "DELETE FROM troubles WHERE id IN
                      (SELECT id FROM troubles WHERE ended < ?1 ORDER BY ended LIMIT ?2)";
        self.connection.execute(delete, params![end, most]).doing("remove old troubles")
    }

    fn remove_runs(&mut self, oldest: OffsetDateTime) -> Result<usize, StoreError> {
        let delete = "DELETE FROM runs WHERE written < ?1 AND id < ?2";
        self.connection.execute(delete, params![nanos(oldest), self.run]).doing("remove old runs")
    }

    /// Pairs of which nothing is left. Their numbers may be given anew.
    fn remove_pairs(&mut self, oldest: i64) -> Result<usize, StoreError> {
        let Self { connection, pairs, .. } = self;
        let mut removed = 0;
        let removal = transact(connection, |transaction| {
            let oldest_left: Option<i64> =
                transaction.query_row("SELECT min(half) FROM rollups", [], |row| row.get(0))?;
            let delete = "DELETE FROM pairs WHERE seen < ?1 AND id NOT IN (SELECT pair FROM troubles)";
            removed = transaction.execute(delete, [oldest_left.map_or(oldest, |half| half.min(oldest))])?;
            Ok(())
        });
        if removed > 0 {
            pairs.clear();
        }
        removal.doing("remove old pairs").map(|()| removed)
    }

    /// Gives freed pages back, so that the file shrinks.
    fn give_back(&mut self) -> Result<(), StoreError> {
        // The pragma yields a row for every page.
        let pragma = format!("PRAGMA incremental_vacuum({PAGES})");
        let vacuum = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare(&pragma)?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            Ok(())
        };
        vacuum().doing("give space back")
    }
}
