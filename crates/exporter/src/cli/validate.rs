//! `reachwatch validate`: the plan, as `run` would follow it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use prober::config::Origin;
use prober::plan::{DnsPlan, DnsTransport, NameServer, Plan, Resolvers, Way};
use prober::route;
use url::Url;

use super::screen::{self, Screen};

const HEADER: [&str; 8] = ["endpoint", "url", "group", "severity", "path", "route", "interval", "timeout"];

/// Writes a plan: its settings, and each endpoint over each path.
pub(crate) fn write(plan: &Plan, origin: &Origin, screen: Screen, out: &mut dyn Write) -> io::Result<()> {
    settings(plan, origin, out)?;
    let mut table = screen.table(HEADER);
    for pair in &plan.pairs {
        let endpoint = &pair.endpoint;
        let route = if endpoint.tenant.is_some() { String::new() } else { route(&pair.path.way, &endpoint.url) };
        table.add_row([
            &endpoint.name,
            endpoint.url.as_str(),
            &endpoint.group,
            endpoint.severity.as_str(),
            &pair.path.name,
            &route,
            &short(endpoint.interval),
            &short(endpoint.timeout),
        ]);
    }
    screen::print(&table, out)
}

/// The first stops in their order. A PAC file is not asked: validating starts no request.
fn route(way: &Way, url: &Url) -> String {
    match (route::choose(way, url), way) {
        (Some(hops), _) => hops.iter().map(|hop| hop.facts().to_string()).collect::<Vec<_>>().join("; "),
        (None, Way::Pac(file)) => format!("as {} says", file.location),
        (None, _) => String::new(),
    }
}

fn settings(plan: &Plan, origin: &Origin, out: &mut dyn Write) -> io::Result<()> {
    let controls = plan.endpoints.iter().filter(|endpoint| endpoint.control).count();
    let endpoints = plan.endpoints.len() - controls;
    writeln!(out, "configuration  {origin}")?;
    writeln!(out, "site           {}", plan.site)?;
    writeln!(
        out,
        "probes         {}: {} and {} over {}",
        plan.pairs.len(),
        counted(endpoints, "endpoint"),
        counted(controls, "control"),
        counted(plan.paths.len(), "path"),
    )?;
    writeln!(out, "confirm        {} in a row, at most {} probes at once", plan.confirm, plan.concurrency)?;
    writeln!(out, "resolvers      {}", resolvers(&plan.dns))?;
    if !plan.dns.hosts.is_empty() {
        writeln!(out, "hosts          {}", hosts(&plan.dns.hosts))?;
    }
    if !plan.dns.external.is_empty() {
        writeln!(out, "external       {}", servers(&plan.dns.external))?;
    }
    let audit = plan.audit.map_or_else(|| "never".to_owned(), |interval| format!("every {}", short(interval)));
    writeln!(out, "TLS audit      {audit}")?;
    let revocation = plan.discovery.map_or_else(
        || "not discovered".to_owned(),
        |discovery| format!("what certificates name, every {}", short(discovery.interval)),
    );
    writeln!(out, "revocation     {revocation}")?;
    if let Some(list) = &plan.microsoft365 {
        let mode = if list.probing.is_some() { "probed" } else { "watched" };
        let (instance, source, path) = (list.instance.key(), &list.source, &list.path.name);
        writeln!(out, "Microsoft 365  {instance} from {source} over {path}, {mode}, every {}", short(list.refresh))?;
    }
    let (extra, inspection) = (plan.tls.extra_roots.len(), plan.tls.inspection_roots.len());
    writeln!(out, "roots          {extra} extra, {inspection} of the company's TLS inspection")
}

fn resolvers(dns: &DnsPlan) -> String {
    match &dns.resolvers {
        Resolvers::System => "those of the system".to_owned(),
        Resolvers::Listed(listed) => servers(listed),
    }
}

fn servers(servers: &[NameServer]) -> String {
    let one = |server: &NameServer| match &server.transport {
        DnsTransport::Plain => server.address.to_string(),
        DnsTransport::Tls(name) => format!("tls://{}#{}", server.address, name.to_str()),
    };
    servers.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn hosts(hosts: &BTreeMap<String, Vec<std::net::IpAddr>>) -> String {
    hosts.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A duration as the configuration writes it: the largest unit that divides it.
fn short(duration: Duration) -> String {
    let millis = duration.as_millis();
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];
    let unit = units.into_iter().find(|(_, length)| millis >= *length && millis.is_multiple_of(*length));
    unit.map_or_else(|| format!("{millis}ms"), |(name, length)| format!("{}{name}", millis / length))
}

#[cfg(test)]
mod tests {
    use prober::config::{Sources, parse};

    use super::*;

    /// A world with one environment variable and no file.
    struct Nothing;

    impl Sources for Nothing {
        fn env(&self, name: &str) -> Option<String> {
            (name == "HTTPS_PROXY").then(|| "http://svc:hunter2@proxy.example:3128".to_owned())
        }

        fn read(&self, _: &std::path::Path) -> io::Result<Vec<u8>> {
            Ok(b"hunter3".to_vec())
        }

        fn hostname(&self) -> Option<String> {
            None
        }
    }

    const TEXT: &str = "\
site: branch-042
dns: {resolvers: [10.0.0.53, 'tls://9.9.9.9#dns.quad9.net'], external: [1.1.1.1], hosts: {a.example: [10.0.0.1]}}
paths: {hq: {proxy: 'http://proxy.hq.example:3128', username: svc, password_file: secret}}
endpoints:
  - officecdn.microsoft.com
  - {name: ols, url: https://ols.officeapps.live.com/olsc, group: activation, severity: critical, paths: [direct, hq], interval: 90s, timeout: 1500ms}
controls: []
tenant: {domains: [contoso.com]}
";

    #[test]
    fn the_plan_is_shown_without_secrets() {
        let plan = parse(TEXT, "endpoints.yaml", &Nothing).unwrap();
        let mut out = Vec::new();
        let origin = Origin::File("endpoints.yaml".into());
        write(&plan, &origin, Screen { width: None, colour: false }, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(!out.contains("hunter"), "{out}");
        insta::assert_snapshot!(out);
    }

    #[test]
    fn several_stops_are_shown_in_their_order() {
        let text = "\
paths: {clients: {winhttp: {proxy_server: 'https=p1:8443;https=p2:8443;http=p3', bypass_list: '*.local.example'}}}
default_paths: [clients]
endpoints: [secure.example, 'http://clear.example', a.local.example]
controls: []
";
        let plan = parse(text, "endpoints.yaml", &Nothing).unwrap();
        let mut out = Vec::new();
        write(&plan, &Origin::BuiltIn, Screen { width: None, colour: false }, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        let line = |of: &str| out.lines().find(|line| line.contains(of)).unwrap_or_else(|| panic!("{out}"));
        assert!(line("//secure.example").contains("PROXY p1:8443; PROXY p2:8443"), "{out}");
        assert!(line("//clear.example").contains("PROXY p3:80"), "{out}");
        assert!(line("//a.local.example").contains("DIRECT"), "{out}");
    }

    #[test]
    fn durations_are_written_as_the_configuration_writes_them() {
        for (millis, text) in [(500, "500ms"), (1500, "1500ms"), (30_000, "30s"), (90_000, "90s"), (300_000, "5m")] {
            assert_eq!(short(Duration::from_millis(millis)), text);
        }
        assert_eq!(short(Duration::from_secs(3600)), "1h");
        assert_eq!(short(Duration::from_secs(40 * 86_400)), "40d");
    }
}
