//! Whoever reads the log stops reading: a pipe that is full takes nothing more, and a write to it waits for ever.

use std::fmt::Write;
use std::net::Ipv4Addr;

use e2e::{Folder, Running, Signal};
use tokio::net::TcpListener;

use super::site::Watcher;

/// Endpoints that are probed each second and refuse: three hundred lines a second fill a pipe at once, and the lines that the
/// program keeps soon after.
const REFUSING: usize = 300;

/// The program, with more to say than fits in the pipe and in what it keeps itself.
async fn flooded() -> (Running, Folder) {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
    let mut yaml = "site: e2e\ninterval: 1s\ntimeout: 1s\nconcurrency: 1000\ncontrols: []\naudit: {enabled: false}\n\
                    paths: {}\ndefault_paths: [direct]\nendpoints:\n"
        .to_owned();
    for number in 0..REFUSING {
        writeln!(yaml, "  - {{name: refusing-{number}, url: 'https://127.0.0.1:{closed}/{number}'}}").unwrap();
    }
    let folder = Folder::new();
    let running = Running::start_with(&folder.write("endpoints.yaml", &yaml), &["--log-level", "debug"]).await;
    // A line each: a pipe holds 64 KiB (pipe(7)), some hundreds of them, and the program keeps a thousand.
    let watcher = Watcher::of(&running);
    watcher.until("it goes on for long", |tally| tally.blocked > 3_000).await;
    (running, folder)
}

#[tokio::test]
async fn nobody_reads_the_log_and_probing_goes_on() {
    let (mut running, _folder) = flooded().await;
    // Once somebody reads again, the log says what is not in it.
    let told = running.event("lines of the log are missing: they could not be written in time").await;
    assert!(told["lines"].as_u64().unwrap() > 0, "{told}");
}

#[tokio::test]
async fn nobody_reads_the_log_and_the_program_ends_when_it_is_told_to() {
    let (running, _folder) = flooded().await;
    running.signal(Signal::Term).await;
    assert_eq!(running.end_unread().await.code(), Some(0));
}
