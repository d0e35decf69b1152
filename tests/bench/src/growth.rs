//! What more targets cost: processor time, memory, and the scrape of all of them.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::chains::Keys;
use crate::contender::{Contender, Kind, Place};
use crate::contest::Window;
use crate::load::Load;
use crate::peers::Peers;
use crate::statistics::{is_within, median};
use crate::task::{Pace, Task};

/// Endpoint-paths, and how often each is probed: ten thousand seldom enough for a processor to manage them.
const SIZES: [(u32, Duration); 4] = [
    (10, Duration::from_secs(10)),
    (100, Duration::from_secs(10)),
    (1000, Duration::from_secs(10)),
    (10_000, Duration::from_secs(30)),
];
/// Time for a contender that is asked for every probe to get warm. The product has its schedule after an interval and
/// the tenth of one by which it lets probes begin later.
const WARM_UP: Duration = Duration::from_secs(2);
const TOLERANCE: f64 = 0.03;
const ATTEMPTS: usize = 2;
/// Scrapes measured, after one in which the buffers get their size; the median is quoted.
const SCRAPES: usize = 15;

/// What so many targets cost a contender.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// How many.
    pub(crate) targets: u32,
    /// The processor, over one interval.
    pub(crate) window: Window,
    /// Resident memory at its end, in MiB.
    pub(crate) memory: f64,
    /// The scrape of all of them.
    pub(crate) scrape: Scrape,
}

/// What being scraped costs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scrape {
    /// From the request to the last octet, in milliseconds.
    pub(crate) millis: f64,
    /// Octets of the body, for each target.
    pub(crate) bytes: f64,
}

/// Measures one contender at every size that it keeps its schedule with.
pub(crate) async fn run(kind: Kind, peers: &Peers, place: Place<'_>) -> Result<Vec<Size>, Box<dyn std::error::Error>> {
    let mut sizes = Vec::new();
    for (targets, every) in SIZES {
        let Some(size) = at(kind, (targets, every), peers, place).await? else {
            eprintln!("{} cannot keep the schedule of {targets}", kind.label());
            break;
        };
        eprintln!(
            "{} with {targets}: {:.2} ms a probe, {:.1} MiB, {:.1} ms a scrape",
            kind.label(),
            size.window.cost(),
            size.memory,
            size.scrape.millis
        );
        sizes.push(size);
    }
    Ok(sizes)
}

async fn at(
    kind: Kind,
    (targets, every): (u32, Duration),
    peers: &Peers,
    place: Place<'_>,
) -> Result<Option<Size>, Box<dyn std::error::Error>> {
    let origin = peers.origin(Keys::P256);
    let task = Task::direct(origin, Pace::Even { targets, every });
    for _attempt in 0..ATTEMPTS {
        let contender = Contender::start(kind, place, &task).await?;
        let load = Load::on(&contender, kind, &task)?;
        tokio::time::sleep(if kind == Kind::Product { every * 6 / 5 } else { WARM_UP }).await;
        let window = Window::of(&contender, origin, every).await?;
        if load.failed() == 0 && is_within(window.probes, f64::from(targets), TOLERANCE) {
            let memory = contender.memory()?;
            let scrape = scrape(kind, &contender, &task).await?;
            return Ok(Some(Size { targets, window, memory, scrape }));
        }
        eprintln!("window thrown away: {} probes where {targets} were due, {} failed", window.probes, load.failed());
    }
    Ok(None)
}

/// All targets of reachwatch, while it goes on to probe; of blackbox_exporter one, which it probes for that.
async fn scrape(kind: Kind, contender: &Contender, task: &Task) -> Result<Scrape, Box<dyn std::error::Error>> {
    let (path, targets) = match kind {
        Kind::Product => ("/metrics".to_owned(), task.targets()),
        Kind::Blackbox | Kind::Bare => (task.blackbox_path(0), 1),
    };
    let address = contender.address()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let (mut answer, mut times) = (Vec::new(), Vec::new());
    for _ in 0..=SCRAPES {
        answer.clear();
        let began = Instant::now();
        let mut tcp = TcpStream::connect(address).await?;
        tcp.write_all(request.as_bytes()).await?;
        tcp.read_to_end(&mut answer).await?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    if !answer.starts_with(b"HTTP/1.1 200") {
        return Err("a scrape was refused".into());
    }
    let bytes = u32::try_from(answer.len()).map(f64::from)? / f64::from(targets);
    Ok(Scrape { millis: median(times.into_iter().skip(1)), bytes })
}
