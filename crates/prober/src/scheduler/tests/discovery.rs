//! Pairs that come and go while the scheduler runs.

use super::*;
use crate::observation::Published;
use crate::plan::{Discovery, PrivateAnswers};

const FOUND: &str = "published-example-host-0-example-crl";

fn discovering(hosts: &[String], concurrency: usize) -> Arc<Plan> {
    let discovery = Discovery {
        interval: MINUTE,
        timeout: Duration::from_secs(10),
        crl_timeout: Duration::from_secs(30),
        private_answers: PrivateAnswers::Blocked,
    };
    let plan = plan(hosts, concurrency, 2, MINUTE);
    Arc::new(Plan { discovery: Some(discovery), ..Plan::clone(&plan) })
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.rows.iter().map(|row| row.pair.endpoint.name.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_chain_names_is_probed_while_it_is_named() {
    // The chain is shown for an hour.
    let script = Script::new(|host, before| match host {
        "host-0.example" if before < 60 => (Duration::from_millis(20), Act::Names),
        _ => (Duration::from_millis(20), Act::Opens),
    });
    let began = Instant::now();
    let handle = start(&discovering(&hosts(2), 64), &script);
    let first = first_round(&handle).await;
    assert!(names(&first).starts_with(&["host-0.example", "host-1.example"]));
    let mut snapshots = handle.snapshots();
    let grown = snapshots.wait_for(|snapshot| snapshot.rows.len() == 3).await.unwrap().clone();
    assert_eq!(names(&grown), ["host-0.example", "host-1.example", FOUND]);
    let probed = |snapshot: &Arc<Snapshot>| snapshot.rows.get(2).is_some_and(|row| row.last.is_some());
    let probed = snapshots.wait_for(probed).await.unwrap().clone();
    assert!(began.elapsed() < MINUTE + Duration::from_secs(5), "its first probe is early: {:?}", began.elapsed());
    assert_eq!(probed.rows[2].pair.endpoint.discovered, Some(Published::Crl));

    tokio::time::sleep(60 * MINUTE).await;
    let count = handle.snapshots().borrow().rows[0].counts.reachable;
    assert!(count >= 59, "the plan's own pairs go on as before: {count}");
    tokio::time::sleep(Discovery::KEPT).await;
    let mut snapshots = handle.snapshots();
    let last = snapshots.wait_for(|snapshot| snapshot.rows.len() == 2).await.unwrap().clone();
    assert_eq!(names(&last), ["host-0.example", "host-1.example"]);
    assert!(last.rows[0].counts.reachable > count);
    let so_far = script.starts(began)["published.example"].len();
    tokio::time::sleep(10 * MINUTE).await;
    assert_eq!(script.starts(began)["published.example"].len(), so_far, "nobody probes what is forgotten");
    assert!((1440..1560).contains(&so_far), "{so_far} probes in 25 hours");
    handle.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn readiness_does_not_wait_for_what_is_discovered() {
    let script = Script::new(|host, _| match host {
        "host-0.example" => (Duration::from_millis(20), Act::Names),
        "published.example" => (Duration::from_secs(3600), Act::Opens),
        _ => (Duration::from_secs(20), Act::Opens),
    });
    let handle = start(&discovering(&hosts(2), 64), &script);
    let first = first_round(&handle).await;
    assert_eq!((first.rows.len(), first.rows[2].last.as_ref()), (3, None));
    handle.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_round_probes_it_too_after_those_that_name_it() {
    let script = Script::new(|_, _| (Duration::from_secs(1), Act::Names));
    let (began, mut more) = (Instant::now(), 0);
    let mut plan = Plan::clone(&discovering(&hosts(3), 64));
    let list = Endpoint::new("list", "http://list.example/a.crl".parse().unwrap());
    let pair = Pair { endpoint: Arc::new(list), path: Arc::clone(&plan.paths[0]) };
    plan.pairs.insert(0, Arc::new(pair));
    let results = round(&plan, Arc::clone(&script), &StoppedClock, false, |progress| {
        if let Progress::Discovered(found) = progress {
            more += found;
        }
    })
    .await
    .results;
    let names: Vec<&str> = results.iter().map(|(pair, _)| pair.endpoint.name.as_str()).collect();
    let found = ["host-0", "host-1", "host-2"].map(|host| format!("published-example-{host}-example-crl"));
    let mut expected = vec!["list", "host-0.example", "host-1.example", "host-2.example"];
    expected.extend(found.iter().map(String::as_str));
    assert_eq!((names, more), (expected, 3));
    let starts = script.starts(began);
    assert!(starts["list.example"][0] >= 1.0, "lists come when their signers have been met: {starts:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_to_be_asked_is_no_result_and_looked_at_again() {
    let script = Script::new(|host, before| match host {
        "published.example" if before < 2 => (Duration::from_secs(1), Act::Unasked),
        "published.example" => (Duration::from_secs(1), Act::Opens),
        _ => (Duration::from_secs(1), Act::Names),
    });
    let began = Instant::now();
    let plan = discovering(&hosts(1), 64);
    let handle = start(&plan, &script);
    first_round(&handle).await;
    tokio::time::sleep(30 * MINUTE).await;
    assert_eq!(names(&handle.snapshots().borrow()), ["host-0.example"]);
    assert_eq!(script.starts(began)["published.example"].len(), 1);
    tokio::time::sleep(100 * MINUTE).await;
    assert_eq!(names(&handle.snapshots().borrow()), ["host-0.example", FOUND], "somebody may be asked there by now");
    handle.shutdown().await;

    let script = Script::new(|host, _| match host {
        "published.example" => (Duration::from_secs(1), Act::Unasked),
        _ => (Duration::from_secs(1), Act::Names),
    });
    let results = round(&plan, script, &StoppedClock, false, |_| {}).await.results;
    assert_eq!(results.iter().map(|(pair, _)| pair.endpoint.name.as_str()).collect::<Vec<_>>(), ["host-0.example"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_discovered_at_once_is_not_probed_at_once() {
    let script = Script::new(|host, _| match host {
        "published.example" => (Duration::from_millis(20), Act::Opens),
        _ => (Duration::from_millis(20), Act::Names),
    });
    let began = Instant::now();
    let handle = start(&discovering(&hosts(40), 64), &script);
    tokio::time::sleep(2 * MINUTE).await;
    handle.shutdown().await;
    let starts = &script.starts(began)["published.example"];
    // Forty pairs in their first minute: in no five seconds more than a few of them.
    let most = starts.iter().map(|start| starts.iter().filter(|other| (*start..start + 5.0).contains(other)).count());
    let most = most.max().unwrap();
    assert!(starts.len() >= 40 && most <= 14, "{most} of {} within five seconds", starts.len());
}
