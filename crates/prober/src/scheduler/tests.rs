mod audits;
mod clock;
mod discovery;
mod replace;
mod script;
mod suspects;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use self::script::{Act, Part, Script, StoppedClock, seen};
use super::*;
use crate::cause::{Cause, State};
use crate::net::Clock;
use crate::observation::{CrlFacts, CrlOutcome, Observation, RouteFacts};
use crate::plan::{DnsPlan, Endpoint, Pair, Path, PathOptions, Proxy, ProxyScheme, TlsPlan, Way};
use crate::state::{Change, Earlier, Report};
use crate::verdict::{Evidence, Verdict};

const MINUTE: Duration = Duration::from_secs(60);

fn hosts(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("host-{index}.example")).collect()
}

fn plan(hosts: &[String], concurrency: usize, confirm: u32, interval: Duration) -> Arc<Plan> {
    let proxy = Proxy {
        scheme: ProxyScheme::Http,
        host: url::Host::Domain("proxy.example".to_owned()),
        port: 3128,
        credentials: None,
    };
    let path =
        Arc::new(Path { name: "hq".to_owned(), way: Way::Proxy(Arc::new(proxy)), options: PathOptions::default() });
    let endpoints: Vec<Arc<Endpoint>> = hosts
        .iter()
        .map(|host| {
            let url = format!("https://{host}/").parse().unwrap();
            Arc::new(Endpoint { interval, ..Endpoint::new(host.as_str(), url) })
        })
        .collect();
    let pairs = endpoints
        .iter()
        .map(|endpoint| Arc::new(Pair { endpoint: Arc::clone(endpoint), path: Arc::clone(&path) }))
        .collect();
    Arc::new(Plan {
        site: "test".to_owned(),
        concurrency: concurrency.try_into().unwrap(),
        confirm: confirm.try_into().unwrap(),
        audit: None,
        discovery: None,
        microsoft365: None,
        published: None,
        disabled: Arc::default(),
        maintenance: crate::plan::Maintenance::default(),
        dns: DnsPlan::default(),
        tls: TlsPlan::default(),
        fingerprints: crate::fingerprint::Fingerprints::built_in().unwrap(),
        paths: vec![path],
        endpoints,
        pairs,
    })
}

fn start(plan: &Arc<Plan>, script: &Arc<Script>) -> Handle {
    Scheduler::start(Arc::clone(plan), Arc::clone(script), Arc::new(StoppedClock), Arc::new(()))
}

async fn first_round(handle: &Handle) -> Arc<Snapshot> {
    let mut snapshots = handle.snapshots();
    let snapshot = snapshots.wait_for(|snapshot| snapshot.first_round_complete).await.unwrap();
    Arc::clone(&snapshot)
}

fn cause(snapshot: &Snapshot, row: usize) -> Option<Cause> {
    let last = snapshot.rows[row].last.as_ref()?;
    last.verdict.reason.as_ref().map(|reason| reason.cause)
}

#[tokio::test(start_paused = true)]
async fn the_first_round_begins_at_once_and_ends_soon() {
    let began = Instant::now();
    let script = Script::new(|_, _| (Duration::from_millis(20), Act::Opens));
    let handle = start(&plan(&hosts(40), 64, 2, MINUTE), &script);
    assert!(!handle.snapshots().borrow().first_round_complete);

    let snapshot = first_round(&handle).await;
    assert!(began.elapsed() < Duration::from_millis(2300), "{:?}", began.elapsed());
    assert!(snapshot.rows.iter().all(|row| row.state() == State::Reachable && row.counts.reachable == 1));
    let starts = script.starts(began);
    assert!(starts["host-0.example"][0] < 0.01);
    assert!(script.most_at_once.load(Ordering::Relaxed) <= 2, "no burst");
    handle.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn starts_are_spread_evenly_over_the_interval() {
    let began = Instant::now();
    let script = Script::new(|_, _| (Duration::from_millis(20), Act::Opens));
    let handle = start(&plan(&hosts(60), 64, 2, MINUTE), &script);
    tokio::time::sleep(30 * MINUTE).await;
    handle.shutdown().await;

    let starts = script.starts(began);
    assert_eq!(starts.len(), 60);
    let mut per_second = [0_usize; 1800];
    for times in starts.values() {
        assert!((29..=32).contains(&times.len()), "{} probes in 30 intervals", times.len());
        for pair in times.windows(2) {
            let gap = pair[1] - pair[0];
            assert!((30.0..=97.0).contains(&gap), "{gap} s between two probes");
        }
        for pair in times[1..].windows(2) {
            let gap = pair[1] - pair[0];
            assert!((53.9..=66.1).contains(&gap), "{gap} s between two regular probes");
        }
        for time in times {
            // Whole seconds of a run that is known to be short.
            per_second[format!("{time:.3}").split('.').next().unwrap().parse::<usize>().unwrap()] += 1;
        }
    }
    // After the first round: 60 probes a minute are one a second, jitter makes a few meet.
    let busiest = per_second[120..].iter().max();
    assert!(busiest <= Some(&6), "{busiest:?} starts within one second");
    let jittered = starts.values().any(|times| (times[2] - times[1] - 60.0).abs() > 0.5);
    assert!(jittered, "no jitter");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_outlasts_its_interval_is_not_joined_by_a_second() {
    let began = Instant::now();
    let script = Script::new(|_, _| (Duration::from_secs(25), Act::Opens));
    let handle = start(&plan(&hosts(3), 64, 2, Duration::from_secs(10)), &script);
    tokio::time::sleep(10 * MINUTE).await;
    handle.shutdown().await;
    // The script itself asserts that no two overlap; here that none is lost either.
    for times in script.starts(began).values() {
        assert!((17..=24).contains(&times.len()), "{} probes", times.len());
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_probes_run_at_once_than_allowed_and_the_rest_shows_as_lag() {
    #[derive(Debug, Default)]
    struct Lag(Mutex<Duration>);
    impl Events for Lag {
        fn probe_started(&self, _: &Pair, lag: Duration) {
            let mut most = self.0.lock().unwrap();
            *most = lag.max(*most);
        }
    }
    let script = Script::new(|_, _| (Duration::from_secs(5), Act::Opens));
    let lag = Arc::new(Lag::default());
    let clock = Arc::new(StoppedClock);
    let handle = Scheduler::start(
        plan(&hosts(20), 4, 2, MINUTE),
        Arc::clone(&script),
        clock,
        Arc::clone(&lag) as Arc<dyn Events>,
    );
    first_round(&handle).await;
    handle.shutdown().await;
    assert_eq!(script.most_at_once.load(Ordering::Relaxed), 4);
    assert!(*lag.0.lock().unwrap() > Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn a_failure_and_a_recovery_are_looked_at_again_early() {
    let began = Instant::now();
    // Well twice, then refused three times, then well again.
    let script = Script::new(|_, before| {
        (Duration::from_millis(10), if (2..5).contains(&before) { Act::Refused } else { Act::Opens })
    });
    let handle = start(&plan(&hosts(1), 4, 2, MINUTE), &script);
    tokio::time::sleep(7 * MINUTE).await;
    handle.shutdown().await;
    let times = &script.starts(began)["host-0.example"];
    let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let early = |gap: f64| (4.4..=5.6).contains(&gap);
    assert!(!early(gaps[1]), "{gaps:?}");
    assert!(early(gaps[2]), "after the first failure: {gaps:?}");
    assert!(!early(gaps[3]), "once confirmed there is no hurry: {gaps:?}");
    assert!(early(gaps[5]), "after the recovery: {gaps:?}");
    assert!(!early(gaps[6]), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_flaps_does_not_live_on_early_probes() {
    let began = Instant::now();
    let script =
        Script::new(|_, before| (Duration::from_millis(10), if before % 2 == 0 { Act::Refused } else { Act::Opens }));
    let handle = start(&plan(&hosts(1), 4, 2, MINUTE), &script);
    tokio::time::sleep(30 * MINUTE).await;
    handle.shutdown().await;
    let count = script.starts(began)["host-0.example"].len();
    assert!((60..=95).contains(&count), "{count} probes in 30 intervals");
}

#[tokio::test(start_paused = true)]
async fn changes_are_told_and_confirmed() {
    #[derive(Debug, Default)]
    struct Heard(Mutex<Vec<(State, State)>>);
    impl Events for Heard {
        fn changed(&self, _: &Pair, change: &Change) {
            let before = change.before.as_ref().map_or(State::Unknown, |before| before.state);
            self.0.lock().unwrap().push((before, change.after.state));
        }
    }
    let script = Script::new(|_, before| {
        (Duration::from_millis(10), if matches!(before, 1 | 3..=5) { Act::Refused } else { Act::Opens })
    });
    let heard = Arc::new(Heard::default());
    let events = Arc::clone(&heard) as Arc<dyn Events>;
    let handle = Scheduler::start(plan(&hosts(1), 4, 2, MINUTE), script, Arc::new(StoppedClock), events);
    tokio::time::sleep(10 * MINUTE).await;
    handle.shutdown().await;
    let expected = [
        (State::Unknown, State::Reachable),
        // The lone failure in between is no change.
        (State::Reachable, State::Blocked),
        (State::Blocked, State::Reachable),
    ];
    assert_eq!(*heard.0.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_the_monitors_error_and_stops_nothing() {
    let script = Script::new(|host, _| {
        (Duration::from_millis(10), if host.starts_with("host-1.") { Act::Panics } else { Act::Opens })
    });
    let handle = start(&plan(&hosts(3), 4, 2, MINUTE), &script);
    let snapshot = first_round(&handle).await;
    assert_eq!(cause(&snapshot, 1), Some(Cause::MonitorError));
    assert_eq!(snapshot.rows[1].state(), State::Unknown);
    let detail = &snapshot.rows[1].last.as_ref().unwrap().verdict.reason.as_ref().unwrap().detail;
    assert!(detail.contains("the script says so"), "{detail}");

    tokio::time::sleep(5 * MINUTE).await;
    let later = Arc::clone(&handle.snapshots().borrow());
    assert!(later.rows.iter().all(|row| row.counts.reachable + row.counts.unknown >= 5), "{later:?}");
    handle.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_proxy_that_answers_for_others_waits_for_the_upstream() {
    let part: Part = |host, _| {
        if host.starts_with("host-1.") {
            (Duration::from_secs(9), Act::ProxySilent)
        } else {
            (Duration::from_millis(10), Act::ProxyAnswers)
        }
    };
    let handle = start(&plan(&hosts(2), 4, 2, MINUTE), &Script::new(part));
    assert_eq!(cause(&*first_round(&handle).await, 1), Some(Cause::ProxyUpstreamFailed));
    handle.shutdown().await;

    let alone = plan(&hosts(2)[1..], 4, 2, MINUTE);
    let handle = start(&alone, &Script::new(part));
    assert_eq!(cause(&*first_round(&handle).await, 0), Some(Cause::ProxyTimeout));
    handle.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn shutdown_drops_what_is_under_way_and_does_not_wait_for_it() {
    let script = Script::new(|_, _| (10 * MINUTE, Act::Opens));
    let handle = start(&plan(&hosts(5), 64, 2, 60 * MINUTE), &script);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let stopped = Instant::now();
    handle.shutdown().await;
    assert!(stopped.elapsed() < Duration::from_secs(1));
    assert_eq!(script.dropped.load(Ordering::Relaxed), 5);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_handle_stops_the_scheduler() {
    let script = Script::new(|_, _| (Duration::from_millis(10), Act::Opens));
    let handle = start(&plan(&hosts(2), 4, 2, MINUTE), &script);
    let mut snapshots = handle.snapshots();
    drop(handle);
    while snapshots.changed().await.is_ok() {}
    assert_eq!(Arc::strong_count(&script), 1, "the scheduler still holds the prober");
}

#[tokio::test(start_paused = true)]
async fn snapshots_of_a_busy_scheduler_are_coalesced() {
    let script = Script::new(|_, _| (Duration::from_millis(1), Act::Opens));
    let handle = start(&plan(&hosts(1000), 100, 2, MINUTE), &script);
    let mut snapshots = handle.snapshots();
    let mut published = 0;
    while !snapshots.borrow_and_update().first_round_complete {
        snapshots.changed().await.unwrap();
        published += 1;
    }
    handle.shutdown().await;
    assert!((50..=105).contains(&published), "{published} snapshots in 10 s");
}

#[tokio::test(start_paused = true)]
async fn a_plan_without_pairs_is_complete_and_stops() {
    let handle = start(&plan(&[], 4, 2, MINUTE), &Script::new(|_, _| (MINUTE, Act::Opens)));
    assert!(first_round(&handle).await.rows.is_empty());
    handle.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn one_round_judges_when_all_are_in() {
    // The silent one ends before the others answer.
    let script = Script::new(|host, _| match host {
        "host-0.example" => (Duration::from_secs(1), Act::ProxySilent),
        "host-3.example" => (Duration::from_secs(1), Act::Panics),
        _ => (Duration::from_secs(2), Act::ProxyAnswers),
    });
    let plan = plan(&hosts(5), 3, 2, MINUTE);
    let mut told = BTreeSet::new();
    let round = round(&plan, Arc::clone(&script), &StoppedClock, false, |progress| match progress {
        Progress::Ended(pair) => assert!(told.insert(pair.endpoint.name.clone())),
        Progress::Discovered(more) => assert_eq!(more, 0),
    })
    .await;
    assert_eq!(told.len(), 5);
    assert_eq!(script.most_at_once.load(Ordering::Relaxed), 3);
    let snapshot = Snapshot::of_round("test", StoppedClock.now(), &round);
    let causes: Vec<Option<Cause>> = (0..5).map(|row| cause(&snapshot, row)).collect();
    assert_eq!(causes, [Some(Cause::ProxyUpstreamFailed), None, None, Some(Cause::MonitorError), None]);
    let names: Vec<&str> = snapshot.rows.iter().map(|row| row.pair.endpoint.name.as_str()).collect();
    assert_eq!(names, hosts(5));
}

#[test]
fn the_last_readable_crl_outlives_results_without_one() {
    let parsed = CrlFacts { revoked: 3, bytes: 812, ..CrlFacts::of("CN=issuer".into(), StoppedClock.now()) };
    let with = |crl| {
        let observation = Observation { crl: Some(Box::new(crl)), ..seen(MINUTE, RouteFacts::Direct, None, None) };
        let verdict = Verdict { state: State::Reachable, reason: None, evidence: Evidence::default() };
        Arc::new(Report { observation, verdict, audit: None })
    };
    let mut board = board::Board::new(&plan(&hosts(1), 4, 2, MINUTE), Earlier::new());
    let readable = with(CrlOutcome::Parsed(parsed));
    board.take(0, &readable);
    board.take(0, &with(CrlOutcome::TooLarge));
    let snapshot = board.snapshot(StoppedClock.now(), None, crate::plan::Maintenance::default());
    assert!(Arc::ptr_eq(snapshot.rows[0].last_crl.as_ref().unwrap(), &readable));
}
