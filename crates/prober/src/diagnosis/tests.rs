mod incidents;
mod interception;

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::datetime;

use super::*;
use crate::cause::{Cause, State};
use crate::observation::Observation;
use crate::plan::{Cloud, Endpoint, Pair, Path, PathOptions, TenantCheck, Way};
use crate::snapshot::Counts;
use crate::state::{Confirmed, Report};
use crate::verdict::{Evidence, Reason, Verdict};

const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

/// A picture of lines such as `a hq proxy_denied`: endpoint, path, and a cause, `ok` or `?`. An endpoint `a2` is on the
/// host of `a`; one named `ncsi` is a control, one named `msoid` a domain of the tenant's; a `!` after the cause marks a
/// result of an hour ago. Two numbers may follow: since how many seconds it has been so, and how old the newest result is.
fn picture(lines: &[&str]) -> Snapshot {
    Snapshot {
        site: "test".into(),
        generated_at: NOW,
        first_round_complete: true,
        clock: None,
        maintenance: crate::plan::Maintenance::default(),
        rows: lines.iter().map(|line| Arc::new(row(line))).collect(),
    }
}

fn row(line: &str) -> Row {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (name, path, result) = (words[0], words[1], words[2].trim_end_matches('!'));
    let url = format!("https://{}.example/", name.trim_end_matches('2')).parse().unwrap();
    let mut endpoint = Endpoint::new(name, url);
    endpoint.control = name == "ncsi";
    let tenant = || TenantCheck { name: "msoid.contoso.com".to_owned(), cloud: Cloud::Worldwide };
    endpoint.tenant = (name == "msoid").then(tenant);
    let pair = Pair {
        endpoint: Arc::new(endpoint),
        path: Arc::new(Path { name: path.to_owned(), way: Way::Direct, options: PathOptions::default() }),
    };
    let seconds = |place: usize| words.get(place).map(|word| word.parse().unwrap());
    let age = seconds(4).unwrap_or(if words[2].ends_with('!') { 3600 } else { 30 });
    let report = Arc::new(report(result, NOW - Duration::from_secs(age)));
    let state = report.verdict.state;
    let since = NOW - Duration::from_secs(seconds(3).unwrap_or(0));
    let confirmed = Confirmed { state, since, report: Arc::clone(&report) };
    let known = result != "?";
    Row {
        pair: Arc::new(pair),
        confirmed: known.then_some(confirmed),
        last: known.then_some(report),
        last_crl: None,
        counts: Counts::default(),
        received_bytes: 0,
    }
}

fn report(result: &str, probed_at: OffsetDateTime) -> Report {
    let cause = Cause::ALL.iter().find(|cause| cause.as_str() == result).copied();
    assert!(cause.is_some() || matches!(result, "ok" | "?"), "{result} is no cause");
    let state = match cause {
        None => State::Reachable,
        Some(Cause::HttpServerError | Cause::CrlExpired) => State::Degraded,
        Some(Cause::MonitorError) => State::Unknown,
        Some(_) => State::Blocked,
    };
    let reason = cause.map(|cause| Reason { cause, stage: cause.stage(), blame: cause.blame(), detail: String::new() });
    let observation = Observation::empty(probed_at);
    Report { observation, verdict: Verdict { state, reason, evidence: Evidence::default() }, audit: None }
}

#[test]
fn endpoints_compare_their_paths() {
    let table: &[(&[&str], Option<&str>)] = &[
        (&["a hq ?"], None),
        (&["a hq monitor_error"], None),
        (&["a hq ok", "a direct ok"], Some("reachable_everywhere")),
        (&["a hq ok", "a direct crl_expired"], Some("reachable_everywhere")),
        (&["a hq ok", "a direct ?"], Some("reachable_everywhere")),
        (&["a hq proxy_denied", "a direct ok"], Some("path_specific")),
        (&["a hq proxy_denied", "a direct http_server_error"], Some("path_specific")),
        (&["a hq proxy_denied", "a direct tcp_timeout"], Some("blocked_everywhere")),
        (&["a hq proxy_denied", "a direct ?"], Some("blocked_everywhere")),
        // The origin is down only where every path says so and serves others meanwhile.
        (&["a hq http_server_error", "b hq ok"], Some("origin_down")),
        (&["a hq http_server_error"], Some("reachable_everywhere")),
        (&["a hq http_server_error", "a2 hq ok"], Some("reachable_everywhere")),
        (&["a hq http_server_error", "b hq http_server_error"], Some("reachable_everywhere")),
        (&["a hq http_server_error", "b direct ok"], Some("reachable_everywhere")),
        (&["a hq tls_expired", "a direct http_server_error", "b hq ok", "b direct ok"], Some("origin_down")),
        (&["a hq proxy_upstream_failed", "b hq ok"], Some("origin_down")),
        (&["a hq proxy_upstream_failed", "a dc proxy_upstream_failed", "b hq ok", "ncsi dc ok"], Some("origin_down")),
        (&["a hq proxy_upstream_failed", "a dc tcp_timeout", "b hq ok", "b dc ok"], Some("blocked_everywhere")),
        (&["a hq proxy_upstream_failed", "b hq proxy_upstream_failed"], Some("blocked_everywhere")),
        (&["a hq http_server_error", "a direct ok", "b hq ok", "b direct ok"], Some("reachable_everywhere")),
    ];
    for (lines, expected) in table {
        let picture = picture(lines);
        let diagnosis = endpoints(&picture).get("a").map(EndpointDiagnosis::as_str);
        assert_eq!(diagnosis, *expected, "{lines:?}");
    }
}

#[test]
fn a_path_specific_diagnosis_names_both_sides() {
    let picture = picture(&["a hq proxy_denied", "a direct ok", "a env tcp_timeout", "a dc ?"]);
    let expected = EndpointDiagnosis::PathSpecific { blocked: vec!["hq", "env"], usable: vec!["direct"] };
    assert_eq!(endpoints(&picture)["a"], expected);
}

#[test]
fn paths_are_judged_by_all_their_endpoints() {
    use PathState::{Down, Partial, Unknown, Up};
    let table: &[(&[&str], PathState, Option<Cause>)] = &[
        (&["a hq ?"], Unknown, None),
        (&["a hq ok", "b hq ok"], Up, None),
        (&["a hq ok", "b hq ?"], Up, None),
        (&["a hq http_server_error"], Up, None),
        (&["a hq ok", "b hq proxy_denied"], Partial, None),
        // A hop of the path itself, also with a single host, also in different ways.
        (&["a hq proxy_refused"], Down, Some(Cause::ProxyRefused)),
        (&["a hq proxy_refused", "b hq proxy_refused"], Down, Some(Cause::ProxyRefused)),
        (&["a hq proxy_timeout", "b hq proxy_auth_required"], Down, None),
        (&["a direct dns_timeout", "b direct dns_server_failure"], Down, None),
        // Anything else takes two hosts that stop at the same place for the same cause.
        (&["a direct tcp_timeout"], Unknown, None),
        (&["a direct tcp_timeout", "a2 direct tcp_timeout"], Unknown, None),
        (&["a direct tcp_timeout", "b direct tcp_timeout"], Down, Some(Cause::TcpTimeout)),
        (&["a hq proxy_denied", "b hq proxy_denied"], Down, Some(Cause::ProxyDenied)),
        (&["a direct tcp_timeout", "b direct tcp_refused"], Unknown, None),
        (&["a hq proxy_refused", "b hq proxy_denied"], Unknown, None),
        // Old results take nothing down.
        (&["a direct tcp_timeout!", "b direct tcp_timeout"], Unknown, None),
        (&["a hq proxy_refused!"], Unknown, None),
        // A control shows that a way is open; that it fails says nothing.
        (&["a hq tcp_timeout", "b hq tcp_timeout", "ncsi hq ok"], Partial, None),
        (&["a hq ok", "ncsi hq proxy_denied"], Up, None),
        (&["a direct tcp_timeout", "ncsi direct tcp_timeout"], Unknown, None),
        (&["ncsi hq proxy_refused"], Unknown, None),
    ];
    for (lines, state, cause) in table {
        let picture = picture(lines);
        let [standing] = paths(&picture)[..] else { panic!("one path: {lines:?}") };
        assert_eq!((standing.state, standing.cause), (*state, *cause), "{lines:?}");
    }
}

/// What is held usable is old where a hop that all share stops everything since.
#[test]
fn what_got_through_before_the_path_went_down_does_not_hold_it_up() {
    use PathState::{Down, Partial};
    let refused = Some(Cause::ProxyRefused);
    let table: &[(&[&str], PathState, Option<Cause>)] = &[
        (&["a hq proxy_refused 20 15", "b hq proxy_refused 12 7", "c hq ok 999 60"], Down, refused),
        (&["a hq proxy_refused 20 15", "b hq proxy_refused 12 7", "c hq http_server_error 999 60"], Down, refused),
        (&["a hq proxy_refused 20 15", "b hq proxy_timeout 12 7", "c hq ok 999 60"], Down, None),
        (&["a hq proxy_refused 20 15", "b hq proxy_refused 12 7", "ncsi hq ok 999 60"], Down, refused),
        // One host is not enough, nor is something that got through meanwhile.
        (&["a hq proxy_refused 20 15", "c hq ok 999 60"], Partial, None),
        (&["a hq proxy_refused 20 15", "a2 hq proxy_refused 12 7", "c hq ok 999 60"], Partial, None),
        (&["a hq proxy_refused 20 15", "b hq proxy_refused 12 7", "c hq ok 999 10"], Partial, None),
        (&["a hq proxy_refused 20 15", "b hq proxy_refused 12 7", "ncsi hq ok 999 10"], Partial, None),
        // These were stopping while another got through, and go on doing so between two of its probes.
        (&["a hq proxy_refused 500 15", "b hq proxy_refused 400 7", "c hq ok 999 60"], Partial, None),
        // An old refusal of the proxy's own says nothing against it, one that came since does: the proxy answers.
        (
            &["a hq proxy_refused 20 15", "b hq proxy_refused 12 7", "c hq ok 999 60", "d hq proxy_denied 999 50"],
            Down,
            refused,
        ),
        (
            &["a hq proxy_refused 20 15", "b hq proxy_refused 12 7", "c hq ok 999 60", "d hq proxy_denied 999 9"],
            Partial,
            None,
        ),
        // What hosts may have of their own takes down nothing that was seen to be open a moment ago.
        (&["a hq tcp_timeout 20 15", "b hq tcp_timeout 12 7", "c hq ok 999 60"], Partial, None),
        (&["a hq dns_timeout 20 15", "b hq dns_timeout 12 7", "c hq ok 999 60"], Partial, None),
    ];
    for (lines, state, cause) in table {
        let picture = picture(lines);
        let standings = paths(&picture);
        assert_eq!((standings[0].state, standings[0].cause), (*state, *cause), "{lines:?}");
        let expected = if *state == Down { SiteState::Offline } else { SiteState::Online };
        assert_eq!(site(&picture, &standings), expected, "{lines:?}");
        let open = incidents(&picture);
        assert_eq!(open[0].scope == Scope::Site, *state == Down, "{lines:?}");
    }
}

#[test]
fn what_is_blocked_has_others_looked_at_where_they_may_be_next() {
    use Suspicion::{Nothing, Path, Witness};
    let table: &[(&[&str], Suspicion)] = &[
        (&["a hq proxy_refused", "b hq ok"], Path),
        (&["a hq dns_timeout"], Path),
        (&["a hq tcp_timeout", "b hq ok"], Witness),
        (&["a hq tcp_timeout", "b hq tcp_refused"], Witness),
        (&["a hq tcp_timeout", "a2 hq tcp_timeout"], Witness),
        (&["a hq tcp_timeout", "ncsi hq tcp_timeout"], Witness),
        (&["a hq tcp_timeout", "b hq tcp_timeout"], Path),
        (&["a hq ok"], Nothing),
        (&["a hq tls_expired", "b hq tls_expired"], Nothing),
        (&["ncsi hq proxy_refused"], Nothing),
        (&["msoid dns dns_timeout"], Nothing),
    ];
    for (lines, expected) in table {
        let picture = picture(lines);
        let rows: Vec<&Row> = picture.rows.iter().map(AsRef::as_ref).collect();
        assert_eq!(suspicion(rows[0], rows[1..].iter().copied()), *expected, "{lines:?}");
    }
    let picture = picture(&["a hq tcp_timeout", "a2 hq ok", "b hq ok", "ncsi hq ok", "c hq ?", "d hq tcp_timeout"]);
    let witnesses = picture.rows.iter().filter(|row| is_witness(row, &picture.rows[0]));
    let names: Vec<_> = witnesses.map(|row| row.pair.endpoint.name.as_str()).collect();
    assert_eq!(names, ["b", "ncsi"]);
}

#[test]
fn paths_come_in_the_order_in_which_they_appear() {
    let picture = picture(&["a hq ok", "a direct ok", "b hq ok", "b env ok"]);
    let names: Vec<&str> = paths(&picture).iter().map(|standing| standing.path).collect();
    assert_eq!(names, ["hq", "direct", "env"]);
}

#[test]
fn the_site_is_online_by_anything_and_offline_only_by_everything() {
    let table: &[(&[&str], SiteState)] = &[
        (&[], SiteState::Unknown),
        (&["a hq ?", "b hq ?"], SiteState::Unknown),
        (&["a hq proxy_refused", "a direct ok"], SiteState::Online),
        (&["a hq http_server_error"], SiteState::Online),
        (&["a hq proxy_denied", "b hq proxy_denied", "ncsi hq ok"], SiteState::Online),
        (&["a hq proxy_refused", "a direct dns_timeout"], SiteState::Offline),
        (&["a hq proxy_refused", "a direct tcp_timeout"], SiteState::Unknown),
        (&["a hq proxy_refused", "a direct ?"], SiteState::Unknown),
        (&["a hq proxy_refused!"], SiteState::Unknown),
        (&["ncsi hq proxy_refused"], SiteState::Unknown),
    ];
    for (lines, expected) in table {
        let picture = picture(lines);
        assert_eq!(site(&picture, &paths(&picture)), *expected, "{lines:?}");
    }
}

/// That a name server answers is no way out, and that a record is wrong is no path's fault.
#[test]
fn the_tenants_domains_say_nothing_of_paths_and_site() {
    for result in ["ok", "tenant_cname", "dns_timeout", "?"] {
        let domain = format!("msoid dns {result}");
        for (others, expected) in [
            (&["a hq proxy_refused", "b hq proxy_refused"][..], SiteState::Offline),
            (&["a hq ok", "b hq ok"], SiteState::Online),
            (&[], SiteState::Unknown),
        ] {
            let lines: Vec<&str> = others.iter().copied().chain([domain.as_str()]).collect();
            let picture = picture(&lines);
            let standings = paths(&picture);
            assert!(standings.iter().all(|standing| standing.path == "hq"), "{lines:?}: {standings:?}");
            assert_eq!(site(&picture, &standings), expected, "{lines:?}");
            assert!(!endpoints(&picture).contains_key("msoid"), "{lines:?}");
        }
    }
}
