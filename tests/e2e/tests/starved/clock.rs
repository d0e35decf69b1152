//! A clock that jumps.

use std::fs;

use e2e::{Running, reachwatch};

use super::site::{Site, Watcher};

/// Where Debian has it; the loader knows the folder (ld.so(8)).
const LIBRARY: &str = "/usr/$LIB/faketime/libfaketimeMT.so.1";

#[tokio::test]
async fn a_day_forth_and_back_blocks_nothing_and_is_told() {
    let site = Site::new().await;
    let (config, time) = (site.over("direct", 1), site.folder.write("time", "+0\n"));
    let data = site.folder.path().join("data");
    let mut command = reachwatch(&["run", "--listen", "127.0.0.1:0", "--log-format", "json", "--config"]);
    command.arg(config).arg("--data-dir").arg(&data).env("LD_PRELOAD", LIBRARY);
    command
        .env("FAKETIME_TIMESTAMP_FILE", &time)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let running = Running::after(command).await;
    let watcher = Watcher::of(&running);
    watcher.all("reachable").await;
    for (jump, told) in [("+1d", -86_400.0), ("-1d", 86_400.0), ("+0", 0.0)] {
        fs::write(&time, format!("{jump}\n")).unwrap();
        let near = async || {
            watcher.sum("reachwatch_clock_offset_seconds", "").await.filter(|offset| (offset - told).abs() < 60.0)
        };
        e2e::eventually(&format!("{jump} is told"), near).await;
        let tally = watcher.more("it goes on", 24).await;
        assert_eq!(tally.blocked, 0, "{jump}");
        let writable = watcher.sum("reachwatch_history_writable", "").await;
        assert_eq!(writable, Some(1.0), "{jump}");
        assert_eq!(e2e::get(running.address(), "/").await.unwrap().status, 200, "{jump}");
    }
    watcher.all("reachable").await;
}
