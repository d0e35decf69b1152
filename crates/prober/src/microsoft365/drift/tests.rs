use serde_json::json;
use time::macros::date;

use super::*;
use crate::config::{Nothing, parse};
use crate::microsoft365::{Instance, ServiceArea};

fn plan(endpoints: &str) -> Plan {
    parse(&format!("endpoints: [{endpoints}]\n"), "x.yaml", &Nothing).unwrap()
}

fn list() -> List {
    let text = include_bytes!("../../../../../tests/fixtures/microsoft365/list.json");
    List::read(Instance::Worldwide, text).unwrap()
}

fn names(wanted: &[Wanted]) -> Vec<&str> {
    wanted.iter().map(|wanted| wanted.host.as_str()).collect()
}

#[test]
fn required_hosts_without_an_endpoint_are_uncovered() {
    let scope = ListScope::default();
    let drift = drift(&list(), &scope, &Former::default(), &plan("MAIL.example.com., 'http://crl.example.org/a.crl'"));
    assert_eq!(
        names(&drift.uncovered),
        ["docs.share.example", "mail.example.net", "ocsp.example.org", "time.example.org"]
    );
    assert_eq!(drift.names, 6);
    // `mail.example.com` is below `*.example.com`.
    let patterns = ["*-files.share.example", "*.share.example", "*cdn.notes.example", "autodiscover.*.tenants.example"];
    assert_eq!((names(&drift.uncovered_patterns), drift.patterns), (patterns.to_vec(), 5));
    assert_eq!(drift.unlisted, []);
}

#[test]
fn the_scope_says_what_counts_and_common_always_does() {
    let scope = ListScope { service_areas: vec![ServiceArea::Exchange], optional: false };
    let none = plan("a.invalid");
    let of = |scope: &ListScope| drift(&list(), scope, &Former::default(), &none);
    assert_eq!(
        names(&of(&scope).uncovered),
        ["crl.example.org", "docs.share.example", "mail.example.com", "mail.example.net", "ocsp.example.org"]
    );
    let all = ListScope { optional: true, ..ListScope::default() };
    assert!(names(&of(&all).uncovered).contains(&"smtp.example.net"));
}

#[test]
fn a_host_of_several_records_counts_once_with_all_that_they_say() {
    let all = ListScope { service_areas: Vec::new(), optional: true };
    let wanted = wanted(&list(), &all);
    let of = |host: &str| wanted.iter().find(|wanted| wanted.host.as_str() == host).unwrap();
    assert_eq!(
        (of("mail.example.net").ids.as_slice(), of("mail.example.net").category.as_str()),
        (&[1, 2][..], "Optimize")
    );
    let url = |host: &str| of(host).url().map(|url| url.to_string());
    // A revocation list is fetched in the clear, whatever else the list says.
    assert_eq!(url("crl.example.org").as_deref(), Some("http://crl.example.org/"));
    assert_eq!(url("mail.example.net").as_deref(), Some("https://mail.example.net/"));
    assert_eq!(url("ocsp.example.org").as_deref(), Some("http://ocsp.example.org/"));
    assert_eq!(url("time.example.org"), None, "UDP alone cannot be probed");
    assert_eq!(url("smtp.example.net"), None);
    assert_eq!(url("*.example.com"), None);
}

#[test]
fn only_what_was_listed_once_can_be_unlisted() {
    let version: Version = "2025010100".parse().unwrap();
    let former = ["gone.example", "*.old.example", "*.share.example"].map(|host| (host.parse().unwrap(), version));
    let former = Former::of(former);
    let endpoints = "gone.example, 'http://x.old.example/y', docs.share.example, crl.digicert.com, own.contoso.com";
    let drift = drift(&list(), &ListScope::default(), &former, &plan(endpoints));
    let unlisted: Vec<_> = drift.unlisted.iter().map(|one| (one.host.as_str(), one.by.as_str())).collect();
    // What a pattern matched that went may be anybody's, such as a customer's own storage.
    assert_eq!(unlisted, [("gone.example", "gone.example")]);
    // An optional record of a service that is not in use lists it all the same.
    let former = Former::of([("assets.viva.example".parse().unwrap(), version)]);
    let scope = ListScope { service_areas: vec![ServiceArea::Exchange], optional: false };
    assert_eq!(super::drift(&list(), &scope, &former, &plan("assets.viva.example")).unlisted, []);
}

#[test]
fn controls_and_the_tenants_domains_cover_nothing() {
    let text =
        "endpoints: [a.invalid]\ncontrols: [{name: c, url: mail.example.net}]\ntenant: {domains: [example.org]}\n";
    let plan = parse(text, "x.yaml", &Nothing).unwrap();
    let drift = drift(&list(), &ListScope::default(), &Former::default(), &plan);
    assert!(names(&drift.uncovered).contains(&"mail.example.net"));
}

#[test]
fn news_are_the_changes_of_three_months_and_those_to_come() {
    let change = |id, record, version: &str, effective: &str| {
        json!({"id": id, "endpointSetId": record, "disposition": "Change", "version": version,
               "add": {"effectiveDate": effective, "urls": ["x.example"]}})
    };
    let text = json!([
        change(1, 1, "2018062700", "20180701"),
        change(2, 1, "2024010100", "20260102"),
        change(3, 1, "2025110100", "20251201"),
        change(4, 200, "2025120100", "20260201"),
        change(5, 999, "2025120100", "20260101"),
        change(6, 1, "9999999999", ""),
    ]);
    let changes = Changes::read(text.to_string().as_bytes()).unwrap();
    let today = date!(2026 - 01 - 01);
    let news = news(&changes, &list(), &ListScope::default(), today);
    let told: Vec<_> = news.iter().map(|change| (change.id, is_pending(change, today))).collect();
    // Record 200 is optional, 999 is gone.
    assert_eq!(told, [(2, true), (5, false), (3, false)]);
}

#[test]
fn an_empty_plan_and_the_largest_list_are_compared_in_no_time() {
    let hosts: Vec<String> = (0..1000).map(|number| format!("h{number}.example")).collect();
    let records: Vec<_> = (0..10)
        .map(|id| json!({"id": id, "serviceArea": "Common", "category": "Default", "required": true, "urls": hosts, "tcpPorts": "443"}))
        .collect();
    let read = |records: &[serde_json::Value]| List::read(Instance::Worldwide, json!(records).to_string().as_bytes());
    let mut more = records.clone();
    more.push(
        json!({"id": 10, "serviceArea": "Common", "category": "Default", "required": true, "urls": ["x.example"]}),
    );
    assert!(read(&more).is_err(), "one host more than a list may have");
    let list = read(&records).unwrap();
    let drift = drift(&list, &ListScope::default(), &Former::default(), &plan("a.invalid"));
    assert_eq!((drift.names, drift.uncovered.len()), (1000, 1000));
    assert_eq!(drift.uncovered[0].ids.len(), 10);
}

#[test]
fn what_is_switched_off_is_decided_about() {
    let off = "{url: 'https://mail.example.net./', enabled: false}";
    let drift = drift(&list(), &ListScope::default(), &Former::default(), &plan(off));
    assert!(!names(&drift.uncovered).contains(&"mail.example.net"), "{:?}", drift.uncovered);
}

#[test]
fn areas_that_no_record_is_of_are_named() {
    let areas = ["exchange", "Viva", "Loop"].map(ServiceArea::new);
    let scope = ListScope { service_areas: areas.to_vec(), optional: false };
    let drift = drift(&list(), &scope, &Former::default(), &plan("a.example"));
    assert_eq!(drift.strange_areas, [ServiceArea::new("Loop")]);
}
