//! Every panel of the dashboards has something to show.

use std::fs;

use e2e::{Folder, Prometheus, PrometheusOptions, Running, shipped};
use serde_json::Value;
use testnet::{ConfigOptions, TcpFault, World};

/// The queries of a dashboard, with their panel's title.
fn queries(file: &str) -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(shipped(file)).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let drawn = panels.iter().filter(|panel| panel["type"] != "row");
    let queries = drawn.flat_map(|panel| {
        let title = panel["title"].as_str().unwrap().to_owned();
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{file}: {title} asks for nothing");
        targets.iter().map(move |target| (title.clone(), target["expr"].as_str().unwrap().to_owned()))
    });
    queries.collect()
}

#[tokio::test]
async fn no_panel_is_empty() {
    let world = World::start().await.unwrap();
    let folder = Folder::new();
    let options =
        ConfigOptions { interval: "1s".to_owned(), timeout: "1s".to_owned(), confirm: 1, ..ConfigOptions::default() };
    let config = folder.write("endpoints.yaml", &world.config_yaml_with(&options));
    world.faults().set("aadcdn.msauth.net", TcpFault::Refuse).unwrap();
    let reachwatch = Running::start(&config).await;
    let options = PrometheusOptions {
        targets: &[reachwatch.address()],
        rules: &[shipped("prometheus/recording.yaml")],
        ..PrometheusOptions::default()
    };
    let prometheus = Prometheus::start(&options).await;
    prometheus.has("reachwatch_endpoint_reachable == 0", 2).await;
    prometheus.has("reachwatch_clock_offset_seconds", 1).await;
    // Rates want several scrapes.
    prometheus.has("count_over_time(reachwatch_site_online[1m]) > 5", 1).await;
    prometheus.evaluates(2).await;

    let instance = reachwatch.address().to_string();
    let mut asked = 0;
    for file in ["grafana/dashboards/site.json", "grafana/dashboards/fleet.json"] {
        for (panel, query) in queries(file) {
            let query = query.replace("$__rate_interval", "10s").replace("$instance", &instance);
            let query = query.replace("$job", "reachwatch").replace("$path", ".*");
            assert!(!query.contains('$'), "{file}: {panel} wants more: {query}");
            let series = prometheus.query(&query).await;
            assert!(!series.is_empty(), "{file}: {panel} shows nothing: {query}");
            asked += 1;
        }
    }
    assert!(asked > 25, "{asked}");
    for record in fs::read_to_string(shipped("prometheus/recording.yaml")).unwrap().lines() {
        let Some(record) = record.trim().strip_prefix("- record: ") else { continue };
        assert!(!prometheus.query(record).await.is_empty(), "{record} records nothing");
    }
}
