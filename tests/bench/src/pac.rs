//! What PAC files cost: evaluations a second and memory, with a file of the size that companies have.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use prober::net::SystemClock;
use prober::pac::{Engine, Names, ThisMachine, UrlView};
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
    for (host, url) in HOSTS.iter().zip(&urls) {
        let (mut count, start) = (0, Instant::now());
        while start.elapsed() < window / 4 {
            ask(&warm, url).await?;
            count += 1;
        }
        let each = start.elapsed() / count;
        println!("{host}: {:.1} µs each, {:.0} a second", each.as_secs_f64() * 1e6, 1.0 / each.as_secs_f64());
    }
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
