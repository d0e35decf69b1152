//! What PAC files cost: evaluations a second and memory, with a file of the size that companies have.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use prober::net::SystemClock;
use prober::pac::{Engine, Names, ThisMachine};
use prober::plan::UrlView;
use prober::text::Clean;
use tokio::task::JoinSet;
use url::Url;

use crate::cpu;

const FILE: &[u8] = include_bytes!("../../fixtures/pac/company.pac");

/// Hosts that leave the file early, in the middle, and at its end.
const HOSTS: [&str; 4] = ["login.microsoftonline.com", "crl.microsoft.com", "partner-100.example", "www.example.org"];

/// Questions under way at a time in a stream.
const AT_ONCE: usize = 8;

/// Engines whose memory is averaged.
const ENGINES: u64 = 16;

/// The file asks for no names of those hosts.
struct NoNames;

impl Names for NoNames {
    async fn addresses(&self, name: &str, _: tokio::time::Instant) -> Result<Vec<IpAddr>, Clean> {
        Err(format!("{name} was not to be asked for").into())
    }
}

fn engine() -> Result<Engine, prober::observation::PacFlaw> {
    Engine::new(FILE, None, Arc::new(ThisMachine { clock: Arc::new(SystemClock), source_address: None }))
}

async fn ask(engine: &Engine, url: &Url) -> Result<(), String> {
    let by = tokio::time::Instant::now() + Duration::from_secs(10);
    let said = engine.find(url, UrlView::Stripped, &NoNames, by, by).await.map_err(|fault| fault.to_string())?;
    said.answer.map(drop).map_err(|flaw| flaw.to_string())
}

/// The processor time of an evaluation where the engine always has more to do, so that nobody has to be woken for each.
async fn stream(engine: &Arc<Engine>, urls: &[Url], window: Duration) -> Result<Duration, Box<dyn std::error::Error>> {
    let (mut count, start, before) = (0, Instant::now(), cpu::cpu_time(std::process::id())?);
    let mut under_way = JoinSet::new();
    let mut next = urls.iter().cycle();
    while start.elapsed() < window {
        while under_way.len() < AT_ONCE {
            let Some(url) = next.next().cloned() else { break };
            let engine = Arc::clone(engine);
            under_way.spawn(async move { ask(&engine, &url).await });
        }
        if let Some(done) = under_way.join_next().await {
            done??;
            count += 1;
        }
    }
    Ok(cpu::cpu_time(std::process::id())?.saturating_sub(before) / count)
}

pub(crate) async fn run(window: Duration) -> Result<(), Box<dyn std::error::Error>> {
    let urls = HOSTS.iter().map(|host| Url::parse(&format!("https://{host}/"))).collect::<Result<Vec<_>, _>>()?;
    println!("## PAC, a file of {} lines\n", String::from_utf8_lossy(FILE).lines().count());
    let warm = Arc::new(engine()?);
    for url in &urls {
        ask(&warm, url).await?;
    }
    let mut sum = Duration::ZERO;
    for (host, url) in HOSTS.iter().zip(&urls) {
        let (mut count, start, before) = (0, Instant::now(), cpu::cpu_time(std::process::id())?);
        while start.elapsed() < window / 4 {
            ask(&warm, url).await?;
            count += 1;
        }
        // Processor time, of both threads: others may be at work on this core.
        let each = cpu::cpu_time(std::process::id())?.saturating_sub(before) / count;
        println!("{host}: {:.1} µs of processor time", each.as_secs_f64() * 1e6);
        sum += each;
    }
    let mean = sum.as_secs_f64() / cpu::as_f64(HOSTS.len() as u64);
    println!("mean: {:.1} µs, {:.0} evaluations a second", mean * 1e6, 1.0 / mean);
    let each = stream(&warm, &urls, window).await?.as_secs_f64();
    println!("{AT_ONCE} at once: {:.1} µs, {:.0} evaluations a second", each * 1e6, 1.0 / each);
    let before = cpu::resident_kib(std::process::id())?;
    let mut engines = Vec::new();
    for _ in 0..ENGINES {
        let engine = engine()?;
        for url in &urls {
            ask(&engine, url).await?;
        }
        engines.push(engine);
    }
    let added = cpu::resident_kib(std::process::id())?.saturating_sub(before) / ENGINES;
    println!("memory of an engine: {:.2} MiB", cpu::as_f64(added) / 1024.0);
    Ok(())
}
