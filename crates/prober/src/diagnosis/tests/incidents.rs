//! What is open: every trouble once.

use super::*;
use crate::plan::Severity;

/// The incidents of a picture as `scope endpoints on paths: cause blame`.
fn told(lines: &[&str]) -> Vec<String> {
    let picture = picture(lines);
    let told = incidents(&picture).into_iter().map(|incident| {
        let cause = incident.cause.map_or("-", Cause::as_str);
        let blame = incident.blame.map_or("-", |blame| blame.as_str());
        let (endpoints, paths) = (incident.endpoints().join(","), incident.paths.join(","));
        format!("{} {endpoints} on {paths}: {cause} {blame}", incident.scope.as_str())
    });
    told.collect()
}

#[test]
fn every_trouble_is_one_incident() {
    let table: &[(&[&str], &[&str])] = &[
        (&[], &[]),
        (&["a hq ok", "a direct ?", "b hq crl_expired", "c hq monitor_error"], &[]),
        (&["a hq proxy_denied", "b hq ok"], &["endpoint a on hq: proxy_denied proxy"]),
        // Each path is a matter of its own, as long as the endpoint gets through on another.
        (
            &["a hq proxy_denied", "a dc proxy_denied", "a direct ok", "b hq ok", "b dc ok"],
            &["endpoint a on hq: proxy_denied proxy", "endpoint a on dc: proxy_denied proxy"],
        ),
        // Blocked everywhere in the same way it is one, in different ways several.
        (
            &["a hq proxy_denied", "a dc proxy_denied", "b hq ok", "b dc ok"],
            &["endpoint a on hq,dc: proxy_denied proxy"],
        ),
        (
            &["a hq proxy_denied", "a direct tcp_timeout", "b hq ok", "b direct ok"],
            &["endpoint a on hq: proxy_denied proxy", "endpoint a on direct: tcp_timeout network"],
        ),
        // The origin is down: one, if it blocks or not, and in different ways too.
        (&["a hq http_server_error", "b hq ok"], &["endpoint a on hq: http_server_error origin"]),
        (
            &["a hq tls_expired", "a direct http_server_error", "b hq ok", "b direct ok"],
            &["endpoint a on hq,direct: - origin"],
        ),
        (
            &["a hq proxy_upstream_failed", "a dc proxy_upstream_failed", "b hq ok", "b dc ok"],
            &["endpoint a on hq,dc: proxy_upstream_failed network"],
        ),
        (&["a hq http_server_error", "b hq http_server_error"], &[]),
        // A path that is down is one, whatever it takes with it; others are told besides.
        (
            &["a hq proxy_refused", "a direct ok", "b hq proxy_refused", "b direct tcp_timeout"],
            &["path a,b on hq: proxy_refused proxy", "endpoint b on direct: tcp_timeout network"],
        ),
        (&["a hq proxy_timeout", "b hq proxy_auth_required", "a direct ok"], &["path a,b on hq: - proxy"]),
        (
            &["a hq proxy_refused", "a dc proxy_timeout", "a direct ok"],
            &["path a on hq: proxy_refused proxy", "path a on dc: proxy_timeout proxy"],
        ),
        // What a down path hides is not lost to the others: both of a's are blocked in the same way.
        (
            &["a hq proxy_denied", "a dc proxy_denied", "a x proxy_refused", "b hq ok", "b dc ok", "b x proxy_refused"],
            &["path a,b on x: proxy_refused proxy", "endpoint a on hq,dc: proxy_denied proxy"],
        ),
        // A site that is offline is one.
        (&["a hq proxy_refused", "a direct dns_timeout"], &["site a on hq,direct: - -"]),
        (&["a hq proxy_refused", "b hq proxy_refused"], &["site a,b on hq: proxy_refused proxy"]),
        // The tenant's domains are on none of the site's paths, and stay a matter of their own.
        (
            &["a hq proxy_refused", "b hq proxy_refused", "msoid dns tenant_cname"],
            &["site a,b on hq: proxy_refused proxy", "endpoint msoid on dns: tenant_cname tenant"],
        ),
        (&["a hq ok", "msoid dns tenant_cname"], &["endpoint msoid on dns: tenant_cname tenant"]),
        (&["a hq proxy_refused", "msoid dns ?"], &["site a on hq: proxy_refused proxy"]),
        // What is unknown is no part of an origin that is down, whatever became of it before.
        (
            &["a hq http_server_error", "a direct ?", "b hq ok", "b direct ok"],
            &["endpoint a on hq: http_server_error origin"],
        ),
        (
            &["a hq monitor_error", "a direct http_server_error", "b hq ok", "b direct ok"],
            &["endpoint a on direct: http_server_error origin"],
        ),
        // Nobody knows of the other path.
        (&["a hq proxy_refused", "a direct ?"], &["path a on hq: proxy_refused proxy"]),
        // Controls never make one and keep none away but by being reached.
        (&["ncsi hq tcp_timeout", "ncsi direct proxy_refused"], &[]),
        (&["a hq proxy_refused", "ncsi hq proxy_refused"], &["site a on hq: proxy_refused proxy"]),
        (
            &["a hq tcp_timeout", "b hq tcp_timeout", "ncsi hq ok"],
            &["endpoint a on hq: tcp_timeout network", "endpoint b on hq: tcp_timeout network"],
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(told(lines), *expected, "{lines:?}");
    }
}

/// As [`picture`], each line with a severity and the minutes since when it has been so.
fn aged(lines: &[(&str, Severity, u64)]) -> Snapshot {
    let rows = lines.iter().map(|(line, severity, minutes)| {
        let mut row = row(line);
        let mut pair = (*row.pair).clone();
        Arc::make_mut(&mut pair.endpoint).severity = *severity;
        row.pair = Arc::new(pair);
        row.confirmed.as_mut().unwrap().since = NOW - Duration::from_secs(60 * minutes);
        Arc::new(row)
    });
    Snapshot { rows: rows.collect(), ..picture(&[]) }
}

fn minutes(incident: &Incident<'_>) -> i64 {
    (NOW - incident.since).whole_minutes()
}

#[test]
fn the_severity_is_the_highest_and_sorts_within_a_scope() {
    use Severity::{Critical, Info, Warning};
    let picture = aged(&[
        ("a hq proxy_denied", Info, 1),
        ("b hq proxy_denied", Warning, 1),
        ("c hq proxy_denied", Critical, 1),
        ("d hq ok", Info, 1),
        ("a x proxy_refused", Info, 1),
        ("b x proxy_refused", Warning, 1),
    ]);
    let told: Vec<_> = incidents(&picture).into_iter().map(|one| (one.scope, one.endpoint(), one.severity)).collect();
    assert_eq!(
        told,
        [
            (Scope::Path, None, Warning),
            (Scope::Endpoint, Some("c"), Critical),
            (Scope::Endpoint, Some("b"), Warning),
            (Scope::Endpoint, Some("a"), Info),
        ]
    );
}

/// An endpoint that was blocked for days does not make a path that died a minute ago look old.
#[test]
fn a_path_is_down_since_nothing_gets_through_and_an_endpoint_since_its_first_trouble() {
    use Severity::Warning;
    let down = aged(&[
        ("a hq proxy_refused", Warning, 5000),
        ("b hq proxy_refused", Warning, 2),
        ("a direct ok", Warning, 9000),
    ]);
    assert_eq!(incidents(&down).iter().map(minutes).collect::<Vec<_>>(), [2]);
    let everywhere = aged(&[
        ("a hq proxy_denied", Warning, 3),
        ("a dc proxy_denied", Warning, 7),
        ("b hq ok", Warning, 1),
        ("b dc ok", Warning, 1),
    ]);
    assert_eq!(incidents(&everywhere).iter().map(minutes).collect::<Vec<_>>(), [7]);
}

#[test]
fn details_name_what_is_struck() {
    let detail = |lines: &[&str]| incidents(&picture(lines))[0].detail.to_string();
    assert_eq!(
        detail(&["a hq proxy_timeout", "b hq proxy_auth_required", "c hq proxy_timeout", "a direct ok"]),
        "nothing gets through on hq, to none of 3 endpoints: the proxy does not answer (2), \
         the proxy wants credentials (1)"
    );
    assert_eq!(
        detail(&["a hq proxy_refused", "a direct dns_timeout"]),
        "nothing gets out on any of 2 paths: the proxy refuses connections (1), no resolver answers (1)"
    );
    assert_eq!(
        detail(&["a hq proxy_refused"]),
        "nothing gets out on hq, the only path: the proxy refuses connections (1)"
    );
}
