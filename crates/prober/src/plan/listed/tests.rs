use super::*;
use crate::config::{Nothing, parse};
use crate::microsoft365::Instance;

fn plan(more: &str) -> Plan {
    let text = format!(
        "paths: {{hq: 'http://p:1', vpn: 'http://q:1'}}\ndefault_paths: [hq, vpn]\ninterval: 5m\ntimeout: 7s\n\
         endpoints: [{{url: mail.example.com, paths: [direct]}}, {{name: mail-example-net, url: other.example, paths: [direct]}}]\n\
         controls: []\n{more}\n"
    );
    parse(&text, "x.yaml", &Nothing).unwrap()
}

fn list() -> List {
    let text = include_bytes!("../../../../../tests/fixtures/microsoft365/list.json");
    List::read(Instance::Worldwide, text).unwrap()
}

fn followed(plan: &Plan, list: &List) -> Plan {
    plan.following(list, &Arc::new(Ranges::new(list)))
}

#[test]
fn a_list_that_is_watched_adds_ranges_and_no_endpoint() {
    let plan = plan("microsoft365: {}");
    let followed = followed(&plan, &list());
    assert!(followed.published.is_some());
    assert_eq!(followed.endpoints.len(), plan.endpoints.len());
}

#[test]
fn hosts_that_nobody_covers_become_endpoints_of_their_own_group_over_the_usual_paths() {
    let plan = plan("microsoft365: {mode: probe}");
    let followed = followed(&plan, &list());
    let added: Vec<_> = followed.endpoints.iter().skip(2).collect();
    let names: Vec<_> = added.iter().map(|endpoint| (endpoint.name.as_str(), endpoint.url.as_str())).collect();
    assert_eq!(
        names,
        [
            ("crl-example-org", "http://crl.example.org/"),
            ("docs-share-example", "https://docs.share.example/"),
            ("mail-example-net-microsoft365", "https://mail.example.net/"),
            ("ocsp-example-org", "http://ocsp.example.org/"),
        ]
    );
    for endpoint in added {
        assert_eq!((endpoint.group.as_str(), endpoint.severity), ("microsoft365", Severity::Warning));
        assert_eq!((endpoint.interval.as_secs(), endpoint.timeout.as_secs()), (300, 7));
    }
    let over: Vec<_> =
        followed.pairs.iter().filter(|pair| pair.endpoint.group == "microsoft365").map(|pair| pair.key().1).collect();
    assert_eq!(over, ["hq", "vpn"].repeat(4));
    let paths: Vec<_> = followed.paths.iter().map(|path| path.name.as_str()).collect();
    assert_eq!(paths, ["direct", "hq", "vpn"]);
    // Where they are is known beforehand: resolvers and PAC files are set up for the plan as it is configured.
    let ways: Vec<_> = plan.ways_out().map(|path| path.name.as_str()).collect();
    assert_eq!(ways, ["direct", "environment", "hq", "vpn"]);
}

#[test]
fn another_instances_list_adds_nothing() {
    let plan = plan("microsoft365: {mode: probe, instance: china}");
    assert!(followed(&plan, &list()).published.is_none());
    assert_eq!(followed(&plan, &list()).endpoints.len(), 2);
}

#[test]
fn a_list_of_thousands_does_not_become_a_flood() {
    let hosts: Vec<String> = (0..1000).map(|number| format!("h{number}.example")).collect();
    let record = |id, category, urls: &[String]| serde_json::json!({"id": id, "serviceArea": "Common", "category": category, "required": true, "urls": urls, "tcpPorts": "443"});
    let text = serde_json::json!([record(1, "Default", &hosts), record(2, "Optimize", &hosts[990..])]);
    let list = List::read(Instance::Worldwide, text.to_string().as_bytes()).unwrap();
    let followed = followed(&plan("microsoft365: {mode: probe}"), &list);
    assert_eq!(followed.endpoints.len(), 2 + ListProbing::MAX_HOSTS);
    assert!(followed.endpoints.iter().any(|endpoint| endpoint.name == "h999-example"), "what matters most comes first");
}
