//! The list that the static binary carries of what it is made of, as scanners read it.

use std::collections::BTreeSet;

use auditable_info::{Limits, json_from_file};
use e2e::static_binary;
use serde_json::Value;

/// What is built for tests, or to build.
const ELSEWHERE: [&str; 6] = ["auditable-info", "cc", "insta", "rcgen", "testnet", "e2e"];

/// The locked crates, by name and version.
fn locked() -> BTreeSet<(&'static str, &'static str)> {
    let value = |line: &'static str, key: &str| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"');
    let lines: Vec<_> = include_str!("../../../Cargo.lock").lines().collect();
    let crates = lines.windows(2).filter_map(|two| match two {
        [name, version] => value(name, "name").zip(value(version, "version")),
        _ => None,
    });
    crates.collect()
}

#[test]
fn the_binary_says_what_it_is_made_of() {
    let json = json_from_file(static_binary(), Limits::default()).expect("the list is there");
    let list: Value = serde_json::from_str(&json).unwrap();
    let packages = list["packages"].as_array().unwrap();
    let root: Vec<_> = packages.iter().filter(|one| one["root"] == true).map(|one| &one["name"]).collect();
    assert_eq!(root, ["exporter"]);

    let at_run_time = packages.iter().filter(|one| one["kind"] != "build");
    let made_of: BTreeSet<_> =
        at_run_time.map(|one| (one["name"].as_str().unwrap(), one["version"].as_str().unwrap())).collect();
    let locked = locked();
    let strange: Vec<_> = made_of.difference(&locked).collect();
    assert!(strange.is_empty(), "not of this lock file: {strange:?}");
    let names: BTreeSet<_> = made_of.iter().map(|(name, _)| *name).collect();
    for name in ["rustls", "aws-lc-sys", "libsqlite3-sys", "rquickjs-sys", "sspi", "prober"] {
        assert!(names.contains(name), "{name} is not in {names:?}");
    }
    let elsewhere: Vec<_> = ELSEWHERE.iter().filter(|name| names.contains(*name)).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}
