//! What PAC files cost: evaluations a second and memory, with a file of the size that companies have.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use prober::net::SystemClock;
use prober::pac::{Engine, Names, ThisMachine};
use prober::plan::UrlView;
use prober::text::Clean;
use url::Url;

use crate::cpu;

const FILE: &[u8] = include_bytes!("../../fixtures/pac/company.pac");

/// Hosts that leave the file early, in the middle, and at its end.
const HOSTS: [&str; 4] = ["login.microsoftonline.com", "crl.microsoft.com", "partner-100.example", "www.example.org"];

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

async fn ask(engine: &Engine, url: &Url) -> Result<(), Box<dyn std::error::Error>> {
    let by = tokio::time::Instant::now() + Duration::from_secs(10);
    engine.find(url, UrlView::Stripped, &NoNames, by, by).await?.answer?;
    Ok(())
}

pub(crate) async fn run(window: Duration) -> Result<(), Box<dyn std::error::Error>> {
    let urls = HOSTS.iter().map(|host| Url::parse(&format!("https://{host}/"))).collect::<Result<Vec<_>, _>>()?;
    println!("## PAC, a file of {} lines\n", String::from_utf8_lossy(FILE).lines().count());
    let warm = engine()?;
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
