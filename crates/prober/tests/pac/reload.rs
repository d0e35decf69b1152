//! What a script finds out while it is loaded is not kept for ever.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prober::pac::{Engine, Surroundings};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::time::{advance, pause, resume};

use super::world::{Book, ask, engine};

const URL: &str = "http://www.example.com/";

/// Lets time pass for those who ask, without anybody waiting.
async fn later(by: Duration) {
    pause();
    advance(by).await;
    resume();
}

const COUNTS: &str = "var count = 0; function FindProxyForURL() { return 'PROXY p' + count++ + ':80' }";

#[tokio::test]
async fn a_script_is_loaded_anew_after_five_minutes() {
    let engine = engine(COUNTS);
    let book = Book::default();
    for (pause, expected) in [(0, "PROXY p0:80"), (290, "PROXY p1:80"), (20, "PROXY p0:80"), (299, "PROXY p1:80")] {
        later(Duration::from_secs(pause)).await;
        assert_eq!(ask(&engine, URL, &book).await.answer.as_deref(), Ok(expected));
    }
}

#[tokio::test]
async fn a_script_that_missed_a_name_while_it_was_loaded_is_loaded_anew_soon() {
    let script = "var far = dnsResolve('host.example'); function FindProxyForURL() { return 'PROXY ' + far + ':80' }";
    let engine = engine(script);
    let (without, with) = (Book::default(), Book::new(&[("host.example", &["192.0.2.1"])]));
    assert_eq!(ask(&engine, URL, &without).await.answer.as_deref(), Ok("PROXY null:80"));
    later(Duration::from_secs(5)).await;
    let said = ask(&engine, URL, &with).await;
    assert_eq!((said.answer.as_deref(), said.failed_lookups.len()), (Ok("PROXY null:80"), 0));
    later(Duration::from_secs(6)).await;
    assert_eq!(ask(&engine, URL, &with).await.answer.as_deref(), Ok("PROXY 192.0.2.1:80"));
    // Now that it knows what it wanted to, it may keep it for longer.
    later(Duration::from_secs(200)).await;
    assert_eq!(ask(&engine, URL, &without).await.answer.as_deref(), Ok("PROXY 192.0.2.1:80"));
}

#[tokio::test]
async fn a_script_that_could_not_be_loaded_without_a_name_is_tried_again_soon() {
    let script = "if (!isResolvable('host.example')) throw 'no network';
        function FindProxyForURL() { return 'DIRECT' }";
    let engine = engine(script);
    assert!(ask(&engine, URL, &Book::default()).await.answer.is_err());
    later(Duration::from_secs(11)).await;
    let book = Book::new(&[("host.example", &["192.0.2.1"])]);
    assert_eq!(ask(&engine, URL, &book).await.answer.as_deref(), Ok("DIRECT"));
}

#[tokio::test]
async fn a_name_missed_by_a_question_is_no_reason_to_load_anew() {
    let engine =
        engine("var count = 0; function FindProxyForURL(url, host) { isResolvable(host); return '' + ++count }");
    let book = Book::default();
    // Each question is begun twice: without the name, and once it is known that there is none.
    assert_eq!(ask(&engine, URL, &book).await.answer.as_deref(), Ok("1"));
    later(Duration::from_secs(60)).await;
    assert_eq!(ask(&engine, URL, &book).await.answer.as_deref(), Ok("2"));
}

/// A machine that gets an address.
#[derive(Debug, Default)]
struct Arriving(Mutex<Vec<IpAddr>>);

impl Surroundings for Arriving {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-03-03 12:00 UTC)
    }

    fn own_addresses(&self) -> Vec<IpAddr> {
        self.0.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_script_that_asked_for_its_address_is_loaded_anew_when_that_changes() {
    let machine = Arc::new(Arriving::default());
    let script = "var own = myIpAddress(); function FindProxyForURL() { return 'PROXY ' + own + ':80' }";
    let engine = Engine::new(script.as_bytes(), None, machine.clone()).unwrap();
    let book = Book::default();
    assert_eq!(ask(&engine, URL, &book).await.answer.as_deref(), Ok("PROXY 127.0.0.1:80"));
    for own in ["10.0.0.7", "10.8.0.7"] {
        *machine.0.lock().unwrap() = vec![own.parse().unwrap()];
        later(Duration::from_secs(1)).await;
        assert_eq!(ask(&engine, URL, &book).await.answer, Ok(format!("PROXY {own}:80")));
    }
    // One that never asked is none of it.
    let counting = Engine::new(COUNTS.as_bytes(), None, machine.clone()).unwrap();
    assert_eq!(ask(&counting, URL, &book).await.answer.as_deref(), Ok("PROXY p0:80"));
    *machine.0.lock().unwrap() = Vec::new();
    later(Duration::from_secs(1)).await;
    assert_eq!(ask(&counting, URL, &book).await.answer.as_deref(), Ok("PROXY p1:80"));
}
