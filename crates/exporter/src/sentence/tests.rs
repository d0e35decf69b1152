//! What the sentence says, case by case.

use prober::cause::Cause::{
    self, CrlExpired, DnsTimeout, MonitorError, ProxyDenied, ProxyTimeout, TcpRefused, TlsIntercepted,
};
use prober::cause::State;

use super::summary;
use crate::sample::{self, RowSample, row};

/// Endpoints `first..=last` on a path.
fn rows(path: &str, first: usize, last: usize, make: impl Fn(RowSample) -> RowSample) -> Vec<RowSample> {
    (first..=last).map(|number| make(row(&format!("endpoint-{number:02}"), path))).collect()
}

fn good(path: &str, first: usize, last: usize) -> Vec<RowSample> {
    rows(path, first, last, RowSample::reachable)
}

fn blocked(path: &str, first: usize, last: usize, cause: Cause) -> Vec<RowSample> {
    rows(path, first, last, |row| row.blocked(cause, "…"))
}

fn degraded(path: &str, first: usize, last: usize, cause: Cause) -> Vec<RowSample> {
    rows(path, first, last, |row| row.degraded(cause, "…"))
}

fn unprobed(path: &str, first: usize, last: usize) -> Vec<RowSample> {
    rows(path, first, last, |row| row)
}

fn say(rows: impl IntoIterator<Item = Vec<RowSample>>) -> String {
    summary(&sample::snapshot(rows.into_iter().flatten()))
}

/// As [`say`], during the first round.
fn say_early(rows: impl IntoIterator<Item = Vec<RowSample>>) -> String {
    let mut snapshot = sample::snapshot(rows.into_iter().flatten());
    snapshot.first_round_complete = false;
    summary(&snapshot)
}

#[test]
fn all_good() {
    assert_eq!(say([good("hq", 1, 20)]), "All 20 endpoints are reachable on hq.");
    assert_eq!(say([good("direct", 1, 20), good("hq", 1, 20)]), "All 20 endpoints are reachable on direct and hq.");
    assert_eq!(say([good("a", 1, 2), good("b", 1, 2), good("c", 1, 2)]), "Both endpoints are reachable on every path.");
    assert_eq!(say([good("hq", 1, 1)]), "The only endpoint is reachable on hq.");
    assert_eq!(say([]), "No endpoints are configured.");
}

#[test]
fn still_probing() {
    assert_eq!(
        say_early([unprobed("hq", 1, 20)]),
        "The first probes are on their way: nothing is known yet of the 20 endpoints."
    );
    assert_eq!(
        say_early([good("hq", 1, 7), unprobed("hq", 8, 20)]),
        "Still probing: 7 of 20 endpoints are reachable so far."
    );
    assert_eq!(
        say_early([blocked("hq", 1, 2, ProxyDenied), good("hq", 3, 20)]),
        "2 of 20 endpoints are blocked on hq: the proxy refuses them; still probing."
    );
}

#[test]
fn blocked_with_one_cause_on_one_path() {
    assert_eq!(
        say([blocked("hq", 1, 2, ProxyDenied), good("hq", 3, 20), good("direct", 1, 20)]),
        "2 of 20 endpoints are blocked on hq: the proxy refuses them."
    );
    assert_eq!(
        say([blocked("hq", 1, 1, ProxyDenied), good("hq", 2, 20)]),
        "1 of 20 endpoints is blocked on hq: the proxy refuses it."
    );
    assert_eq!(
        say([blocked("hq", 1, 1, TcpRefused)]),
        "The only endpoint is blocked on hq: the connection is refused."
    );
}

#[test]
fn a_path_that_few_endpoints_use_is_counted_by_itself() {
    assert_eq!(
        say([good("direct", 1, 20), blocked("hq", 1, 2, ProxyDenied), good("hq", 3, 5)]),
        "2 of 5 endpoints are blocked on hq: the proxy refuses them."
    );
}

#[test]
fn everything_blocked_on_one_path_says_whether_the_others_work() {
    let hq = || blocked("hq", 1, 20, ProxyTimeout);
    assert_eq!(
        say([good("direct", 1, 20), hq()]),
        "All 20 endpoints are blocked on hq, while direct works: the proxy does not answer."
    );
    assert_eq!(
        say([good("direct", 1, 19), rows("direct", 20, 20, |row| row), hq()]),
        "All 20 endpoints are blocked on hq: the proxy does not answer."
    );
    assert_eq!(say([hq()]), "All 20 endpoints are blocked on hq: the proxy does not answer.");
}

#[test]
fn the_same_trouble_on_several_paths_is_one() {
    assert_eq!(
        say([blocked("direct", 1, 2, TlsIntercepted), blocked("hq", 1, 2, TlsIntercepted), good("hq", 3, 20)]),
        "2 of 20 endpoints are blocked on direct and hq: TLS is intercepted."
    );
    assert_eq!(
        say(["a", "b", "c"].map(|path| blocked(path, 1, 9, DnsTimeout))),
        "All 9 endpoints are blocked on every path: no resolver answers."
    );
}

#[test]
fn several_causes_on_one_path_are_counted() {
    assert_eq!(
        say([blocked("hq", 1, 3, ProxyDenied), blocked("hq", 4, 5, DnsTimeout), good("hq", 6, 20)]),
        "5 of 20 endpoints are blocked on hq: the proxy refuses them (3), no resolver answers (2)."
    );
}

#[test]
fn several_causes_on_several_paths_name_their_paths() {
    assert_eq!(
        say([
            blocked("hq", 1, 2, ProxyDenied),
            good("hq", 3, 20),
            blocked("direct", 3, 3, TlsIntercepted),
            good("direct", 4, 20)
        ]),
        "3 of 20 endpoints are blocked: the proxy refuses them (2 on hq), TLS is intercepted (1 on direct)."
    );
}

#[test]
fn the_sentence_stays_one_however_many_causes_there_are() {
    let causes = [ProxyDenied, DnsTimeout, TcpRefused, TlsIntercepted, ProxyTimeout];
    let rows = causes.into_iter().enumerate().map(|(number, cause)| blocked("hq", number, number, cause));
    let sentence = say(rows);
    assert!(sentence.ends_with("(1), and 2 more causes."), "{sentence}");
}

#[test]
fn degraded_only() {
    assert_eq!(
        say([degraded("hq", 1, 3, CrlExpired), good("hq", 4, 20)]),
        "All 20 endpoints are reachable, but 3 are degraded on hq: the CRLs are out of date."
    );
    assert_eq!(
        say([degraded("hq", 1, 1, CrlExpired), good("hq", 2, 20)]),
        "All 20 endpoints are reachable, but 1 is degraded on hq: the CRL is out of date."
    );
}

#[test]
fn milder_states_follow_the_blocked_ones() {
    assert_eq!(
        say([
            blocked("hq", 1, 2, ProxyDenied),
            degraded("hq", 3, 3, CrlExpired),
            unprobed("hq", 4, 5),
            good("hq", 6, 20)
        ]),
        "2 of 20 endpoints are blocked on hq: the proxy refuses them; 1 more is degraded; 2 more are unknown."
    );
}

#[test]
fn unknown_only() {
    let lost = |row: RowSample| row.unknown(MonitorError, "…");
    assert_eq!(
        say([good("hq", 1, 18), rows("hq", 19, 20, lost)]),
        "18 of 20 endpoints are reachable, but nothing is known of 2 more on hq: the monitor itself has a problem."
    );
    assert_eq!(
        say([rows("hq", 1, 20, lost)]),
        "Nothing is known of the 20 endpoints on hq: the monitor itself has a problem."
    );
}

#[test]
fn controls_are_never_counted() {
    let control = || vec![row("ncsi", "direct").control().blocked(TcpRefused, "…")];
    assert_eq!(say([good("hq", 1, 20), control()]), "All 20 endpoints are reachable on hq.");
    assert_eq!(say([control()]), "No endpoints are configured.");
}

#[test]
fn a_failure_that_waits_for_confirmation_is_not_told_yet() {
    let once = |row: RowSample| row.reachable().then(State::Blocked, TcpRefused, "…");
    assert_eq!(say([rows("hq", 1, 2, once)]), "Both endpoints are reachable on hq.");
}

/// Domains of the tenant's are endpoints among the others, but their path is none of the site's.
#[test]
fn the_tenants_domains() {
    let domain = |make: fn(RowSample) -> RowSample| vec![make(sample::domain("contoso.com"))];
    assert_eq!(say([good("hq", 1, 20), domain(RowSample::reachable)]), "All 21 endpoints are reachable on hq.");
    let wrong = |row: RowSample| row.blocked(Cause::TenantCname, "…");
    assert_eq!(
        say([good("hq", 1, 20), domain(wrong)]),
        "1 of 21 endpoints is blocked: the tenant's MSOID record points to the wrong cloud (1 on dns)."
    );
    assert_eq!(
        say([blocked("hq", 1, 20, ProxyTimeout), good("direct", 1, 20), domain(RowSample::reachable)]),
        "All 20 endpoints are blocked on hq, while direct works: the proxy does not answer."
    );
}
