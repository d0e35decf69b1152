//! The bounds that would need large fixtures, each just kept and just broken.

use std::fmt::Write;

use prober::config::parse;

use crate::world::World;

/// What is said of a text: the faults, or nothing.
fn said(text: &str) -> String {
    parse(text, "x.yaml", &World::of(text)).err().map(|faults| faults.to_string()).unwrap_or_default()
}

/// `count` things made by `one`, one after the other.
fn many(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect()
}

#[test]
fn paths() {
    let with = |count| said(&format!("paths:\n{}endpoints: [a.example]", many(count, |n| format!("  p{n}: direct\n"))));
    assert_eq!(with(100), "");
    assert_eq!(with(101), "x.yaml:2:3: paths: more than 100 paths");
}

#[test]
fn pairs() {
    let with = |endpoints| {
        let mut text = String::from("controls: []\npaths:\n");
        write!(text, "{}default_paths: [", many(100, |n| format!("  p{n}: direct\n"))).unwrap();
        write!(
            text,
            "{}]\nendpoints:\n{}",
            many(100, |n| format!("p{n},")),
            many(endpoints, |n| format!("- {n}.example\n"))
        )
        .unwrap();
        said(&text)
    };
    assert_eq!(with(1000), "");
    assert_eq!(with(1001), "x.yaml:1:1: more than 100000 endpoints × paths");
}

#[test]
fn the_key_in_a_fault() {
    let long = "k".repeat(100_000);
    let said = said(&format!("endpoints: [a.example]\npaths: {{{long}: {{{long}: {long}}}}}"));
    assert!(said.lines().all(|line| line.len() < 500), "{} bytes in {} lines", said.len(), said.lines().count());
}

#[test]
fn certificate_files() {
    let with = |count| {
        let files = many(count, |_| "../files/ca.pem,".to_owned());
        said(&format!("tls: {{extra_roots: [{files}]}}\nendpoints: [a.example]"))
    };
    assert_eq!(with(100), "");
    assert_eq!(with(101), "x.yaml:1:20: tls.extra_roots: more than 100 files");
}

#[test]
fn requests() {
    let headers = |count| {
        let headers = many(count, |n| format!("x-{n}: y,"));
        said(&format!("endpoints:\n- {{url: a.example, headers: {{{headers}}}}}"))
    };
    assert_eq!(headers(50), "");
    assert_eq!(headers(51), "x.yaml:2:29: endpoints[0].headers: more than 50 headers");

    let body = |bytes| said(&format!("endpoints:\n- {{url: a.example, method: POST, body: {}}}", "x".repeat(bytes)));
    assert_eq!(body(65536), "");
    assert_eq!(body(65537), "x.yaml:2:40: endpoints[0].body: a body has at most 65536 bytes");
}

#[test]
fn expected_texts() {
    let with = |bytes| {
        said(&format!("endpoints:\n- {{url: a.example, expect: {{body: {{contains: {}}}}}}}", "x".repeat(bytes)))
    };
    assert_eq!(with(65536), "");
    let message = "x.yaml:2:46: endpoints[0].expect.body.contains: only the first 65536 bytes of a body are looked at";
    assert_eq!(with(65537), message);
}

#[test]
fn nesting() {
    let with = |depth: usize| {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        said(&format!("site: {nested}\nendpoints: [a.example]"))
    };
    assert_eq!(with(63), "x.yaml:1:7: site: expected text, found a list");
    assert!(with(64).contains(": nested deeper than 64 levels"), "{}", with(64));
    let by_alias = format!("site: &deep {}{}\ncontrols: [*deep]\n", "[".repeat(63), "]".repeat(63));
    assert!(said(&by_alias).contains("controls[0]: nested deeper than 64 levels"), "{}", said(&by_alias));
}

#[test]
fn substituted_text() {
    let with = |times: usize| {
        let value = "${BIG}".repeat(times);
        said(&format!("# env: BIG={}\nsite: \"{value}\"\nendpoints: [a.example]", "x".repeat(1024)))
    };
    assert_eq!(with(1024), "x.yaml:2:7: site: a name has at most 100 characters");
    assert_eq!(with(1025), "x.yaml:2:7: site: substitution makes more than 1048576 bytes");
}

#[test]
fn maintenance_windows() {
    let window = "  - {from: \"2026-01-01T00:00:00Z\", to: \"2026-01-01T04:00:00Z\"}\n";
    let with = |count| said(&format!("endpoints: [a.example]\nmaintenance:\n{}", window.repeat(count)));
    assert_eq!(with(1000), "");
    assert_eq!(with(1001), "x.yaml:3:3: maintenance: more than 1000 windows");
}
