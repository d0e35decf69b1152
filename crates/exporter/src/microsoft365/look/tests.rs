use serde_json::json;
use time::macros::datetime;

use super::super::sample::{self, Service};
use super::*;

const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

async fn look(service: &Service, held: Option<&Kept>) -> Seen {
    let (settings, client) = (sample::settings(), ClientId::random().unwrap());
    Look { service, settings: &settings, client, held, now: NOW }.look().await
}

fn kind(seen: &Seen) -> &'static str {
    seen.fault.as_ref().map_or("none", SourceFault::kind)
}

#[tokio::test]
async fn first_all_of_it_comes_and_then_the_version_alone_until_it_moves() {
    let service = Service::of("2025120100", &["a.example"]);
    let seen = look(&service, None).await;
    assert_eq!(kind(&seen), "none");
    assert!(service.client().is_some_and(|client| ClientId::read(&client).is_some()));
    let asked = ["/m365/version/Worldwide", "/m365/endpoints/Worldwide", "/m365/changes/Worldwide/0000000000"];
    assert_eq!(service.asked(), asked);
    let first = seen.newer.unwrap();
    assert_eq!((first.version.to_string(), first.fetched_at), ("2025120100".to_owned(), NOW));

    let seen = look(&service, Some(&first)).await;
    assert!(seen.newer.is_none() && seen.fault.is_none());
    assert_eq!(service.asked(), ["/m365/version/Worldwide"]);

    service.offer("2026010100", &["b.example"]);
    let second = look(&service, Some(&first)).await.newer.unwrap();
    assert_eq!(service.asked()[2], "/m365/changes/Worldwide/2025120100");
    assert_eq!(second.former.had("a.example").map(|(_, went)| went.to_string()), Some("2026010100".to_owned()));
}

#[tokio::test]
async fn changes_that_are_still_news_are_asked_for_again() {
    let service = Service::of("2025120100", &["a.example", "z.example"]);
    let changes = json!([
        sample::change(1, "2018062700", "20180701", "x.example"),
        sample::change(2, "2024030100", "", "y.example"),
        sample::change(3, "2025120100", "20260301", "z.example"),
    ]);
    service.answer("changes", 200, &changes.to_string());
    let first = look(&service, None).await.newer.unwrap();
    service.asked();
    service.offer("2026010100", &["a.example"]);
    let second = look(&service, Some(&first)).await.newer.unwrap();
    assert_eq!(service.asked()[2], "/m365/changes/Worldwide/2024030100");
    assert_eq!(second.since.to_string(), "2024030100");
}

#[tokio::test]
async fn a_list_without_its_changes_is_taken_and_they_are_asked_for_again() {
    let service = Service::of("2025120100", &["a.example"]);
    service.vanish("changes");
    let seen = look(&service, None).await;
    let first = seen.newer.as_ref().unwrap();
    assert_eq!((kind(&seen), first.changes.is_none()), ("unreachable", true));
    service.asked();
    // Still not there: nothing is new, and nothing has to be written.
    let seen = look(&service, Some(first)).await;
    assert_eq!((kind(&seen), seen.newer.is_none()), ("unreachable", true));
    assert_eq!(service.asked(), ["/m365/version/Worldwide", "/m365/changes/Worldwide/0000000000"]);
    service.answer("changes", 200, "\u{feff}[]\n");
    let seen = look(&service, Some(first)).await;
    let second = seen.newer.unwrap();
    assert_eq!((second.changes.as_ref().map(|changes| changes.0.len()), second.version), (Some(0), first.version));
    assert!(second.write().is_ok(), "a byte order mark is none of the document");
}

#[tokio::test]
async fn whatever_else_comes_is_not_taken_and_told_apart() {
    let held = look(&Service::of("2025120100", &["a.example"]), None).await.newer.unwrap();
    let page = "<!doctype html><title>Sign in</title>";
    let million = format!("[{}{{}}]", "{\"id\":1},".repeat(20_000));
    for (what, status, body, expected) in [
        ("version", 429, "", "rate_limited"),
        ("version", 404, "", "not_found"),
        ("version", 503, "", "refused"),
        ("version", 302, "", "refused"),
        ("version", 204, "", "refused"),
        ("version", 200, page, "unreadable"),
        ("version", 200, "", "unreadable"),
        ("version", 200, r#"{"instance": "Worldwide", "latest": "20251201"}"#, "unreadable"),
        ("version", 200, r#"{"instance": "China", "latest": "2026010100"}"#, "unreadable"),
        ("version", 200, r#"{"instance": "Worldwide", "latest": "2025110100"}"#, "older"),
        ("version", 200, r#"{"instance": "Worldwide", "latest": "2026051000"}"#, "ahead"),
        ("endpoints", 200, page, "unreadable"),
        ("endpoints", 200, r#"[{"id": 1, "serviceA"#, "unreadable"),
        ("endpoints", 200, "[]", "unreadable"),
        ("endpoints", 200, &million, "unreadable"),
        ("endpoints", 404, "", "not_found"),
    ] {
        let service = Service::of("2026010100", &["b.example"]);
        service.answer(what, status, body);
        let seen = look(&service, Some(&held)).await;
        assert_eq!((kind(&seen), seen.newer.is_none()), (expected, true), "{what} {status} {body:.40}");
        assert!(seen.fault.unwrap().is_answer(), "{what} {status}");
    }
    let service = Service::of("2026010100", &["b.example"]);
    service.vanish("version");
    let seen = look(&service, Some(&held)).await;
    assert_eq!(kind(&seen), "unreachable");
    assert!(!seen.fault.unwrap().is_answer());
}

#[tokio::test]
async fn versions_of_another_service_say_nothing_of_those_of_this_one() {
    let theirs = look(&Service::of("2025120100", &["a.example", "b.example"]), None).await.newer.unwrap();
    let source = Url::parse("https://other.example/").unwrap();
    let service = Service::of("2025110100", &["b.example"]);
    let seen = look(&service, Some(&Kept { source: source.clone(), ..theirs })).await;
    let ours = seen.newer.unwrap();
    assert_eq!((ours.version.to_string(), ours.list.records[0].hosts.len()), ("2025110100".to_owned(), 1));
    assert_eq!(service.asked()[2], "/m365/changes/Worldwide/0000000000");
    assert!(ours.former.had("a.example").is_none(), "nobody says that it went");
    assert_ne!(ours.source, source);
}

#[tokio::test]
async fn changes_to_come_stay_where_the_newest_cannot_be_had() {
    let service = Service::of("2025120100", &["a.example"]);
    service.answer("changes", 200, &json!([sample::change(3, "2025120100", "20260301", "a.example")]).to_string());
    let first = look(&service, None).await.newer.unwrap();
    service.offer("2026010100", &["a.example", "b.example"]);
    service.vanish("changes");
    service.asked();
    let seen = look(&service, Some(&first)).await;
    assert!(seen.is_newest, "the list is");
    let second = seen.newer.unwrap();
    assert_eq!((second.version.to_string(), second.until), ("2026010100".to_owned(), first.version));
    assert_eq!(second.changes, first.changes);
    assert_eq!(service.asked()[2], "/m365/changes/Worldwide/0000000000", "the one to come is published there");
    let read = Kept::read(prober::microsoft365::Instance::Worldwide, &second.write().unwrap()).unwrap();
    assert_eq!((read.until, &read.changes), (second.until, &second.changes));

    service.answer("changes", 200, "[]");
    let third = look(&service, Some(&second)).await.newer.unwrap();
    assert_eq!((third.until, third.changes.map(|changes| changes.0.len())), (third.version, Some(0)));
    assert_eq!(service.asked(), ["/m365/version/Worldwide", "/m365/changes/Worldwide/0000000000"]);
}

/// A cache on the way has kept it: the version moved, what is sent is the earlier list.
#[tokio::test]
async fn a_list_that_is_none_of_its_version_is_not_taken() {
    let held = look(&Service::of("2025120100", &["a.example"]), None).await.newer.unwrap();
    let service = Service::of("2026010100", &["a.example"]);
    service.answer("changes", 200, &json!([sample::change(3, "2026010100", "20260301", "b.example")]).to_string());
    let seen = look(&service, Some(&held)).await;
    assert_eq!((kind(&seen), seen.newer.is_none(), seen.is_newest), ("stale", true, false));

    // Where nothing could tell at first, it is had again once something does.
    let changes = service.take("changes");
    let taken = look(&service, Some(&held)).await.newer.unwrap();
    service.put("changes", changes);
    let seen = look(&service, Some(&taken)).await;
    assert_eq!((kind(&seen), seen.newer.is_none()), ("stale", true));
    service.answer("endpoints", 200, &sample::endpoints(&["a.example", "b.example"]));
    let seen = look(&service, Some(&taken)).await;
    let whole = seen.newer.unwrap();
    assert!(whole.is_whole() && whole.list.records[0].hosts.len() == 2);
}

/// Ranges alone came, and the cache sends the list of before: it is the same to the letter.
#[tokio::test]
async fn the_list_of_before_is_none_of_a_version_that_brought_something() {
    let held = look(&Service::of("2025120100", &["a.example"]), None).await.newer.unwrap();
    let service = Service::of("2026010100", &["a.example"]);
    let ranges = json!([{"id": 9, "endpointSetId": 1, "disposition": "Change", "version": "2026010100",
                         "add": {"ips": ["198.51.100.0/24"]}}]);
    service.answer("changes", 200, &ranges.to_string());
    assert_eq!(kind(&look(&service, Some(&held)).await), "stale");
    // One that differs is taken, whatever is said of it.
    service.answer("endpoints", 200, &sample::endpoints(&["a.example", "c.example"]));
    service.answer("changes", 200, &json!([sample::change(3, "2026010100", "", "b.example")]).to_string());
    let taken = look(&service, Some(&held)).await;
    assert_eq!((kind(&taken), taken.newer.is_some()), ("none", true));
    assert!(look(&service, None).await.newer.is_some(), "one that nobody can compare, too");
}
