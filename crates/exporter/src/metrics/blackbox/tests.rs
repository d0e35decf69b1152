use prober::observation::{Headers, ResolveFacts, Sample, Via};
use prober::plan::ProxyScheme;
use prober::text::Clean;

use super::*;
use crate::sample;

/// The sample lines of a row's newest probe.
fn lines(row: sample::RowSample) -> Vec<String> {
    let snapshot = sample::snapshot([row]);
    let text = render(snapshot.rows.first().unwrap()).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

fn value<'a>(lines: &'a [String], name: &str) -> Option<&'a str> {
    lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

#[test]
fn before_the_first_probe_there_is_nothing() {
    let snapshot = sample::snapshot([sample::row("a", "direct")]);
    assert_eq!(render(snapshot.rows.first().unwrap()), None);
}

#[test]
fn success_is_that_of_the_newest_probe_and_absent_while_unknown() {
    let state = |row: sample::RowSample| value(&lines(row), "probe_success").map(str::to_owned);
    assert_eq!(state(sample::row("a", "direct").reachable()).as_deref(), Some("1"));
    assert_eq!(state(sample::row("a", "direct").degraded(Cause::HttpServerError, "x")).as_deref(), Some("1"));
    assert_eq!(state(sample::row("a", "direct").blocked(Cause::DnsNxdomain, "x")).as_deref(), Some("0"));
    let newest = sample::row("a", "direct").reachable().then(State::Blocked, Cause::TcpTimeout, "x");
    assert_eq!(state(newest).as_deref(), Some("0"), "not yet confirmed, as blackbox_exporter confirms nothing");
    assert_eq!(state(sample::row("a", "direct").unknown(Cause::MonitorError, "x")), None);
}

#[test]
fn without_an_answer_its_values_are_0_as_in_blackbox_exporter() {
    let lines = lines(
        sample::row("a", "direct")
            .observed(|seen| *seen = Observation::empty(sample::NOW))
            .blocked(Cause::DnsNxdomain, "x"),
    );
    for name in ["status_code", "version", "ssl", "redirects", "content_length", "uncompressed_body_length"] {
        assert_eq!(value(&lines, &format!("probe_http_{name}")), Some("0"), "{name}");
    }
    assert_eq!(
        lines.iter().filter(|line| line.starts_with("probe_http_duration_seconds{") && line.ends_with(" 0")).count(),
        5
    );
    for name in ["probe_ip_protocol", "probe_ip_addr_hash", "probe_tls_version_info", "probe_ssl_earliest_cert_expiry"]
    {
        assert!(!lines.iter().any(|line| line.starts_with(name)), "{name}");
    }
}

#[test]
fn addresses_are_hashed_as_blackbox_exporter_does() {
    // As blackbox_exporter 0.23 has it for 127.0.0.1.
    assert_eq!(hash("127.0.0.1".parse().unwrap()), 3_668_918_509);
    let direct = |row: sample::RowSample| {
        row.observed(|seen| {
            seen.route = RouteFacts::Direct;
            seen.remote_address = Some("[2001:db8::1]:443".parse().unwrap());
        })
        .reachable()
    };
    assert_eq!(value(&lines(direct(sample::row("a", "direct"))), "probe_ip_protocol"), Some("6"));
    let unreached = sample::row("a", "direct").observed(|seen| {
        *seen = Observation::empty(sample::NOW);
        seen.resolve = Some(ResolveFacts { addresses: vec!["192.0.2.1".parse().unwrap()], ..ResolveFacts::default() });
    });
    assert_eq!(value(&lines(unreached.blocked(Cause::TcpRefused, "x")), "probe_ip_protocol"), Some("4"));
}

#[test]
fn a_proxys_address_is_not_given_for_the_origins() {
    let row = sample::row("a", "hq").observed(|seen| {
        let via = Via { scheme: ProxyScheme::Http, address: "proxy.example:8080".to_owned() };
        seen.route = RouteFacts::Proxy(via);
        seen.remote_address = Some("192.0.2.1:8080".parse().unwrap());
    });
    let lines = lines(row.reachable());
    assert!(!lines.iter().any(|line| line.starts_with("probe_ip_")), "{lines:#?}");
}

#[test]
fn an_answer_is_told_with_its_lengths_and_dates() {
    let row = sample::row("a", "direct").observed(|seen| {
        let mut http = sample::http(200);
        http.version = "HTTP/2".to_owned();
        http.headers = Headers(vec![("last-modified".to_owned(), Clean::new("Wed, 21 Oct 2015 07:28:00 GMT"))]);
        http.body.announced = None;
        http.body.bytes = 5;
        http.body.complete = false;
        http.body.sample = Sample::new(b"hello");
        seen.http = Some(http);
        seen.chosen = Some(RouteFacts::Direct);
    });
    let lines = lines(row.reachable());
    assert_eq!(value(&lines, "probe_http_version"), Some("2"));
    assert_eq!(value(&lines, "probe_http_last_modified_timestamp_seconds"), Some("1445412480"));
    assert_eq!(value(&lines, "probe_http_content_length"), Some("-1"));
    assert_eq!(value(&lines, "probe_http_uncompressed_body_length"), None, "it was not read to its end");
    assert_eq!(value(&lines, "probe_http_redirects"), None, "how many is not known");
}

#[test]
fn content_that_is_not_the_expected_is_the_fault_of_the_pattern() {
    assert_eq!(value(&lines(sample::row("a", "direct").reachable()), "probe_failed_due_to_regex"), Some("0"));
    let other = sample::row("a", "direct").blocked(Cause::ContentMismatch, "x");
    assert_eq!(value(&lines(other), "probe_failed_due_to_regex"), Some("1"));
}

#[test]
fn a_leaf_is_described_and_its_names_are_harmless() {
    let row = sample::row("a", "direct").observed(|seen| {
        let mut tls = sample::tls(prober::observation::ChainTrust::Public);
        tls.leaf_sha256 = Some("ab12".into());
        tls.leaf_names = [Clean::new("a.example"), Clean::new("b\"\n.example")].into();
        seen.tls = Some(tls);
    });
    let lines = lines(row.reachable());
    let leaf = lines.iter().find(|line| line.starts_with("probe_ssl_last_chain_info{")).unwrap();
    assert!(leaf.contains(r#"fingerprint_sha256="ab12""#), "{leaf}");
    assert!(leaf.ends_with(r#"subjectalternative="a.example,b\" .example"} 1"#), "{leaf}");
    assert!(lines.contains(&"probe_tls_version_info{version=\"TLS 1.3\"} 1".to_owned()), "{lines:#?}");
}

#[test]
fn a_domain_of_the_tenants_has_no_origin_to_speak_with() {
    let lines = lines(sample::domain("contoso.com").reachable());
    let names: Vec<_> = lines.iter().filter_map(|line| line.split(['{', ' ']).next()).collect();
    assert_eq!(names, ["probe_success", "probe_duration_seconds", "probe_dns_lookup_time_seconds"]);
}
