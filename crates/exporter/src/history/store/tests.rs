use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use prober::cause::{Cause, State};
use prober::plan::Severity;
use time::macros::datetime;

use super::*;
use crate::history::figures::Figures;
use crate::history::model::{Filter, HalfHour, LatencySpan};
use crate::history::rollup::Rollup;
use crate::history::slot::{half_of, slot_of};
use crate::history::trouble::Record;

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

struct File(PathBuf);

impl File {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("reachwatch-store-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> PathBuf {
        self.0.join("history.sqlite3")
    }

    fn open(&self) -> Store {
        Store::open(&self.path(), NOW).unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

fn trouble(from: OffsetDateTime, to: Option<OffsetDateTime>) -> TroubleRow {
    let record = Record {
        group: "g".to_owned(),
        severity: Severity::Critical,
        state: State::Blocked,
        cause: Cause::TcpRefused,
        blame: Cause::TcpRefused.blame(),
        detail: "refused".to_owned(),
        from,
        to,
        probes: 1,
        first: None,
        last: None,
    };
    TroubleRow { record, first: Some("x".repeat(4000)), last: Some("y".repeat(4000)) }
}

fn rollup(at: OffsetDateTime) -> Rollup {
    let figures = Some(Figures { samples: 5, min: 10_000, median: 20_000, p95: 40_000, max: 80_000 });
    let counts = HalfHour { reachable: 5, ..HalfHour::default() };
    Rollup { slot: slot_of(at), counts, figures: [figures; 8] }
}

fn hours(hours: i64) -> time::Duration {
    time::Duration::hours(hours)
}

/// A batch with a trouble that is over, one that is open, and a rollup, of a pair each.
fn batch(at: OffsetDateTime, number: usize) -> Batch {
    let name = |what: &str| Name::new(&format!("{what}-{number}"), "direct");
    let mut batch = Batch::default();
    let over = trouble(at, Some(at + hours(1)));
    batch.troubles.insert((nanos(at), name("over"), State::Blocked), over);
    batch.troubles.insert((nanos(at), name("open"), State::Blocked), trouble(at, None));
    let rollup = rollup(at);
    batch.rollups.insert((rollup.slot, name("timed")), rollup);
    batch
}

fn count(store: &Store, table: &str) -> i64 {
    store.connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

fn pragma(store: &Store, name: &str) -> String {
    let value = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
    match store.connection.query_row(&format!("PRAGMA {name}"), [], value).unwrap() {
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_empty_file_becomes_ours_with_its_settings() {
    let file = File::new();
    // Version 0, as a file is that holds nothing yet.
    std::fs::write(file.path(), "").unwrap();
    let store = file.open();
    let settings = ["user_version", "auto_vacuum", "journal_mode", "synchronous", "foreign_keys", "integrity_check"];
    assert_eq!(settings.map(|name| pragma(&store, name)), ["1", "2", "wal", "2", "1", "ok"]);
    drop(store);
    let again = file.open();
    assert_eq!((pragma(&again, "user_version").as_str(), count(&again, "runs")), ("1", 2));
}

#[test]
fn writing_twice_does_no_harm() {
    let mut store = Store::in_memory(NOW).unwrap();
    for _ in 0..2 {
        store.write(&batch(NOW, 0), NOW).unwrap();
    }
    let tables = ["troubles", "findings", "rollups", "pairs"];
    assert_eq!(tables.map(|table| count(&store, table)), [2, 2, 1, 3]);
}

#[test]
fn a_full_file_fails_whole_and_works_again_when_there_is_room() {
    let file = File::new();
    let mut store = file.open();
    store.write(&batch(NOW, 0), NOW).unwrap();
    let pages: i64 = pragma(&store, "page_count").parse().unwrap();
    store.connection.pragma_update(None, "max_page_count", pages).unwrap();
    let error = (1..50).find_map(|number| store.write(&batch(NOW, number), NOW).err()).unwrap();
    assert_eq!(prober::text::with_sources(&error), "cannot write a batch: database or disk is full");
    assert!(!error.is_damage());
    let written = count(&store, "rollups");
    assert_eq!(count(&store, "troubles"), 2 * written, "a batch is there whole or not at all");
    store.connection.pragma_update(None, "max_page_count", 10 * pages).unwrap();
    let number = usize::try_from(written).unwrap();
    store.write(&batch(NOW, number), NOW).unwrap();
    assert_eq!((count(&store, "rollups"), pragma(&store, "integrity_check").as_str()), (written + 1, "ok"));
}

#[test]
fn what_is_too_old_goes_and_the_file_shrinks() {
    const DAYS: usize = 40;
    let file = File::new();
    let mut store = file.open();
    for day in 0..DAYS {
        let at = NOW - time::Duration::days(i64::try_from(day).unwrap());
        for number in 0..5 {
            store.write(&batch(at, 100 * number + day), at).unwrap();
        }
    }
    let before = store.used_bytes().unwrap();
    let bounds = Bounds { days: 30, bytes: u64::MAX };
    let mut steps = 0;
    while store.prune(bounds, NOW).unwrap() {
        steps += 1;
    }
    assert!(steps >= 2, "in steps: {steps}");
    // What is open stays, and so do its pair and its findings. Thirty days ago is not too old.
    let kept = 5 * 31;
    let expected = [5 * 40 + kept, 5 * 40 + kept, kept, 5 * 40 + 2 * kept];
    assert_eq!(["troubles", "findings", "rollups", "pairs"].map(|table| count(&store, table)), expected);
    assert!(store.used_bytes().unwrap() < before);
    assert_eq!(pragma(&store, "freelist_count"), "0");
    let pages: u64 = pragma(&store, "page_count").parse().unwrap();
    store.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    assert_eq!(std::fs::metadata(file.path()).unwrap().len(), pages * 4096);
    // Their numbers were given back: what is new is written all the same.
    store.write(&batch(NOW, 39), NOW).unwrap();
}

#[test]
fn what_is_too_much_goes_with_the_oldest_first_and_rollups_before_troubles() {
    let mut store = Store::in_memory(NOW).unwrap();
    for hour in 0..100 {
        store.write(&batch(NOW - hours(hour), usize::try_from(hour).unwrap()), NOW).unwrap();
    }
    let all = store.used_bytes().unwrap();
    let prune = |store: &mut Store, bytes| while store.prune(Bounds { days: 30, bytes }, NOW).unwrap() {};
    prune(&mut store, all - 4096);
    let oldest: i64 = store.connection.query_row("SELECT min(half) FROM rollups", [], |row| row.get(0)).unwrap();
    assert!(count(&store, "rollups") < 100 && oldest > half_of(NOW - hours(99)));
    assert_eq!(count(&store, "troubles"), 200);
    prune(&mut store, all / 2);
    assert_eq!(count(&store, "rollups"), 0);
    assert!(count(&store, "troubles") < 200);
    // Open ones are never too much.
    prune(&mut store, 0);
    assert_eq!((count(&store, "troubles"), count(&store, "findings")), (100, 100));
    let open = Filter { limit: Some(1), ..Filter::default() };
    assert_eq!(store.troubles(&open).unwrap()[0].to, None);
}

#[test]
fn what_other_versions_wrote_is_skipped_and_no_fault() {
    let mut store = Store::in_memory(NOW).unwrap();
    store.write(&batch(NOW, 0), NOW).unwrap();
    let name = Name::new("over-0", "direct");
    let trouble = store.troubles(&Filter { endpoint: Some("over-0".into()), ..Filter::default() }).unwrap().remove(0);
    // Its findings are no JSON.
    assert_eq!((store.evidence(trouble.id).unwrap(), store.last_failure(&name).unwrap()), (None, None));
    store.connection.execute("UPDATE troubles SET cause = 'no_such_cause' WHERE id = ?1", [trouble.id]).unwrap();
    store.connection.execute("UPDATE rollups SET figures = x'ff'", []).unwrap();
    assert_eq!(store.troubles(&Filter::default()).unwrap().len(), 1);
    assert_eq!(store.latencies(&Name::new("timed-0", "direct"), LatencySpan::Day, NOW).unwrap(), []);
}
