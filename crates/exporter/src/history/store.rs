//! The history in SQLite.
//!
//! [WAL](https://www.sqlite.org/wal.html) with `synchronous=FULL`: a batch that was written survives the end of the process
//! and of the machine's power; with `NORMAL` it would survive the former only, and a branch's machine is switched off at
//! will. That costs one fsync a batch, on a thread that has nothing else to do.

mod copy;
mod query;
mod retention;
mod schema;
mod write;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use thiserror::Error;
use time::OffsetDateTime;

pub(super) use self::query::Left;
pub(super) use self::retention::Bounds;
use self::write::INSERT_RUN;
pub(super) use self::write::{Batch, TroubleRow};
use super::book::Name;
use super::slot::{from_nanos, nanos};

/// What SQLite could not do.
#[derive(Debug, Error)]
pub(super) enum StoreError {
    /// It says why.
    #[error("cannot {operation}")]
    Sqlite {
        operation: &'static str,
        #[source]
        source: Refusal,
    },
    /// A later version of the program wrote the file; what is in it is not ours to touch.
    #[error("its schema is version {found}, and this program knows versions up to {}", schema::VERSION)]
    Newer { found: i64 },
    /// Its tables are not those that the version stands for.
    #[error("its tables are not those of a history")]
    Foreign {
        #[source]
        source: Refusal,
    },
    /// There is no place to keep anything, not even memory.
    #[error("there is no history")]
    Absent,
}

impl StoreError {
    /// Whether the file itself is broken, or was never one.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Sqlite { source, .. } => {
                matches!(source.0.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
            }
            Self::Foreign { .. } => true,
            Self::Newer { .. } | Self::Absent => false,
        }
    }
}

/// What SQLite says, once: the source of its error would say it again, with a number.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct Refusal(rusqlite::Error);

/// Names what was being done.
trait Doing<T> {
    fn doing(self, operation: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, operation: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Sqlite { operation, source: Refusal(source) })
    }
}

/// An open history.
#[derive(Debug)]
pub(super) struct Store {
    connection: Connection,
    /// Pairs that were written, with their numbers and the newest half-hour of each.
    pairs: HashMap<Name, PairRow>,
    /// The number of this process among those that wrote the file.
    run: i64,
}

#[derive(Debug, Clone, Copy)]
struct PairRow {
    id: i64,
    seen: i64,
}

impl Store {
    /// How long a statement waits for somebody else's, such as a person's with the sqlite3 shell.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// Opens a file to write, begun where there is none, and brought to the newest schema.
    pub(super) fn open(file: &Path, now: OffsetDateTime) -> Result<Self, StoreError> {
        // Not SQLITE_OPEN_URI, since a path is no address; no mutex, since there is one thread at a time.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags).doing("open the file")?;
        Self::prepare(connection, now)
    }

    /// One that is kept in memory.
    pub(super) fn in_memory(now: OffsetDateTime) -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory().doing("open a history in memory")?, now)
    }

    /// Opens a file that is open already, for those who read.
    pub(super) fn open_to_read(file: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags).doing("open the file to read")?;
        connection.busy_timeout(Self::PATIENCE).doing("set up the file")?;
        Ok(Self { connection, pairs: HashMap::new(), run: 0 })
    }

    fn prepare(mut connection: Connection, now: OffsetDateTime) -> Result<Self, StoreError> {
        connection.busy_timeout(Self::PATIENCE).doing("set up the file")?;
        schema::refuse_newer(&connection)?;
        connection.execute_batch(schema::SETTINGS).doing("set up the file")?;
        schema::migrate(&mut connection)?;
        schema::check(&connection)?;
        connection.execute(INSERT_RUN, [nanos(now)]).doing("begin a run")?;
        let run = connection.last_insert_rowid();
        Ok(Self { connection, pairs: HashMap::new(), run })
    }

    /// When an earlier process last wrote, if there was one.
    pub(super) fn last_written(&self) -> Result<Option<OffsetDateTime>, StoreError> {
        let select = "SELECT max(written) FROM runs WHERE id <> ?1";
        let newest: Option<i64> =
            self.connection.query_row(select, [self.run], |row| row.get(0)).doing("read when it was last written")?;
        Ok(newest.map(from_nanos))
    }

    /// Looks at every page; what is wrong with one is damage. Slow.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let check = || {
            let answer: String = self.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            if answer == "ok" {
                return Ok(());
            }
            let damaged = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
            Err(rusqlite::Error::SqliteFailure(damaged, Some(answer)))
        };
        check().doing("check the file")
    }
}

/// A store that is read by many; none where not even memory can be had.
#[derive(Debug)]
pub(super) struct Reader(Option<Store>);

impl Reader {
    /// One that is kept in memory.
    pub(super) fn in_memory(now: OffsetDateTime) -> Self {
        Self(Store::in_memory(now).inspect_err(|error| tracing::error!(%error, "no history in memory")).ok())
    }

    /// Another one takes its place.
    pub(super) fn replace(&mut self, store: Store) {
        self.0 = Some(store);
    }

    pub(super) fn store(&mut self) -> Result<&mut Store, StoreError> {
        self.0.as_mut().ok_or(StoreError::Absent)
    }
}

#[cfg(test)]
mod tests;
