//! What promtool and amtool say of the files that are shipped.

use std::fs;
use std::process::Stdio;

use e2e::shipped;
use tokio::process::Command;

/// Runs a checker to its end; panics with what it said where it is not content.
async fn content(program: &str, arguments: &[&str], files: &[&str]) {
    let mut command = Command::new(program);
    command.args(arguments).args(files.iter().map(|file| shipped(file))).stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.unwrap_or_else(|error| panic!("{program}: {error}; tests/run installs it"));
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(output.status.success(), "{program} {arguments:?} {files:?}: {}", said.concat());
}

#[tokio::test]
async fn the_rules_are_sound() {
    content(
        "promtool",
        &["check", "rules", "--lint=all", "--lint-fatal"],
        &["prometheus/alerts.yaml", "prometheus/recording.yaml"],
    )
    .await;
    content("promtool", &["check", "config"], &["prometheus/prometheus.yaml"]).await;
    content("amtool", &["check-config"], &["prometheus/alertmanager.yaml"]).await;
}

#[tokio::test]
async fn alerts_on_the_network_fire_when_they_should_and_only_then() {
    content("promtool", &["test", "rules"], &["prometheus/tests/network.yaml"]).await;
}

#[tokio::test]
async fn all_other_alerts_fire_when_they_should_and_only_then() {
    content("promtool", &["test", "rules"], &["prometheus/tests/others.yaml"]).await;
    content("promtool", &["test", "rules"], &["prometheus/tests/microsoft365.yaml"]).await;
}

#[test]
fn every_alert_is_tested_for_both() {
    let rules = fs::read_to_string(shipped("prometheus/alerts.yaml")).unwrap();
    let tests = ["prometheus/tests/network.yaml", "prometheus/tests/others.yaml", "prometheus/tests/microsoft365.yaml"]
        .map(|file| fs::read_to_string(shipped(file)).unwrap());
    let tests = tests.concat();
    let alerts: Vec<_> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10);
    for alert in alerts {
        let cases: Vec<_> = tests.split(&format!("alertname: {alert}\n")).skip(1).collect();
        let fires = cases.iter().any(|case| case.trim_start().starts_with("exp_alerts:\n"));
        assert!(fires, "no test has {alert} fire");
        let is_silent = cases.iter().any(|case| case.trim_start().starts_with("exp_alerts: []\n"));
        assert!(is_silent, "no test has {alert} keep silent");
    }
}

/// A family that was renamed would silence an alert, or empty a panel.
#[test]
fn every_family_that_is_asked_for_is_documented() {
    let documented = include_str!("../../../../docs/metrics.md");
    for file in [
        "prometheus/alerts.yaml",
        "prometheus/recording.yaml",
        "grafana/dashboards/site.json",
        "grafana/dashboards/fleet.json",
    ] {
        let text = fs::read_to_string(shipped(file)).unwrap();
        let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_' || letter == ':'));
        for family in words.filter(|word| word.starts_with("reachwatch_")) {
            let family = family.trim_end_matches("_bucket");
            assert!(documented.contains(&format!("`{family}`")), "{file} asks for {family}");
        }
    }
}
