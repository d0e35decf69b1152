use time::macros::date;

use super::*;

const CHANGES: &str = include_str!("../../../../../tests/fixtures/microsoft365/changes.json");

#[test]
fn changes_are_read_whatever_the_case_of_their_words() {
    let changes = Changes::read(CHANGES.as_bytes()).unwrap();
    let [old, added, other, gone] = &changes.0[..] else { panic!() };
    assert_eq!((old.disposition, &old.impact, old.record), (Disposition::Change, &None, 32));
    assert_eq!(old.removed.as_ref().unwrap().hosts[1].as_str(), "old.share.example");
    assert_eq!((added.disposition, &added.impact), (Disposition::Add, &Some(Impact::AddedUrl)));
    assert_eq!(added.version.to_string(), "2025112800");
    let came = added.added.as_ref().unwrap();
    assert_eq!((came.effective, came.hosts[0].as_str()), (Some(date!(2025 - 12 - 31)), "*.example.com"));
    let current = added.current.as_ref().unwrap();
    assert_eq!((&current.area, current.category), (&Some(ServiceArea::Exchange), Some(Category::Default)));
    assert_eq!((current.required, current.tcp.as_ref().unwrap().to_string()), (Some(true), "80,443".to_owned()));
    assert_eq!(other.impact.as_ref().map(Impact::as_str), Some("SomethingNew"));
    assert_eq!(other.previous.as_ref().unwrap().notes.as_ref().map(Clean::as_str), Some("as it was"));
    let came = other.added.as_ref().unwrap();
    assert_eq!((came.effective, came.ranges.len()), (None, 2));
    assert_eq!((gone.disposition, &gone.impact), (Disposition::Remove, &Some(Impact::RemovedIpOrUrl)));
}

#[test]
fn an_impact_of_nothing_that_can_be_read_is_none() {
    let changes = Changes::read(CHANGES.replace("SomethingNew", "\\u200b").as_bytes()).unwrap();
    assert_eq!(changes.0.iter().filter(|change| change.impact.is_none()).count(), 2);
    let changes = Changes::read(CHANGES.replace("SomethingNew", "Added\\u200bIp").as_bytes()).unwrap();
    assert!(changes.0.iter().any(|change| change.impact == Some(Impact::AddedIp)), "{changes:?}");
}

#[test]
fn no_changes_are_an_answer() {
    assert_eq!(Changes::read(b"[]"), Ok(Changes::default()));
}

#[test]
fn what_is_no_change_is_refused_with_its_place() {
    for (from, to, expected) in [
        ("\"add\",", "\"moved\",", "change 425 (number 1), disposition: \"moved\" is not known there"),
        ("20251231", "20251331", "change 425 (number 1), add.effectiveDate: \"20251331\" is no date of a list"),
        ("20251231", "+2025123", "add.effectiveDate"),
        ("\"2018062700\"", "\"newest\"", "change 424 (number 1), version: \"newest\" is no date of a list"),
        ("old.share.example", "old share", "change 424 (number 1), urls[1]: \"old share\" is no host"),
        ("192.0.2.1/32", "all", "change 427 (number 1), ips[0]: \"all\" is no range"),
        ("\"Allow\"", "\"Better\"", "change 426 (number 1), category: \"Better\""),
        ("\"3478-3481\"", "\"many\"", "udpPorts: \"many\" are no ports"),
        ("\"endpointSetId\": 8", "\"endpoint\": 8", "missing field `endpointSetId`"),
    ] {
        let text = CHANGES.replacen(from, to, 1);
        assert_ne!(text, CHANGES, "{from}");
        // Among others it is left out, and alone it is refused.
        let all: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let sound = Changes::read(text.as_bytes()).map_or(Vec::new(), |changes| changes.0);
        let is_faulty = |change: &&serde_json::Value| sound.iter().all(|one| change["id"] != one.id);
        let faulty: Vec<_> = all.iter().filter(is_faulty).collect();
        assert!(sound.is_empty() || faulty.len() == 1, "{from}");
        let faulty = serde_json::to_string(&faulty).unwrap();
        let said = crate::text::with_sources(&Changes::read(faulty.as_bytes()).unwrap_err());
        assert!(said.starts_with("the changes of Microsoft's endpoint list") && said.contains(expected), "{said}");
    }
    let many = format!("[{}]", vec!["{}"; MAX_CHANGES + 1].join(","));
    assert!(Changes::read(many.as_bytes()).is_err());
}
