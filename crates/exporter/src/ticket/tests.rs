//! What the report tells, and that nothing from outside is markup in it.

use super::*;
use crate::sample;

#[test]
fn it_is_grouped_by_who_has_to_act_and_says_what_to_ask_for() {
    let snapshot = sample::branch();
    let report = Report::of(&snapshot);
    let told: Vec<_> = report
        .teams
        .iter()
        .flat_map(|team| team.requests.iter().map(|request| (team.blame, request.cause, request.path)))
        .collect();
    assert_eq!(told, [(Blame::Proxy, Cause::ProxyDenied, "hq"), (Blame::Interceptor, Cause::TlsIntercepted, "direct")]);
    let request = &report.teams[0].requests[0];
    let hosts: Vec<_> = request.targets.iter().map(|one| (one.host.as_str(), one.port, one.protocol)).collect();
    let expected =
        [("activation.sls.microsoft.com", 443, "HTTPS over TCP"), ("ols.officeapps.live.com", 443, "HTTPS over TCP")];
    assert_eq!(hosts, expected);
    assert_eq!(request.way.as_deref(), Some("PROXY proxy.hq.example:3128"));
    insta::assert_snapshot!(report.to_markdown());
}

#[test]
fn where_nothing_is_blocked_it_says_so() {
    let snapshot = sample::good();
    let report = Report::of(&snapshot);
    assert!(report.teams.is_empty());
    assert!(report.to_markdown().contains("\nNothing is blocked.\n"));
}

#[test]
fn nothing_from_outside_is_markup() {
    const EVIL: &str = "<b>`x`|[y](http://evil.example/)\n# z";
    let row = sample::row("a", "hq")
        .endpoint(|endpoint| EVIL.clone_into(&mut endpoint.name))
        .evidence("server_message", EVIL)
        .blocked(Cause::BlockPage, EVIL);
    let mut snapshot = sample::snapshot([row]);
    snapshot.site = EVIL.into();
    let markdown = Report::of(&snapshot).to_markdown();
    for markup in ["<b>", " `x`", ">`x", "[y]", "http://", "\n# z"] {
        assert!(!markdown.contains(markup), "{markup}: {markdown}");
    }
    assert!(markdown.contains("\\<b\\>\\`x\\`\\|\\[y\\](http\\://evil.example/)"), "{markdown}");
}

#[test]
fn a_port_of_its_own_and_plain_http_are_told() {
    let at = |url: &str| peer(&url.parse().unwrap());
    assert_eq!(at("http://crl.example/a.crl"), ("crl.example".to_owned(), 80, "HTTP over TCP"));
    assert_eq!(at("https://x.example:8443/"), ("x.example".to_owned(), 8443, "HTTPS over TCP"));
    assert_eq!(at("dns:msoid.contoso.com?type=CNAME"), ("msoid.contoso.com".to_owned(), 53, "DNS"));
}

#[test]
fn every_letter_of_every_cause_can_be_filled() {
    for cause in Cause::ALL {
        let snapshot = sample::snapshot([sample::row("a", "hq").blocked(*cause, "what happened")]);
        let report = Report::of(&snapshot);
        let letter = &report.teams[0].requests[0].letter;
        assert!(letter.iter().flatten().any(|span| matches!(span, Span::Text(_))), "{cause}");
        let open = letter.iter().flatten().filter_map(Span::blank);
        let known = ["{site}", "{endpoint}", "{path}", "{url}", "{host}", "{since}", "{detail}", "{proxy}"];
        for blank in open {
            assert!(!known.contains(&blank.to_string().as_str()), "{cause}: {blank}");
        }
    }
}
