//! Sites push, the line to the receiver is cut for two minutes, and nothing is missing afterwards.

use e2e::{Agent, Config, Folder, Line, Prometheus, PrometheusOptions, Running, Site, eventually};
use serde_json::Value;
use testnet::{Scheme, World};

const HOST: &str = "officecdn.microsoft.com";

/// When the samples of a series were taken, by the receiver, in seconds.
async fn stamps(receiver: &Prometheus, site: &str) -> Vec<f64> {
    let series = receiver.query(&format!("reachwatch_site_online{{site=\"{site}\"}}[15m]")).await;
    let series =
        series.first().and_then(Value::as_array).and_then(|series| series.first()).cloned().unwrap_or_default();
    let samples = series["values"].as_array().cloned().unwrap_or_default();
    samples.iter().filter_map(|sample| sample[0].as_f64()).collect()
}

#[tokio::test]
async fn what_a_cut_line_did_not_carry_comes_when_it_is_mended() {
    let world = World::start().await.unwrap();
    let folder = Folder::new();
    let url = world.url(HOST, Scheme::Https, "/").unwrap();
    let config = Config::of(&world).path("direct", "direct").endpoint("cdn", &url).write(&folder);
    let reachwatch = Running::start(&config).await;
    let receiver = Prometheus::start(&PrometheusOptions { receives: true, ..PrometheusOptions::default() }).await;
    let mut line = Line::to(receiver.address()).await;
    let site = |name| Site { name, reachwatch: reachwatch.address(), receiver: line.address() };
    let (first, second) = (site("branch-1"), site("branch-2"));
    let agents = [Agent::prometheus(first).await, Agent::victoria(second).await];
    receiver.has("reachwatch_site_online{instance=~\"branch-.[.]example:10365\",job=\"reachwatch\"}", 2).await;

    let mut last = Vec::new();
    for site in [first, second] {
        last.push(eventually("something is received", async || stamps(&receiver, site.name).await.pop()).await);
    }

    line.cut().await;
    // Scrapes go on, once a second: two minutes.
    for _ in 0..6 {
        agents[0].scrapes(20).await;
    }
    line.mend().await;

    for ((site, agent), last) in [first, second].into_iter().zip(&agents).zip(last) {
        let name = site.name;
        let all = eventually("what was kept is sent", async || {
            let all = stamps(&receiver, name).await;
            (all.last().is_some_and(|newest| *newest > last + 120.0)
                && all.windows(2).all(|pair| pair[1] - pair[0] < 5.0))
            .then_some(all)
        });
        assert!(all.await.len() > 120);
        for lost in ["prometheus_remote_storage_samples_failed_total", "vmagent_remotewrite_packets_dropped_total"] {
            assert!(agent.count(lost).await < 1.0, "{name} has {lost}");
        }
    }
    // Each monitor is its own instance, so that rules that join work.
    receiver.has("reachwatch_endpoint_reachable * on (instance, job) group_left(site) reachwatch_site_info", 2).await;
}
