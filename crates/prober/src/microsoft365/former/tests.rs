use super::*;
use crate::microsoft365::Instance;

fn list(hosts: &[&str]) -> List {
    let text = serde_json::json!([
        {"id": 1, "serviceArea": "Common", "category": "Default", "required": true, "urls": hosts, "tcpPorts": "443"}
    ]);
    List::read(Instance::Worldwide, text.to_string().as_bytes()).unwrap()
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn removal(version: &str, hosts: &[&str]) -> Changes {
    let text = serde_json::json!([
        {"id": 7, "endpointSetId": 1, "disposition": "Change", "version": version, "remove": {"urls": hosts}}
    ]);
    Changes::read(text.to_string().as_bytes()).unwrap()
}

#[test]
fn what_a_list_lost_is_remembered_until_it_is_back() {
    let (first, second) = (list(&["a.example", "*.b.example"]), list(&["a.example"]));
    let none = Former::default();
    let former = none.after(Some(&first), &second, version("2025010100"), None);
    assert_eq!(
        former.had("x.b.example").map(|(by, went)| (by.as_str(), went)),
        Some(("*.b.example", version("2025010100")))
    );
    assert_eq!(former.had("b.example"), None);
    assert_eq!(former.had("a.example"), None);
    let former = former.after(Some(&second), &first, version("2025020100"), None);
    assert_eq!(former, none);
}

#[test]
fn what_the_changes_say_went_is_remembered_with_its_own_version() {
    let now = list(&["a.example"]);
    let changes = removal("2019060100", &["a.example", "c.example"]);
    let former = Former::default().after(None, &now, version("2025010100"), Some(&changes));
    assert_eq!(
        former.iter().map(|(host, went)| (host.as_str(), went.to_string())).collect::<Vec<_>>(),
        [("c.example", "2019060100".to_owned())]
    );
    let again = former.after(None, &now, version("2025020100"), Some(&removal("2025020100", &["c.example"])));
    assert_eq!(again.had("C.example.").map(|(_, went)| went), Some(version("2025020100")));
}

#[test]
fn it_is_bounded_and_forgets_what_went_first() {
    let hosts = (0..Former::MAX + 10).map(|number| {
        let host: HostPattern = format!("h{number}.example").parse().unwrap();
        (host, version(&format!("20200101{:02}", u8::from(number >= 10))))
    });
    let former = Former::of(hosts);
    assert_eq!(former.iter().count(), Former::MAX);
    assert_eq!(former.had("h9.example"), None);
    assert!(former.had("h10.example").is_some());
}
