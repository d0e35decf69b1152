//! One bad configuration per rule, with its exact message beside it.

use prober::config::parse;

use crate::world::{PASSWORD, World, assert_snapshot, every, fixtures};

#[test]
fn every_rule_says_what_is_wrong_and_where() {
    let bad = every("bad");
    assert!(bad.len() > 60, "only {} fixtures were found", bad.len());
    for (name, text) in bad {
        let faults = parse(&text, &format!("{name}.yaml"), &World::of(&text)).expect_err(&name);
        assert_snapshot("bad", &name, &faults.to_string());
    }
}

#[test]
fn no_message_tells_a_secret() {
    let mut with_secret = 0;
    for (name, text) in every("bad").into_iter().chain(every("good")) {
        with_secret += usize::from(text.contains(PASSWORD) || text.contains("PROXY_PASSWORD"));
        let shown = match parse(&text, "x.yaml", &World::of(&text)) {
            Ok(plan) => format!("{plan:?}"),
            Err(faults) => format!("{faults} {faults:?}"),
        };
        assert!(!shown.contains(PASSWORD), "{name}: {shown}");
    }
    assert!(with_secret > 8, "only {with_secret} fixtures hold a secret");
}

#[test]
fn no_snapshot_is_left_of_a_fixture_that_went() {
    for folder in ["bad", "good"] {
        let fixtures_there: Vec<String> = every(folder).into_iter().map(|(name, _)| name).collect();
        for entry in std::fs::read_dir(fixtures().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            let fixture = name.split('.').next().unwrap_or_default().to_owned();
            assert!(fixtures_there.contains(&fixture), "{folder}/{name} belongs to no fixture");
        }
    }
}
