//! What must be on the page of an endpoint, and what must not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use prober::cause::{Blame, Cause, Stage};
use prober::observation::{
    AliasLookup, AliasOutcome, CertificateStatus, CrlFacts, CrlOutcome, CrlSignature, IssuerOutcome, OcspAnswer,
    OcspFacts, OcspOutcome, Published, Sample, TenantFacts,
};
use prober::plan::Severity;
use time::macros::datetime;

use super::past::PathPast;
use super::*;
use crate::history::{Finding, Latency, Trouble};
use crate::sample::{self, RowSample};

const EVIL: &str = "<script>alert(1)</script>\"'&";

fn html(rows: impl IntoIterator<Item = RowSample>, name: &str) -> String {
    html_with(rows, name, &EndpointPast::default())
}

fn html_with(rows: impl IntoIterator<Item = RowSample>, name: &str, past: &EndpointPast) -> String {
    render(&sample::snapshot(rows), name, past, sample::NOW).expect("there is such an endpoint").unwrap()
}

/// The words of a page, without what is between angle brackets.
fn text(html: &str) -> String {
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    pieces.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn finding(cause: Cause, detail: &str, body: &str) -> Finding {
    let mut observation = sample::observation("hq");
    let mut http = sample::http(403);
    http.body.sample = Sample::new(body.as_bytes());
    observation.http = Some(http);
    Finding {
        state: State::Blocked,
        cause,
        stage: Stage::Http,
        blame: Blame::Interceptor,
        detail: detail.into(),
        evidence: BTreeMap::from([("server_message".to_owned(), body.into())]),
        also: vec![Cause::HttpStatus],
        observation,
    }
}

fn trouble(from: OffsetDateTime, to: Option<OffsetDateTime>, detail: &str) -> Trouble {
    Trouble {
        id: 1,
        endpoint: "a".to_owned(),
        path: "hq".to_owned(),
        group: "g".to_owned(),
        severity: Severity::Critical,
        state: State::Blocked,
        cause: Cause::BlockPage,
        blame: Blame::Interceptor,
        detail: detail.into(),
        from,
        to,
        probes: 18,
    }
}

/// Two hours of a trouble that is over, with days of latencies around it.
fn past(words: &str) -> EndpointPast {
    let (from, to) = (datetime!(2025-12-31 20:00 UTC), datetime!(2025-12-31 22:00 UTC));
    let span = |from| Latency { from, probes: 5, p50: Duration::from_millis(42), p95: Duration::from_millis(88) };
    let day = (0..288).map(|place| sample::NOW - Duration::from_secs(300 * (288 - place)));
    let week = (0..336).map(|place| sample::NOW - Duration::from_secs(1800 * (336 - place)));
    let (first, last) = (finding(Cause::BlockPage, words, words), finding(Cause::BlockPage, words, "the last"));
    EndpointPast {
        paths: vec![PathPast {
            path: "hq".to_owned(),
            day: day.filter(|at| !(from..to).contains(at)).map(span).collect(),
            week: week.map(span).collect(),
            last_failure: Some((trouble(from, Some(to), words), last.clone())),
        }],
        troubles: vec![(trouble(from, Some(to), words), Some((first, last)))],
        fault: None,
    }
}

#[test]
fn an_endpoint_that_is_not_there_has_no_page() {
    let snapshot = sample::snapshot([sample::row("a", "hq")]);
    assert!(render(&snapshot, "b", &EndpointPast::default(), sample::NOW).is_none());
    assert!(unknown().unwrap().contains("href=\"/\""));
}

#[test]
fn paths_stand_side_by_side_in_their_order() {
    let html = html(
        [
            sample::row("a", "direct").reachable(),
            sample::row("b", "direct").blocked(Cause::TcpRefused, "elsewhere"),
            sample::row("a", "hq").blocked(Cause::ProxyDenied, "hq refused CONNECT"),
            sample::row("a", "lte"),
        ],
        "a",
    );
    let text = text(&html);
    let places = ["Path direct", "Path hq", "Path lte"].map(|words| text.find(words).expect(words));
    assert!(places.is_sorted());
    assert!(text.contains("Blocked on hq, gets through on direct"), "{text}");
    for words in ["hq refused CONNECT", "PROXY proxy.hq.example:3128", "10.0.0.8:3128", "not probed yet"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("elsewhere"));
    assert_eq!(html.matches("action=\"/api/v1/probe\"").count(), 3);
}

#[test]
fn everything_from_outside_is_escaped() {
    let evil = || Some(EVIL.into());
    let row = |path: &str| {
        sample::row("x", path)
            .endpoint(|endpoint| {
                EVIL.clone_into(&mut endpoint.name);
                EVIL.clone_into(&mut endpoint.group);
            })
            .observed(|seen| {
                let mut tls = sample::tls(prober::observation::ChainTrust::Untrusted);
                (tls.version, tls.cipher, tls.alpn) = (EVIL.to_owned(), EVIL.to_owned(), Some(EVIL.to_owned()));
                tls.verification.reason = evil();
                for one in Arc::make_mut(&mut tls.chain) {
                    (one.subject, one.issuer) = (EVIL.into(), EVIL.into());
                }
                seen.tls = Some(tls);
                let mut http = sample::http(403);
                (http.version, http.reason) = (EVIL.to_owned(), evil());
                http.headers.0.push((EVIL.to_owned(), EVIL.into()));
                http.body.sample = Sample::new(EVIL.as_bytes());
                seen.http = Some(http);
                let mut proxy = sample::proxy(403, EVIL);
                proxy.body = Sample::new(EVIL.as_bytes());
                seen.proxy = Some(proxy);
                seen.crl = Some(Box::new(CrlOutcome::Parsed(CrlFacts {
                    number: Some(EVIL.to_owned()),
                    signed_with: EVIL.into(),
                    signature_reason: evil(),
                    unknown_critical: vec![EVIL.into()],
                    ..CrlFacts::of(EVIL.into(), sample::NOW)
                })));
                seen.issuer = Some(IssuerOutcome::Readable { subject: EVIL.into() });
                seen.ocsp = Some(Box::new(OcspFacts {
                    certificate: EVIL.to_owned(),
                    subject: EVIL.into(),
                    outcome: OcspOutcome::Invalid { reason: EVIL.into() },
                }));
            })
            .evidence("server_message", EVIL)
            .blocked(Cause::BlockPage, EVIL)
    };
    let mut past = past(EVIL);
    past.fault = Some(EVIL.to_owned());
    past.paths[0].path = EVIL.to_owned();
    let html = html_with([row("hq"), row(EVIL)], EVIL, &past);
    assert_eq!(html.matches("<script").count(), 1, "our own");
    assert!(!html.contains("\"'&"));
    assert!(html.matches("&#60;script&#62;").count() > 40);
    assert!(!html.contains("style=\"") && !html.contains("onclick"), "the policy would not let it");
}

#[test]
fn the_last_failure_is_the_one_that_goes_on_or_else_the_one_that_is_kept() {
    let failing = sample::row("a", "hq").blocked(Cause::ProxyDenied, "refused just now");
    let page = text(&html_with([failing], "a", &past("a block page")));
    let part = |page: &str| {
        let start = page.find("What the last failure looked like").expect("the section");
        page[start..].split("How long it takes").next().unwrap_or_default().to_owned()
    };
    assert!(part(&page).contains("refused just now") && !part(&page).contains("is over"), "{page}");
    let well = sample::row("a", "hq").reachable();
    let page = text(&html_with([well], "a", &past("Access denied by policy")));
    for words in ["is over", "HTTP/1.1 403 Reason", "server: squid/5.7", "the last", "server message"] {
        assert!(part(&page).contains(words), "{words}: {page}");
    }
}

#[test]
fn a_trouble_is_told_with_its_first_and_its_last_failure() {
    let page = text(&html_with([sample::row("a", "hq").reachable()], "a", &past("as it began")));
    for words in ["blocked on hq for 2 h", "31 Dec 2025, 20:00:00 UTC", "The first failure", "The last failure"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let nothing = text(&html([sample::row("a", "hq").reachable()], "a"));
    assert!(nothing.contains("None are known") && nothing.contains("Nothing is known yet of how long"));
    let broken = EndpointPast { fault: Some("the disk is gone".to_owned()), ..EndpointPast::default() };
    let page = text(&html_with([sample::row("a", "hq").reachable()], "a", &broken));
    assert!(page.contains("The history cannot be read in full: the disk is gone"));
}

#[test]
fn latencies_are_drawn_with_gaps_and_told_in_numbers() {
    let html = html_with([sample::row("a", "hq").reachable()], "a", &past("x"));
    assert!(html.contains("Known of 264 of 288 spans of 5 minutes"), "two hours are missing: {html}");
    let line = html.split("class=\"p50\" d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert_eq!(line.matches('M').count(), 2, "a gap parts the line: {line}");
    assert!(text(&html).contains("42 ms 88 ms"));
}

fn list(number: &str, next: Option<OffsetDateTime>, signature: CrlSignature) -> Box<CrlOutcome> {
    Box::new(CrlOutcome::Parsed(CrlFacts {
        number: Some(number.to_owned()),
        next_update: next,
        signature,
        signature_reason: (signature == CrlSignature::Unchecked).then(|| "the issuer's key is not known".into()),
        bytes: 1_234_567,
        revoked: 60_000,
        ..CrlFacts::of("CN=Issuing CA".into(), datetime!(2025-12-01 8:00 UTC))
    }))
}

#[test]
fn lists_are_compared_over_all_paths() {
    let next = Some(datetime!(2026-03-02 20:20 UTC));
    let rows = [("direct", "8", CrlSignature::Valid), ("hq", "7", CrlSignature::Unchecked)].map(
        |(path, number, signature)| {
            sample::row("crl", path).observed(|seen| seen.crl = Some(list(number, next, signature))).reachable()
        },
    );
    // Of the third path something else came last, and what was before it counts.
    let third = sample::row("crl", "lte")
        .observed(|seen| seen.crl = Some(list("8", next, CrlSignature::Valid)))
        .reachable()
        .observed(|seen| seen.crl = Some(Box::new(CrlOutcome::Truncated { announced: 900, received: 100 })))
        .blocked(Cause::CrlTruncated, "cut short");
    let html = html(rows.into_iter().chain([third]), "crl");
    let page = text(&html);
    for words in [
        "number differs over direct 8 over hq 7 over lte 8",
        "last download differs over direct a list over hq a list over lte cut short: 100 of 900 bytes",
        "1,234,567 bytes",
        "60,000",
        "the issuer's key is not known",
        "from 31 days ago, until in 60 days",
    ] {
        assert!(page.replace("&#39;", "'").contains(&words.replace("over ", "")), "{words}: {page}");
    }
    assert!(page.contains("issuer direct CN=Issuing CA hq CN=Issuing CA lte"), "the same on all: {page}");
    assert_eq!(html.matches("class=\"time-line\"").count(), 3);
}

#[test]
fn answers_and_issuers_certificates_are_told() {
    let answered = |status| {
        OcspOutcome::Answered(OcspAnswer {
            status,
            this_update: sample::NOW - Duration::from_secs(3600),
            next_update: Some(sample::NOW + Duration::from_secs(3600)),
            signed_with: "sha256WithRSAEncryption".into(),
            signature: CrlSignature::Valid,
            signature_reason: None,
        })
    };
    let responder = |path: &str, outcome| {
        let facts = OcspFacts { certificate: "ab".to_owned(), subject: "CN=ols.example".into(), outcome };
        sample::row("ocsp", path)
            .endpoint(|endpoint| endpoint.discovered = Some(Published::Ocsp))
            .observed(|seen| seen.ocsp = Some(Box::new(facts)))
            .reachable()
    };
    let revoked = CertificateStatus::Revoked { at: datetime!(2025-12-30 8:00 UTC) };
    let invalid = OcspOutcome::Invalid { reason: "it is HTML".into() };
    let page = text(&html(
        [
            responder("direct", answered(CertificateStatus::Good)),
            responder("hq", answered(revoked)),
            responder("lte", invalid),
        ],
        "ocsp",
    ));
    for words in [
        "direct good: not revoked hq revoked, 30 Dec 2025, 08:00:00 UTC (2 days ago) lte no OCSP answer: it is HTML",
        "CN=ols.example",
        "a certificate that served here names it",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let issuer = sample::row("aia", "hq").observed(|seen| {
        seen.http = Some(sample::http(200));
        seen.issuer = Some(IssuerOutcome::Readable { subject: "CN=Issuing CA".into() });
    });
    let page = text(&html([issuer.reachable()], "aia"));
    assert!(page.contains("the certificate of CN=Issuing CA") && page.contains("512 bytes"), "{page}");
}

#[test]
fn handshakes_are_compared_over_all_paths() {
    let row =
        |path: &str, trust| sample::row("a", path).observed(|seen| seen.tls = Some(sample::tls(trust))).reachable();
    let [public, inspection] = [prober::observation::ChainTrust::Public, prober::observation::ChainTrust::Inspection];
    let page = text(&html([row("direct", public), row("hq", inspection), sample::row("a", "lte")], "a"));
    let differs = "leads to differs direct a public root hq the company&#39;s own TLS inspection lte – not known";
    assert!(page.contains(differs), "{page}");
    assert!(page.contains("cipher direct TLS_AES_256_GCM_SHA384 hq TLS_AES_256_GCM_SHA384"), "{page}");
}

#[test]
fn a_domain_of_the_tenants_shows_where_its_record_leads() {
    let lookups = vec![AliasLookup {
        resolver: "10.0.0.1:53".to_owned(),
        name: "msoid.contoso.com".into(),
        outcome: AliasOutcome::Aliases(vec!["clientconfig.partner.microsoftonline.cn".into()]),
    }];
    let row = sample::domain("contoso.com")
        .observed(|seen| seen.tenant = Some(TenantFacts { external: false, lookups }))
        .blocked(Cause::TenantCname, "another cloud");
    let html = html([row], "msoid.contoso.com");
    let page = text(&html);
    let told = "msoid.contoso.com, asked of 10.0.0.1:53: an alias for clientconfig.partner.microsoftonline.cn";
    assert!(page.contains(told) && !page.contains("DIRECT"), "{page}");
    assert!(html.contains("value=\"dns\""), "it can be probed now, too");
}

#[test]
fn headings_are_in_order() {
    let rows = [sample::row("a", "direct").reachable(), sample::row("a", "hq").blocked(Cause::ProxyDenied, "refused")];
    let html = html_with(rows, "a", &past("x"));
    let levels: Vec<u32> = html.split("<h").filter_map(|rest| rest.chars().next()?.to_digit(10)).collect();
    assert_eq!((levels[0], levels.iter().filter(|level| **level == 1).count()), (1, 1));
    assert!(levels.windows(2).all(|two| two[1] <= two[0] + 1), "{levels:?}");
    for id in html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert_eq!(html.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
    }
}
