//! In a network of its own: out of ports, and without a link.

use e2e::{Running, apart, eventually};
use tokio::process::Command;

use super::site::{Site, Watcher};

const LOOPBACK: &str = "ip link set lo up";

fn run(world: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(world);
}

async fn sh(script: &str) {
    let status = Command::new("sh").args(["-euc", script]).status().await;
    assert!(status.unwrap().success(), "{script}");
}

#[test]
fn without_ports_nobody_is_blamed_and_with_them_it_goes_on() {
    let test = "network::without_ports_nobody_is_blamed_and_with_them_it_goes_on";
    apart(test, (LOOPBACK, &[]), &[], || {
        run(async {
            let site = Site::new().await;
            let running = Running::start(&site.over("direct", 2)).await;
            let watcher = Watcher::of(&running);
            watcher.all("reachable").await;

            // Nothing is left of two ports but connections that have just ended, for a minute each (tcp(7)).
            sh("cd /proc/sys/net/ipv4; echo 0 > tcp_tw_reuse; echo 61000 61001 > ip_local_port_range").await;
            let starved = watcher.until("probes have no ports", |tally| tally.unknown >= 24).await;
            assert_eq!((starved.blocked, starved.degraded), (0, 0));
            assert_eq!(watcher.states().await.unwrap(), ["reachable"], "what was confirmed stays");

            sh("echo 32768 60999 > /proc/sys/net/ipv4/ip_local_port_range").await;
            let after = watcher.more("it goes on", 24).await;
            assert_eq!((after.blocked, after.degraded), (0, 0));
        });
    });
}

#[test]
fn without_a_link_the_site_is_offline_and_with_it_everything_is_over() {
    let test = "network::without_a_link_the_site_is_offline_and_with_it_everything_is_over";
    apart(test, (LOOPBACK, &[]), &[], || {
        run(async {
            let site = Site::new().await;
            let data = site.folder.path().join("data");
            let running = Running::recording(&site.over("direct", 2), &data).await;
            let watcher = Watcher::of(&running);
            watcher.all("reachable").await;

            // Its own page is on the same link, so that it is asked afterwards.
            sh("ip link set lo down").await;
            tokio::time::sleep(std::time::Duration::from_secs(4)).await;
            sh("ip link set lo up").await;
            watcher.all("reachable").await;
            let incidents = eventually("incidents are told", async || {
                let told: serde_json::Value = serde_json::from_str(&watcher.get("/api/v1/incidents").await?).ok()?;
                let is_over = told["incidents"].as_array()?.is_empty();
                is_over.then(|| told["troubles"].as_array().cloned()).flatten()
            });
            let troubles = incidents.await;
            // One for each endpoint, and each of them over.
            assert_eq!(troubles.len(), 12, "{troubles:?}");
            assert!(troubles.iter().all(|trouble| !trouble["to"].is_null()), "{troubles:?}");
        });
    });
}
