//! Writing batches, each whole or not at all.

use std::collections::{BTreeMap, HashMap};

use prober::cause::State;
use rusqlite::{Transaction, TransactionBehavior, params};
use time::OffsetDateTime;

use super::{Doing, PairRow, Store, StoreError};
use crate::history::book::Name;
use crate::history::model::HalfHour;
use crate::history::rollup::{Rollup, encode};
use crate::history::slot::{SLOTS_OF_HALF, nanos};
use crate::history::trouble::Record;

/// What is to be written, the newest of each thing once.
#[derive(Debug, Default)]
pub(in crate::history) struct Batch {
    /// Troubles by what tells them apart.
    pub(in crate::history) troubles: BTreeMap<TroubleKey, TroubleRow>,
    /// Rollups by slot and pair.
    pub(in crate::history) rollups: BTreeMap<(i64, Name), Rollup>,
}

/// What tells a trouble apart: pair, beginning, state.
type TroubleKey = (i64, Name, State);

/// A trouble with its findings as text; the reports of the record are of no further use.
#[derive(Debug)]
pub(in crate::history) struct TroubleRow {
    pub(in crate::history) record: Record,
    /// Where it is none, what was written stays.
    pub(in crate::history) first: Option<String>,
    /// Where it is none, what was written stays.
    pub(in crate::history) last: Option<String>,
}

impl Batch {
    /// Whether there is nothing to write.
    pub(in crate::history) fn is_empty(&self) -> bool {
        self.troubles.is_empty() && self.rollups.is_empty()
    }
}

impl Store {
    /// Writes a batch.
    pub(in crate::history) fn write(&mut self, batch: &Batch, now: OffsetDateTime) -> Result<(), StoreError> {
        let Self { connection, pairs, run } = self;
        let written = transact(connection, |transaction| {
            for ((began, name, state), row) in &batch.troubles {
                let half = began.div_euclid(1_000_000_000 * 1800);
                let pair = pair_of(transaction, pairs, name, half)?;
                write_trouble(transaction, pair, *began, *state, row)?;
            }
            write_rollups(transaction, pairs, *run, batch)?;
            transaction.execute(NOTE_WRITING, [*run, nanos(now)])?;
            Ok(())
        });
        if written.is_err() {
            // Some of these numbers may have been given in what did not come about.
            pairs.clear();
        }
        written.doing("write a batch")
    }
}

/// Does something whole or not at all.
pub(super) fn transact(
    connection: &mut rusqlite::Connection,
    act: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    act(&transaction)?;
    transaction.commit()
}

fn write_rollups(
    transaction: &Transaction<'_>,
    pairs: &mut HashMap<Name, PairRow>,
    run: i64,
    batch: &Batch,
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare(INSERT_ROLLUP)?;
    for ((slot, name), rollup) in &batch.rollups {
        let (half, slot) = (slot.div_euclid(SLOTS_OF_HALF), slot.rem_euclid(SLOTS_OF_HALF));
        let pair = pair_of(transaction, pairs, name, half)?;
        let HalfHour { reachable, degraded, blocked, unknown } = rollup.counts;
        let figures = encode(&rollup.figures);
        insert.execute(params![half, pair, slot, run, reachable, degraded, blocked, unknown, figures])?;
    }
    Ok(())
}

pub(super) const INSERT_ROLLUP: &str = "
    INSERT INTO rollups (half, pair, slot, run, reachable, degraded, blocked, unknown, figures)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (half, pair, slot, run) DO UPDATE SET
        reachable = excluded.reachable, degraded = excluded.degraded, blocked = excluded.blocked,
        unknown = excluded.unknown, figures = excluded.figures
    -- Fewer results are those of a second time that the clock came by here.
    WHERE excluded.reachable + excluded.degraded + excluded.blocked + excluded.unknown
        >= rollups.reachable + rollups.degraded + rollups.blocked + rollups.unknown";

pub(super) const UPSERT_PAIR: &str = "
    INSERT INTO pairs (endpoint, path, seen) VALUES (?1, ?2, ?3)
    ON CONFLICT (endpoint, path) DO UPDATE SET seen = max(seen, excluded.seen) RETURNING id, seen";

pub(super) const UPSERT_TROUBLE: &str = "
    INSERT INTO troubles (pair, began, state, ended, \"group\", severity, cause, blame, detail, probes)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    ON CONFLICT (pair, began, state) DO UPDATE SET
        ended = excluded.ended, cause = excluded.cause, blame = excluded.blame, detail = excluded.detail,
        probes = excluded.probes
    RETURNING id";

pub(super) const UPSERT_FINDINGS: &str = "
    INSERT INTO findings (trouble, first, last) VALUES (?1, coalesce(?2, ?3), ?3)
    ON CONFLICT (trouble) DO UPDATE SET first = coalesce(?2, first), last = coalesce(?3, last)";

pub(super) const INSERT_RUN: &str = "INSERT INTO runs (began, written) VALUES (?1, ?1)";

pub(super) const NOTE_WRITING: &str = "UPDATE runs SET written = ?2 WHERE id = ?1";

/// The number of a pair, which is noted to have been seen in a half-hour.
pub(super) fn pair_of(
    transaction: &Transaction<'_>,
    pairs: &mut HashMap<Name, PairRow>,
    name: &Name,
    half: i64,
) -> rusqlite::Result<i64> {
    if let Some(known) = pairs.get(name).filter(|known| known.seen >= half) {
        return Ok(known.id);
    }
    let row = transaction.query_row(UPSERT_PAIR, params![&*name.endpoint, &*name.path, half], |row| {
        Ok(PairRow { id: row.get(0)?, seen: row.get(1)? })
    })?;
    pairs.insert(name.clone(), row);
    Ok(row.id)
}

fn write_trouble(
    transaction: &Transaction<'_>,
    pair: i64,
    began: i64,
    state: State,
    row: &TroubleRow,
) -> rusqlite::Result<()> {
    let Record { group, severity, cause, blame, detail, to, probes, .. } = &row.record;
    let probes = i64::try_from(*probes).unwrap_or(i64::MAX);
    let (severity, cause, blame) = (severity.as_str(), cause.as_str(), blame.as_str());
    let values = params![pair, began, state.as_str(), to.map(nanos), group, severity, cause, blame, detail, probes];
    let id: i64 = transaction.query_row(UPSERT_TROUBLE, values, |row| row.get(0))?;
    if row.first.is_none() && row.last.is_none() {
        return Ok(());
    }
    transaction.execute(UPSERT_FINDINGS, params![id, row.first, row.last])?;
    Ok(())
}
