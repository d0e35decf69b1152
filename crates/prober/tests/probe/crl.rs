//! Revocation lists, fetched and read.

use std::sync::Arc;
use std::time::Duration;

use prober::net::SystemClock;
use prober::observation::{CrlFacts, CrlOutcome, CrlSignature, Fault, Observation, RouteFacts};
use prober::probe::Prober;
use prober::verdict::{Question, Verdict, judge};
use prober::{Blame, Cause, State};
use testnet::{CrlFault, DnsFault, Fault as Broken, HttpFault, Reply, Scheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::site::{CRL_HOST, CRL_PATH, OTHER_CRL_HOST, Site, Steps, http};

fn parsed(seen: &Observation) -> &CrlFacts {
    match seen.crl.as_deref() {
        Some(CrlOutcome::Parsed(facts)) => facts,
        _ => panic!("no CRL: {seen:#?}"),
    }
}

async fn with_fault(site: &Site, fault: CrlFault) -> Observation {
    site.world.faults().set(CRL_HOST, Broken::Crl(fault)).unwrap();
    site.probe(&site.crl(), "direct", "").await
}

#[tokio::test]
async fn a_list_is_read_either_way() {
    let site = Site::new().await;
    for path in ["direct", "proxy"] {
        let seen = site.probe(&site.crl(), path, "").await;
        let facts = parsed(&seen);
        assert_eq!(facts.number.as_deref(), Some("7"));
        assert_eq!(facts.signature, CrlSignature::Valid, "the site's root is trusted");
        assert!(facts.next_update > Some(facts.this_update));
        assert_eq!((seen.fault.as_ref(), http(&seen).body.sample.as_str()), (None, ""));
    }
}

#[tokio::test]
async fn what_lists_may_look_like() {
    let site = Site::new().await;
    let seen = with_fault(&site, CrlFault::Pem).await;
    assert_eq!(parsed(&seen).bytes, http(&seen).body.bytes);
    assert_eq!(parsed(&with_fault(&site, CrlFault::Revoked(3)).await).revoked, 3);
    assert_eq!(parsed(&with_fault(&site, CrlFault::Number(300)).await).number.as_deref(), Some("300"));
    let seen = with_fault(&site, CrlFault::Expired).await;
    assert!(parsed(&seen).next_update < Some(seen.probed_at));
}

#[tokio::test]
async fn what_comes_in_place_of_a_list() {
    let site = Site::new().await;
    let seen = with_fault(&site, CrlFault::Html).await;
    assert!(
        matches!(seen.crl.as_deref(), Some(CrlOutcome::Invalid { reason }) if reason.as_str() == "it is an HTML page")
    );
    assert!(!http(&seen).body.sample.as_str().is_empty(), "the page is evidence");

    let seen = with_fault(&site, CrlFault::TooLarge).await;
    assert_eq!(seen.crl.as_deref(), Some(&CrlOutcome::TooLarge));
    assert!(http(&seen).body.limit_reached);
}

#[tokio::test]
async fn a_cut_list_says_how_much_is_missing() {
    let site = Site::new().await;
    for fault in [CrlFault::Truncated, CrlFault::CutShort] {
        let seen = with_fault(&site, fault).await;
        let Some(CrlOutcome::Truncated { announced, received }) = seen.crl.as_deref() else {
            panic!("{fault:?}: {seen:#?}")
        };
        assert_eq!((*received, received < announced), (http(&seen).body.bytes, true), "{fault:?}");
        // Short of what the connection announced, the connection failed too; short of what the list says, only it.
        assert_eq!(seen.fault.is_some(), fault == CrlFault::CutShort);
    }
}

#[tokio::test]
async fn redirects_are_followed_within_the_publishers_domain() {
    let site = Site::new().await;
    let to = site.world.url(OTHER_CRL_HOST, Scheme::Http, CRL_PATH).unwrap();
    let reply = HttpFault::Reply(Reply::redirect(&to));
    site.world.faults().set(CRL_HOST, Broken::Http(reply)).unwrap();
    let steps = Steps::default();
    let seen = site.probe_heard(&site.crl(), "direct", "", &steps).await;
    assert!(steps.names().contains(&"Redirected".to_owned()), "{seen:#?}");
    assert_eq!(http(&seen).status, 200);
    assert_eq!(seen.chosen, Some(RouteFacts::Direct), "the way of the endpoint's own URL");
}

#[tokio::test]
async fn a_late_redirect_leaves_time_to_connect_once_more() {
    let site = Site::new().await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let publisher = listener.local_addr().unwrap();
    let to = format!("http://{publisher}{CRL_PATH}");
    let url = to.replace("MicrosoftRootAuthority", "Late");
    let publish = async {
        let (mut first, _) = listener.accept().await.unwrap();
        // Past the share of the deadline in which a first connection has to stand.
        tokio::time::sleep(Duration::from_millis(2500)).await;
        let redirect = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
        first.write_all(redirect.as_bytes()).await.unwrap();
        let (mut second, _) = listener.accept().await.unwrap();
        second.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        // Until the probe hangs up.
        let _ = second.read_to_end(&mut Vec::new()).await;
    };
    let probe = site.probe(&url, "direct", "timeout: 4s");
    tokio::select! {
        seen = probe => assert_eq!((seen.fault.as_ref(), http(&seen).status), (None, 404)),
        () = publish => panic!("the probe hung up in the middle"),
    }
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let site = Site::new().await;
    site.world.faults().set(CRL_HOST, Broken::Http(HttpFault::Reply(Reply::redirect(CRL_PATH)))).unwrap();
    let seen = site.probe(&site.crl(), "direct", "").await;
    assert_eq!((http(&seen).status, &seen.crl, &seen.fault), (302, &None, &None));
    assert_eq!(site.world.faults().requests(CRL_HOST).unwrap().len(), 4);
}

#[tokio::test]
async fn what_was_seen_before_a_redirect_is_not_mixed_with_what_comes_after() {
    let site = Site::new().await;
    let to = site.world.url(OTHER_CRL_HOST, Scheme::Http, CRL_PATH).unwrap();
    site.world.faults().set(CRL_HOST, Broken::Http(HttpFault::Reply(Reply::redirect(&to)))).unwrap();
    site.world.faults().set(OTHER_CRL_HOST, Broken::Dns(DnsFault::NxDomain)).unwrap();
    let seen = site.probe(&site.crl(), "direct", "").await;
    assert!(matches!(&seen.fault, Some(Fault::Resolve(fault)) if fault.name == OTHER_CRL_HOST), "{seen:#?}");
    assert_eq!((seen.http, seen.remote_address), (None, None));
}

/// Two probes of one prober; the world's answer to the second, and what became of each.
async fn twice(site: &Site, path: &str, more: &str, between: impl FnOnce()) -> [(Observation, Verdict); 2] {
    let plan = site.plan(&site.crl(), path, more);
    let prober = Prober::new(&plan, Arc::new(SystemClock)).unwrap();
    let pair = &plan.pairs[0];
    let probe = async || {
        let seen = prober.probe_with(pair, &()).await;
        let verdict = judge(&Question::alone(pair, &plan.fingerprints), &seen);
        (seen, verdict)
    };
    let first = probe().await;
    between();
    [first, probe().await]
}

#[tokio::test]
async fn a_list_that_has_not_changed_does_not_come_again() {
    let site = Site::new().await;
    site.world.faults().set(CRL_HOST, CrlFault::Revoked(1000)).unwrap();
    for path in ["direct", "proxy", "socks5h"] {
        let [(full, _), (again, verdict)] = twice(&site, path, "", || {}).await;
        assert_eq!((http(&full).status, http(&again).status), (200, 304), "{path}");
        let (before, now) = (parsed(&full), parsed(&again));
        assert!(before.unchanged_since.is_none() && now.unchanged_since <= Some(full.probed_at), "{path}: {now:?}");
        assert!(now.unchanged_since.is_some(), "{path}");
        assert_eq!(CrlFacts { unchanged_since: None, ..now.clone() }, *before, "{path}");
        assert_eq!((verdict.state, &verdict.reason), (State::Reachable, &None), "{path}");
        assert!(verdict.evidence.facts.contains_key("crl_unchanged_since"), "{path}: {verdict:?}");
        assert!(full.received_bytes > before.bytes && again.received_bytes < 500, "{path}: {again:?}");
    }
}

#[tokio::test]
async fn a_list_that_has_changed_comes_in_full() {
    let site = Site::new().await;
    let faults = site.world.faults();
    let [_, (again, _)] = twice(&site, "direct", "", || faults.set(CRL_HOST, CrlFault::Number(8)).unwrap()).await;
    assert_eq!((http(&again).status, parsed(&again).number.as_deref()), (200, Some("8")));
    assert_eq!(parsed(&again).unchanged_since, None);
}

#[tokio::test]
async fn an_unasked_not_modified_is_no_list() {
    let site = Site::new().await;
    let reply = Reply { status: 304, ..Reply::redirect("/") };
    let faults = site.world.faults();
    faults.set(CRL_HOST, Broken::Http(HttpFault::Reply(reply.clone()))).unwrap();
    let [(seen, verdict), _] = twice(&site, "direct", "", || {}).await;
    assert_eq!((seen.crl, verdict.reason.map(|reason| reason.cause)), (None, Some(Cause::CrlInvalid)));
    faults.clear(CRL_HOST).unwrap();
    let not_modified = || faults.set(CRL_HOST, Broken::Http(HttpFault::Reply(reply.clone()))).unwrap();
    let [_, (seen, verdict)] = twice(&site, "direct", "headers: {If-None-Match: '\"x\"'}", not_modified).await;
    assert_eq!((seen.crl, verdict.reason.map(|reason| reason.cause)), (None, Some(Cause::CrlInvalid)));
}

/// It was current when it came; whether it is now is a matter of now.
#[tokio::test]
async fn a_list_that_ran_out_meanwhile_is_out_of_date_however_unchanged() {
    let site = Site::new().await;
    site.world.faults().set(CRL_HOST, CrlFault::Expired).unwrap();
    let [_, (again, verdict)] = twice(&site, "direct", "", || {}).await;
    assert_eq!(http(&again).status, 304);
    let reason = verdict.reason.unwrap();
    assert_eq!((verdict.state, reason.cause, reason.blame), (State::Degraded, Cause::CrlExpired, Blame::Origin));
}
