//! Another plan while the scheduler runs.

use time::OffsetDateTime;
use time::macros::datetime;

use super::*;
use crate::observation::{ChainTrust, TlsFacts};
use crate::plan::{Discovery, Maintenance, Matching, PrivateAnswers, Severity, Tally, Window};

const FOUND: &str = "published-example-host-0-example-crl";

fn open(_: &str, _: usize) -> (Duration, Act) {
    (Duration::from_millis(20), Act::Opens)
}

fn begin(plan: &Arc<Plan>, script: &Arc<Script>) -> (Handle, Replacer<Script>) {
    Scheduler::start_replaceable(
        Arc::clone(plan),
        Arc::clone(script),
        Arc::new(StoppedClock),
        Arc::new(()),
        Earlier::new(),
    )
}

async fn replace(replacer: &Replacer<Script>, plan: &Arc<Plan>, script: &Arc<Script>) -> Tally {
    replacer.replace(Arc::clone(plan), Arc::clone(script)).await.unwrap()
}

/// A plan whose endpoints are changed, each by name.
fn with(plan: &Plan, change: impl Fn(&mut Endpoint)) -> Arc<Plan> {
    let mut plan = plan.clone();
    plan.endpoints = plan
        .endpoints
        .iter()
        .map(|endpoint| {
            let mut endpoint = Endpoint::clone(endpoint);
            change(&mut endpoint);
            Arc::new(endpoint)
        })
        .collect();
    plan.pairs = plan
        .endpoints
        .iter()
        .map(|endpoint| Arc::new(Pair { endpoint: Arc::clone(endpoint), path: Arc::clone(&plan.paths[0]) }))
        .collect();
    Arc::new(plan)
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.rows.iter().map(|row| row.pair.endpoint.name.as_str()).collect()
}

fn now(handle: &Handle) -> Arc<Snapshot> {
    Arc::clone(&handle.snapshots().borrow())
}

#[tokio::test(start_paused = true)]
async fn who_stays_keeps_everything_and_who_goes_is_gone_at_once() {
    let script = Script::new(open);
    let began = Instant::now();
    let (handle, replacer) = begin(&plan(&hosts(3), 64, 2, MINUTE), &script);
    first_round(&handle).await;
    tokio::time::sleep(10 * MINUTE).await;
    let before = now(&handle);

    let next = ["host-2.example", "new.example", "host-0.example"].map(str::to_owned);
    let tally = replace(&replacer, &plan(&next, 64, 2, MINUTE), &script).await;
    assert_eq!(tally, Tally { added: 1, changed: 0, removed: 1, same: 2 });
    let after = now(&handle);
    assert_eq!(names(&after), next);
    assert!(after.first_round_complete, "a site that was ready stays ready");
    for (row, known) in [(&after.rows[0], &before.rows[2]), (&after.rows[2], &before.rows[0])] {
        assert_eq!((row.counts, &row.confirmed), (known.counts, &known.confirmed));
        assert!(row.counts.reachable > 9, "{:?}", row.counts);
    }
    assert_eq!((after.rows[1].last.as_ref(), after.rows[1].state()), (None, State::Unknown));

    let mut snapshots = handle.snapshots();
    let at = Instant::now();
    snapshots.wait_for(|snapshot| snapshot.rows[1].last.is_some()).await.unwrap();
    assert!(at.elapsed() < Duration::from_secs(1), "who comes is probed soon: {:?}", at.elapsed());
    tokio::time::sleep(10 * MINUTE).await;
    let gone = script.starts(began).remove("host-1.example").unwrap();
    assert!(gone.iter().all(|start| *start < 602.0), "who is gone is left alone: {gone:?}");
    handle.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn who_stays_keeps_its_place_in_the_timetable() {
    let (old, all) = (hosts(20), hosts(30));
    let next: Vec<String> = all.iter().rev().filter(|host| *host != "host-7.example").cloned().collect();
    let mut starts = Vec::new();
    for is_replaced in [false, true] {
        let (script, began) = (Script::new(open), Instant::now());
        let (handle, replacer) = begin(&plan(&old, 64, 2, MINUTE), &script);
        tokio::time::sleep(10 * MINUTE + Duration::from_secs(7)).await;
        if is_replaced {
            replace(&replacer, &plan(&next, 64, 2, MINUTE), &script).await;
        }
        tokio::time::sleep(10 * MINUTE).await;
        handle.shutdown().await;
        starts.push(script.starts(began));
    }
    for host in old.iter().filter(|host| *host != "host-7.example") {
        assert_eq!(starts[0][host], starts[1][host], "{host}");
    }
    // Who came is neither left out nor in a burst.
    let mut per_second = std::collections::BTreeMap::new();
    for host in &all[20..] {
        let times = &starts[1][host];
        assert!((9..=12).contains(&times.len()), "{host}: {times:?}");
        for at in times {
            *per_second.entry(Duration::from_secs_f64(*at).as_secs()).or_insert(0) += 1;
        }
    }
    let after_the_first: Vec<_> = per_second.iter().filter(|(second, _)| **second > 620).collect();
    assert!(after_the_first.iter().all(|(_, count)| **count <= 3), "{per_second:?}");
}

#[tokio::test(start_paused = true)]
async fn another_pace_or_label_keeps_the_state_and_another_question_does_not() {
    let (script, began) = (Script::new(open), Instant::now());
    let first = plan(&hosts(3), 64, 2, MINUTE);
    let (handle, replacer) = begin(&first, &script);
    first_round(&handle).await;
    tokio::time::sleep(10 * MINUTE).await;
    let before = now(&handle);
    let next = with(&first, |endpoint| match endpoint.name.as_str() {
        "host-0.example" => {
            endpoint.severity = Severity::Critical;
            endpoint.group = "other".to_owned();
        }
        "host-1.example" => endpoint.interval = 5 * MINUTE,
        _ => endpoint.url = "https://host-2.example/elsewhere".parse().unwrap(),
    });
    assert_eq!(replace(&replacer, &next, &script).await, Tally { changed: 3, ..Tally::default() });
    let after = now(&handle);
    assert_eq!(after.rows[0].pair.endpoint.group, "other");
    assert_eq!([0, 1].map(|row| after.rows[row].counts), [0, 1].map(|row| before.rows[row].counts));
    assert_eq!(after.rows[2].counts.reachable, 0);
    let so_far = script.starts(began)["host-1.example"].len();
    tokio::time::sleep(60 * MINUTE).await;
    let slower = script.starts(began)["host-1.example"].len() - so_far;
    assert!((11..=13).contains(&slower), "{slower} probes in an hour, every five minutes");
    handle.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn probes_under_way_come_to_their_end_and_only_those_of_who_stays_count() {
    let script = Script::new(|_, _| (Duration::from_secs(5), Act::Opens));
    let first = plan(&hosts(3), 3, 2, MINUTE);
    let (handle, replacer) = begin(&first, &script);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut next = Plan::clone(&with(&first, |endpoint| {
        if endpoint.name == "host-1.example" {
            endpoint.url = "https://elsewhere.example/".parse().unwrap();
        }
    }));
    next.pairs.pop();
    replace(&replacer, &Arc::new(next), &script).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let after = now(&handle);
    assert_eq!(after.rows.iter().map(|row| row.counts.reachable).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(script.dropped.load(Ordering::Relaxed), 0, "nothing is cut off");
    assert!(!after.first_round_complete);
    // Those for nobody took part of the limit, and give it back.
    first_round(&handle).await;
    assert_eq!(script.most_at_once.load(Ordering::Relaxed), 3);
    handle.shutdown().await;
}

/// What was asked of other name servers, or proven by other roots, says nothing under these.
#[tokio::test(start_paused = true)]
async fn probes_under_way_count_for_nobody_where_names_or_trust_are_others() {
    let trusting = TlsPlan { extra_roots: vec![vec![1].into()], ..TlsPlan::default() };
    let dns = DnsPlan { external: vec![], hosts: [("a".to_owned(), vec![])].into(), ..DnsPlan::default() };
    let others: [(&str, u64, Plan); 3] = [
        ("the same", 1, Plan::clone(&plan(&hosts(1), 3, 2, MINUTE))),
        ("names", 0, Plan { dns, ..Plan::clone(&plan(&hosts(1), 3, 2, MINUTE)) }),
        ("trust", 0, Plan { tls: trusting, ..Plan::clone(&plan(&hosts(1), 3, 2, MINUTE)) }),
    ];
    for (what, expected, next) in others {
        let script = Script::new(|_, _| (Duration::from_secs(5), Act::Opens));
        let (began, (handle, replacer)) = (Instant::now(), begin(&plan(&hosts(1), 3, 2, MINUTE), &script));
        tokio::time::sleep(Duration::from_secs(2)).await;
        replace(&replacer, &Arc::new(next), &script).await;
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(now(&handle).rows[0].counts.reachable, expected, "{what}");
        // It is asked again soon, not an interval later.
        tokio::time::sleep(Duration::from_secs(12)).await;
        assert_eq!(now(&handle).rows[0].counts.reachable, 1, "{what}: {:?}", script.starts(began));
        assert_eq!(script.dropped.load(Ordering::Relaxed), 0, "{what}: nothing is cut off");
        handle.shutdown().await;
    }
}

/// A leaf that was proven under a root says nothing once nobody trusts that root.
#[tokio::test(start_paused = true)]
async fn what_was_proven_is_forgotten_where_trust_changes() {
    let under = |root: u8| Plan {
        tls: TlsPlan { extra_roots: vec![vec![root].into()], ..TlsPlan::default() },
        ..Plan::clone(&plan(&hosts(1), 3, 2, MINUTE))
    };
    let first = Arc::new(under(1));
    let (pair, script) = (Arc::clone(&first.pairs[0]), Script::new(open));
    let (handle, replacer) = begin(&first, &script);
    let leaf = |trust| TlsFacts { leaf_sha256: Some("aa".into()), ..TlsFacts::of(trust) };
    let seen = |tls| Observation { tls: Some(tls), ..seen(MINUTE, RouteFacts::Direct, None, None) };
    let is_known = || {
        let judge = handle.judges().now();
        judge.knows_leaf(&pair, &seen(leaf(ChainTrust::Untrusted)))
    };
    handle.judges().now().note(&pair, &seen(leaf(ChainTrust::Extra)));
    assert!(is_known());
    let renamed = Plan { site: "renamed".to_owned(), ..Plan::clone(&first) };
    replace(&replacer, &Arc::new(renamed), &script).await;
    assert!(is_known(), "the same is trusted");
    replace(&replacer, &Arc::new(under(2)), &script).await;
    assert!(!is_known());
    handle.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn audits_go_on_or_end_as_the_plan_says() {
    let script = Script::new(|_, _| (Duration::from_millis(20), Act::Secures));
    let audited = |hosts: &[String], audit| Arc::new(Plan { audit, ..Plan::clone(&plan(hosts, 64, 2, MINUTE)) });
    let (began, quarter) = (Instant::now(), Some(15 * MINUTE));
    let (handle, replacer) = begin(&audited(&hosts(2), quarter), &script);
    tokio::time::sleep(40 * MINUTE).await;
    let facts = |row: usize| now(&handle).rows[row].last.as_ref().and_then(|last| last.audit.clone());
    assert!(facts(0).is_some() && facts(1).is_some());
    replace(&replacer, &audited(&hosts(4), quarter), &script).await;
    assert!(facts(0).is_some());
    tokio::time::sleep(60 * MINUTE).await;
    let audits = script.audits(began);
    for (host, least) in [("host-0.example", 6), ("host-1.example", 6), ("host-2.example", 3), ("host-3.example", 3)] {
        assert!(audits[host].len() >= least, "{host}: {audits:?}");
    }
    replace(&replacer, &audited(&hosts(4), None), &script).await;
    let so_far: usize = script.audits(began).values().map(Vec::len).sum();
    tokio::time::sleep(60 * MINUTE).await;
    assert_eq!(script.audits(began).values().map(Vec::len).sum::<usize>(), so_far);
    assert_eq!(facts(0), None, "what nobody looks at any more is not shown for ever");
    handle.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_discovered_stays_while_its_path_does() {
    let script = Script::new(|host, _| {
        (Duration::from_millis(20), if host == "host-0.example" { Act::Names } else { Act::Opens })
    });
    let discovery = Discovery {
        interval: MINUTE,
        timeout: Duration::from_secs(10),
        crl_timeout: Duration::from_secs(30),
        private_answers: PrivateAnswers::Blocked,
    };
    let discovering = |count, discovery| Plan { discovery, ..Plan::clone(&plan(&hosts(count), 64, 2, MINUTE)) };
    let (handle, replacer) = begin(&Arc::new(discovering(1, Some(discovery))), &script);
    let mut snapshots = handle.snapshots();
    let probed = |snapshot: &Arc<Snapshot>| snapshot.rows.get(1).is_some_and(|row| row.counts.reachable > 2);
    snapshots.wait_for(probed).await.unwrap();
    let before = now(&handle).rows[1].counts;

    let slower = Discovery { interval: 5 * MINUTE, ..discovery };
    let tally = replace(&replacer, &Arc::new(discovering(2, Some(slower))), &script).await;
    assert_eq!((tally.added, tally.removed), (1, 0));
    let after = now(&handle);
    assert_eq!(names(&after), ["host-0.example", "host-1.example", FOUND]);
    assert_eq!((after.rows[2].counts, after.rows[2].pair.endpoint.interval), (before, 5 * MINUTE));

    // Another way out is shown other chains.
    let mut elsewhere = discovering(2, Some(slower));
    let path = Path { way: Way::Direct, ..Path::clone(&elsewhere.paths[0]) };
    elsewhere.paths = vec![Arc::new(path)];
    replace(&replacer, &with(&elsewhere, |_| {}), &script).await;
    assert_eq!(names(&now(&handle)), ["host-0.example", "host-1.example"]);
    snapshots.wait_for(|snapshot| names(snapshot).contains(&FOUND)).await.unwrap();
    replace(&replacer, &Arc::new(discovering(2, None)), &script).await;
    assert_eq!(names(&now(&handle)), ["host-0.example", "host-1.example"]);
    handle.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn who_goes_is_told_and_nobody_else() {
    #[derive(Debug, Default)]
    struct Gone(Mutex<Vec<String>>);
    impl Events for Gone {
        fn gone(&self, pair: &Pair) {
            self.0.lock().unwrap().push(pair.endpoint.name.clone());
        }
    }
    let (script, gone) = (Script::new(open), Arc::new(Gone::default()));
    let first = plan(&hosts(3), 64, 2, MINUTE);
    let events: Arc<dyn Events> = Arc::clone(&gone) as _;
    let (handle, replacer) = Scheduler::start_replaceable(
        Arc::clone(&first),
        Arc::clone(&script),
        Arc::new(StoppedClock),
        events,
        Earlier::new(),
    );
    first_round(&handle).await;
    let mut next = Plan::clone(&with(&first, |endpoint| match endpoint.name.as_str() {
        "host-0.example" => endpoint.severity = Severity::Info,
        "host-1.example" => endpoint.method = http::Method::HEAD,
        _ => {}
    }));
    next.pairs.pop();
    replace(&replacer, &Arc::new(next), &script).await;
    assert_eq!(*gone.0.lock().unwrap(), ["host-1.example", "host-2.example"]);
    handle.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_scheduler_that_stopped_follows_nothing() {
    let (first, script) = (plan(&hosts(1), 64, 2, MINUTE), Script::new(open));
    let (handle, replacer) = begin(&first, &script);
    handle.shutdown().await;
    assert_eq!(replacer.replace(first, script).await, Err(Stopped));
}

/// A wall clock that goes with the paused one.
#[derive(Debug)]
struct Going(Instant);

impl Going {
    const START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
}

impl Clock for Going {
    fn now(&self) -> OffsetDateTime {
        Self::START + self.0.elapsed()
    }
}

#[tokio::test(start_paused = true)]
async fn windows_open_and_close_without_any_probe() {
    let day = Duration::from_secs(86_400);
    let window = Window {
        from: Going::START + 10 * MINUTE + Duration::from_millis(500),
        to: Going::START + 30 * MINUTE,
        matching: Matching::of("host-1*", "*"),
    };
    let until = window.to;
    let planned = Plan { maintenance: Maintenance::new(vec![window]), ..Plan::clone(&plan(&hosts(2), 64, 2, day)) };
    let (script, began) = (Script::new(open), Instant::now());
    let clock = Arc::new(Going(began));
    let (handle, replacer) = Scheduler::start_replaceable(
        Arc::new(planned.clone()),
        Arc::clone(&script),
        clock,
        Arc::new(()),
        Earlier::new(),
    );
    let covered =
        |snapshot: &Snapshot| snapshot.rows.iter().map(|row| snapshot.maintenance.until(&row.pair)).collect::<Vec<_>>();
    assert_eq!(covered(&*first_round(&handle).await), [None, None]);
    let mut snapshots = handle.snapshots();
    let opened = snapshots.wait_for(|snapshot| covered(snapshot) == [None, Some(until)]).await.unwrap().generated_at;
    assert!((opened - Going::START - 10 * MINUTE).abs() < time::Duration::SECOND, "{opened}");
    let closed = snapshots.wait_for(|snapshot| covered(snapshot) == [None, None]).await.unwrap().generated_at;
    assert!((closed - until).abs() < time::Duration::SECOND, "{closed}");
    assert_eq!(script.starts(began)["host-1.example"].len(), 1);

    // One that is under way when the plan comes counts at once.
    let window = Window { from: Going::START, to: Going::START + day, matching: Matching::default() };
    let next = Plan { maintenance: Maintenance::new(vec![window]), ..planned };
    assert_eq!(replacer.replace(Arc::new(next), script).await.unwrap().same, 2);
    assert_eq!(covered(&now(&handle)), [Some(Going::START + day); 2]);
    handle.shutdown().await;
}
