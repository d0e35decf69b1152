//! Every seed goes through its door, and every door has a target and its place.

use std::fs;
use std::path::PathBuf;

use super::{DOORS, html};

fn fuzz() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz"))
}

/// The names in a folder.
fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(fuzz().join(folder)).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_seed_goes_through_its_door() {
    for (name, door) in DOORS {
        let seeds = names(&format!("seeds/{name}"));
        assert!(seeds.len() > 5, "{name} has {seeds:?}");
        for seed in seeds {
            let octets = fs::read(fuzz().join("seeds").join(name).join(&seed)).unwrap();
            println!("{name}/{seed}");
            door(&octets);
        }
    }
}

#[test]
fn every_door_has_a_target() {
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for (name, _) in DOORS {
        let target = fs::read_to_string(fuzz().join("fuzz_targets").join(format!("{name}.rs"))).unwrap();
        assert!(target.contains(&format!("exporter::fuzzing::{name}(octets)")), "{target}");
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is not built");
    }
}

#[test]
fn html_that_is_not_ours_is_found() {
    html::check(
        "<!doctype html>\n<p class=\"a b\">1 &#60; 2</p><script src=\"/x.js\" defer></script><br><a href=\"/\">x</a>",
    );
    for bad in [
        "<p>no doctype</p>",
        "<!doctype html><fuzz>",
        "<!doctype html><p>a < b</p>",
        "<!doctype html><p><iframe></iframe></p>",
        "<!doctype html><p onclick=\"x()\"></p>",
        "<!doctype html><p class=a></p>",
        "<!doctype html><p class=\"a\"\"></p>",
        "<!doctype html><script>x()</script>",
        "<!doctype html><a href=\"javascript:x()\">x</a>",
        "<!doctype html><a href=\"//elsewhere.example/\">x</a>",
    ] {
        assert!(std::panic::catch_unwind(|| html::check(bad)).is_err(), "{bad}");
    }
}
