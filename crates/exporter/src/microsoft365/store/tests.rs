use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use time::macros::datetime;

use super::super::sample;
use super::*;

/// A directory that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("reachwatch-list-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn store(&self) -> Store {
        Store::below(Some(&self.0))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(FOLDER).join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const AT: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

fn kept(version: &str) -> Kept {
    sample::kept(version, &["a.example"], &json!([]), AT)
}

#[test]
fn the_last_list_is_there_again_with_when_it_was_confirmed() {
    let folder = Folder::new();
    let store = folder.store();
    assert!(store.load(Instance::Worldwide).unwrap().is_none());
    store.save(&kept("2025110100")).unwrap();
    store.save(&kept("2025120100")).unwrap();
    let later = AT + Duration::from_secs(3600);
    store.confirm(Instance::Worldwide, later).unwrap();
    let stored = store.load(Instance::Worldwide).unwrap().unwrap();
    assert_eq!((stored.kept.version.to_string(), stored.confirmed_at), ("2025120100".to_owned(), later));
    assert!(store.load(Instance::China).unwrap().is_none());
    let names: Vec<_> = fs::read_dir(folder.0.join(FOLDER)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["worldwide.json"], "nothing is left beside it");
}

#[test]
fn a_damaged_file_is_set_aside_and_told() {
    let folder = Folder::new();
    let store = folder.store();
    for round in 0..2 {
        store.save(&kept("2025120100")).unwrap();
        let bytes = fs::read(folder.file("worldwide.json")).unwrap();
        fs::write(folder.file("worldwide.json"), &bytes[..bytes.len() / 2]).unwrap();
        let error = with_sources(&store.load(Instance::Worldwide).unwrap_err());
        assert!(error.contains("worldwide.json.unreadable: it is damaged: EOF"), "{round}: {error}");
        assert!(folder.file("worldwide.json.unreadable").exists());
        assert!(store.load(Instance::Worldwide).unwrap().is_none());
    }
    // Too long to be one, and no file at all.
    let file = File::create(folder.file("worldwide.json")).unwrap();
    file.set_len(MAX_FILE + 1).unwrap();
    assert!(matches!(store.load(Instance::Worldwide), Err(StoreError::Io { operation: "read", .. })));
    fs::remove_file(folder.file("worldwide.json")).unwrap();
    fs::create_dir(folder.file("worldwide.json")).unwrap();
    assert!(matches!(store.load(Instance::Worldwide), Err(StoreError::Io { operation: "read", .. })));
    assert!(store.save(&kept("2025120100")).is_err());
}

#[test]
fn the_site_has_one_id_that_stays() {
    let folder = Folder::new();
    let first = folder.store().client_id().unwrap();
    assert_eq!(folder.store().client_id().unwrap(), first);
    fs::write(folder.file("client-id"), "b10c5ed1-bad1-445f-b386").unwrap();
    let second = folder.store().client_id().unwrap();
    assert_ne!(second, first);
    assert_eq!(folder.store().client_id().unwrap(), second);
}

#[test]
fn without_a_directory_nothing_is_kept_and_nothing_fails() {
    let store = Store::below(None);
    store.save(&kept("2025120100")).unwrap();
    store.confirm(Instance::Worldwide, AT).unwrap();
    assert!(store.load(Instance::Worldwide).unwrap().is_none());
    assert_ne!(store.client_id().unwrap(), store.client_id().unwrap());
}

#[test]
fn a_directory_that_cannot_be_written_costs_the_id_its_life_only() {
    let folder = Folder::new();
    fs::write(folder.0.join(FOLDER), "in the way").unwrap();
    let store = folder.store();
    assert!(store.client_id().is_ok());
    let error = with_sources(&store.save(&kept("2025120100")).unwrap_err());
    assert!(error.contains("cannot make the folder of"), "{error}");
}
