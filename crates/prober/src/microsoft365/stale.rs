//! Whether a list is of the version that it is said to be.

use std::collections::BTreeSet;

use super::{Change, Changes, HostPattern, List, Version};

/// Whether a list is an earlier one than the version it is said to be of, by what that version changed: its records have none
/// of the hosts that came with it. The list itself does not say which it is, and caches on the way may have kept another.
///
/// Where one of them is there, where the version brought none, or brought them to records that the list has not, nothing is
/// known to be wrong.
pub fn is_stale(list: &List, version: Version, changes: &Changes) -> bool {
    let published = || changes.0.iter().filter(|change| change.version == version);
    let removed = published().filter_map(|change| change.removed.as_ref()).flat_map(|removed| &removed.hosts);
    let removed: BTreeSet<&HostPattern> = removed.collect();
    let added: Vec<_> = published().filter_map(|change| hosts_in(list, change)).flatten().collect();
    let mut stayed = added.iter().filter(|(host, _)| !removed.contains(host)).peekable();
    stayed.peek().is_some() && stayed.all(|(_, is_there)| !is_there)
}

/// Whether hosts or ranges came or went with a version: a list of it cannot be the same as one of an earlier version.
pub fn brings_anything(changes: &Changes, version: Version) -> bool {
    let published = changes.0.iter().filter(|change| change.version == version);
    published.into_iter().any(|change| {
        let added = change.added.as_ref().is_some_and(|added| !added.hosts.is_empty() || !added.ranges.is_empty());
        added || change.removed.as_ref().is_some_and(|went| !went.hosts.is_empty() || !went.ranges.is_empty())
    })
}

/// The hosts that came to a record of the list, and whether it has them.
fn hosts_in<'a>(list: &'a List, change: &'a Change) -> Option<impl Iterator<Item = (&'a HostPattern, bool)>> {
    let record = list.records.iter().find(|record| record.id == change.record)?;
    let added = change.added.as_ref()?;
    Some(added.hosts.iter().map(|host| (host, record.hosts.contains(host))))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Instance;
    use super::*;

    fn change(version: &str, record: u32, added: &[&str], removed: &[&str]) -> Value {
        json!({"id": 1, "endpointSetId": record, "disposition": "Change", "version": version,
               "add": {"urls": added}, "remove": {"urls": removed}})
    }

    #[test]
    fn a_list_without_any_of_what_its_version_brought_is_an_earlier_one() {
        let list = r#"[{"id": 1, "serviceArea": "Common", "category": "Default", "required": true, "tcpPorts": "443",
                        "urls": ["a.example", "b.example"]}]"#;
        let list = List::read(Instance::Worldwide, list.as_bytes()).unwrap();
        let version = "2026010100";
        for (what, changes, stale) in [
            ("nothing", vec![], false),
            ("what is there", vec![change(version, 1, &["a.example"], &[])], false),
            ("what is not", vec![change(version, 1, &["c.example"], &["d.example"])], true),
            ("some of it", vec![change(version, 1, &["c.example", "a.example"], &[])], false),
            ("in another version", vec![change("2025120100", 1, &["c.example"], &[])], false),
            ("in a record that it has not", vec![change(version, 2, &["c.example"], &[])], false),
            ("and went", vec![change(version, 1, &["c.example"], &[]), change(version, 1, &[], &["c.example"])], false),
            ("only went", vec![change(version, 1, &[], &["c.example"])], false),
        ] {
            let changes = Changes::read(Value::from(changes).to_string().as_bytes()).unwrap();
            assert_eq!(is_stale(&list, version.parse().unwrap(), &changes), stale, "{what}");
            let is_of_another = matches!(what, "nothing" | "in another version");
            assert_eq!(brings_anything(&changes, version.parse().unwrap()), !is_of_another, "{what}");
        }
    }
}
