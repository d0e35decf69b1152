//! Out of file descriptors, and little memory.

use std::fs;
use std::process::Stdio;

use e2e::{Config, Running, binary, eventually};
use testnet::{HttpFault, Reply, Scheme, TcpFault};
use tokio::process::Command;

use super::site::{HOSTS, Site, Watcher};

/// The program, begun under limits that prlimit(1) sets.
async fn limited(limit: &str, config: &std::path::Path) -> Running {
    let mut command = Command::new("prlimit");
    command.arg(limit).arg("--").arg(binary()).args([
        "run",
        "--listen",
        "127.0.0.1:0",
        "--log-format",
        "json",
        "--config",
    ]);
    command.arg(config).env_clear().env("PATH", e2e::path_with_sbin()).stdin(Stdio::null()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    Running::after(command).await
}

async fn limit(running: &Running, limit: &str) {
    let status = Command::new("prlimit").args(["--pid", &running.id().unwrap().to_string(), limit]).status().await;
    assert!(status.unwrap().success(), "prlimit {limit}");
}

fn open_files(running: &Running) -> usize {
    fs::read_dir(format!("/proc/{}/fd", running.id().unwrap())).unwrap().count()
}

#[tokio::test]
async fn without_file_descriptors_nobody_is_blamed_and_with_them_it_goes_on() {
    let site = Site::new().await;
    let config = site.over("direct", 4);
    let running = Running::start(&config).await;
    let watcher = Watcher::of(&running);
    watcher.all("reachable").await;

    limit(&running, "--nofile=8:20000").await;
    let starved = watcher.until("probes have no sockets", |tally| tally.unknown >= 24).await;
    assert_eq!((starved.blocked, starved.degraded), (0, 0));
    let status = watcher.get("/api/v1/status").await.unwrap();
    assert!(status.contains("\"cause\":\"monitor_error\"") && status.contains("oo many open files"), "{status}");
    assert_eq!(watcher.states().await.unwrap(), ["reachable"], "what was confirmed stays");

    limit(&running, "--nofile=1024:20000").await;
    let after = watcher.more("it goes on", 48).await;
    assert_eq!((after.blocked, after.degraded), (0, 0));
    assert!(e2e::get(running.address(), "/-/healthy").await.is_some(), "newcomers get in");
}

#[tokio::test]
async fn a_low_limit_leaves_enough_for_the_pages() {
    let site = Site::new().await;
    for host in HOSTS {
        site.world.faults().set(host, TcpFault::Hang).unwrap();
    }
    let config = site.config(20).path("out", "direct").write(&site.folder);
    let running = limited("--nofile=380:380", &config).await;
    let watcher = Watcher::of(&running);
    // Sixty probes would be under way at once.
    for _ in 0..20 {
        watcher.until("it probes", |tally| tally.blocked > 20).await;
        assert!(open_files(&running) < 120, "{}", open_files(&running));
        assert_eq!(e2e::get(running.address(), "/").await.unwrap().status, 200);
    }
    assert_eq!(watcher.tally().await.unwrap().unknown, 0, "no probe was without a socket");
}

#[tokio::test]
async fn hostile_bodies_need_little_memory() {
    let site = Site::new().await;
    let large = "<p>no</p>".repeat(1 << 20);
    for (host, fault) in HOSTS.into_iter().zip([
        HttpFault::EndlessBody,
        HttpFault::GzipBomb,
        HttpFault::EndlessHeaders,
        HttpFault::HugeHeader,
        HttpFault::Reply(Reply::status(200).html(&large)),
        HttpFault::InformationalFlood,
    ]) {
        site.world.faults().set(host, fault).unwrap();
    }
    let config: Config = site.config(2).path("out", "direct");
    let good = site.world.url("ajax.aspnetcdn.com", Scheme::Https, "/").unwrap();
    let address = site.world.address("ajax.aspnetcdn.com", Scheme::Https).unwrap().ip();
    let config = config.name("ajax.aspnetcdn.com", address).endpoint("good", &good).write(&site.folder);
    // Writable memory of its own, stacks and all (getrlimit(2)); an allocation beyond it ends the process.
    let running = limited("--data=100663296", &config).await;
    let watcher = Watcher::of(&running);
    watcher.until("all were probed ten times", |tally| tally.blocked + tally.reachable + tally.degraded > 130).await;
    eventually("the good one is reachable", async || {
        let text = watcher.get("/metrics").await?;
        text.lines()
            .any(|line| line.starts_with("reachwatch_endpoint_reachable{endpoint=\"good\"") && line.ends_with(" 1"))
            .then_some(())
    })
    .await;
}
