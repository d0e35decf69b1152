//! The names that files ask for: each once, so many, for so long.

use std::time::Duration;

use prober::plan::UrlView;
use tokio::time::Instant;
use url::Url;

use super::world::{Book, ask, engine};

const URL: &str = "http://www.example.com/";

#[tokio::test]
async fn a_name_is_looked_up_once_in_an_evaluation_and_anew_in_the_next() {
    let engine = engine(
        "function FindProxyForURL(url, host) {
            for (var i = 0; i < 100; i++) if (!isResolvable(host) || !isInNet(host, '192.0.2.0', '255.255.255.0')) return 'wrong';
            return dnsResolve('b\u{fc}cher.example') + ' ' + dnsResolveEx(host) }",
    );
    let book = Book::new(&[("www.example.com", &["192.0.2.1"]), ("xn--bcher-kva.example", &["192.0.2.2"])]);
    for times in 1..3 {
        assert_eq!(ask(&engine, URL, &book).await.answer.as_deref(), Ok("192.0.2.2 192.0.2.1"));
        assert_eq!(book.asked(), ["www.example.com", "xn--bcher-kva.example"].repeat(times));
    }
}

#[tokio::test]
async fn what_could_not_be_looked_up_is_evidence() {
    let engine =
        engine("function FindProxyForURL(url, host) { return dnsResolve('gone.example') ? 'PROXY a:80' : 'DIRECT' }");
    let said = ask(&engine, URL, &Book::default()).await;
    assert_eq!(said.answer.as_deref(), Ok("DIRECT"));
    let [lookup] = said.failed_lookups.as_slice() else { panic!("{said:?}") };
    assert_eq!((lookup.name.as_str(), lookup.reason.as_str()), ("gone.example", "does not exist"));
}

#[tokio::test]
async fn catching_the_exception_of_an_unknown_name_is_in_vain() {
    let engine = engine(
        "function FindProxyForURL(url, host) {
            try { var address = dnsResolve(host) } catch (e) { return 'PROXY caught:80' } finally { for (var i = 0; i < 100; i++); }
            return 'PROXY ' + address + ':80' }",
    );
    let said = ask(&engine, URL, &Book::new(&[("www.example.com", &["192.0.2.1"])])).await;
    assert_eq!(said.answer.as_deref(), Ok("PROXY 192.0.2.1:80"));
}

#[tokio::test]
async fn names_are_counted() {
    let engine = engine(
        "function FindProxyForURL() {
            for (var i = 0, found = 0; i < 1000; i++) if (isResolvable('host' + i + '.example')) found++;
            return '' + found }",
    );
    let entries: Vec<(String, [&str; 1])> = (0..1000).map(|i| (format!("host{i}.example"), ["192.0.2.1"])).collect();
    let book = Book::new(&entries.iter().map(|(name, addresses)| (name.as_str(), &addresses[..])).collect::<Vec<_>>());
    let said = ask(&engine, URL, &book).await;
    assert_eq!((said.answer.as_deref(), book.asked().len()), (Ok("32"), 32));
    assert_eq!(said.failed_lookups.last().map(|lookup| lookup.reason.as_str()), Some("too many names"));
}

#[tokio::test]
async fn a_silent_resolver_takes_a_second_and_disturbs_nobody_else() {
    let engine = engine("function FindProxyForURL(url, host) { return '' + dnsResolve(host) }");
    let book = Book::new(&[("quick.example", &["192.0.2.1"])]).silent_about("www.example.com");
    let start = Instant::now();
    let (slow, quick) = tokio::join!(async { (ask(&engine, URL, &book).await, start.elapsed()) }, async {
        (ask(&engine, "http://quick.example/", &book).await, start.elapsed())
    },);
    assert_eq!(slow.0.answer.as_deref(), Ok("null"));
    assert_eq!(slow.0.failed_lookups[0].reason.as_str(), "no answer in time");
    assert!(slow.1 >= Duration::from_secs(1), "{:?}", slow.1);
    assert_eq!(quick.0.answer.as_deref(), Ok("192.0.2.1"));
    assert!(quick.1 < Duration::from_secs(1), "{:?}", quick.1);
}

#[tokio::test]
async fn lookups_end_with_their_share_of_the_probe() {
    let engine = engine(
        "function FindProxyForURL(url, host) { return [dnsResolve(host), dnsResolve('b.example'), dnsResolve('c.example')].join() }",
    );
    let book = Book::default().silent_about("www.example.com").silent_about("b.example").silent_about("c.example");
    let start = Instant::now();
    let (lookups_by, by) = (start + Duration::from_millis(200), start + Duration::from_secs(60));
    let url = Url::parse(URL).unwrap();
    let said = engine.find(&url, UrlView::Stripped, &book, lookups_by, by).await.unwrap();
    assert_eq!((said.answer.as_deref(), said.failed_lookups.len()), (Ok(",,"), 3));
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}
