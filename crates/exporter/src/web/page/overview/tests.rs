//! What must be on the page, and what must not.

use std::sync::LazyLock;

use prober::cause::Cause;

use super::super::problem::Problem;
use super::super::render;
use super::*;
use crate::sample;

/// Nothing is known of what was.
static DAYS: LazyLock<Days> = LazyLock::new(|| Days::empty(sample::NOW));
static STANDING: Standing = Standing { directory: None, fault: None, set_aside: None };

fn html(snapshot: &Snapshot) -> String {
    render(snapshot, "1", (&DAYS, &STANDING), None, sample::NOW).unwrap()
}

fn overview(snapshot: &Snapshot) -> Overview<'_> {
    Overview::of(snapshot, &Behind { version: "1", days: &DAYS, standing: &STANDING }, sample::NOW)
}

/// Everything that is told, in order.
fn all(snapshot: &Snapshot) -> Vec<Problem<'_>> {
    let Problems { open, others, .. } = Problems::of(snapshot, sample::NOW);
    open.into_iter().chain(others).collect()
}

#[test]
fn the_sentence_is_the_heading_and_the_title() {
    let snapshot = sample::branch();
    let sentence = sentence::summary(&snapshot);
    let html = html(&snapshot);
    assert!(html.contains(&format!("<h1 id=\"sentence\" aria-live=\"polite\">{sentence}</h1>")));
    assert!(html.contains(&format!("<title>branch-042: {sentence}</title>")));
}

#[test]
fn everything_from_outside_is_escaped() {
    const EVIL: &str = "<script>alert(1)</script>\"'&";
    let row = sample::row("a", EVIL)
        .endpoint(|endpoint| {
            EVIL.clone_into(&mut endpoint.name);
            EVIL.clone_into(&mut endpoint.group);
        })
        .evidence("server_message", EVIL)
        .blocked(Cause::BlockPage, EVIL);
    let mut snapshot = sample::snapshot([row]);
    snapshot.site = EVIL.into();
    let html = html(&snapshot);
    assert_eq!(html.matches("<script").count(), 1, "our own");
    assert!(!html.contains("\"'&"));
    assert!(html.contains("&#60;script&#62;"));
}

#[test]
fn every_endpoint_has_a_cell_for_every_path_of_its_group() {
    let snapshot = sample::snapshot([
        sample::row("a", "direct").reachable(),
        sample::row("a", "hq").reachable(),
        sample::row("b", "hq").reachable(),
    ]);
    let overview = overview(&snapshot);
    assert_eq!(overview.groups.len(), 1);
    let group = &overview.groups[0];
    assert_eq!(group.paths, ["direct", "hq"]);
    let filled: Vec<Vec<bool>> =
        group.lines.iter().map(|line| line.cells.iter().map(Option::is_some).collect()).collect();
    assert_eq!(filled, [vec![true, true], vec![false, true]]);
}

#[test]
fn the_same_trouble_is_told_once_and_the_worst_comes_first() {
    let snapshot = sample::branch();
    let problems = all(&snapshot);
    let told: Vec<_> = problems.iter().map(|problem| (problem.state, problem.cause, problem.members.len())).collect();
    assert_eq!(
        told,
        [
            (State::Blocked, Some(Cause::ProxyDenied), 2),
            (State::Blocked, Some(Cause::TlsIntercepted), 1),
            (State::Degraded, Some(Cause::HttpServerError), 1),
            (State::Unknown, Some(Cause::MonitorError), 1),
        ]
    );
    assert_eq!(problems[0].headline(), "2 endpoints on hq: the proxy refuses them");
    assert_eq!(problems[0].since.ago, "4 days");
    assert!(html(&snapshot).contains("<h2 id=\"incidents\">Open incidents: 3</h2>"));
}

#[test]
fn controls_stand_apart_and_need_no_attention() {
    let control = sample::row("ncsi", "direct").control().blocked(Cause::TcpRefused, "refused");
    let snapshot = sample::snapshot([sample::row("a", "direct").reachable(), control]);
    let overview = overview(&snapshot);
    assert_eq!(overview.tone, State::Reachable);
    assert!(all(&snapshot).is_empty());
    assert_eq!(overview.groups.len(), 1);
    assert_eq!(overview.controls.map(|group| group.lines.len()), Some(1));
}

#[test]
fn what_waits_for_confirmation_is_shown_as_such() {
    let html = html(&sample::branch());
    assert!(html.contains("last probe blocked: connection attempts go unanswered"));
    assert!(html.contains("not probed yet"));
}

#[test]
fn nothing_is_loaded_from_outside_and_nothing_is_styled_or_scripted_inline() {
    let html = html(&sample::branch());
    for address in html.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(address.starts_with('/') || address.starts_with('#'), "{address}");
    }
    let scripts: Vec<_> = html.split(" src=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(scripts, [crate::web::assets::live()]);
    assert!(!html.contains("<script>") && !html.contains(" style=") && !html.contains("<style"));
}

#[test]
fn a_problem_of_many_endpoints_tells_a_few_at_once_and_all_on_request() {
    let of = |count: usize| {
        let rows = (0..count).map(|number| sample::row(&format!("e{number}"), "hq").blocked(Cause::TcpRefused, "…"));
        let snapshot = sample::snapshot(rows);
        let problems = all(&snapshot);
        (problems.len(), problems[0].first().len(), problems[0].others().len())
    };
    assert_eq!(of(5), (1, 5, 0));
    assert_eq!(of(6), (1, 4, 2));
    assert!(html(&sample::crowd(100, 1)).contains("<summary>6 more</summary>"));
}

#[test]
fn the_paths_stand_in_a_line_and_those_of_controls_alone_do_not() {
    let snapshot = sample::snapshot([
        sample::row("a", "hq").blocked(Cause::ProxyRefused, "refused"),
        sample::row("b", "lte").reachable(),
        sample::row("ncsi", "direct").control().reachable(),
    ]);
    let told: Vec<_> =
        PathLine::all(&snapshot).iter().map(|path| (path.name, path.word, path.cause.is_some())).collect();
    assert_eq!(told, [("hq", "down", true), ("lte", "up", false)]);
}

#[test]
fn a_problem_of_one_path_says_where_its_endpoint_gets_through() {
    let html = html(&sample::branch());
    assert!(html.contains("<dd>gets through on direct</dd>"));
}

#[test]
fn the_same_trouble_of_the_same_endpoints_on_several_paths_is_told_once() {
    let at = |endpoint, path, detail| sample::row(endpoint, path).blocked(Cause::TlsIntercepted, detail);
    let snapshot = sample::snapshot([
        at("a", "direct", "issued by X"),
        at("a", "hq", "issued by X"),
        at("b", "direct", "issued by X"),
        at("b", "hq", "issued by Y"),
        at("c", "direct", "issued by X"),
        at("c", "hq", "issued by X"),
        at("c", "lte", "issued by X"),
        sample::row("fine", "direct").reachable(),
        sample::row("fine", "hq").reachable(),
    ]);
    let problems = all(&snapshot);
    let headlines: Vec<_> = problems.iter().map(Problem::headline).collect();
    assert_eq!(
        headlines,
        ["2 endpoints on direct and hq: TLS is intercepted", "1 endpoint on direct, hq and lte: TLS is intercepted"]
    );
    let seen = |member: usize| -> Vec<_> {
        let sightings = problems[0].members[member].sightings.iter();
        sightings.map(|sighting| (sighting.over(), sighting.detail.to_string())).collect()
    };
    assert_eq!(seen(0), [("direct and hq".to_owned(), "issued by X".to_owned())]);
    let own = |path: &str, detail: &str| (path.to_owned(), detail.to_owned());
    assert_eq!(seen(1), [own("direct", "issued by X"), own("hq", "issued by Y")]);
    assert!(html(&snapshot).contains("<span class=\"label\">on hq:</span> issued by Y"));
}

#[test]
fn a_path_that_is_down_is_one_problem_and_a_site_that_is_offline_is_too() {
    let on = |endpoint, path, cause| sample::row(endpoint, path).blocked(cause, "it failed");
    let headlines = |rows: Vec<sample::RowSample>| -> Vec<String> {
        all(&sample::snapshot(rows)).iter().map(Problem::headline).collect()
    };
    let down = vec![
        on("a", "direct", Cause::TcpRefused),
        on("a", "hq", Cause::ProxyRefused),
        on("b", "hq", Cause::ProxyRefused),
        sample::row("b", "direct").reachable(),
    ];
    assert_eq!(
        headlines(down),
        ["Path hq is down: the proxy refuses connections", "1 endpoint on direct: the connection is refused"]
    );
    let in_two_ways = vec![
        on("a", "hq", Cause::ProxyRefused),
        on("b", "hq", Cause::ProxyTimeout),
        sample::row("a", "direct").reachable(),
    ];
    assert_eq!(headlines(in_two_ways), ["Path hq is down: it gets to none of 2 endpoints"]);
    let offline = || vec![on("a", "hq", Cause::ProxyRefused), on("a", "direct", Cause::DnsTimeout)];
    assert_eq!(headlines(offline()), ["The site is offline: nothing gets out on hq and direct"]);
    let html = html(&sample::snapshot(offline()));
    assert!(html.contains("<h2 id=\"incidents\">Open incidents: 1</h2>"));
    assert!(!html.contains("href=\"/runbook/\""), "of several causes there is no one page");
}

#[test]
fn the_matrix_says_what_an_endpoints_paths_say_together() {
    let denied = |endpoint, path| sample::row(endpoint, path).blocked(Cause::ProxyDenied, "refused");
    let snapshot = sample::snapshot(vec![
        denied("a", "hq"),
        denied("a", "dc"),
        sample::row("a", "direct").reachable(),
        denied("b", "hq"),
        sample::row("b", "direct").blocked(Cause::TcpRefused, "refused"),
        sample::row("c", "hq").reachable(),
        sample::row("c", "direct").reachable(),
        sample::row("d", "dc").degraded(Cause::HttpServerError, "503"),
        sample::row("e", "dc").reachable(),
        sample::row("f", "dc").blocked(Cause::ProxyDenied, "refused"),
        sample::row("ncsi", "dc").control().reachable(),
        sample::row("ncsi", "hq").control().blocked(Cause::ProxyDenied, "refused"),
    ]);
    let overview = overview(&snapshot);
    let lines = overview.groups.iter().chain(&overview.controls).flat_map(|group| &group.lines);
    let told: Vec<_> = lines.map(|line| (line.name, line.diagnosis.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("a", Some("blocked on hq and dc, gets through on direct")),
            ("b", Some("blocked on every path")),
            ("c", None),
            ("d", Some("the publisher has a problem: its paths serve others")),
            ("e", None),
            ("f", None),
            ("ncsi", None),
        ]
    );
    assert!(html(&snapshot).contains("blocked on hq and dc, gets through on direct"));
}

#[test]
fn what_is_unknown_beside_an_origin_that_is_down_is_told_apart() {
    let snapshot = sample::snapshot([
        sample::row("a", "hq").degraded(Cause::HttpServerError, "503"),
        sample::row("a", "direct").unknown(Cause::MonitorError, "too many open files"),
        sample::row("b", "hq").reachable(),
        sample::row("b", "direct").reachable(),
    ]);
    let told: Vec<_> =
        all(&snapshot).into_iter().map(|problem| (problem.state, problem.cause, problem.paths.clone())).collect();
    let expected = [
        (State::Degraded, Some(Cause::HttpServerError), vec!["hq"]),
        (State::Unknown, Some(Cause::MonitorError), vec!["direct"]),
    ];
    assert_eq!(told, expected);
}

#[test]
fn who_has_to_act_keeps_the_same_trouble_apart() {
    let mut proxys = sample::reason(Cause::TlsReset, "cut");
    proxys.blame = prober::cause::Blame::Proxy;
    let snapshot = sample::snapshot([
        sample::row("a", "direct").blocked(Cause::TlsReset, "cut"),
        sample::row("a", "hq").blocked_for(proxys),
    ]);
    assert_eq!(all(&snapshot).len(), 2);
}

#[test]
fn a_degraded_endpoint_does_not_get_through_elsewhere_on_its_own_path() {
    let snapshot = sample::snapshot([
        sample::row("a", "direct").blocked(Cause::TcpRefused, "refused"),
        sample::row("a", "hq").degraded(Cause::TlsChainIncomplete, "incomplete"),
    ]);
    let problems = all(&snapshot);
    let elsewhere: Vec<_> = problems.iter().map(|problem| problem.members[0].elsewhere.as_deref()).collect();
    assert_eq!(elsewhere, [Some("gets through on hq"), None]);
}

#[test]
fn a_cell_says_what_the_last_audit_found() {
    let (passed, unanswered) = (sample::passed, sample::unanswered);
    let snapshot = sample::snapshot([
        sample::row("a", "hq").audited(passed(), passed(), passed()).reachable(),
        sample::row("b", "hq").audited(passed(), unanswered(), unanswered()).reachable(),
        sample::row("c", "hq").reachable(),
    ]);
    let overview = overview(&snapshot);
    let audits: Vec<_> =
        overview.groups[0].lines.iter().map(|line| line.cells[0].as_ref().unwrap().audit.as_ref()).collect();
    assert_eq!(audits[0].unwrap().0, "TLS 1.2, TLS 1.3 and large hello pass");
    assert_eq!(audits[1].unwrap().0, "fails: TLS 1.3 alone, large hello");
    assert_eq!(audits[1].unwrap().1.ago, "10 min");
    assert!(audits[2].is_none());
    assert_eq!(html(&snapshot).matches("class=\"audit\"").count(), 2);
}

#[test]
fn who_intercepts_is_told_with_the_paths_that_he_stands_on() {
    use prober::observation::ChainTrust;
    let snapshot = sample::snapshot([
        sample::row("a", "direct").observed(|seen| seen.tls = Some(sample::tls(ChainTrust::Public))).reachable(),
        sample::row("a", "hq")
            .observed(|seen| {
                let mut tls = sample::tls(ChainTrust::Untrusted);
                std::sync::Arc::make_mut(&mut tls.chain)[0].issuer = "CN=Box <b>1</b>".into();
                seen.tls = Some(tls);
            })
            .evidence("interceptor", "Zscaler")
            .blocked(Cause::TlsIntercepted, "intercepted"),
    ]);
    let html = html(&snapshot);
    let told = html.split("<section class=\"interception\"").nth(1).unwrap();
    for words in
        ["CN=Box &#60;b&#62;1&#60;/b&#62;", "Zscaler", "not announced", "on one path only: 1 of 1 endpoints on hq"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!self::html(&sample::good()).contains("TLS interception"));
}

#[test]
fn issuers_by_the_hundred_do_not_fill_the_page() {
    use prober::observation::ChainTrust;
    let rows = (0..100).map(|number| {
        let row = sample::row(&format!("e{number}"), "hq").observed(|seen| {
            let mut tls = sample::tls(ChainTrust::Untrusted);
            std::sync::Arc::make_mut(&mut tls.chain)[0].issuer = format!("CN=e{number}").as_str().into();
            seen.tls = Some(tls);
        });
        row.blocked(Cause::TlsIntercepted, "intercepted")
    });
    assert!(html(&sample::snapshot(rows)).contains("and 92 more issuers"));
}

#[test]
fn a_wrong_clock_is_warned_of() {
    let page = |behind| html(&sample::at_clock(behind));
    let warning = "The monitor&#39;s clock is 24 hours ahead of the clocks of 3 origins";
    let html = page(-86_400);
    assert!(html.contains(warning), "{html}");
    assert!(html.contains("<a href=\"/runbook/monitor_clock\">What to do</a>"));
    assert!(!page(299).contains("The monitor&#39;s clock"));
}

#[test]
fn what_is_worked_on_says_until_when() {
    let until = "maintenance until <time datetime=\"2026-01-01T14:00:00Z\">1 Jan 2026, 14:00:00 UTC</time>";
    let of_problem = "Maintenance until</span> <time datetime=\"2026-01-01T14:00:00Z\">";
    let refused = |name, path| sample::row(name, path).blocked(Cause::TcpRefused, "refused");
    let snapshot = sample::snapshot([
        refused("a", "hq"),
        sample::row("b", "hq").reachable(),
        refused("c", "hq"),
        refused("c", "vpn"),
    ]);
    let none = html(&snapshot);
    assert!(!none.to_lowercase().contains("maintenance"));
    let one = sample::maintained(snapshot.clone(), "a", "hq");
    let shown = html(&one);
    assert_eq!((shown.matches(until).count(), shown.matches(of_problem).count()), (1, 1));
    // What is worked on is told apart from what is not.
    let told: Vec<_> = all(&one).iter().map(|problem| (problem.members.len(), problem.maintenance.is_some())).collect();
    assert!(told.contains(&(1, true)) && told.iter().any(|(_, covered)| !covered), "{told:?}");
    let every = html(&sample::maintained(snapshot, "*", "*"));
    assert_eq!(every.matches(until).count(), 4);
}

#[test]
fn the_last_reload_is_told_and_a_refused_one_warns() {
    use prober::plan::Tally;

    use crate::reload::Refused;
    let shown = |outcome| {
        let last = Last { at: sample::NOW - std::time::Duration::from_secs(120), outcome };
        render(&sample::good(), "1", (&DAYS, &STANDING), Some(&last), sample::NOW).unwrap()
    };
    let good = shown(Ok(Tally { added: 1, changed: 2, removed: 3, same: 4 }));
    assert!(good.contains("2 min ago</time>: 1 added, 2 changed, 3 removed."), "{good}");
    assert!(!good.contains("is refused"));
    let bad = shown(Err(Refused { faults: 2, words: "secret.yaml:1:1".into() }));
    assert!(bad.contains("is refused, and the one before goes on: it has 2 faults."), "{bad}");
    assert!(!bad.contains("secret.yaml"), "what is in files is for those who can read the log");
}
