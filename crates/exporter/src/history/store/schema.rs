//! What the file looks like, and how older ones become like that.

use rusqlite::ffi::SQLITE_ERROR;
use rusqlite::{Connection, TransactionBehavior};

use super::write::{INSERT_ROLLUP, INSERT_RUN, NOTE_WRITING, UPSERT_FINDINGS, UPSERT_PAIR, UPSERT_TROUBLE};
use super::{Doing, Refusal, StoreError};

/// Settings of every connection that writes. `auto_vacuum` has to come first: it holds only for a file without anything
/// in it yet.
pub(super) const SETTINGS: &str = "
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA journal_size_limit = 8388608;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
";

/// From each version to the next; the first makes an empty file ours. Steps that were released are never changed.
const STEPS: &[&str] = &["
    -- Processes that wrote here: when they began, and when they last wrote (nanoseconds from 1970 on, as all stamps).
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        began INTEGER NOT NULL,
        written INTEGER NOT NULL
    ) STRICT;

    -- An endpoint over a path, and the newest half-hour with results of it.
    CREATE TABLE pairs (
        id INTEGER PRIMARY KEY,
        endpoint TEXT NOT NULL,
        path TEXT NOT NULL,
        seen INTEGER NOT NULL,
        UNIQUE (endpoint, path)
    ) STRICT;

    CREATE TABLE troubles (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        pair INTEGER NOT NULL REFERENCES pairs (id),
        began INTEGER NOT NULL,
        state TEXT NOT NULL,
        ended INTEGER,
        \"group\" TEXT NOT NULL,
        severity TEXT NOT NULL,
        cause TEXT NOT NULL,
        blame TEXT NOT NULL,
        detail TEXT NOT NULL,
        probes INTEGER NOT NULL,
        UNIQUE (pair, began, state)
    ) STRICT;
    CREATE INDEX troubles_by_began ON troubles (began);
    CREATE INDEX troubles_by_ended ON troubles (ended);

    -- The first and the last failure of a trouble, as JSON; apart, since few of them are ever read.
    CREATE TABLE findings (
        trouble INTEGER PRIMARY KEY REFERENCES troubles (id) ON DELETE CASCADE,
        first TEXT,
        last TEXT
    ) STRICT;

    -- Five minutes of a pair. In the order of time, so that a minute's batch is written in one place and what is too old
    -- goes in one piece, but in steps of half an hour, so that one pair's results are found in few places. Each process
    -- has rows of its own: what two saw of the same five minutes is put together by who reads it.
    CREATE TABLE rollups (
        half INTEGER NOT NULL,
        pair INTEGER NOT NULL,
        slot INTEGER NOT NULL,
        run INTEGER NOT NULL,
        reachable INTEGER NOT NULL,
        degraded INTEGER NOT NULL,
        blocked INTEGER NOT NULL,
        unknown INTEGER NOT NULL,
        figures BLOB NOT NULL,
        PRIMARY KEY (half, pair, slot, run)
    ) STRICT, WITHOUT ROWID;
"];

/// The version that the last step leads to.
#[expect(clippy::cast_possible_wrap, reason = "there are a handful")]
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// Refuses a file of a later version, before anything of it is touched.
pub(super) fn refuse_newer(connection: &Connection) -> Result<(), StoreError> {
    let found = version(connection)?;
    if found > VERSION { Err(StoreError::Newer { found }) } else { Ok(()) }
}

/// Brings a file to the newest version, step by step; each is done whole or not at all.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    const OPERATION: &str = "bring the file to the newest version";
    let found = version(connection)?;
    for (number, step) in (1..).zip(STEPS).filter(|(number, _)| *number > found) {
        let step = format!("{step} PRAGMA user_version = {number};");
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).doing(OPERATION)?;
        transaction.execute_batch(&step).map_err(foreign)?;
        transaction.commit().doing(OPERATION)?;
    }
    Ok(())
}

/// Whether what is written can be: a file that says it is ours may have been made by somebody else.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let statements = [UPSERT_PAIR, UPSERT_TROUBLE, UPSERT_FINDINGS, INSERT_ROLLUP, NOTE_WRITING, INSERT_RUN];
    statements.iter().try_for_each(|statement| connection.prepare(statement).map(drop)).map_err(foreign)
}

/// SQLite's general error on a statement of ours says that tables are not as they should be.
fn foreign(error: rusqlite::Error) -> StoreError {
    let code = match &error {
        rusqlite::Error::SqlInputError { error, .. } => Some(error.extended_code),
        other => other.sqlite_error().map(|error| error.extended_code),
    };
    match code {
        Some(SQLITE_ERROR) => StoreError::Foreign { source: Refusal(error) },
        _ => StoreError::Sqlite { operation: "look at the file's tables", source: Refusal(error) },
    }
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).doing("read the file's version")
}
