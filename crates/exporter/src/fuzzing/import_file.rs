//! Configurations that Microsoft's list is imported into.

use std::sync::LazyLock;

use prober::config::parse;
use prober::microsoft365::{Instance, List};
use prober::plan::Plan;

use super::world::{Beside, MAX_ANSWER};
use crate::imported::{Existing, Merged, merge, offers};
use crate::listed::Selection;

const FILE: &str = "endpoints.yaml";
/// What a line begins with that remembers what was offered; importing may write it anew.
const OFFERED: &str = "# microsoft365: offered ";

/// Imports into a file, and again into what came of it.
pub fn import_file(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    let Some(first) = import(text) else { return };
    let Some(made) = &first.text else { return };
    assert!(made.len() < text.len() + MAX_ANSWER, "{} bytes", made.len());
    keeps_lines(text, made);
    let before = parse(text, FILE, &Beside);
    let after = match parse(made, FILE, &Beside) {
        Ok(plan) => plan,
        // It is not written then. Settings that nothing was wrong with but that there was no endpoint have mistakes of their own.
        Err(faults) => {
            assert!(before.is_err(), "what importing wrote is no configuration: {faults}\n{made}");
            return;
        }
    };
    if let Ok(before) = before {
        keeps_meaning(&before, &after, first.added, made);
    }
    let again = import(made).unwrap_or_else(|| panic!("what importing wrote cannot be imported into: {made}"));
    assert_eq!((&again.text, again.added), (&None, 0), "importing twice changes {made}");
}

/// What importing comes to; `None` of a file that is left alone.
fn import(text: &str) -> Option<Merged> {
    static LIST: LazyLock<List> = LazyLock::new(|| {
        let list = include_bytes!("../../../../tests/fixtures/microsoft365/list.json");
        List::read(Instance::Worldwide, list).expect("it is a list")
    });
    let records = Selection::default().of(&LIST).expect("it has records");
    let existing = Existing::read(text, FILE, &Beside).ok()?;
    merge(&existing, &LIST, offers(&LIST, &records)).ok()
}

/// Every line that was there is there, in the same order.
fn keeps_lines(text: &str, made: &str) {
    // To YAML a carriage return alone ends a line too, and the last line may have no end.
    let lines = |text| str::lines(text).map(|line| line.trim_end_matches('\r'));
    let mut kept = lines(made);
    for line in lines(text).filter(|line| !line.trim_start().starts_with(OFFERED)) {
        assert!(kept.any(|one| one == line), "the line {line:?} is gone: {made}");
    }
}

/// All that was configured is so still, and what came is nothing but the new endpoints.
fn keeps_meaning(before: &Plan, after: &Plan, added: usize, made: &str) {
    assert_eq!(after.endpoints.len(), before.endpoints.len() + added, "{made}");
    for endpoint in &before.endpoints {
        let same = after.endpoints.iter().find(|other| other.name == endpoint.name);
        assert_eq!(same.map(|other| format!("{other:?}")), Some(format!("{endpoint:?}")), "{made}");
    }
}
