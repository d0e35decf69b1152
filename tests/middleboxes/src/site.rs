//! One branch with its gateway: built, visited by the program, and taken down.

use std::path::Path;
use std::time::{Duration, Instant};

use e2e::{Finished, Folder, eventually};
use serde_json::Value;
use testnet::CrlFault;

use crate::boxes;
use crate::config::{TIMEOUT_SECONDS, with_addresses, yaml};
use crate::hosts::{KNOWN, SHORT_LIVED};
use crate::internet::Internet;
use crate::namespace::Namespace;
use crate::relay::Relay;
use crate::scenario::Scenario;
use crate::shell::{run, sh};
use crate::verdict::{Outcome, Pair, Verdict};

/// Builds a scenario's branch, has the program check it, and compares what it says with what is true. `number` is the
/// scenario's own, under 256.
pub async fn visit(number: usize, scenario: &Scenario, internet: &Internet) -> Outcome {
    let folder = Folder::new();
    let (branch, gateway) = connect(number, scenario, internet).await;
    filter(scenario, &gateway, internet).await;
    let mut daemons = Vec::new();
    let resolver = scenario.dns.map(|lines| boxes::dnsmasq(53, lines));
    for (index, mut daemon) in resolver.into_iter().chain(scenario.daemons.iter().cloned()).enumerate() {
        for (_, content) in &mut daemon.files {
            *content = with_addresses(content, &internet.facts);
        }
        let own = folder.path().join(format!("{}{number}x{index}", daemon.program));
        daemons.push(daemon.start(own, &gateway, &internet.facts).await);
    }
    let mut relays = Vec::new();
    for (port, filter) in &scenario.filters {
        relays.push(Relay::start(&gateway, *port, filter.clone()).await);
    }
    let config = folder.write("endpoints.yaml", &yaml(scenario, &internet.facts));
    let mut finished = check(&branch, &config).await;
    if scenario.until_stale {
        outlive_the_list(internet).await;
        finished = check(&branch, &config).await;
    }
    outcome(scenario, &finished)
}

async fn connect(number: usize, scenario: &Scenario, internet: &Internet) -> (Namespace, Namespace) {
    let branch = Namespace::new(&format!("b{number}")).await;
    let gateway = Namespace::new(&format!("g{number}")).await;
    let (b, g, i) = (&branch.name, &gateway.name, &internet.namespace.name);
    sh(&format!(
        "ip link add eth0 netns {b} type veth peer name lan netns {g}
         ip link add wan netns {g} type veth peer name down{number} netns {i}
         ip -n {b} addr add 10.77.0.2/24 dev eth0
         ip -n {b} link set eth0 up
         ip -n {g} addr add 10.77.0.1/24 dev lan
         ip -n {g} link set lan up
         ip -n {g} addr add 100.64.{number}.2/30 dev wan
         ip -n {g} link set wan up
         ip -n {i} addr add 100.64.{number}.1/30 dev down{number}
         ip -n {i} link set down{number} up
         ip -n {b} route add default via 10.77.0.1
         ip -n {g} route add default via 100.64.{number}.1"
    ))
    .await;
    // Daemons without rights have the ports of root here, and every packet that is rejected gets its answer.
    let settings =
        "cd /proc/sys/net/ipv4; echo 1 > ip_forward; echo 0 > ip_unprivileged_port_start; echo 0 > icmp_ratelimit";
    for (namespace, script) in [(&gateway, settings), (&branch, scenario.branch)] {
        let mut command = namespace.command("sh");
        command.args(["-euc", script]);
        run(command, "").await;
    }
    (branch, gateway)
}

async fn filter(scenario: &Scenario, gateway: &Namespace, internet: &Internet) {
    let Scenario { forward, input, output, prerouting, .. } = scenario;
    let [forward, input, output, prerouting] =
        [forward, input, output, prerouting].map(|rules| rules.join("\n") + "\n");
    let rules = format!(
        "table ip gateway {{
            chain forward {{ type filter hook forward priority filter; {forward} }}
            chain input {{ type filter hook input priority filter; {input} }}
            chain output {{ type filter hook output priority filter; {output} }}
            chain prerouting {{ type nat hook prerouting priority dstnat; {prerouting} }}
            chain postrouting {{ type nat hook postrouting priority srcnat; oifname wan masquerade; }}
        }}"
    );
    let mut nft = gateway.command("nft");
    nft.args(["-f", "-"]);
    run(nft, &with_addresses(&rules, &internet.facts)).await;
}

async fn check(branch: &Namespace, config: &Path) -> Finished {
    let binary = e2e::binary().to_str().expect("a path of text");
    let mut command = branch.unprivileged(binary);
    command.args(["check", "--format", "json", "--config"]).arg(config);
    let path = std::env::var_os("PATH").unwrap_or_default();
    // No proxy, no colour, no configuration of the machine's.
    command.env_clear().env("PATH", path).stdin(std::process::Stdio::null());
    Finished::after(command).await
}

/// The origin publishes its next list, and the time of the one before passes.
async fn outlive_the_list(internet: &Internet) {
    let faults = &internet.facts.faults;
    faults.set(SHORT_LIVED, CrlFault::Revoked(4)).expect("a host of ours");
    let until = internet.began + Duration::from_secs(17);
    eventually("the end of the short-lived list", async || (Instant::now() > until).then_some(())).await;
}

fn outcome(scenario: &Scenario, finished: &Finished) -> Outcome {
    let Finished { code, stdout, stderr } = finished;
    let document: Value =
        serde_json::from_str(stdout).unwrap_or_else(|error| panic!("{}: {error}: {stdout} {stderr}", scenario.name));
    let pairs: Vec<_> = results(&document).map(|result| pair(scenario, result)).collect();
    let mut faults = Vec::new();
    let mut hold = |what: &str, is: &str, should: &str| {
        if is != should {
            faults.push(format!("{}: {what} is {is} and should be {should}", scenario.name));
        }
    };
    let paths = scenario.paths.len().max(1);
    let expected = (KNOWN.len() + scenario.endpoints.len() + 1) * paths;
    hold("the number of results", &pairs.len().to_string(), &expected.to_string());
    // A control touches no exit status.
    let blocked = results(&document)
        .filter(|result| result["control"] != true)
        .any(|result| scenario.truth_of(&text(&result["endpoint"]), &text(&result["path"])).starts_with("blocked"));
    hold("the exit status", &code.map_or("none".to_owned(), |code| code.to_string()), if blocked { "1" } else { "0" });
    if let Some(site) = scenario.site {
        hold("the state of the site", &text(&document["site_state"]), site);
    }
    for (over, endpoints, _) in &scenario.truth {
        for endpoint in endpoints.split_whitespace().filter(|endpoint| *endpoint != "*") {
            let known = pairs.iter().any(|pair| pair.endpoint == endpoint && over.is_none_or(|over| pair.path == over));
            hold("a result of an endpoint that the scenario names", if known { "there" } else { endpoint }, "there");
        }
    }
    Outcome { scenario: scenario.name, pairs, faults }
}

fn results(document: &Value) -> impl Iterator<Item = &Value> {
    document["results"].as_array().into_iter().flatten()
}

fn pair(scenario: &Scenario, result: &Value) -> Pair {
    let (endpoint, path) = (text(&result["endpoint"]), text(&result["path"]));
    let said = match &result["cause"] {
        Value::Null => text(&result["state"]),
        cause => format!("{} {} {}", text(&result["state"]), text(cause), text(&result["blame"])),
    };
    Pair {
        truth: Verdict::new(scenario.truth_of(&endpoint, &path)),
        said: Verdict::new(&said),
        seconds: result["duration_seconds"].as_f64().unwrap_or(f64::from(TIMEOUT_SECONDS)),
        detail: format!("{} {}", text(&result["detail"]), result["evidence"]),
        endpoint,
        path,
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
