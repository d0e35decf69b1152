//! The program as a service: what the manager hears that started it.
#![expect(clippy::unwrap_used, reason = "a test")]

use e2e::{Config, Folder, PATIENCE, Running, Signal, reachwatch};
use testnet::{Scheme, World};
use tokio::net::UnixDatagram;
use tokio::time::timeout;

async fn next(manager: &UnixDatagram) -> String {
    let mut buffer = [0; 256];
    let length = timeout(PATIENCE, manager.recv(&mut buffer)).await.unwrap().unwrap();
    String::from_utf8_lossy(buffer.get(..length).unwrap()).into_owned()
}

#[tokio::test]
async fn the_manager_hears_when_it_serves_lives_and_stops() {
    let world = World::start().await.unwrap();
    let folder = Folder::new();
    let url = world.url("ols.officeapps.live.com", Scheme::Https, "/olsc").unwrap();
    let config = Config::of(&world).path("way", "direct").endpoint("licensing", &url).write(&folder);
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

#[tokio::test]
async fn memory_that_is_free_is_given_back_from_the_start_on() {
    let world = World::start().await.unwrap();
    let folder = Folder::new();
    let url = world.url("ols.officeapps.live.com", Scheme::Https, "/olsc").unwrap();
    let config = Config::of(&world).path("way", "direct").endpoint("licensing", &url).write(&folder);
    let mut running = Running::start_with(&config, &["--log-level", "debug"]).await;
    // Reading a configuration leaves some.
    assert_eq!(running.event("free memory given back").await["any"], true);
}
