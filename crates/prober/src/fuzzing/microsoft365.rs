//! What Microsoft's service answers.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use time::macros::date;

use super::sources::Given;
use crate::config::parse;
use crate::microsoft365::{
    Added, Category, Change, Changes, Former, Held, HostPattern, Impact, Instance, Latest, List, Ranges, ReadError,
    Record, Removed, ServiceArea, Terms, Version, drift, news, wanted,
};
use crate::plan::{ListProbing, ListScope, Microsoft365, Plan};
use crate::text::with_sources;

/// The most of each that one list may have.
const MAX_RECORDS: usize = 2_000;
const MAX_HOSTS: usize = 10_000;
const MAX_RANGES: usize = 40_000;
/// The most changes taken.
const MAX_CHANGES: usize = 10_000;
/// The longest note kept, in characters.
const MAX_NOTES: usize = 1_000;
/// The longest sentence about what is wrong, in characters.
const MAX_SAID: usize = 700;
const VERSION: &str = "2026010100";

/// Reads octets as each of the service's answers.
pub fn microsoft365(octets: &[u8]) {
    if let Some(latest) = read(Latest::read(octets)) {
        let versions: Vec<Version> = Instance::ALL.into_iter().filter_map(|instance| latest.of(instance)).collect();
        assert!(!versions.is_empty() && versions.iter().all(|version| version.date().is_some()), "{versions:?}");
    }
    let list = read(List::read(Instance::Worldwide, octets));
    if let Some(list) = &list {
        each_record(list);
        let again = json!(list.records.iter().map(record).collect::<Vec<_>>());
        assert_eq!(read(List::read(list.instance, again.to_string().as_bytes())).as_ref(), Some(list));
        used(list);
    }
    if let Some(changes) = read(Changes::read(octets)) {
        assert!(changes.0.len() <= MAX_CHANGES, "{} changes", changes.0.len());
        let again = json!(changes.0.iter().map(change).collect::<Vec<_>>());
        assert_eq!(read(Changes::read(again.to_string().as_bytes())).as_ref(), Some(&changes));
        remembered(&changes);
    }
}

/// What was read; what is wrong is said in a line.
fn read<T>(answer: Result<T, ReadError>) -> Option<T> {
    answer.map_err(|error| said(&error)).ok()
}

fn said(error: &ReadError) {
    let said = with_sources(error);
    assert!(said.chars().count() <= MAX_SAID && !said.contains(['\r', '\n']), "{said:?}");
}

fn each_record(list: &List) {
    let ids: HashSet<u32> = list.records.iter().map(|record| record.id).collect();
    assert!((1..=MAX_RECORDS).contains(&ids.len()) && ids.len() == list.records.len(), "every id once");
    let count = |of: fn(&Record) -> usize| list.records.iter().map(of).sum::<usize>();
    assert!(count(|record| record.hosts.len()) <= MAX_HOSTS && count(|record| record.ranges.len()) <= MAX_RANGES);
    for record in &list.records {
        for host in &record.hosts {
            assert_eq!(host.as_str().parse().as_ref(), Ok(host), "as it is written, it is read");
            assert!(!host.as_str().rsplit('.').next().is_none_or(|last| last.contains('*')), "{host} has no end");
        }
        assert!(record.ranges.iter().all(|range| range.prefix_len() > 0 && range.trunc() == *range), "{record:?}");
        for ports in [&record.tcp, &record.udp] {
            assert_eq!(ports.to_string().parse().as_ref(), Ok(ports), "as they are written, they are read");
            assert!(!ports.contains(0), "{ports}");
        }
        assert!(record.notes.as_ref().is_none_or(|notes| notes.as_str().chars().count() <= MAX_NOTES));
    }
}

/// A list is good for all that is done with one.
fn used(list: &List) {
    let (scope, ranges) = (ListScope { service_areas: Vec::new(), optional: true }, Ranges::new(list));
    for wanted in wanted(list, &scope) {
        let host = example(&wanted.host);
        let records = list.records_of(&host);
        assert!(records.iter().any(|record| record.hosts.contains(&wanted.host)), "{host} is of {}", wanted.host);
        assert_eq!(records.first().map(|record| record.category), ranges.ranges_of(&host).map(|of| of.category));
        for range in records.iter().flat_map(|record| &record.ranges) {
            assert_eq!(ranges.holds(&host, range.addr()), Held::Inside, "{host} at {range}");
        }
        if let Some(url) = wanted.url() {
            assert_eq!(url.host_str(), Some(wanted.host.as_str()));
        }
    }
    let plan = plan();
    let followed = plan.following(list, &Arc::new(ranges));
    let names: HashSet<&str> = followed.endpoints.iter().map(|endpoint| &*endpoint.name).collect();
    assert_eq!(names.len(), followed.endpoints.len(), "names are unique");
    assert!(followed.endpoints.len() <= plan.endpoints.len() + ListProbing::MAX_HOSTS);
    assert!(followed.pairs.iter().all(|pair| pair.endpoint.timeout <= pair.endpoint.interval));
    let left = drift(list, &scope, &Former::default(), &followed);
    let added = followed.endpoints.len() - plan.endpoints.len();
    let covered =
        |host: &HostPattern| followed.endpoints.iter().any(|one| one.host_name().as_deref() == Some(host.as_str()));
    assert!(left.uncovered.iter().all(|wanted| !covered(&wanted.host)), "{:?}", left.uncovered);
    assert!(added <= left.names, "{added} of {}", left.names);
}

/// A host of a pattern.
fn example(pattern: &HostPattern) -> String {
    pattern.as_str().replace('*', "x")
}

/// Changes are good for all that is done with them.
fn remembered(changes: &Changes) {
    let list = json!([{"id": 1, "serviceArea": "Common", "category": "Allow", "required": true,
        "urls": ["good.example"], "tcpPorts": "443"}]);
    let list = List::read(Instance::Worldwide, list.to_string().as_bytes()).expect("it is a list");
    let version = VERSION.parse().expect("it is a version");
    let former = Former::default().after(None, &list, version, Some(changes));
    let count = former.iter().count();
    assert!(count <= Former::MAX && former.had("good.example").is_none_or(|(by, _)| !by.is_name()), "{former:?}");
    let hosts = former.iter().map(|(host, version)| (host.clone(), version));
    assert_eq!(Former::of(hosts), former, "as it is written, it is read");
    assert_eq!(former.after(None, &list, version, Some(changes)), former, "nothing has changed since");
    let told = news(changes, &list, &ListScope::default(), date!(2026 - 01 - 01));
    assert!(told.len() <= changes.0.len());
}

/// A plan that follows the list.
fn plan() -> &'static Plan {
    static PLAN: LazyLock<Plan> = LazyLock::new(|| {
        let text = "{site: fuzzing, default_paths: [direct], controls: [], endpoints: [good.example], \
                    microsoft365: {mode: probe, optional: true}}";
        let plan = parse(text, "fuzzing", &Given { variables: &[], files: &[] }).expect("it is valid");
        assert!(matches!(plan.microsoft365, Some(Microsoft365 { probing: Some(_), .. })));
        plan
    });
    &PLAN
}

/// A record as the service writes it.
fn record(record: &Record) -> Value {
    json!({
        "id": record.id,
        "serviceArea": record.area.as_str(),
        "category": record.category.as_str(),
        "required": record.required,
        "expressRoute": record.express_route,
        "urls": texts(&record.hosts),
        "ips": texts(&record.ranges),
        "tcpPorts": record.tcp.to_string(),
        "udpPorts": record.udp.to_string(),
        "notes": record.notes.as_ref().map(ToString::to_string),
    })
}

/// A change as the service writes it.
fn change(change: &Change) -> Value {
    let removed = |removed: &Removed| json!({"urls": texts(&removed.hosts), "ips": texts(&removed.ranges)});
    let added = |added: &Added| {
        let effective = added.effective.map(|date| {
            let (year, month, day) = date.to_calendar_date();
            format!("{year:04}{:02}{day:02}", u8::from(month))
        });
        json!({"effectiveDate": effective, "urls": texts(&added.hosts), "ips": texts(&added.ranges)})
    };
    json!({
        "id": change.id,
        "endpointSetId": change.record,
        "disposition": change.disposition.as_str(),
        "impact": change.impact.as_ref().map(Impact::as_str),
        "version": change.version.to_string(),
        "previous": change.previous.as_ref().map(terms),
        "current": change.current.as_ref().map(terms),
        "add": change.added.as_ref().map(added),
        "remove": change.removed.as_ref().map(removed),
    })
}

fn terms(terms: &Terms) -> Value {
    json!({
        "serviceArea": terms.area.as_ref().map(ServiceArea::as_str),
        "category": terms.category.map(Category::as_str),
        "required": terms.required,
        "expressRoute": terms.express_route,
        "tcpPorts": terms.tcp.as_ref().map(ToString::to_string),
        "udpPorts": terms.udp.as_ref().map(ToString::to_string),
        "notes": terms.notes.as_ref().map(ToString::to_string),
    })
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}
