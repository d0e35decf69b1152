//! What was kept in memory goes into the file, once there is one.

use std::collections::{HashMap, HashSet};

use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, params};

use super::write::{INSERT_ROLLUP, pair_of, transact};
use super::{Doing, PairRow, Store, StoreError};
use crate::history::book::Name;

impl Store {
    /// Takes over what another history holds, but for open troubles of some pairs, which go on in this one.
    pub(in crate::history) fn copy(&mut self, other: &Self, going_on: &HashSet<Name>) -> Result<(), StoreError> {
        let Self { connection, pairs, run } = self;
        let copied = transact(connection, |transaction| {
            copy_troubles(transaction, pairs, &other.connection, going_on)?;
            copy_rollups(transaction, pairs, &other.connection, *run)
        });
        if copied.is_err() {
            pairs.clear();
        }
        copied.doing("take over what was kept in memory")
    }
}

type Pairs = HashMap<Name, PairRow>;

fn copy_troubles(
    to: &Transaction<'_>,
    pairs: &mut Pairs,
    from: &Connection,
    going_on: &HashSet<Name>,
) -> rusqlite::Result<()> {
    let mut select = from.prepare(
        "SELECT p.endpoint, p.path, p.seen, t.began, t.state, t.ended, t.\"group\", t.severity, t.cause, t.blame,
                t.detail, t.probes, f.first, f.last
         FROM troubles t JOIN pairs p ON p.id = t.pair LEFT JOIN findings f ON f.trouble = t.id ORDER BY t.id",
    )?;
    let mut insert = to.prepare(
        "INSERT OR REPLACE INTO troubles
            (pair, began, state, ended, \"group\", severity, cause, blame, detail, probes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING id",
    )?;
    let mut add = to.prepare("INSERT OR REPLACE INTO findings (trouble, first, last) VALUES (?1, ?2, ?3)")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let name = Name::new(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
        let ended: Option<i64> = row.get(5)?;
        if ended.is_none() && going_on.contains(&name) {
            continue;
        }
        let pair = pair_of(to, pairs, &name, row.get(2)?)?;
        let value = |index| row.get::<_, Value>(index);
        let (began, state, group, severity) = (value(3)?, value(4)?, value(6)?, value(7)?);
        let (cause, blame, detail, probes) = (value(8)?, value(9)?, value(10)?, value(11)?);
        let values = params![pair, began, state, ended, group, severity, cause, blame, detail, probes];
        let id: i64 = insert.query_row(values, |row| row.get(0))?;
        add.execute(params![id, value(12)?, value(13)?])?;
    }
    Ok(())
}

fn copy_rollups(to: &Transaction<'_>, pairs: &mut Pairs, from: &Connection, run: i64) -> rusqlite::Result<()> {
    let mut select = from.prepare(
        "SELECT p.endpoint, p.path, r.half, r.slot, r.reachable, r.degraded, r.blocked, r.unknown, r.figures
         FROM rollups r JOIN pairs p ON p.id = r.pair ORDER BY r.half, r.pair, r.slot",
    )?;
    let mut insert = to.prepare(INSERT_ROLLUP)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let half: i64 = row.get(2)?;
        let name = Name::new(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
        let pair = pair_of(to, pairs, &name, half)?;
        let value = |index| row.get::<_, Value>(index);
        let (slot, reachable, degraded) = (value(3)?, value(4)?, value(5)?);
        let (blocked, unknown, figures) = (value(6)?, value(7)?, value(8)?);
        insert.execute(params![half, pair, slot, run, reachable, degraded, blocked, unknown, figures])?;
    }
    Ok(())
}
