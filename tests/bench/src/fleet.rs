//! What many sites cost the one receiver that they push to.

use std::time::{Duration, Instant};

use e2e::{Agent, Prometheus, PrometheusOptions, Running, Site, eventually, own_metric};
use testnet::World;

/// Rounds of scrapes that are counted, after one in which series come into being.
const ROUNDS: u32 = 8;

/// Sites with the shipped list on two paths, pushed by Debian's Prometheus in agent mode with the shipped file into another.
pub(crate) async fn run(sites: usize, every: u32) -> Result<(), Box<dyn std::error::Error>> {
    let world = World::start().await?;
    let config = world.dir().join("endpoints.yaml");
    std::fs::write(&config, world.config_yaml())?;
    let reachwatch = Running::start(&config).await;
    eventually("the first round", async || {
        e2e::get(reachwatch.address(), "/-/ready").await.filter(|answer| answer.status == 200)
    })
    .await;
    let exposed = e2e::get(reachwatch.address(), "/metrics").await.ok_or("no metrics")?.body;
    let exposed_series = exposed.lines().filter(|line| !line.starts_with('#')).count();

    let receiver = Prometheus::start(&PrometheusOptions { receives: true, ..PrometheusOptions::default() }).await;
    let site = Site { name: "all", reachwatch: reachwatch.address(), receiver: receiver.address() };
    let agent = Agent::prometheus_of_many(site, sites, every).await;
    let per_round = u32::try_from(sites)?;
    scrapes(&agent, per_round).await;
    let said = async |family| own_metric(receiver.address(), family).await;
    let (cpu, samples) =
        (said("process_cpu_seconds_total").await, said("prometheus_tsdb_head_samples_appended_total").await);
    let (sent, bytes) = (
        agent.count("prometheus_remote_storage_samples_total").await,
        agent.count("prometheus_remote_storage_bytes_total").await,
    );
    let began = Instant::now();
    scrapes(&agent, per_round * ROUNDS).await;
    let seconds = began.elapsed().as_secs_f64();

    let cpu = said("process_cpu_seconds_total").await - cpu;
    let samples = said("prometheus_tsdb_head_samples_appended_total").await - samples;
    let sent = agent.count("prometheus_remote_storage_samples_total").await - sent;
    let bytes = agent.count("prometheus_remote_storage_bytes_total").await - bytes;
    let series = said("prometheus_tsdb_head_series").await;
    let resident = said("process_resident_memory_bytes").await;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred sites")]
    let sites = sites as f64;
    println!("series on a site's /metrics: {exposed_series}");
    println!("series pushed for a site: {:.0}", series / sites);
    println!("samples received: {:.0} a second, for {sites} sites every {every} s", samples / seconds);
    println!("receiver: {:.2} CPU seconds for a million samples", cpu / samples * 1e6);
    println!("receiver: {:.0} MiB resident, {:.1} KiB a series", resident / 1_048_576.0, resident / series / 1024.0);
    println!("on the line: {:.1} bytes a sample", bytes / sent);
    let dropped = agent.count("prometheus_remote_storage_samples_failed_total").await;
    println!("samples lost: {dropped:.0}");
    Ok(())
}

/// Waits for as many scrapes.
async fn scrapes(agent: &Agent, times: u32) {
    let wanted = agent.scraped().await + f64::from(times);
    while agent.scraped().await < wanted {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
