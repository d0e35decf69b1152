//! Who intercepts, where, and how much of it.

use super::*;
use crate::observation::{CertificateFacts, ChainTrust, TlsFacts};

/// As [`picture`], with handshakes: after endpoint, path and cause come the trust and the issuer of the chain, and the
/// vendor that the evidence names. A cause `also` stands for a block page over an intercepted handshake.
fn handshakes(lines: &[&str]) -> Snapshot {
    let rows = lines.iter().map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let cause = if words[2] == "also" { "block_page" } else { words[2] };
        let mut row = row(&[words[0], words[1], cause].join(" "));
        let Some(confirmed) = &mut row.confirmed else { return Arc::new(row) };
        let report = Arc::make_mut(&mut confirmed.report);
        if words[2] == "also" {
            report.verdict.evidence.also.push(Cause::TlsIntercepted);
        }
        if let [_, _, _, trust, issuer, vendor @ ..] = &words[..] {
            report.observation.tls = Some(tls(trust, issuer));
            if let Some(vendor) = vendor.first() {
                let key = if words[2] == "also" { "vendor" } else { "interceptor" };
                report.verdict.evidence.facts.insert(key, (*vendor).into());
            }
        }
        Arc::new(row)
    });
    Snapshot { rows: rows.collect(), ..picture(&[]) }
}

fn tls(trust: &str, issuer: &str) -> TlsFacts {
    let trust = match trust {
        "public" => ChainTrust::Public,
        "inspection" => ChainTrust::Inspection,
        "untrusted" => ChainTrust::Untrusted,
        other => panic!("{other} is no trust"),
    };
    let certificate = CertificateFacts {
        subject: "CN=leaf".into(),
        issuer: issuer.into(),
        not_before: NOW,
        not_after: NOW,
        self_issued: false,
        ca_issuers: Vec::new(),
    };
    TlsFacts { chain: [certificate].into(), ..TlsFacts::of(trust) }
}

/// The interceptors of a picture as `issuer vendor announced extent: path n/m, …`.
fn told(picture: &Snapshot) -> Vec<String> {
    let interceptors = interception(picture).interceptors;
    let told = interceptors.iter().map(|one| {
        let paths: Vec<_> = one.paths.iter().map(|at| format!("{} {}/{}", at.path, at.intercepted, at.tls)).collect();
        let extent = one.extent.map_or("-", Extent::as_str);
        format!("{} {} {} {extent}: {}", one.issuer, one.vendor.unwrap_or("-"), one.announced, paths.join(", "))
    });
    told.collect()
}

#[test]
fn interceptors_are_grouped_by_issuer_and_counted_by_path() {
    let picture = handshakes(&[
        "a direct ok public R3",
        "a hq tls_intercepted untrusted Box",
        "b direct ok public R3",
        "b hq tls_intercepted untrusted Box Zscaler",
        "c direct tls_intercepted untrusted Other",
        "c hq also untrusted Box",
        "d direct tcp_timeout",
        "d hq ok inspection HQ",
    ]);
    assert_eq!(
        told(&picture),
        ["Box Zscaler false one_path: hq 3/4", "Other - false one_path: direct 1/3", "HQ - true one_path: hq 1/4",]
    );
    let tallies: Vec<_> =
        interception(&picture).paths.iter().map(|at| (at.path, at.tls, at.announced, at.unannounced)).collect();
    assert_eq!(tallies, [("direct", 3, 0, 1), ("hq", 4, 1, 3)]);
}

#[test]
fn the_extent_compares_paths_on_which_handshakes_complete() {
    let cases: &[(&[&str], &str)] = &[
        (&["a hq tls_intercepted untrusted X"], "X - false -: hq 1/1"),
        (&["a hq tls_intercepted untrusted X", "a direct tcp_timeout"], "X - false -: hq 1/1"),
        (&["a hq tls_intercepted untrusted X", "a direct ok public R3"], "X - false one_path: hq 1/1"),
        (
            &["a hq tls_intercepted untrusted X", "a direct tls_intercepted untrusted X"],
            "X - false every_path: hq 1/1, direct 1/1",
        ),
        (
            &["a hq tls_intercepted untrusted X", "a dc tls_intercepted untrusted X", "a direct ok public R3"],
            "X - false some_paths: hq 1/1, dc 1/1",
        ),
    ];
    for (lines, expected) in cases {
        assert_eq!(told(&handshakes(lines)), [*expected], "{lines:?}");
    }
}

#[test]
fn who_proves_himself_or_is_unknown_for_another_reason_does_not_intercept() {
    for line in [
        "a hq ok public R3",
        "a hq tls_chain_incomplete untrusted R3",
        "a hq tls_root_unknown untrusted Root",
        "a hq tls_name_mismatch public R3",
        "a hq tls_expired public R3",
        "a hq tls_reset",
        "ncsi hq tls_intercepted untrusted Box",
        "a hq ?",
    ] {
        assert_eq!(told(&handshakes(&[line])), [""; 0], "{line}");
    }
    // By what is announced, whatever is wrong with it besides.
    assert_eq!(told(&handshakes(&["a hq tls_name_mismatch inspection HQ"])), ["HQ - true -: hq 1/1"]);
}

#[test]
fn of_a_path_on_which_nothing_is_known_nothing_is_counted() {
    let picture = handshakes(&["a hq ?", "a direct tcp_timeout"]);
    let paths = interception(&picture).paths;
    assert_eq!(paths, [PathTally { path: "direct", tls: 0, announced: 0, unannounced: 0 }]);
}

/// `block_page` names its vendor by the page, other verdicts only by the certificate.
#[test]
fn the_vendor_is_that_of_the_interceptor() {
    let with_vendor_of_a_proxy = || {
        let mut picture = handshakes(&["a hq tls_intercepted untrusted Box"]);
        let row = Arc::make_mut(&mut picture.rows[0]);
        let report = Arc::make_mut(&mut row.confirmed.as_mut().unwrap().report);
        report.verdict.evidence.facts.insert("vendor", "squid".into());
        picture
    };
    assert_eq!(told(&with_vendor_of_a_proxy()), ["Box - false -: hq 1/1"]);
    assert_eq!(told(&handshakes(&["a hq also untrusted Box Sophos"])), ["Box Sophos false -: hq 1/1"]);
}
