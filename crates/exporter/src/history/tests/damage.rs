//! Files that cannot be read, that break, and that are not ours.

use std::os::unix::fs::FileExt;
use std::path::Path;

use super::*;

fn length(file: &Path) -> usize {
    usize::try_from(fs::metadata(file).unwrap().len()).unwrap()
}

/// Where the pages of a table begin.
fn root_of(file: &Path, table: &str) -> u64 {
    let connection = rusqlite::Connection::open(file).unwrap();
    let select = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let page: u32 = connection.query_row(select, [table], |row| row.get(0)).unwrap();
    u64::from(page - 1) * 4096
}

/// Writes something else in place of the file, or into it.
fn spoil(file: &Path, how: &str) {
    let table = how.strip_prefix("table ").map(|table| root_of(file, table));
    for companion in ["-wal", "-shm"] {
        let _gone = fs::remove_file(format!("{}{companion}", file.display()));
    }
    let open = || fs::OpenOptions::new().write(true).open(file).unwrap();
    match how {
        "garbage" => fs::write(file, "no database\n".repeat(1000)).unwrap(),
        "little" => fs::write(file, "no database").unwrap(),
        "truncated" => open().set_len(3 * 4096).unwrap(),
        // Ours by its number alone.
        "foreign" => foreign(file, "CREATE TABLE runs (a); PRAGMA user_version = 1"),
        "unfinished" => foreign(file, "CREATE TABLE pairs (endpoint)"),
        "header" => open().write_all_at(b"SQLite format 4", 0).unwrap(),
        "pages" => open().write_all_at(&vec![0xa5; length(file) - 100], 100).unwrap(),
        _ => open().write_all_at(&[0xa5; 4096], table.unwrap()).unwrap(),
    }
}

fn foreign(file: &Path, sql: &str) {
    fs::remove_file(file).unwrap();
    rusqlite::Connection::open(file).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_file_that_cannot_be_read_is_set_aside() {
    for how in [
        "garbage",
        "little",
        "truncated",
        "header",
        "pages",
        "foreign",
        "unfinished",
        "table troubles",
        "table rollups",
    ] {
        let folder = Folder::new();
        let mut site = Site::begin(Some(folder.data()), 0, &["a"]);
        site.play("a", 0, "bbb");
        site.end();
        spoil(&folder.file(), how);
        let spoiled = fs::read(folder.file()).unwrap();

        let mut site = Site::begin(Some(folder.data()), 60, &["a"]);
        let aside = site.history.standing().set_aside.unwrap_or_else(|| panic!("{how}: {}", site.fault()));
        let kept = fs::read(&aside).unwrap();
        // Damage within is met only after this process has noted in the file that it began.
        assert_eq!(kept.len(), spoiled.len(), "{how}");
        let was_ours = how.starts_with("table") || ["foreign", "unfinished"].contains(&how);
        assert!(kept == spoiled || was_ours, "{how}");
        assert!(aside.to_str().unwrap().contains("history.sqlite3.unreadable-20260101T130000Z-1"), "{aside:?}");
        assert_eq!((site.fault().as_str(), site.troubles().len()), ("", 0), "{how}");
        assert_eq!(site.history.storage().set_aside_files, 1);
        site.play("a", 61, "bb");
        assert_eq!(site.troubles(), ["a blocked 61- 2x"]);
        site.end();
    }
}

#[test]
fn damage_that_only_a_reader_meets_is_looked_into() {
    let folder = Folder::new();
    let mut site = Site::begin(Some(folder.data()), 0, &["a"]);
    site.play("a", 0, "bbbr");
    site.end();
    spoil(&folder.file(), "table troubles");
    let site = Site::begin(Some(folder.data()), 60, &["a"]);
    let error = site.history.troubles(&Filter::default()).unwrap_err();
    assert!(error.source.to_string().starts_with("cannot read troubles"), "{error:?}");
    site.flush();
    assert!(site.history.standing().set_aside.is_some());
    assert_eq!((site.fault().as_str(), site.troubles().len()), ("", 0));
}

#[test]
fn files_that_break_again_and_again_are_nobodys_trouble_but_the_disks() {
    let folder = Folder::new();
    for round in 0..7 {
        fs::create_dir_all(folder.data()).unwrap();
        spoil(&folder.file(), "garbage");
        let site = Site::begin(Some(folder.data()), round, &["a"]);
        let fault = site.fault();
        assert_eq!(fault.contains("5 files that could not be read lie in"), round >= 5, "{round}: {fault}");
        site.end();
    }
    let kept = fs::read_dir(folder.data()).unwrap().flatten();
    assert_eq!(kept.filter(|entry| entry.file_name().to_string_lossy().contains("unreadable")).count(), 5);
}

#[test]
fn a_file_that_breaks_while_it_is_open_is_set_aside_and_what_is_open_goes_on() {
    let folder = Folder::new();
    let mut site = Site::begin(Some(folder.data()), 0, &["a", "b"]);
    site.play("a", 0, "bbb");
    // All of it lies in the file itself, so that its pages are read from there again.
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(other);
    let place = root_of(&folder.file(), "troubles");
    let file = fs::OpenOptions::new().write(true).open(folder.file()).unwrap();
    file.write_all_at(&[0xa5; 4096], place).unwrap();

    site.play("b", 0, "bbb");
    site.play("a", 3, "b");
    assert!(site.history.standing().set_aside.is_some(), "{:?}", site.history.standing());
    assert_eq!(site.fault(), "");
    let mut troubles = site.troubles();
    troubles.sort();
    assert_eq!(troubles, ["a blocked 0- 4x", "b blocked 0- 3x"]);
    assert_eq!(site.history.last_failure("a", "direct").unwrap().unwrap().1.detail.as_str(), "refused at 3");
}

#[test]
fn a_later_versions_file_is_left_alone_until_it_is_gone() {
    let folder = Folder::new();
    let site = Site::begin(Some(folder.data()), 0, &["a"]);
    site.end();
    let connection = rusqlite::Connection::open(folder.file()).unwrap();
    connection.pragma_update(None, "user_version", 7).unwrap();
    drop(connection);
    let written = fs::read(folder.file()).unwrap();

    let mut site = Site::begin(Some(folder.data()), 1, &["a"]);
    assert!(
        site.fault().ends_with("its schema is version 7, and this program knows versions up to 1"),
        "{}",
        site.fault()
    );
    site.play("a", 1, "rbb");
    assert_eq!(site.troubles(), ["a blocked 2- 2x"], "kept in memory");
    assert_eq!(fs::read(folder.file()).unwrap(), written);

    fs::remove_file(folder.file()).unwrap();
    site.play("a", 4, "b");
    assert_eq!((site.fault().as_str(), site.troubles()), ("", vec!["a blocked 2- 3x".to_owned()]));
    assert_eq!(site.history.standing().set_aside, None);
    site.end();
    let site = Site::begin(Some(folder.data()), 10, &["a"]);
    assert_eq!(site.troubles(), ["a blocked 2- 3x"]);
    let latencies = site.history.latencies("a", "direct", LatencySpan::Day).unwrap();
    assert_eq!(latencies.iter().map(|one| one.probes).sum::<u32>(), 1, "what memory held was taken over");
}
