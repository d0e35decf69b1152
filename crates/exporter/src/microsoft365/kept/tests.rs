use serde_json::json;
use time::macros::datetime;

use super::super::sample;
use super::*;

fn taken() -> Kept {
    let changes = json!([
        sample::change(7, "2025120100", "20260115", "new.example"),
        {"id": 8, "endpointSetId": 1, "disposition": "Change", "version": "2025110100", "remove": {"urls": ["*.old.example"]}},
    ]);
    sample::kept("2025120100", &["a.example", "*.b.example"], &changes, datetime!(2026-01-01 12:00 UTC))
}

#[test]
fn what_is_written_is_read_as_it_was() {
    let before = taken();
    let after = Kept::read(Instance::Worldwide, &before.write().unwrap()).unwrap();
    assert_eq!((after.version, after.fetched_at, after.since), (before.version, before.fetched_at, before.since));
    assert_eq!((&after.list, &after.changes), (&before.list, &before.changes));
    assert_eq!(after.former, before.former);
    assert!(after.former.had("x.old.example").is_some());
    assert_eq!(after.write().unwrap(), before.write().unwrap());

    let without = Kept { changes: None, sources: Sources { changes: None, ..before.sources }, ..before };
    let after = Kept::read(Instance::Worldwide, &without.write().unwrap()).unwrap();
    assert_eq!(after.changes, None);
}

#[test]
fn a_file_that_is_not_whole_or_not_of_the_instance_is_refused() {
    let whole = String::from_utf8(taken().write().unwrap()).unwrap();
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        assert!(Kept::read(Instance::Worldwide, &whole.as_bytes()[..cut]).is_err(), "{cut}");
    }
    assert!(matches!(Kept::read(Instance::China, whole.as_bytes()), Err(KeptError::Value("instance"))));
    for (from, to) in [
        ("\"version\":\"2025120100\",\"fetched_at\"", "\"version\":\"2\",\"fetched_at\""),
        ("2026-01-01T12:00:00Z", "yesterday"),
        ("\"since\":\"0000000000\"", "\"since\":\"x\""),
        ("*.old.example\",\"2025110100\"", "*\",\"2025110100\""),
        ("\"urls\":[\"a.example\"", "\"urls\":[\"a b\""),
        ("\"since\"", "\"sense\""),
    ] {
        let damaged = whole.replacen(from, to, 1);
        assert_ne!(damaged, whole, "{from}");
        assert!(Kept::read(Instance::Worldwide, damaged.as_bytes()).is_err(), "{to}");
    }
}
