//! Stopped, as a debugger or a machine without time for it does, and woken.

use std::time::Duration;

use e2e::Running;
use tokio::process::Command;

use super::site::{Site, Watcher};

async fn signal(running: &Running, name: &str) {
    let id = running.id().unwrap().to_string();
    assert!(Command::new("sh").args(["-c", "kill \"$0\" \"$1\"", name, &id]).status().await.unwrap().success());
}

#[tokio::test]
async fn what_ran_out_of_time_while_it_stood_still_is_nobodys_fault() {
    let site = Site::new().await;
    let running = Running::start(&site.over("direct", 20)).await;
    let watcher = Watcher::of(&running);
    watcher.all("reachable").await;
    // Long enough for any time limit of a probe to run out, and a minute once. Some probes are always under way.
    for seconds in [6, 6, 6, 60] {
        signal(&running, "-STOP").await;
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        signal(&running, "-CONT").await;
        let tally = watcher.more("it goes on", 120).await;
        assert_eq!((tally.blocked, tally.degraded), (0, 0), "after {seconds} s");
    }
    assert_eq!(watcher.states().await.unwrap(), ["reachable"]);
}
