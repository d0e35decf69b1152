//! The reference page knows every key that the parser knows.

use std::collections::BTreeSet;

use prober::config::parse;

use crate::world::World;

const PAGE: &str = include_str!("../../../../docs/configuration.md");

/// Every section with a key that none knows, whose fault lists those that it does.
const SECTIONS: [&str; 16] = [
    "endpoints: [a.example]\nqqqqqqqqqq: 1",
    "endpoints: [a.example]\ndns: {qqqqqqqqqq: 1}",
    "endpoints: [a.example]\ntls: {qqqqqqqqqq: 1}",
    "endpoints: [a.example]\npaths: {a: {proxy: \"http://p:1\", qqqqqqqqqq: 1}}",
    "endpoints: [a.example]\npaths: {a: {winhttp: {proxy_server: p, qqqqqqqqqq: 1}}}",
    "endpoints: [{url: a.example, qqqqqqqqqq: 1}]",
    "endpoints: [{url: a.example, expect: {qqqqqqqqqq: 1}}]",
    "endpoints: [{url: a.example, expect: {crl: {qqqqqqqqqq: 1}}}]",
    "endpoints: [{url: a.example, expect: {body: {contains: a, qqqqqqqqqq: 1}}}]",
    "endpoints: [{url: a.example, tls: {qqqqqqqqqq: 1}}]",
    "endpoints: [a.example]\ntenant: {qqqqqqqqqq: 1}",
    "endpoints: [a.example]\naudit: {qqqqqqqqqq: 1}",
    "endpoints: [a.example]\ndiscovery: {qqqqqqqqqq: 1}",
    "endpoints: [a.example]\nmicrosoft365: {qqqqqqqqqq: 1}",
    "endpoints: [a.example]\nmaintenance: [{qqqqqqqqqq: 1}]",
    "endpoints: [a.example]\nmaintenance: [{match: {qqqqqqqqqq: 1}}]",
];

/// The words that the page sets as code.
fn documented() -> BTreeSet<&'static str> {
    let code = PAGE.split('`').skip(1).step_by(2);
    code.flat_map(|code| code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')).collect()
}

#[test]
fn every_key_has_its_place_in_the_reference() {
    let documented = documented();
    let mut keys = 0;
    for text in SECTIONS {
        let faults = parse(text, "x.yaml", &World::default()).unwrap_err();
        let help = faults.iter().find_map(|fault| fault.help.as_deref()?.strip_prefix("known here: "));
        for key in help.unwrap_or_else(|| panic!("{faults}")).split(", ") {
            assert!(documented.contains(key), "docs/configuration.md does not tell of {key}, as in {text:?}");
            keys += 1;
        }
    }
    assert!(keys > 50, "only {keys} keys were found");
}
