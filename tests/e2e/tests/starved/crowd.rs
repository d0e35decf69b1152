//! More clients than there are places: ten thousand that connect and are silent, two hundred that read and write an octet now
//! and then.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

use e2e::{Running, apart, binary, eventually, get};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::process::Command;
use tokio::task::JoinSet;

use super::site::Site;

/// Fifty hosts beside this one.
const PRELUDE: &str =
    "ip link set lo up\nfor n in $(seq 1 51); do ip addr add 10.9.0.$n/32 dev lo; done\nulimit -n 16000";
const HERE: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 51);
const IDLE: u32 = 10_000;
const SLOW: u32 = 200;

/// A connection from one of the hosts.
async fn connect(number: u32, to: SocketAddr) -> Option<TcpStream> {
    let from = Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 9, 0, 1)) + number % 50);
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind((from, 0).into()).ok()?;
    socket.connect(to).await.ok()
}

/// Asks for the page so slowly that it takes for ever.
async fn dawdle(mut stream: TcpStream) {
    let request = b"GET / HTTP/1.1\r\nHost: monitor.example\r\nX-Padding: ";
    let mut octets = request.iter().chain(std::iter::repeat(&b'a'));
    loop {
        let octet = [*octets.next().unwrap_or(&b'a')];
        if stream.write_all(&octet).await.is_err() {
            return;
        }
        let _read = tokio::time::timeout(Duration::from_millis(100), stream.read(&mut [0])).await;
    }
}

/// Resident memory of a process, in KiB.
fn resident(running: &Running) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", running.id().unwrap())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_crowd_at_the_door_keeps_nobody_on_this_machine_out() {
    let test = "crowd::a_crowd_at_the_door_keeps_nobody_on_this_machine_out";
    apart(test, (PRELUDE, &[]), &[], || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(crowd());
    });
}

async fn crowd() {
    let site = Site::new().await;
    let mut command = Command::new(binary());
    command.args(["run", "--listen", "0.0.0.0:0", "--log-format", "json", "--config"]).arg(site.over("direct", 4));
    command.env_clear().stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let running = Running::after(command).await;
    let port = running.address().port();
    let (door, loopback) = (SocketAddr::from((HERE, port)), SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    eventually("it is ready", async || get(loopback, "/-/ready").await.filter(|answer| answer.status == 200)).await;
    let before = resident(&running);

    let mut slow = JoinSet::new();
    for number in 0..SLOW {
        if let Some(stream) = connect(number, door).await {
            slow.spawn(dawdle(stream));
        }
    }
    let mut idle = Vec::new();
    let mut reachable = 0;
    for number in 0..IDLE {
        idle.extend(connect(number, door).await);
        if number % 1000 == 999 {
            let health = tokio::time::timeout(Duration::from_secs(5), get(loopback, "/-/healthy")).await;
            assert_eq!(health.unwrap().unwrap().status, 200, "after {number} clients");
            let text = get(loopback, "/metrics").await.unwrap().body;
            let results = text
                .lines()
                .filter(|line| line.starts_with("reachwatch_probes_total{") && line.contains("\"reachable\""));
            let now: u64 = results.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum();
            assert!(!text.lines().any(|line| line.contains("result=\"blocked\"") && !line.ends_with(" 0")), "{text}");
            reachable = reachable.max(now);
        }
    }
    assert!(idle.len() > 9_000, "{} got through the door", idle.len());
    eventually("probing goes on", async || {
        let text = get(loopback, "/metrics").await?.body;
        let results =
            text.lines().filter(|line| line.starts_with("reachwatch_probes_total{") && line.contains("\"reachable\""));
        (results.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum::<u64>() > reachable).then_some(())
    })
    .await;
    let grown = resident(&running).saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} KiB more");
    // Once they are gone, everybody gets in again.
    drop(idle);
    slow.shutdown().await;
    eventually("others get in", async || get(door, "/").await.filter(|answer| answer.status == 200)).await;
}
