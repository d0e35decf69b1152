//! What is asked of the history.

use prober::text::Clean;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{OptionalExtension, Row, params, params_from_iter};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer};
use time::OffsetDateTime;

use super::{Doing, Store, StoreError};
use crate::history::book::Name;
use crate::history::evidence;
use crate::history::figures::Figures;
use crate::history::model::{DETAIL_CHARS, Filter, Finding, HalfHour, Latency, LatencySpan, Trouble, TroubleState};
use crate::history::rollup::decode_whole;
use crate::history::slot::{HALVES_OF_DAY, SLOTS_OF_HALF, from_nanos, half_of, half_start, nanos, slot_start};
use crate::history::trouble::Record;

/// What is read of a trouble.
const TROUBLES: &str = "
    SELECT t.id, p.endpoint, p.path, t.\"group\", t.severity, t.state, t.cause, t.blame, t.detail, t.began, t.ended, t.probes
    FROM troubles t JOIN pairs p ON p.id = t.pair";

/// How many troubles are told where nobody says how many.
const DEFAULT_LIMIT: usize = 1000;

/// A trouble that was open when its process ended.
#[derive(Debug)]
pub(in crate::history) struct Left {
    pub(in crate::history) name: Name,
    pub(in crate::history) record: Record,
}

/// Results of a pair in a half-hour.
#[derive(Debug)]
pub(in crate::history) struct Seed {
    pub(in crate::history) name: Name,
    pub(in crate::history) half: i64,
    pub(in crate::history) counts: HalfHour,
}

impl Store {
    /// Troubles, the newest first.
    pub(in crate::history) fn troubles(&self, filter: &Filter) -> Result<Vec<Trouble>, StoreError> {
        let (conditions, values) = conditions(filter);
        let sql = format!("{TROUBLES} {conditions} ORDER BY t.began DESC, t.id DESC LIMIT ?");
        let mut troubles = Vec::new();
        let read = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            while let Some(row) = rows.next()? {
                troubles.extend(trouble(row)?);
            }
            Ok(())
        };
        read().doing("read troubles")?;
        Ok(troubles)
    }

    /// Troubles that are open.
    pub(in crate::history) fn left(&self) -> Result<Vec<Left>, StoreError> {
        let open = Filter { state: Some(TroubleState::Open), limit: Some(usize::MAX), ..Filter::default() };
        let left = self.troubles(&open)?.into_iter().map(|trouble| Left {
            name: Name::new(&trouble.endpoint, &trouble.path),
            record: Record {
                group: trouble.group,
                severity: trouble.severity,
                state: trouble.state,
                cause: trouble.cause,
                blame: trouble.blame,
                detail: trouble.detail.into(),
                from: trouble.from,
                to: None,
                probes: trouble.probes,
                first: None,
                last: None,
            },
        });
        Ok(left.collect())
    }

    /// The first and the last failure of a trouble; `None` where one was never kept or cannot be read any more.
    pub(in crate::history) fn evidence(&self, trouble: i64) -> Result<Option<(Finding, Finding)>, StoreError> {
        let select = "SELECT first, last FROM findings WHERE trouble = ?1";
        let texts: Option<(Option<String>, Option<String>)> = self
            .connection
            .query_row(select, [trouble], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .doing("read the evidence of a trouble")?;
        let findings = texts.and_then(|(first, last)| Some((evidence::read(&first?)?, evidence::read(&last?)?)));
        Ok(findings)
    }

    /// The newest trouble of a pair, with the evidence of its last failure.
    pub(in crate::history) fn last_failure(&self, name: &Name) -> Result<Option<(Trouble, Finding)>, StoreError> {
        let (endpoint, path) = (Some(name.endpoint.to_string()), Some(name.path.to_string()));
        let newest = Filter { endpoint, path, limit: Some(1), ..Filter::default() };
        let Some(trouble) = self.troubles(&newest)?.pop() else { return Ok(None) };
        let select = "SELECT last FROM findings WHERE trouble = ?1";
        let text: Option<Option<String>> = self
            .connection
            .query_row(select, [trouble.id], |row| row.get(0))
            .optional()
            .doing("read the last failure of a pair")?;
        Ok(text.flatten().and_then(|text| evidence::read(&text)).map(|finding| (trouble, finding)))
    }

    /// How many results of which state the 24 hours to a point in time brought.
    pub(in crate::history) fn day(&self, now: OffsetDateTime) -> Result<Vec<Seed>, StoreError> {
        let newest = half_of(now);
        let select = "
            SELECT p.endpoint, p.path, d.half, d.reachable, d.degraded, d.blocked, d.unknown
            FROM (
                SELECT half, pair, sum(reachable) AS reachable, sum(degraded) AS degraded, sum(blocked) AS blocked,
                       sum(unknown) AS unknown
                FROM rollups WHERE half > ?1 AND half <= ?2 GROUP BY half, pair
            ) d JOIN pairs p ON p.id = d.pair";
        let mut seeds = Vec::new();
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare(select)?;
            let mut rows = statement.query([newest - HALVES_OF_DAY, newest])?;
            while let Some(row) = rows.next()? {
                let name = Name::new(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
                let count = |index| row.get(index).map(|count: i64| u32::try_from(count).unwrap_or_default());
                let (reachable, degraded) = (count(3)?, count(4)?);
                let (blocked, unknown) = (count(5)?, count(6)?);
                let counts = HalfHour { reachable, degraded, blocked, unknown };
                seeds.push(Seed { name, half: row.get(2)?, counts });
            }
            Ok(())
        };
        read().doing("read the last day")?;
        Ok(seeds)
    }

    /// How long usable probes took, oldest first.
    pub(in crate::history) fn latencies(
        &self,
        name: &Name,
        span: LatencySpan,
        now: OffsetDateTime,
    ) -> Result<Vec<Latency>, StoreError> {
        self.read_latencies(name, span, half_of(now)).doing("read latencies")
    }

    fn read_latencies(&self, name: &Name, span: LatencySpan, newest: i64) -> rusqlite::Result<Vec<Latency>> {
        // One view of the file for all that follows, and one lock of it.
        let transaction = self.connection.unchecked_transaction()?;
        let select = "SELECT id FROM pairs WHERE endpoint = ?1 AND path = ?2";
        let pair: Option<i64> =
            transaction.query_row(select, [&*name.endpoint, &*name.path], |row| row.get(0)).optional()?;
        let Some(pair) = pair else { return Ok(Vec::new()) };
        let mut statement =
            transaction.prepare("SELECT slot, figures FROM rollups WHERE half = ?1 AND pair = ?2 ORDER BY slot")?;
        let halves = match span {
            LatencySpan::Day => HALVES_OF_DAY,
            LatencySpan::Week => 7 * HALVES_OF_DAY,
        };
        let mut latencies = Vec::new();
        for half in newest - halves + 1..=newest {
            let mut rows = statement.query(params![half, pair])?;
            let mut slots: Vec<(i64, Figures)> = Vec::new();
            while let Some(row) = rows.next()? {
                if let Some(figures) = decode_whole(row.get_ref(1)?.as_blob()?) {
                    slots.push((row.get(0)?, figures));
                }
            }
            match span {
                LatencySpan::Day => latencies.extend(slots.chunk_by(|one, next| one.0 == next.0).filter_map(|parts| {
                    let slot = half * SLOTS_OF_HALF + parts.first()?.0;
                    latency(slot_start(slot)?, parts)
                })),
                LatencySpan::Week => latencies.extend(half_start(half).and_then(|from| latency(from, &slots))),
            }
        }
        Ok(latencies)
    }
}

/// What slots, or the parts of one, say together.
fn latency(from: OffsetDateTime, parts: &[(i64, Figures)]) -> Option<Latency> {
    let parts: Vec<_> = parts.iter().map(|(_, figures)| *figures).collect();
    let Figures { samples, median, p95, .. } = Figures::of_parts(&parts)?;
    let duration = |micros: u32| std::time::Duration::from_micros(micros.into());
    Some(Latency { from, probes: samples, p50: duration(median), p95: duration(p95) })
}

/// What a filter means, and the values that it is about; the last is the limit.
fn conditions(filter: &Filter) -> (String, Vec<Value>) {
    let Filter { id, state, kind, endpoint, path, group, cause, blame, after, before, limit } = filter;
    let text = |text: &str| Value::Text(text.to_owned());
    let given = [
        ("p.endpoint = ?", endpoint.as_deref().map(text)),
        ("p.path = ?", path.as_deref().map(text)),
        ("t.\"group\" = ?", group.as_deref().map(text)),
        ("t.state = ?", kind.map(|kind| text(kind.as_str()))),
        ("t.id = ?", id.map(Value::Integer)),
        ("t.cause = ?", cause.map(|cause| text(cause.as_str()))),
        ("t.blame = ?", blame.map(|blame| text(blame.as_str()))),
        ("(t.ended IS NULL OR t.ended >= ?)", after.map(|after| Value::Integer(nanos(after)))),
        ("t.began < ?", before.map(|before| Value::Integer(nanos(before)))),
    ];
    let mut words: Vec<&str> = given.iter().filter(|(_, value)| value.is_some()).map(|(words, _)| *words).collect();
    words.extend(state.map(|state| match state {
        TroubleState::Open => "t.ended IS NULL",
        TroubleState::Closed => "t.ended IS NOT NULL",
    }));
    let mut values: Vec<Value> = given.into_iter().filter_map(|(_, value)| value).collect();
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
    let conditions = if words.is_empty() { String::new() } else { format!("WHERE {}", words.join(" AND ")) };
    (conditions, values)
}

/// A trouble as read; `None` where another version wrote words that this one does not know.
fn trouble(row: &Row<'_>) -> rusqlite::Result<Option<Trouble>> {
    let known = (word(row.get_ref(4)?)?, word(row.get_ref(5)?)?, word(row.get_ref(6)?)?, word(row.get_ref(7)?)?);
    let (Some(severity), Some(state), Some(cause), Some(blame)) = known else { return Ok(None) };
    Ok(Some(Trouble {
        id: row.get(0)?,
        endpoint: row.get(1)?,
        path: row.get(2)?,
        group: row.get(3)?,
        severity,
        state,
        cause,
        blame,
        detail: Clean::bounded(row.get_ref(8)?.as_str()?, DETAIL_CHARS),
        from: from_nanos(row.get(9)?),
        to: row.get::<_, Option<i64>>(10)?.map(from_nanos),
        probes: u64::try_from(row.get::<_, i64>(11)?).unwrap_or_default(),
    }))
}

/// A value of a closed set by its name.
fn word<T: DeserializeOwned>(text: ValueRef<'_>) -> rusqlite::Result<Option<T>> {
    let text: StrDeserializer<'_, serde::de::value::Error> = text.as_str()?.into_deserializer();
    Ok(T::deserialize(text).ok())
}
