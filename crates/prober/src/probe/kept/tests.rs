use std::sync::Arc;

use time::macros::datetime;

use super::*;
use crate::observation::{BodyFacts, Headers};
use crate::plan::{Path, PathOptions, StatusSet, Way};

const CAME: OffsetDateTime = datetime!(2026-06-01 00:00 UTC);
const URL: &str = "http://crl.example/a.crl";

fn pair(change: impl FnOnce(&mut Endpoint)) -> Pair {
    let mut endpoint = Endpoint::new("list", URL.parse().unwrap());
    change(&mut endpoint);
    let path = Path { name: "direct".to_owned(), way: Way::Direct, options: PathOptions::default() };
    Pair { endpoint: Arc::new(endpoint), path: Arc::new(path) }
}

fn answer(headers: &[(&str, &str)]) -> HttpFacts {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    let version = "HTTP/1.1".to_owned();
    HttpFacts { version, status: 200, reason: None, headers: Headers(headers), body: BodyFacts::default() }
}

fn facts(signature: CrlSignature) -> CrlFacts {
    CrlFacts { signature, ..CrlFacts::of("CN=Test CA".into(), CAME) }
}

/// What is kept of a valid list with a tag.
fn kept(pair: &Pair, signature: CrlSignature) -> KeptLists {
    let lists = KeptLists::default();
    let from = (&URL.parse().unwrap(), &RouteFacts::Direct);
    lists.keep(pair, from, &answer(&[("etag", "\"1\"")]), &facts(signature), (CAME, Knowledge::default()));
    lists
}

fn of(lists: &KeptLists, pair: &Pair) -> Option<KeptList> {
    lists.of(pair, &URL.parse().unwrap(), &RouteFacts::Direct, |_, _| false)
}

#[tokio::test(start_paused = true)]
async fn a_list_is_asked_about_by_what_its_server_gave() {
    let pair = pair(|_| {});
    let date = "Mon, 01 Jun 2026 00:00:00 GMT";
    let (etag, modified) = (("if-none-match", "W/\"1\""), ("if-modified-since", date));
    for (given, asked) in [
        (&[("etag", "W/\"1\""), ("last-modified", date)][..], &[etag, modified][..]),
        (&[("etag", "W/\"1\"")], &[etag]),
        (&[("last-modified", date)], &[modified]),
        (&[("etag", ""), ("last-modified", "…")], &[]),
        (&[], &[]),
    ] {
        let lists = KeptLists::default();
        let from = (&URL.parse().unwrap(), &RouteFacts::Direct);
        lists.keep(&pair, from, &answer(given), &facts(CrlSignature::Valid), (CAME, Knowledge::default()));
        let list = of(&lists, &pair);
        let headers = list.as_ref().map_or(&[][..], KeptList::conditions);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(headers, asked, "{given:?}");
        assert!(list.is_none_or(|list| list.facts.unchanged_since == Some(CAME)));
    }
}

#[tokio::test(start_paused = true)]
async fn another_server_or_way_is_not_asked_for_changes() {
    let pair = pair(|_| {});
    let lists = kept(&pair, CrlSignature::Valid);
    assert!(of(&lists, &pair).is_some());
    let proxy = RouteFacts::Proxy("proxy.example:3128".to_owned().try_into().unwrap());
    assert!(lists.of(&pair, &URL.parse().unwrap(), &proxy, |_, _| false).is_none());
    let other = "http://crl.example/b.crl".parse().unwrap();
    assert!(lists.of(&pair, &other, &RouteFacts::Direct, |_, _| false).is_none());
    lists.forget(&pair);
    assert!(of(&lists, &pair).is_none());
}

#[tokio::test(start_paused = true)]
async fn it_comes_in_full_once_an_hour() {
    let pair = pair(|_| {});
    let lists = kept(&pair, CrlSignature::Valid);
    let interval = pair.endpoint.interval;
    let most = full_every(&pair);
    assert!((FULL_EVERY * 3 / 4..=FULL_EVERY).contains(&most));
    tokio::time::advance(most.checked_sub(interval).unwrap()).await;
    assert!(of(&lists, &pair).is_some());
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(of(&lists, &pair).is_none(), "the next probe would be later than an hour");
    let spread: std::collections::BTreeSet<_> =
        (0..20).map(|index| full_every(&self::pair(|endpoint| endpoint.name = format!("list-{index}")))).collect();
    assert!(spread.len() > 15, "what came together does not come together again: {spread:?}");
    let seldom = self::pair(|endpoint| endpoint.interval = FULL_EVERY);
    assert!(of(&kept(&seldom, CrlSignature::Valid), &seldom).is_some());
    let more_seldom = self::pair(|endpoint| endpoint.interval = FULL_EVERY + interval);
    assert!(of(&kept(&more_seldom, CrlSignature::Valid), &more_seldom).is_none());
}

#[tokio::test(start_paused = true)]
async fn what_could_tell_more_by_now_comes_again() {
    let pair = pair(|_| {});
    let lists = kept(&pair, CrlSignature::Valid);
    for more in [true, false] {
        let asked = lists.of(&pair, &URL.parse().unwrap(), &RouteFacts::Direct, |facts, knowledge| {
            assert_eq!((facts.issuer.as_str(), knowledge), ("CN=Test CA", Knowledge::default()));
            more
        });
        assert_eq!(asked.is_some(), !more);
    }
    assert!(of(&kept(&pair, CrlSignature::Unchecked), &pair).is_some());
    assert!(of(&kept(&pair, CrlSignature::Invalid), &pair).is_none(), "what nobody signed is never taken as it was");
}

#[tokio::test(start_paused = true)]
async fn expectations_and_headers_of_the_configuration_come_first() {
    for change in [
        |endpoint: &mut Endpoint| endpoint.headers = vec![(IF_NONE_MATCH, HeaderValue::from_static("*"))],
        |endpoint: &mut Endpoint| endpoint.headers = vec![(IF_MODIFIED_SINCE, HeaderValue::from_static("x"))],
        |endpoint: &mut Endpoint| endpoint.expect.status = Some(StatusSet(vec![200..=200])),
        |endpoint: &mut Endpoint| endpoint.expect.crl = None,
        |endpoint: &mut Endpoint| endpoint.method = Method::POST,
    ] {
        let pair = pair(change);
        assert!(of(&kept(&pair, CrlSignature::Valid), &pair).is_none(), "{:?}", pair.endpoint);
    }
}
