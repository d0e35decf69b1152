//! The configuration, and everything that it may refer to.

use std::collections::HashSet;

use url::Url;

use super::sources::Given;
use crate::config::{Faults, MAX_BYTES, parse, parse_endpoint, parse_path};
use crate::plan::{Diff, Fate, Plan, Way};
use crate::route::choose;

/// Secrets of the environment, of a file, and of a proxy's URL: none may ever be read in a message.
const OF_VARIABLE: &str = "nobody-may-read-this-variable";
const OF_FILE: &str = "nobody-may-read-this-file";
const OF_URL: &str = "nobody-may-read-this-url";
/// The longest line about one fault, in bytes: the keys of 64 levels, each of 60 characters at most, and words.
const MAX_FAULT: usize = 20 * 1024;

const CERTIFICATE: &[u8] = include_bytes!("../../../../fuzz/seeds/certificate/leaf.pem");
const PRINTED: &[u8] = b"\r\nCurrent WinHTTP proxy settings:\r\n\r\n    Proxy Server(s) :  p1:8080\r\n    \
    Bypass List     :  *.good.example;<local>\r\n\r\n";
const ADVANCED: &[u8] = br#"{"ProxyIsEnabled": true, "Proxy": "p1:8080", "ProxyBypass": "<local>"}"#;
const ROWS: &[u8] =
    b"[{name: ours, vendor: Our filter, class: block, where: {title: {is: Not at work}}, source: what it sends}]";

/// What configurations may refer to.
pub(super) const GIVEN: Given<'static> = Given {
    variables: &[
        ("PASSWORD", OF_VARIABLE),
        ("SITE", "branch-042"),
        ("COUNT", "3"),
        ("EMPTY", ""),
        ("https_proxy", "http://svc:nobody-may-read-this-url@proxy.example:3128"),
        ("NO_PROXY", "localhost, .corp.example 10.0.0.0/8"),
    ],
    files: &[
        ("password", b"nobody-may-read-this-file\n"),
        ("ca.pem", CERTIFICATE),
        ("show.txt", PRINTED),
        ("adv.txt", ADVANCED),
        ("own.yaml", ROWS),
        ("proxy.pac", b"function FindProxyForURL(url, host) { return 'DIRECT'; }"),
    ],
};

/// Reads octets as a configuration.
pub fn config(octets: &[u8]) {
    // Whoever reads the file says so where it is no text.
    let Ok(text) = std::str::from_utf8(octets) else { return };
    let read = parse(text, "fuzzing.yaml", &GIVEN);
    match &read {
        Ok(plan) => valid(plan, text),
        Err(faults) => told(faults, text),
    }
    let again = parse(&format!("\u{feff}{text}"), "fuzzing.yaml", &GIVEN);
    let is_marked = text.starts_with('\u{feff}');
    assert!(is_marked || shown(&again) == shown(&read), "the mark at the start says nothing");
    for path in ["direct", "environment", "p"] {
        match parse_path(text, "fuzzing.yaml", &GIVEN, path) {
            Ok(path) => assert!(!format!("{path:?}").contains(OF_FILE), "it is never shown"),
            Err(faults) => told(&faults, text),
        }
    }
    let url = Url::parse("https://good.example/").expect("it is a URL");
    match parse_endpoint(text, "fuzzing.yaml", &GIVEN, &url) {
        Ok(endpoint) => assert!(endpoint.url == url && endpoint.timeout <= endpoint.interval, "{endpoint:?}"),
        Err(faults) => told(&faults, text),
    }
}

fn shown(read: &Result<Plan, Faults>) -> String {
    format!("{read:?}")
}

/// Everything that is wrong is said at once, each thing in a line, with its place, and without a secret.
fn told(faults: &Faults, text: &str) {
    let listed = faults.iter().count();
    assert!((1..=Faults::MAX_LISTED).contains(&listed) && listed <= faults.count(), "{listed} of {}", faults.count());
    let lines = text.lines().count().max(text.split(['\r', '\n']).count());
    let mut last = (0, 0);
    for fault in faults.iter() {
        let said = fault.to_string();
        assert!(said.len() <= MAX_FAULT && !said.contains(['\r', '\n']), "{} bytes: {said:?}", said.len());
        let place = (fault.line, fault.column);
        assert!(place >= last && fault.line <= lines + 1 && fault.column > 0, "{said} among {lines} lines");
        last = place;
        for secret in [OF_VARIABLE, OF_FILE, OF_URL] {
            assert!(!said.contains(secret) || text.contains(secret), "{said}");
        }
    }
}

/// Nobody checks again what a plan promises.
fn valid(plan: &Plan, text: &str) {
    assert!(text.len() <= MAX_BYTES && plan.pairs.len() <= Plan::MAX_PAIRS);
    let shown = format!("{plan:?}");
    assert!(![OF_FILE, OF_URL].into_iter().any(|secret| shown.contains(secret) && !text.contains(secret)), "{shown}");
    // A text may well take any variable in; a password is none of it.
    assert!(text.contains("${") || text.contains(OF_VARIABLE) || !shown.contains(OF_VARIABLE), "{shown}");

    let names: HashSet<&str> = plan.endpoints.iter().map(|endpoint| &*endpoint.name).collect();
    assert_eq!(names.len(), plan.endpoints.len(), "names are unique");
    let paths: HashSet<&str> = plan.paths.iter().map(|path| &*path.name).collect();
    assert_eq!(paths.len(), plan.paths.len(), "names are unique");
    for endpoint in &plan.endpoints {
        let url = &endpoint.url;
        let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
        assert!(is_http || endpoint.tenant.is_some(), "{url}");
        assert!(url.username().is_empty() && url.password().is_none(), "{url}");
        assert!(!endpoint.timeout.is_zero() && endpoint.timeout <= endpoint.interval, "{endpoint:?}");
    }
    for pair in &plan.pairs {
        assert!(names.contains(&*pair.endpoint.name) && paths.contains(&*pair.path.name), "{:?}", pair.key());
        let hops = choose(&pair.path.way, &pair.endpoint.url);
        assert_eq!(hops.is_none(), matches!(pair.path.way, Way::Pac(_)));
        assert!(hops.is_none_or(|hops| (1..=20).contains(&hops.len())), "{:?}", pair.key());
    }
    let again = parse(text, "fuzzing.yaml", &GIVEN).expect("it was valid before");
    let diff = Diff::between(plan, &again);
    assert!(diff.fates.iter().all(|fate| matches!(fate, Fate::Same(_))), "read again it is another: {diff:?}");
    assert_eq!(plan.ways_out().count(), plan.ways_out().map(|path| &path.name).collect::<HashSet<_>>().len());
}
