//! The exposition against its reference page, and the rules for what is absent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use prober::cause::{Cause, State};
use prober::observation::{CrlOutcome, Fault, HelloOutcome, MonitorFault};
use prober::plan::Severity;
use prober::snapshot::Snapshot;
use time::OffsetDateTime;

use super::{Live, family};
use crate::history::Storage;
use crate::microsoft365::{self, Asked, Failing, SourceFault, Standing};
use crate::sample;

/// Names and labels of the families of an exposition or of the reference page.
type Families = BTreeMap<String, (String, BTreeSet<String>)>;

fn live() -> Live {
    let live = Live::new(sample::NOW).unwrap().reached_at(&"https://branch-042.example/".parse().unwrap());
    let live = live.with_web_config(Some(Arc::new(AtomicBool::new(true))));
    live.probe_started(Duration::from_millis(3));
    live.probe_ended("hq", Duration::from_millis(48));
    live
}

fn storage() -> Storage {
    Storage { is_writable: true, bytes: 4096, dropped: 0, set_aside_files: 0 }
}

/// All pieces together.
fn render(snapshot: &Snapshot, storage: Storage, list: (&Standing, OffsetDateTime), live: &Live) -> String {
    super::render(snapshot, storage, list, live).unwrap().collect()
}

fn text(snapshot: &Snapshot) -> String {
    render(snapshot, storage(), (&Standing::default(), sample::NOW), &live())
}

/// With everything that there is to tell of Microsoft's list too.
fn whole_text(snapshot: &Snapshot) -> String {
    let list = microsoft365::sample::standing(sample::NOW, None);
    render(snapshot, storage(), (&list, sample::NOW), &live())
}

/// The samples of one family, as written.
fn samples(snapshot: &Snapshot, family: &str) -> Vec<String> {
    let starts = [format!("{family}{{"), format!("{family} ")];
    let text = text(snapshot);
    text.lines().filter(|line| starts.iter().any(|start| line.starts_with(start))).map(str::to_owned).collect()
}

fn families_of_exposition(text: &str) -> Families {
    let mut families = Families::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("# TYPE ") {
            let (name, kind) = head.split_once(' ').unwrap();
            let before = families.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
            assert!(before.is_none(), "{name} has two heads");
        } else if !line.starts_with('#') {
            let name = line.split(['{', ' ']).next().unwrap();
            let family = ["_bucket", "_sum", "_count"]
                .iter()
                .filter_map(|suffix| name.strip_suffix(suffix))
                .find(|family| families.get(*family).is_some_and(|(kind, _)| kind == "histogram"))
                .unwrap_or(name);
            let labels = &mut families.get_mut(family).unwrap_or_else(|| panic!("{name} has no head")).1;
            labels.extend(label_names(line).into_iter().filter(|label| label != "le"));
        }
    }
    families
}

fn label_names(line: &str) -> Vec<String> {
    let pairs = line.split_once('{').map_or("", |(_, rest)| rest);
    let names = pairs.split("=\"").filter_map(|part| part.rsplit(['{', ',', '"']).next());
    names.filter(|name| is_name(name)).map(str::to_owned).collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// The tables of the page have the columns family, type, labels, meaning, absent.
fn families_of_page(page: &str) -> Families {
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let labels = match cells[3] {
            "result" => "`endpoint`, `path`, `group`, `severity`".to_owned(),
            more => more.replace("result,", "`endpoint`, `path`, `group`, `severity`,"),
        };
        let labels = labels.split(',').map(|label| label.trim().trim_matches('`').to_owned());
        let labels = labels.filter(|label| label != "–").collect();
        (cells[1].trim_matches('`').to_owned(), (cells[2].to_owned(), labels))
    })
    .collect()
}

#[tokio::test]
async fn the_reference_page_and_the_exposition_agree() {
    let page = families_of_page(include_str!("../../../../docs/metrics.md"));
    assert_eq!(families_of_exposition(&whole_text(&sample::branch())), page);
}

#[test]
fn every_family_of_the_table_is_met_by_the_sample() {
    let met = families_of_exposition(&whole_text(&sample::branch()));
    for family in family::ALL {
        assert_eq!(met.get(family.name).map(|(kind, _)| kind.as_str()), Some(family.kind.as_str()), "{}", family.name);
        assert!(family.help.ends_with('.'), "{}", family.name);
    }
}

#[test]
fn the_exposition_of_one_result_to_the_letter() {
    let text = text(&sample::snapshot([sample::row("ols", "hq")
        .observed(|seen| {
            seen.proxy = Some(sample::proxy(403, "Forbidden"));
        })
        .blocked(Cause::ProxyDenied, "refused")]));
    let own: Vec<_> = text.lines().filter(|line| !line.contains("process_")).collect();
    insta::assert_snapshot!(own.join("\n"));
}

#[test]
fn where_nobody_said_where_people_reach_it_no_link_is_made_up() {
    let text =
        render(&sample::snapshot([]), storage(), (&Standing::default(), sample::NOW), &Live::new(sample::NOW).unwrap());
    assert!(!text.contains("reachwatch_web_config"), "there is none");
    assert!(text.contains("\nreachwatch_site_info{site=\"branch-042\"} 1\n"), "{text}");
    let told = samples(&sample::snapshot([]), "reachwatch_site_info");
    assert_eq!(told, [r#"reachwatch_site_info{site="branch-042",url="https://branch-042.example"} 1"#]);
}

#[test]
fn what_is_unknown_is_absent() {
    let never_probed = sample::snapshot([sample::row("a", "hq")]);
    for absent in [
        "reachwatch_endpoint_reachable",
        "reachwatch_endpoint_cause",
        "reachwatch_endpoint_state_since_timestamp_seconds",
        "reachwatch_probe_phase_seconds",
        "reachwatch_probe_last_timestamp_seconds",
        "reachwatch_http_status_code",
        "reachwatch_tls_info",
        "reachwatch_crl_size_bytes",
        "reachwatch_site_online",
        "reachwatch_tls_endpoints",
        "reachwatch_intercepted_endpoints",
        "reachwatch_clock_offset_seconds",
    ] {
        assert_eq!(samples(&never_probed, absent), [""; 0], "{absent}");
    }
    assert_eq!(samples(&never_probed, "reachwatch_probes_total").len(), State::ALL.len());
    let states = samples(&never_probed, "reachwatch_endpoint_state");
    assert!(states.iter().all(|line| line.ends_with(if line.contains("\"unknown\"") { " 1" } else { " 0" })));
}

#[test]
fn degraded_is_reachable_and_names_its_cause() {
    let snapshot = sample::snapshot([sample::row("a", "hq").degraded(Cause::CrlExpired, "old")]);
    assert!(samples(&snapshot, "reachwatch_endpoint_reachable")[0].ends_with(" 1"));
    assert!(samples(&snapshot, "reachwatch_endpoint_cause")[0].contains("cause=\"crl_expired\",stage=\"content\""));
}

#[test]
fn a_result_that_waits_for_confirmation_counts_but_names_no_cause() {
    let row = sample::row("a", "hq").reachable().then(State::Blocked, Cause::TcpRefused, "once");
    let snapshot = sample::snapshot([row]);
    assert_eq!(samples(&snapshot, "reachwatch_endpoint_cause"), [""; 0]);
    let counted = samples(&snapshot, "reachwatch_probes_total");
    assert!(counted.iter().any(|line| line.contains("result=\"blocked\"") && line.ends_with(" 1")));
}

#[test]
fn an_unchecked_signature_is_absent_and_an_invalid_one_is_zero() {
    use prober::observation::CrlSignature::{Invalid, Unchecked};
    let with = |signature| {
        let row = sample::row("a", "hq").observed(|seen| {
            let CrlOutcome::Parsed(mut facts) = sample::crl() else { panic!("the sample parses") };
            facts.signature = signature;
            seen.crl = Some(Box::new(CrlOutcome::Parsed(facts)));
        });
        samples(&sample::snapshot([row.reachable()]), "reachwatch_crl_signature_valid")
    };
    assert_eq!(with(Unchecked), [""; 0]);
    assert!(with(Invalid)[0].ends_with(" 0"));
}

#[test]
fn the_last_readable_crl_stays_when_later_probes_bring_none() {
    let row = sample::row("a", "hq").observed(|seen| seen.crl = Some(Box::new(sample::crl()))).reachable();
    let row = row.observed(|seen| seen.crl = None).blocked(Cause::TcpRefused, "refused");
    let snapshot = sample::snapshot([row]);
    assert_eq!(samples(&snapshot, "reachwatch_crl_size_bytes").len(), 1);
}

#[tokio::test]
async fn tasks_under_way_are_counted() {
    let (live, snapshot) = (live(), sample::snapshot([]));
    let says = |value: &str| {
        let text = render(&snapshot, storage(), (&Standing::default(), sample::NOW), &live);
        assert!(text.contains(&format!("\nreachwatch_monitor_tasks {value}\n")), "{text}");
    };
    says("0");
    let tasks = [(); 2].map(|()| tokio::spawn(std::future::pending::<()>()));
    says("2");
    for task in tasks {
        task.abort();
        task.await.unwrap_err();
    }
    says("0");
}

#[tokio::test(start_paused = true)]
async fn a_monitor_that_stands_still_says_so() {
    let (live, snapshot) = (live(), sample::snapshot([sample::row("a", "hq").reachable()]));
    let says = |value: &str| {
        let text = render(&snapshot, storage(), (&Standing::default(), sample::NOW), &live);
        assert!(text.contains(&format!("\nreachwatch_monitor_stalled {value}\n")), "{text}");
    };
    live.pulse().beat(&snapshot);
    says("0");
    tokio::time::advance(Duration::from_secs(3600)).await;
    says("1");
}

#[test]
fn a_path_that_left_the_configuration_leaves_the_histogram() {
    let live = live();
    live.probe_ended("old", Duration::from_secs(1));
    let snapshot = sample::snapshot([sample::row("a", "hq").reachable()]);
    let text = render(&snapshot, storage(), (&Standing::default(), sample::NOW), &live);
    assert!(text.contains("reachwatch_probe_duration_seconds_count{path=\"hq\"} 1"));
    assert!(!text.contains("\"old\""));
}

#[test]
fn names_from_the_configuration_cannot_break_out_of_their_label() {
    let row = sample::row("a", "hq").endpoint(|endpoint| "x\"} 1\nevil 1".clone_into(&mut endpoint.name));
    let text = text(&sample::snapshot([row.reachable()]));
    assert!(!text.lines().any(|line| line.starts_with("evil")));
    assert!(text.contains(r#"endpoint="x\"} 1\nevil 1""#));
}

#[test]
fn an_audit_says_what_passes_and_nothing_of_what_it_does_not_know() {
    let nowhere = HelloOutcome::Failed(Fault::Monitor(MonitorFault { operation: "x".to_owned(), reason: "y".into() }));
    let rows = [
        sample::row("a", "hq").audited(sample::passed(), sample::unanswered(), nowhere).reachable(),
        sample::row("b", "hq").audited(sample::passed(), sample::passed(), sample::unanswered()).reachable(),
        sample::row("c", "hq").reachable(),
    ];
    let snapshot = sample::snapshot(rows);
    let of = |family: &str, endpoint: &str| -> Vec<String> {
        let label = format!("endpoint=\"{endpoint}\"");
        let own = samples(&snapshot, family).into_iter().filter(|line| line.contains(&label));
        own.map(|line| line.split_once("severity=\"warning\"").unwrap().1.to_owned()).collect()
    };
    let versions = "reachwatch_tls_version_supported";
    assert_eq!(of(versions, "a"), [",version=\"TLSv1.2\"} 1", ",version=\"TLSv1.3\"} 0"]);
    assert_eq!(of(versions, "b"), [",version=\"TLSv1.2\"} 1", ",version=\"TLSv1.3\"} 1"]);
    assert_eq!(of("reachwatch_tls_large_hello_supported", "a"), [""; 0]);
    assert_eq!(of("reachwatch_tls_large_hello_supported", "b"), ["} 0"]);
    assert_eq!(of("reachwatch_tls_audit_last_timestamp_seconds", "a"), ["} 1767268200"]);
    assert_eq!(of(versions, "c"), [""; 0]);
}

#[test]
fn interception_is_counted_from_zero_once_anything_is_known() {
    use prober::observation::ChainTrust::{Inspection, Public};
    let with = |trust| {
        let row = sample::row("a", "hq").observed(|seen| seen.tls = Some(sample::tls(trust)));
        sample::snapshot([row.reachable(), sample::row("b", "hq").blocked(Cause::TcpTimeout, "no answer")])
    };
    assert_eq!(samples(&with(Public), "reachwatch_tls_endpoints"), ["reachwatch_tls_endpoints{path=\"hq\"} 1"]);
    let intercepted = |trust| samples(&with(trust), "reachwatch_intercepted_endpoints");
    let line =
        |announced, count| format!("reachwatch_intercepted_endpoints{{path=\"hq\",announced=\"{announced}\"}} {count}");
    assert_eq!(intercepted(Public), [line(true, 0), line(false, 0)]);
    assert_eq!(intercepted(Inspection), [line(true, 1), line(false, 0)]);
}

#[test]
fn open_incidents_are_counted_from_zero() {
    let counts = |rows: Vec<sample::RowSample>| -> Vec<String> {
        let lines = samples(&sample::snapshot(rows), "reachwatch_open_incidents");
        lines.iter().map(|line| line.trim_start_matches("reachwatch_open_incidents").to_owned()).collect()
    };
    let of = |expected: &[(&str, usize)]| -> Vec<String> {
        let severities = ["critical", "warning", "info"];
        let labels = ["site", "path", "endpoint"].into_iter().flat_map(|scope| {
            severities.into_iter().flat_map(move |severity| {
                ["blocked", "degraded"]
                    .map(|state| format!("scope=\"{scope}\",severity=\"{severity}\",state=\"{state}\""))
            })
        });
        let count = |labels: &str| {
            let found =
                expected.iter().find(|(words, _)| words.split(' ').all(|word| labels.contains(&format!("\"{word}\""))));
            found.map_or(0, |(_, count)| *count)
        };
        labels.map(|labels| format!("{{{labels}}} {}", count(&labels))).collect()
    };
    let refused = |name| sample::row(name, "hq").blocked(Cause::ProxyRefused, "refused");
    let fine = |name| sample::row(name, "direct").reachable();
    let denied = |severity| sample::row("b", "direct").group("g", severity).blocked(Cause::TcpRefused, "refused");
    assert_eq!(counts(vec![]), of(&[]));
    assert_eq!(counts(vec![sample::row("a", "hq")]), of(&[]));
    assert_eq!(
        counts(vec![fine("a"), refused("a"), denied(Severity::Critical), refused("b")]),
        of(&[("path warning blocked", 1), ("endpoint critical blocked", 1)])
    );
    assert_eq!(counts(vec![refused("a"), refused("b")]), of(&[("site warning blocked", 1)]));
    // An origin with errors of its own is reached all the same.
    let down = sample::row("b", "direct").group("g", Severity::Info).degraded(Cause::HttpServerError, "503");
    assert_eq!(counts(vec![fine("a"), down]), of(&[("endpoint info degraded", 1)]));
}

#[test]
fn the_clock_offset_is_positive_where_we_are_behind_and_absent_while_unknown() {
    let told = |snapshot| samples(&snapshot, "reachwatch_clock_offset_seconds");
    assert_eq!(told(sample::snapshot([])), [""; 0]);
    assert_eq!(told(sample::at_clock(7)), ["reachwatch_clock_offset_seconds 7"]);
    assert_eq!(told(sample::at_clock(-86_400)), ["reachwatch_clock_offset_seconds -86400"]);
}

#[test]
fn a_history_that_cannot_be_written_is_told() {
    let storage = Storage { is_writable: false, bytes: 0, dropped: 7, set_aside_files: 2 };
    let text = render(&sample::snapshot([]), storage, (&Standing::default(), sample::NOW), &live());
    let told: Vec<_> = text.lines().filter(|line| line.starts_with("reachwatch_history_")).collect();
    let expected = [
        "reachwatch_history_writable 0",
        "reachwatch_history_size_bytes 0",
        "reachwatch_history_dropped_total 7",
        "reachwatch_history_set_aside_files 2",
    ];
    assert_eq!(told, expected);
}

#[test]
fn of_a_list_only_what_is_known_is_told() {
    let told = |list: &Standing| {
        let text = render(&sample::snapshot([]), storage(), (list, sample::NOW), &live());
        let lines = text.lines().filter_map(|line| line.strip_prefix("reachwatch_microsoft365_"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told(&Standing::default()), [""; 0]);
    let fault = SourceFault { asked: Asked::Version, peer: "x".into(), failing: Failing::Missing };
    let list = microsoft365::sample::standing(sample::NOW, Some(fault));
    let whole = [
        "last_fetch_successful 0",
        "last_confirmed_timestamp_seconds 1767268200",
        "version_info{list=\"worldwide\",version=\"2025120100\"} 1",
        "pending_changes 1",
        "uncovered_hosts 1",
        "uncovered_patterns 1",
        "unlisted_endpoints 1",
    ];
    assert_eq!(told(&list), whole);
    let never = Standing { held: None, drift: None, confirmed_at: None, ..list };
    assert_eq!(told(&never), ["last_fetch_successful 0"]);
    assert_eq!(told(&Standing { asked_at: None, ..never }), [""; 0]);
}

#[test]
fn windows_cover_results_and_whole_paths() {
    let rows = || {
        let ncsi = sample::row("ncsi", "hq").control().reachable();
        [
            sample::row("a", "hq").reachable(),
            sample::row("b", "hq").reachable(),
            sample::row("a", "vpn").reachable(),
            ncsi,
        ]
    };
    let domain = || sample::domain("contoso.com").reachable();
    for (endpoint, path, covered, whole) in [
        ("none", "*", 0, [0, 0, 0]),
        ("a", "hq", 1, [0, 0, 0]),
        ("a", "*", 2, [0, 1, 0]),
        ("?", "hq", 2, [1, 0, 0]),
        ("?", "*", 3, [1, 1, 1]),
        ("*", "*", 5, [1, 1, 1]),
    ] {
        let snapshot = sample::maintained(sample::snapshot(rows().into_iter().chain([domain()])), endpoint, path);
        let results = samples(&snapshot, "reachwatch_maintenance");
        assert_eq!(results.len(), covered, "{endpoint} {path}: {results:?}");
        assert!(results.iter().all(|line| line.ends_with(" 1")));
        let mut of_whole = samples(&snapshot, "reachwatch_path_maintenance");
        of_whole.extend(samples(&snapshot, "reachwatch_site_maintenance"));
        let expected = [
            format!("reachwatch_path_maintenance{{path=\"hq\"}} {}", whole[0]),
            format!("reachwatch_path_maintenance{{path=\"vpn\"}} {}", whole[1]),
            format!("reachwatch_site_maintenance {}", whole[2]),
        ];
        assert_eq!(of_whole, expected, "{endpoint} {path}");
    }
}

#[test]
fn freshness_that_is_ignored_is_zero_and_absent_where_no_list_is_expected() {
    use prober::plan::{CrlExpectation, Freshness};
    let with = |crl: Option<Freshness>| {
        let row = sample::row("a", "hq").endpoint(|endpoint| {
            endpoint.expect.crl = crl.map(|freshness| CrlExpectation { freshness, ..CrlExpectation::default() });
        });
        samples(&sample::snapshot([row]), "reachwatch_crl_freshness_required")
    };
    assert_eq!(with(None), [""; 0]);
    assert!(with(Some(Freshness::Required))[0].ends_with(" 1"));
    assert!(with(Some(Freshness::Ignored))[0].ends_with(" 0"));
}

#[test]
fn where_one_piece_ends_and_the_next_begins_changes_nothing() {
    let snapshot = sample::crowd(30, 2);
    let written = |enough: usize| {
        let (mut results, mut pieces) = (super::Results::of(&snapshot), Vec::new());
        loop {
            let mut piece = String::new();
            results.write(&mut piece, enough);
            if piece.is_empty() {
                break pieces;
            }
            pieces.push(piece);
        }
    };
    let whole = written(usize::MAX);
    assert_eq!(whole.len(), 1);
    for enough in [1, 100, 4096] {
        let pieces = written(enough);
        let of_a_row = 5 * whole[0].lines().map(str::len).max().unwrap();
        assert!(pieces.iter().all(|piece| piece.len() < enough + of_a_row), "{enough}");
        assert_eq!(pieces.concat(), whole[0], "{enough}");
    }
    families_of_exposition(&whole[0]);
}
