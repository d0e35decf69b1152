//! Pairs of configurations, and what the second makes of the first.

use std::io;
use std::path::Path as FilePath;

use super::*;
use crate::config::{Sources, parse};

struct Nothing;

impl Sources for Nothing {
    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn read(&self, _: &FilePath) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn hostname(&self) -> Option<String> {
        None
    }
}

const HEAD: &str = "controls: []\npaths: {hq: 'http://proxy:1', lab: direct}\ndefault_paths: [direct]\n";

/// The plan of some endpoints in flow form, after more of the document.
fn plan(more: &str, endpoints: &[&str]) -> Plan {
    let listed: String = endpoints.iter().flat_map(|endpoint| ["  - ", endpoint, "\n"]).collect();
    let head = if more.contains("paths:") { "controls: []\n" } else { HEAD };
    parse(&format!("{head}{more}\nendpoints:\n{listed}"), "x.yaml", &Nothing).unwrap()
}

#[test]
fn what_keeps_its_state_and_what_does_not() {
    use Fate::{Changed, New, Relabelled, Same};
    let base = ["{name: a, url: a.example}", "{name: b, url: b.example, paths: [direct, hq]}"];
    let old = plan("", &base);
    for (what, endpoints, fates, (added, changed, removed)) in [
        ("nothing", &base[..], &[Same(0), Same(1), Same(2)][..], (0, 0, 0)),
        ("the order", &[base[1], base[0]], &[Same(1), Same(2), Same(0)], (0, 0, 0)),
        ("one more", &["{name: c, url: c.example}", base[0], base[1]], &[New, Same(0), Same(1), Same(2)], (1, 0, 0)),
        ("one less", &[base[1]], &[Same(1), Same(2)], (0, 0, 1)),
        (
            "another path",
            &[base[0], "{name: b, url: b.example, paths: [hq, lab]}"],
            &[Same(0), Same(2), New],
            (1, 0, 1),
        ),
        ("another name", &["{name: z, url: a.example}", base[1]], &[New, Same(1), Same(2)], (1, 0, 1)),
        ("group", &["{name: a, url: a.example, group: g}", base[1]], &[Relabelled(0), Same(1), Same(2)], (0, 1, 0)),
        (
            "severity",
            &["{name: a, url: a.example, severity: info}", base[1]],
            &[Relabelled(0), Same(1), Same(2)],
            (0, 1, 0),
        ),
        (
            "interval",
            &["{name: a, url: a.example, interval: 5m}", base[1]],
            &[Relabelled(0), Same(1), Same(2)],
            (0, 1, 0),
        ),
        (
            "timeout",
            &["{name: a, url: a.example, timeout: 5s}", base[1]],
            &[Relabelled(0), Same(1), Same(2)],
            (0, 1, 0),
        ),
        ("URL", &["{name: a, url: a.example/x}", base[1]], &[Changed, Same(1), Same(2)], (0, 1, 0)),
        ("method", &["{name: a, url: a.example, method: HEAD}", base[1]], &[Changed, Same(1), Same(2)], (0, 1, 0)),
        ("headers", &["{name: a, url: a.example, headers: {X: y}}", base[1]], &[Changed, Same(1), Same(2)], (0, 1, 0)),
        (
            "expect",
            &["{name: a, url: a.example, expect: {status: 200}}", base[1]],
            &[Changed, Same(1), Same(2)],
            (0, 1, 0),
        ),
        (
            "roots",
            &["{name: a, url: a.example, tls: {roots: system}}", base[1]],
            &[Changed, Same(1), Same(2)],
            (0, 1, 0),
        ),
        (
            "private answers",
            &["{name: a, url: a.example, private_answers: allowed}", base[1]],
            &[Changed, Same(1), Same(2)],
            (0, 1, 0),
        ),
    ] {
        let diff = Diff::between(&old, &plan("", endpoints));
        assert_eq!(diff.fates, fates, "{what}");
        let tally = diff.tally;
        assert_eq!((tally.added, tally.changed, tally.removed), (added, changed, removed), "{what}");
        let kept: Vec<usize> = fates.iter().filter_map(|fate| fate.keeps()).collect();
        let goes_on: Vec<bool> = (0..old.pairs.len()).map(|place| kept.contains(&place)).collect();
        assert_eq!(diff.goes_on, goes_on, "{what}");
    }
}

#[test]
fn a_path_that_leaves_another_way_is_another_one() {
    let endpoints = ["{name: a, url: a.example, paths: [direct, hq]}"];
    let with = |hq: &str| plan(&format!("paths: {{hq: {hq}}}"), &endpoints);
    let old = with("'http://proxy:1'");
    for (hq, fate) in [
        ("'http://proxy:1'", Fate::Same(1)),
        ("'http://proxy:2'", Fate::Changed),
        ("'https://proxy:1'", Fate::Changed),
        ("{proxy: 'http://proxy:1'}", Fate::Same(1)),
        ("{proxy: 'http://proxy:1', user_agent: x}", Fate::Changed),
        ("{proxy: 'http://proxy:1', source_address: 127.0.0.1}", Fate::Changed),
        ("direct", Fate::Changed),
    ] {
        assert_eq!(Diff::between(&old, &with(hq)).fates, [Fate::Same(0), fate], "{hq}");
    }
}

#[test]
fn what_holds_for_the_whole_changes_no_pair() {
    let endpoints = ["a.example"];
    let old = plan("", &endpoints);
    for more in
        ["site: elsewhere", "concurrency: 3", "confirm: 7", "dns: {resolvers: [127.0.0.1]}", "audit: {interval: 1h}"]
    {
        let diff = Diff::between(&old, &plan(more, &endpoints));
        assert_eq!((diff.fates.as_slice(), diff.tally.same), (&[Fate::Same(0)][..], 1), "{more}");
    }
}
