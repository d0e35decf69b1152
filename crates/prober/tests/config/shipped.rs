//! The shipped allowlist is the article's, and loads.

use crate::world::World;
use prober::config::{BUILT_IN, parse};
use prober::plan::{CONTROL_GROUP, Freshness, Plan, Severity, Way, is_crl_url};

/// The firewall list of "Account or subscription verification errors activating Microsoft 365 Apps", in its order.
const ARTICLE: [&str; 20] = [
    "officecdn.microsoft.com",
    "ols.officeapps.live.com/olsc",
    "activation.sls.microsoft.com",
    "odc.officeapps.live.com",
    "crl.microsoft.com/pki/crl/products/MicrosoftProductSecureServer.crl",
    "crl.microsoft.com/pki/crl/products/MicrosoftRootAuthority.crl",
    "crl.microsoft.com/pki/crl/products/MicrosoftProductSecureCommunicationsPCA.crl",
    "www.microsoft.com/pki/crl/products/MicrosoftProductSecureCommunicationsPCA.crl",
    "go.microsoft.com",
    "Office15client.microsoft.com",
    "login.windows.net",
    "login.microsoft.com",
    "login.microsoftonline.com",
    "crl.microsoft.com",
    "cdn.odc.officeapps.live.com",
    "ajax.aspnetcdn.com",
    "officeclient.microsoft.com",
    "aadcdn.msauth.net",
    "aadcdn.msauthimages.net",
    "enterpriseregistration.windows.net",
];

fn shipped() -> Plan {
    parse(BUILT_IN, "endpoints.yaml", &World::default()).unwrap()
}

#[test]
fn every_entry_of_the_article_is_there_as_it_stands_there() {
    let expected: Vec<String> = ARTICLE
        .iter()
        .map(|entry| {
            let (host, path) = entry.split_once('/').unwrap_or((entry, ""));
            format!("{}/{path}", host.to_lowercase())
        })
        .collect();
    let plan = shipped();
    let endpoints = plan.endpoints.iter().filter(|endpoint| !endpoint.control);
    let found: Vec<String> = endpoints
        .map(|endpoint| format!("{}{}", endpoint.url.host_str().unwrap_or_default(), endpoint.url.path()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn revocation_lists_are_http_and_may_be_old() {
    let plan = shipped();
    for endpoint in &plan.endpoints {
        let list = is_crl_url(&endpoint.url);
        let expected = list.then_some(Freshness::Ignored);
        assert_eq!(endpoint.expect.crl.as_ref().map(|crl| crl.freshness), expected, "{}", endpoint.name);
        let scheme = if list || endpoint.control || endpoint.group == "crl" { "http" } else { "https" };
        assert_eq!(endpoint.url.scheme(), scheme, "{}", endpoint.name);
    }
    assert_eq!(plan.endpoints.iter().filter(|endpoint| endpoint.expect.crl.is_some()).count(), 4);
}

#[test]
fn every_entry_says_its_group_and_severity() {
    let groups = ["office-cdn", "activation", "office-client", "identity", "crl"];
    for endpoint in shipped().endpoints.iter().filter(|endpoint| !endpoint.control) {
        assert!(groups.contains(&endpoint.group.as_str()), "{} is in group {}", endpoint.name, endpoint.group);
    }
    assert_eq!(BUILT_IN.matches("severity: critical,").count() + BUILT_IN.matches("severity: critical}").count(), 8);
    let said = BUILT_IN.lines().filter(|line| !line.trim_start().starts_with('#') && line.contains("severity: "));
    assert_eq!(said.count(), ARTICLE.len());
}

#[test]
fn every_entry_has_a_comment() {
    let mut lines = BUILT_IN.lines().skip_while(|line| *line != "endpoints:").skip(1);
    let mut commented = false;
    let mut entries = 0;
    for line in lines.by_ref() {
        let line = line.trim_start();
        if line.starts_with("- ") {
            assert!(commented, "nothing is said of {line}");
            entries += 1;
        }
        commented = line.starts_with("# ");
    }
    assert_eq!(entries, ARTICLE.len() + 1);
}

#[test]
fn the_control_is_the_one_that_is_there_by_default() {
    let plan = shipped();
    let by_default = parse("endpoints: [a.example]", "x.yaml", &World::default()).unwrap();
    let control = |plan: &Plan| plan.endpoints.iter().find(|endpoint| endpoint.control).cloned().unwrap();
    assert_eq!(format!("{:?}", control(&plan)), format!("{:?}", control(&by_default)));
    assert_eq!((control(&plan).group.as_str(), control(&plan).severity), (CONTROL_GROUP, Severity::Info));
}

#[test]
fn everything_goes_the_way_of_the_environment() {
    let plan = shipped();
    assert_eq!(plan.pairs.len(), 21);
    assert!(plan.pairs.iter().all(|pair| matches!(pair.path.way, Way::Environment(_))));
}
