//! The history on a real disk: killed at any moment, and full.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use e2e::{Config, Folder, Running, Signal, eventually, get};
use rusqlite::{Connection, OpenFlags};
use testnet::{Scheme, TcpFault, World};

const HOST: &str = "officecdn.microsoft.com";
const OTHER: &str = "ols.officeapps.live.com";

/// A world, and a configuration of two endpoints that are probed every second.
async fn two_endpoints() -> (World, Folder, PathBuf) {
    let world = World::start().await.unwrap();
    let folder = Folder::new();
    let url = |host| world.url(host, Scheme::Https, "/").unwrap();
    let mut config = Config::of(&world).path("out", "direct").endpoint("cdn", &url(HOST)).endpoint("ols", &url(OTHER));
    for host in [HOST, OTHER] {
        config = config.name(host, world.address(host, Scheme::Https).unwrap().ip());
    }
    let config = config.write(&folder);
    (world, folder, config)
}

/// A trouble as the file has it: beginning, end, number of probes.
type Trouble = (i64, Option<i64>, i64);

/// The troubles of an endpoint, the oldest first; `None` while there is no file to read them from.
fn troubles(file: &Path, endpoint: &str) -> Option<Vec<Trouble>> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    let select = "SELECT t.began, t.ended, t.probes FROM troubles t JOIN pairs p ON p.id = t.pair
                  WHERE p.endpoint = ?1 AND t.state = 'blocked' ORDER BY t.began";
    let mut statement = connection.prepare(select).ok()?;
    let rows = statement.query_map([endpoint], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).ok()?;
    rows.collect::<Result<_, _>>().ok()
}

fn integrity(file: &Path) -> String {
    let connection = Connection::open(file).unwrap();
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}

async fn metric(running: &Running, name: &str) -> Option<String> {
    let body = get(running.address(), "/metrics").await?.body;
    body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned))
}

#[tokio::test]
async fn killed_at_any_moment_it_loses_neither_the_file_nor_the_beginning() {
    let (world, folder, config) = two_endpoints().await;
    let data = folder.path().join("data");
    let file = data.join("history.sqlite3");
    world.faults().set(HOST, TcpFault::Refuse).unwrap();

    let mut running = Running::recording(&config, &data).await;
    let began = eventually("the trouble is in the file", async || troubles(&file, "cdn")?.first().copied()).await.0;
    // Any moment will do, so there is nothing to wait for: before the file is open, between batches, and within one.
    for moment in [0, 40, 2050, 300, 2010, 90, 1500, 2100, 10, 3000] {
        tokio::time::sleep(Duration::from_millis(moment)).await;
        running.signal(Signal::Kill).await;
        assert_eq!(running.end().await.code(), None);
        assert_eq!(integrity(&file), "ok", "killed after {moment} ms");
        let kept = troubles(&file, "cdn").unwrap();
        assert!(matches!(kept[..], [(from, None, probes)] if from == began && probes > 0), "{kept:?}");
        running = Running::recording(&config, &data).await;
    }
    let kept = |least| {
        let file = &file;
        async move || troubles(file, "cdn").filter(|kept| kept.len() == 1 && kept[0].2 >= least)
    };
    let before = troubles(&file, "cdn").unwrap()[0].2;
    let [(from, to, _)] = eventually("it goes on", kept(before + 1)).await[..] else { panic!("one trouble") };
    assert_eq!((from, to), (began, None));
    let since = "reachwatch_endpoint_state_since_timestamp_seconds{endpoint=\"cdn\"";
    let told = eventually("it is held blocked", async || {
        let body = get(running.address(), "/metrics").await?.body;
        let told = body.lines().find(|line| line.starts_with(since) && !line.ends_with(" 0"))?;
        told.rsplit_once(' ')?.1.parse::<f64>().ok()
    });
    #[expect(clippy::cast_precision_loss, reason = "milliseconds are enough")]
    let expected = began as f64 / 1e9;
    assert!((told.await - expected).abs() < 0.01, "the state began before the restarts");

    world.faults().clear(HOST).unwrap();
    let over = async || troubles(&file, "cdn").filter(|kept| kept.iter().all(|(_, to, _)| to.is_some()));
    assert_eq!(eventually("it is over", over).await.len(), 1);
    assert_eq!(troubles(&file, "ols").unwrap(), []);
    running.signal(Signal::Term).await;
    assert_eq!(running.end().await.code(), Some(0));
    assert_eq!(integrity(&file), "ok");
    assert!(fs::read_dir(&data).unwrap().flatten().all(|entry| !entry.path().to_string_lossy().contains("unreadable")));
}

#[tokio::test]
async fn what_was_told_is_written_when_it_is_asked_to_stop() {
    let (world, folder, config) = two_endpoints().await;
    let data = folder.path().join("data");
    world.faults().set(HOST, TcpFault::Refuse).unwrap();
    let mut running = Running::recording(&config, &data).await;
    running.event("blocked").await;
    running.signal(Signal::Term).await;
    assert_eq!(running.end().await.code(), Some(0));
    let kept = troubles(&data.join("history.sqlite3"), "cdn").unwrap();
    assert!(matches!(kept[..], [(_, None, probes)] if probes > 0), "{kept:?}");
}

#[tokio::test]
async fn a_full_disk_is_told_and_forgiven() {
    let (world, folder, config) = two_endpoints().await;
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let running = Running::recording_on_a_small_disk(&config, &data, "1m").await;
    // The disk as the program sees it.
    let inside = Path::new("/proc").join(running.id().unwrap().to_string()).join("root");
    let inside = inside.join(data.strip_prefix("/").unwrap());
    let file = inside.join("history.sqlite3");
    let writable =
        async |value: &str| metric(&running, "reachwatch_history_writable").await.filter(|told| told == value);
    eventually("it is kept", async || file.exists().then_some(())).await;
    eventually("it is writable", async || writable("1").await).await;

    let mut filler = fs::File::create(inside.join("filler")).unwrap();
    let mut chunk = 65536;
    while chunk > 0 {
        match filler.write(&vec![1; chunk]) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::StorageFull => chunk /= 2,
            Err(error) => panic!("{error}"),
        }
    }
    world.faults().set(HOST, TcpFault::Refuse).unwrap();
    eventually("it is told", async || writable("0").await).await;
    let blocked = async || {
        let status = get(running.address(), "/api/v1/status").await?.json();
        (status["summary"]["blocked"] == 1).then_some(())
    };
    eventually("monitoring goes on", blocked).await;

    fs::remove_file(inside.join("filler")).unwrap();
    drop(filler);
    eventually("it is forgiven", async || writable("1").await).await;
    // SQLite follows links by itself, and would look for the file on this side of the mount.
    let outside = folder.path().join("copy.sqlite3");
    let copied = async || {
        for companion in ["", "-wal"] {
            let name = |file: &Path| PathBuf::from(format!("{}{companion}", file.display()));
            fs::copy(name(&file), name(&outside)).ok()?;
        }
        troubles(&outside, "cdn").filter(|kept| !kept.is_empty())
    };
    let kept = eventually("the trouble", copied).await;
    assert!(matches!(kept[..], [(_, None, _)]), "{kept:?}");
    assert_eq!(metric(&running, "reachwatch_history_dropped_total").await.as_deref(), Some("0"));
    assert_eq!(integrity(&outside), "ok");
}
