//! The program as a service: what the manager hears that started it.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::PathBuf;

use e2e::{Config, Folder, PATIENCE, Running, Signal, eventually, get, reachwatch};
use testnet::{Scheme, World};
use tokio::net::UnixDatagram;
use tokio::time::timeout;

/// A world with one endpoint, and its configuration.
async fn site() -> (World, Folder, PathBuf) {
    let world = World::start().await.unwrap();
    let folder = Folder::new();
    let url = world.url("ols.officeapps.live.com", Scheme::Https, "/olsc").unwrap();
    let config = Config::of(&world).path("way", "direct").endpoint("licensing", &url).write(&folder);
    (world, folder, config)
}

async fn next(manager: &UnixDatagram) -> String {
    let mut buffer = [0; 256];
    let length = timeout(PATIENCE, manager.recv(&mut buffer)).await.unwrap().unwrap();
    String::from_utf8_lossy(buffer.get(..length).unwrap()).into_owned()
}

#[tokio::test]
async fn the_manager_hears_when_it_serves_lives_and_stops() {
    let (_world, folder, config) = site().await;
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();

    let config = config.to_str().unwrap();
    let mut command = reachwatch(&["run", "--config", config, "--listen", "127.0.0.1:0", "--log-format", "json"]);
    command.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", "200000");
    let running = Running::after(command).await;

    assert_eq!(next(&manager).await, "READY=1");
    for _ in 0..3 {
        assert_eq!(next(&manager).await, "WATCHDOG=1");
    }
    running.signal(Signal::Term).await;
    let stopping = async {
        loop {
            match next(&manager).await.as_str() {
                "WATCHDOG=1" => {}
                other => break other.to_owned(),
            }
        }
    };
    assert_eq!(stopping.await, "STOPPING=1");
    assert_eq!(running.end().await.code(), Some(0));
}

/// How many arenas of glibc's allocator a process has beside the main one: their heaps are reserved in pieces of 64 MiB
/// that begin at multiples of it, of which a part can be written to.
#[cfg(target_env = "gnu")]
fn arenas(id: u32) -> usize {
    const HEAP: u64 = 64 << 20;
    let maps = std::fs::read_to_string(format!("/proc/{id}/maps")).unwrap();
    let is_heap = |line: &&str| {
        let start = line.split('-').next().and_then(|start| u64::from_str_radix(start, 16).ok()).unwrap();
        start.is_multiple_of(HEAP) && line.contains(" rw-p ") && line.split_whitespace().count() == 5
    };
    maps.lines().filter(is_heap).count()
}

#[cfg(target_env = "gnu")]
#[tokio::test]
async fn memory_that_is_free_is_given_back_from_the_start_on() {
    let (_world, _folder, config) = site().await;
    let mut running = Running::start_with(&config, &["--log-level", "debug"]).await;
    // Reading a configuration leaves some.
    assert_eq!(running.event("free memory given back").await["any"], true);
    let ready = async || get(running.address(), "/-/ready").await.filter(|answer| answer.status == 200);
    eventually("threads have worked", ready).await;
    assert_eq!(arenas(running.id().unwrap()), 1);
}
