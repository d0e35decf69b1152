//! What the product costs while it stands: its size, its start, and memory after a while.

use std::path::Path;
use std::time::{Duration, Instant};

use e2e::Running;
use testnet::World;

use crate::cpu;

/// Starts measured; the median is quoted.
const STARTS: usize = 9;

/// Prints all of it.
pub(crate) async fn run(binary: &Path, memory_after: Duration) -> Result<(), Box<dyn std::error::Error>> {
    let size = std::fs::metadata(binary).map_err(|error| format!("{}: {error}", binary.display()))?.len();
    println!("stripped release binary: {:.1} MiB", cpu::as_f64(size) / 1_048_576.0);
    start_up().await?;
    memory(memory_after).await
}

/// Prints the time from start to the first answer on `/metrics`, with the shipped list.
async fn start_up() -> Result<(), Box<dyn std::error::Error>> {
    let world = World::start().await?;
    let config = world.dir().join("endpoints.yaml");
    std::fs::write(&config, world.config_yaml())?;
    let mut times = Vec::new();
    for _start in 0..STARTS {
        let began = Instant::now();
        let product = Running::start(&config).await;
        scrape(&product).await?;
        times.push(began.elapsed());
    }
    times.sort();
    let median = times.get(STARTS / 2).copied().unwrap_or_default();
    println!("start to first /metrics answer: {:.0} ms (median of {STARTS})", median.as_secs_f64() * 1000.0);
    Ok(())
}

/// Prints resident memory with the shipped list on two paths after a time.
async fn memory(after: Duration) -> Result<(), Box<dyn std::error::Error>> {
    let world = World::start().await?;
    let config = world.dir().join("endpoints.yaml");
    std::fs::write(&config, world.config_yaml())?;
    let product = Running::start(&config).await;
    let began = Instant::now();
    while began.elapsed() < after {
        scrape(&product).await?;
        tokio::time::sleep(Duration::from_secs(15).min(after.saturating_sub(began.elapsed()))).await;
    }
    let resident = cpu::resident_kib(product.id().ok_or("it has ended")?)?;
    println!(
        "resident memory, shipped list on two paths every 5 s, after {} min: {:.1} MiB",
        after.as_secs() / 60,
        cpu::as_f64(resident) / 1024.0
    );
    Ok(())
}

/// Scrapes as Prometheus would.
async fn scrape(product: &Running) -> Result<(), Box<dyn std::error::Error>> {
    let response = e2e::get(product.address(), "/metrics").await.ok_or("no answer on /metrics")?;
    if response.body.contains("reachwatch_build_info") { Ok(()) } else { Err("no metrics on /metrics".into()) }
}
