//! When audits run, and what becomes of them.

use super::*;

const QUARTER: Duration = Duration::from_secs(15 * 60);

fn audited(hosts: &[String], concurrency: usize) -> Arc<Plan> {
    let plan = plan(hosts, concurrency, 2, MINUTE);
    Arc::new(Plan { audit: Some(QUARTER), ..Plan::clone(&plan) })
}

fn secures(_: &str, _: usize) -> (Duration, Act) {
    (Duration::from_millis(20), Act::Secures)
}

/// Half an hour of one configuration; the audits of each host in seconds after the start.
async fn half_an_hour(plan: &Arc<Plan>, script: &Arc<Script>) -> Vec<(String, Vec<f64>)> {
    let began = Instant::now();
    let handle = start(plan, script);
    tokio::time::sleep(2 * QUARTER).await;
    handle.shutdown().await;
    script.audits(began).into_iter().collect()
}

#[tokio::test(start_paused = true)]
async fn each_pair_has_its_turn_once_an_interval_and_no_two_meet() {
    let script = Script::new(secures);
    let audits = half_an_hour(&audited(&hosts(10), 64), &script).await;
    assert_eq!(audits.len(), 10);
    for (host, starts) in &audits {
        assert!((1..=3).contains(&starts.len()), "{host}: {starts:?}");
        for pair in starts.windows(2) {
            let apart = pair[1] - pair[0];
            assert!((800.0..=1000.0).contains(&apart), "{host}: {starts:?}");
        }
    }
    let mut all: Vec<f64> = audits.into_iter().flat_map(|(_, starts)| starts).collect();
    all.sort_unstable_by(f64::total_cmp);
    // Places are 90 s apart, with a jitter of up to 90 s on top.
    for window in all.windows(3) {
        assert!(window[2] - window[0] >= 80.0, "a burst: {all:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_audit_is_judged_with_the_next_results_and_stays() {
    let script = Script::new(secures);
    let handle = start(&audited(&hosts(1), 64), &script);
    let first = first_round(&handle).await;
    assert_eq!(
        (first.rows[0].state(), first.rows[0].last.as_ref().unwrap().audit.as_deref()),
        (State::Reachable, None)
    );

    let mut snapshots = handle.snapshots();
    let degraded = snapshots.wait_for(|snapshot| snapshot.rows[0].state() == State::Degraded).await.unwrap().clone();
    assert_eq!(cause(&degraded, 0), Some(Cause::TlsLargeHello));
    let report = degraded.rows[0].last.clone().unwrap();
    assert_eq!(report.audit.as_ref().unwrap().large_hello.passes(), Some(false));
    tokio::time::sleep(5 * MINUTE).await;
    assert_eq!(handle.snapshots().borrow().rows[0].state(), State::Degraded, "until another audit says otherwise");
    handle.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_blocked_or_shakes_no_hands_is_not_audited() {
    for part in [
        |_: &str, _: usize| (Duration::from_millis(20), Act::Refused),
        |_: &str, _: usize| (Duration::from_millis(20), Act::Opens),
    ] {
        let script = Script::new(part);
        assert_eq!(half_an_hour(&audited(&hosts(3), 64), &script).await, []);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_in_the_clear_or_a_control_is_not_audited() {
    let mut plan = Plan::clone(&audited(&hosts(3), 64));
    let endpoint = |index: usize, change: fn(&mut Endpoint)| {
        let mut endpoint = Endpoint::clone(&plan.pairs[index].endpoint);
        change(&mut endpoint);
        Arc::new(Pair { endpoint: Arc::new(endpoint), path: Arc::clone(&plan.pairs[index].path) })
    };
    plan.pairs = vec![
        endpoint(0, |endpoint| endpoint.control = true),
        endpoint(1, |endpoint| endpoint.url = "http://host-1.example/".parse().unwrap()),
        endpoint(2, |_| {}),
    ];
    let script = Script::new(secures);
    let audits = half_an_hour(&Arc::new(plan), &script).await;
    assert_eq!(audits.into_iter().map(|(host, _)| host).collect::<Vec<_>>(), ["host-2.example"]);
}

#[tokio::test(start_paused = true)]
async fn audits_count_in_what_is_under_way_and_leave_room_for_probes() {
    for (concurrency, most) in [(1, 1), (4, 4)] {
        let mut plan = Plan::clone(&audited(&hosts(40), concurrency));
        // More is due than can be done.
        plan.audit = Some(Duration::from_secs(60));
        let began = Instant::now();
        let script = Script::new(secures);
        let handle = start(&Arc::new(plan), &script);
        tokio::time::sleep(5 * MINUTE).await;
        handle.shutdown().await;
        assert!(script.most_at_once.load(Ordering::Relaxed) <= most, "{concurrency} at once");
        // One at a time of twenty seconds each, with four at once too.
        let audits: usize = script.audits(began).values().map(Vec::len).sum();
        assert!((10..=16).contains(&audits), "{audits} audits with {concurrency} at once");
        if concurrency == 4 {
            assert!(script.starts(began).values().all(|starts| starts.len() >= 4), "audits hold the probes up");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_round_audits_what_is_usable_when_all_probes_are_in() {
    let plan = plan(&hosts(4), 2, 2, MINUTE);
    let script = Script::new(|host, _| {
        let act = if host == "host-1.example" { Act::Refused } else { Act::Secures };
        (Duration::from_secs(1), act)
    });
    let began = Instant::now();
    let mut told = Vec::new();
    let round = round(&plan, Arc::clone(&script), &StoppedClock, true, |progress| {
        if let Progress::Ended(pair) = progress {
            told.push(pair.endpoint.name.clone());
        }
    })
    .await;
    let results = round.results;
    let states: Vec<_> = results.iter().map(|(_, report)| report.verdict.state).collect();
    assert_eq!(states, [State::Degraded, State::Blocked, State::Degraded, State::Degraded]);
    assert!(results.iter().all(|(pair, report)| report.audit.is_none() == (pair.endpoint.name == "host-1.example")));
    assert_eq!(told.len(), 8, "a probe and an audit each: {told:?}");
    assert!(script.audits(began).values().flatten().all(|start| *start >= 2.0));
    assert_eq!(script.most_at_once.load(Ordering::Relaxed), 2);
}

/// Its turn comes before there is a result; the next one would be five seconds after the result at the earliest.
#[tokio::test(start_paused = true)]
async fn what_has_no_result_yet_is_audited_as_soon_as_there_is_one() {
    let script = Script::new(|_, _| (Duration::from_secs(15), Act::Secures));
    let mut plan = Plan::clone(&audited(&hosts(1), 64));
    plan.audit = Some(Duration::from_secs(20));
    let began = Instant::now();
    let handle = start(&Arc::new(plan), &script);
    tokio::time::sleep(MINUTE).await;
    handle.shutdown().await;
    let audits = script.audits(began);
    let first = audits["host-0.example"][0];
    assert!((15.0..19.0).contains(&first), "{audits:?}");
}

/// Of two slots one is taken for good by a probe: an audit in the other would hold up all the rest.
#[tokio::test(start_paused = true)]
async fn an_audit_waits_until_room_is_left_beside_it() {
    let script = Script::new(|host, before| match (host, before) {
        ("host-0.example", 1..) => (Duration::from_secs(200), Act::Secures),
        _ => (Duration::from_millis(20), Act::Secures),
    });
    let mut plan = Plan::clone(&audited(&hosts(3), 2));
    plan.audit = Some(Duration::from_secs(10));
    let began = Instant::now();
    let handle = start(&Arc::new(plan), &script);
    tokio::time::sleep(20 * MINUTE).await;
    handle.shutdown().await;
    let held: Vec<f64> = script.starts(began)["host-0.example"][1..].to_vec();
    let audits: Vec<f64> = script.audits(began).into_values().flatten().collect();
    assert!(!audits.is_empty() && held.len() >= 3, "{audits:?} {held:?}");
    for start in held {
        let meanwhile: Vec<&f64> = audits.iter().filter(|audit| (start..start + 200.0).contains(*audit)).collect();
        assert!(meanwhile.is_empty(), "audits at {meanwhile:?}, since {start} one probe is under way");
    }
}

/// What was seen two intervals ago may have been mended since; as a fact it stays.
#[tokio::test(start_paused = true)]
async fn an_old_audit_is_no_part_of_a_verdict() {
    let plan = audited(&hosts(1), 1);
    let pair = &plan.pairs[0];
    let script = Script::new(secures);
    for (age, state) in [(2 * QUARTER, State::Degraded), (2 * QUARTER + Duration::from_secs(1), State::Reachable)] {
        let audit = AuditFacts { at: StoppedClock.now() - age, ..script.audit(pair).await };
        let (judge, audit) = (Judge::new(Arc::clone(&plan), Arc::default()), Some(Arc::new(audit)));
        let report = attempt::report(Arc::clone(&script), Arc::clone(pair), judge, audit).await;
        assert_eq!((report.verdict.state, report.audit.is_some()), (state, true), "{age:?}");
    }
}
