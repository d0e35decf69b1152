//! What is looked at soon where something is blocked.

use super::*;

const HALF_HOUR: Duration = Duration::from_secs(30 * 60);

/// When twenty hosts on a path were probed, and what came of it.
async fn probes_of(part: Part, whole: Duration) -> (std::collections::BTreeMap<String, Vec<f64>>, Arc<Snapshot>) {
    let (script, began) = (Script::new(part), Instant::now());
    let handle = start(&plan(&hosts(20), 64, 2, HALF_HOUR), &script);
    tokio::time::sleep(whole).await;
    let snapshot = Arc::clone(&handle.snapshots().borrow());
    handle.shutdown().await;
    (script.starts(began), snapshot)
}

/// How many of the hosts had their second probe within so long after the first of those.
fn second_probes(starts: &std::collections::BTreeMap<String, Vec<f64>>, within: f64) -> usize {
    let second = || starts.values().filter_map(|times| times.get(1));
    let first = second().copied().fold(f64::INFINITY, f64::min);
    second().filter(|at| **at <= first + within).count()
}

#[tokio::test(start_paused = true)]
async fn where_the_proxy_fails_the_whole_path_is_looked_at_before_its_interval_is_over() {
    let part: Part = |_, before| (Duration::from_millis(20), if before == 0 { Act::Opens } else { Act::ProxyRefuses });
    let (starts, snapshot) = probes_of(part, 2 * HALF_HOUR).await;
    // Five seconds until the first is confirmed, and another five over which the others are spread.
    let probed = second_probes(&starts, 12.0);
    assert_eq!(probed, 20, "{starts:?}");
    assert!(snapshot.rows.iter().all(|row| row.state() == State::Blocked));
    // Nobody lives on it: the probe that fails, those that confirm, and the regular ones.
    assert!(starts.values().all(|times| times.len() <= 7), "{starts:?}");
}

#[tokio::test(start_paused = true)]
async fn where_one_host_is_stopped_one_witness_is_asked() {
    let part: Part = |host, before| {
        let is_stopped = host == "host-1.example" && before > 0;
        (Duration::from_millis(20), if is_stopped { Act::Refused } else { Act::Opens })
    };
    let (starts, _) = probes_of(part, 2 * HALF_HOUR).await;
    let blocked = starts["host-1.example"][2];
    let soon = starts.values().flatten().filter(|at| **at > blocked && **at < blocked + 20.0).count();
    assert_eq!(soon, 1, "{starts:?}");
}

#[tokio::test(start_paused = true)]
async fn where_the_witness_is_stopped_too_the_path_is_looked_at() {
    let part: Part = |_, before| (Duration::from_millis(20), if before == 0 { Act::Opens } else { Act::Refused });
    let (starts, _) = probes_of(part, 2 * HALF_HOUR).await;
    let probed = second_probes(&starts, 20.0);
    assert_eq!(probed, 20, "{starts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_path_that_flaps_is_not_looked_at_all_the_time() {
    // Host 0 is refused by the proxy twice in four probes.
    let part: Part = |host, before| {
        let refused = host == "host-0.example" && before % 4 >= 2;
        (Duration::from_millis(20), if refused { Act::ProxyRefuses } else { Act::Opens })
    };
    let (script, began) = (Script::new(part), Instant::now());
    let mut planned = Plan::clone(&plan(&hosts(20), 64, 2, HALF_HOUR));
    let hasty = Endpoint { interval: Duration::from_secs(10), ..Endpoint::clone(&planned.endpoints[0]) };
    let first = Pair { endpoint: Arc::new(hasty), path: Arc::clone(&planned.paths[0]) };
    planned.pairs[0] = Arc::new(first);
    let handle = start(&Arc::new(planned), &script);
    tokio::time::sleep(2 * HALF_HOUR).await;
    handle.shutdown().await;
    let mut starts = script.starts(began);
    let flaps = starts.remove("host-0.example").unwrap().len() / 4;
    assert!(flaps > 50, "{flaps}");
    // Once in five minutes, and the regular ones.
    assert!(starts.values().all(|times| times.len() <= 12 + 3), "{starts:?}");
}
