use std::sync::Arc;

use prober::microsoft365::ReadError;
use serde_json::json;

use super::*;
use crate::microsoft365::{Asked, Failing, Held, ListDocument, SourceFault, sample as lists};
use crate::sample::NOW;

fn page(standing: &Standing) -> String {
    ListPage::of("branch-042", standing, NOW).render().unwrap()
}

#[test]
fn drift_changes_and_where_the_list_is_from_are_told() {
    let page = page(&lists::standing(NOW, None));
    for words in [
        "1 required host is watched by nobody; 1 endpoint is no longer listed; 1 change is still to come into effect.",
        "<dt>version</dt><dd>2025120100</dd>",
        "<dt>published</dt><dd>1 Dec 2025</dd>",
        "<dt>asked again in</dt><dd>50 min</dd>",
        "https://mirror.example/m365/ over environment",
        "<code>b.example</code>",
        "<code>*.c.example</code>",
        "<a href=\"/endpoints/a-example\">a-example</a>",
        "in 30 days, 31 Jan 2026",
        "<code>new.example</code>",
        "<code>198.51.100.0/24</code>",
    ] {
        let page = page.replace("&#39;", "'");
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("The last good list stays"));
}

#[test]
fn a_plan_without_a_list_says_how_to_have_one() {
    assert!(page(&Standing::default()).contains("<code>microsoft365: {instance: worldwide}</code>"));
}

#[test]
fn a_list_that_never_came_is_told_with_why() {
    let fault = SourceFault { asked: Asked::Version, peer: "endpoints.example".into(), failing: Failing::Missing };
    let standing = lists::standing(NOW, Some(fault));
    let page = page(&Standing { held: None, drift: None, confirmed_at: None, ..standing });
    let page = page.replace("&#39;", "'");
    assert!(page.contains("Microsoft's list could not be had yet."), "{page}");
    assert!(page.contains("Cannot take the version of Microsoft's endpoint list from endpoints.example: it knows of no such list (404)."), "{page}");
    assert!(page.contains("For 2 h") && !page.contains("Watched by nobody"), "{page}");
}

#[test]
fn a_plan_that_covers_all_is_well() {
    let plan = lists::plan("microsoft365: {}");
    let held = Held::of(lists::kept("2025120100", &["a.example"], &json!([]), NOW));
    let settings = plan.microsoft365.clone().unwrap();
    let drift = prober::microsoft365::drift(held.list(), &settings.scope, &held.kept.former, &plan);
    let standing = Standing {
        settings: Some(settings),
        drift: Some(Arc::new(drift)),
        held: Some(held),
        asked_at: Some(NOW),
        confirmed_at: Some(NOW),
        ..Standing::default()
    };
    let page = page(&standing).replace("&#39;", "'");
    assert!(
        page.contains("Every required host of Microsoft's list is watched.") && page.contains("verdict reachable"),
        "{page}"
    );
    assert!(page.contains("Nothing changed within three months"), "{page}");
}

/// Whoever answers for the service wrote what is shown here.
#[test]
fn strings_from_the_network_break_nothing() {
    let evil = "<script>alert(1)</script>\u{202e}\"'";
    let title = Some(Clean::new(evil));
    let failing = Failing::Unreadable(ReadError::Html { document: "the version", title });
    let fault = SourceFault { asked: Asked::Version, peer: Clean::new(evil), failing };
    let mut standing = lists::standing(NOW, Some(fault));
    let changes =
        json!([{"id": 1, "endpointSetId": 1, "disposition": "Change", "impact": evil, "version": "2025120100"}]);
    standing.held = Some(Held::of(lists::kept("2025120100", &["b.example"], &changes, NOW)));
    standing.storage = Some(Clean::new(evil));
    let page = page(&standing);
    assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
    assert!(!page.contains("<script>alert") && !page.contains('\u{202e}'), "{page}");
    let json = serde_json::to_string(&ListDocument::of("x", &standing, NOW)).unwrap();
    assert!(!json.contains('\u{202e}'), "{json}");
}

#[test]
fn thousands_of_hosts_and_changes_are_cut_and_counted() {
    let hosts: Vec<String> = (0..900).map(|number| format!("h{number}.example")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let changes: Vec<_> = (0..300).map(|id| lists::change(id, "2025120100", "", "x.example")).collect();
    let plan = lists::plan("microsoft365: {}");
    let settings = plan.microsoft365.clone().unwrap();
    let held = Held::of(lists::kept("2025120100", &hosts, &json!(changes), NOW));
    let drift = prober::microsoft365::drift(held.list(), &settings.scope, &held.kept.former, &plan);
    let standing =
        Standing { settings: Some(settings), drift: Some(Arc::new(drift)), held: Some(held), ..Standing::default() };
    let page = page(&standing);
    assert_eq!(
        (page.matches("<tr><th scope=\"row\"><code>h").count(), page.matches("<li class=\"change").count()),
        (500, 200)
    );
    assert!(page.contains("400 more are in") && page.contains("100 more are in"), "{page}");
    let document = ListDocument::of("x", &standing, NOW);
    let changes = document.changes.as_ref().unwrap();
    assert_eq!((document.uncovered.len(), changes.news.len(), changes.left_out), (900, 200, 100));
}

#[test]
fn the_document_to_the_letter() {
    let fault = SourceFault {
        asked: Asked::Endpoints,
        peer: "mirror.example".into(),
        failing: Failing::Unreadable(ReadError::CutShort {
            document: "Microsoft's endpoint list",
            line: 1,
            column: 40,
        }),
    };
    let standing = lists::standing(NOW, Some(fault));
    insta::assert_snapshot!(serde_json::to_string_pretty(&ListDocument::of("branch-042", &standing, NOW)).unwrap());
}

#[test]
fn service_areas_that_the_list_has_not_are_told() {
    let plan = lists::plan("microsoft365: {service_areas: [Exchange, Loop]}");
    let settings = plan.microsoft365.clone().unwrap();
    let held = Held::of(lists::kept("2025120100", &["a.example"], &json!([]), NOW));
    let drift = prober::microsoft365::drift(held.list(), &settings.scope, &held.kept.former, &plan);
    let standing =
        Standing { settings: Some(settings), drift: Some(Arc::new(drift)), held: Some(held), ..Standing::default() };
    let document = ListDocument::of("x", &standing, NOW);
    assert!(document.unknown_service_areas.contains(&"Loop"), "{:?}", document.unknown_service_areas);
    assert!(page(&standing).contains("Loop (the list has none)"));
}
