//! Every row against what it is made for and against what comes near; `tests/fixtures/fingerprints` holds both.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use time::OffsetDateTime;

use super::*;
use crate::observation::{Family, HttpFacts, ProxyFacts, Sample};

/// What is seen, and what a row that matches has to tell of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    connect: Option<ProxyFacts>,
    request: Option<Response>,
    hello: Option<Sample>,
    issuer: Option<Clean>,
    answer: Option<Answer>,
    #[serde(default)]
    tells: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Response {
    status: u16,
    reason: Option<Clean>,
    #[serde(default)]
    headers: Headers,
    #[serde(default)]
    body: Sample,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    addresses: Vec<IpAddr>,
    #[serde(default)]
    cnames: Vec<Clean>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    matches: Vec<Seen>,
    misses: Vec<Seen>,
}

fn fixtures() -> BTreeMap<String, Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/fingerprints");
    let mut all = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let read: BTreeMap<String, Fixture> =
            serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (name, fixture) in read {
            assert!(all.insert(name.clone(), fixture).is_none(), "{name} stands twice");
        }
    }
    all
}

/// What rows say of something seen: vendor and what it tells; `None` where no row fits.
fn told(fingerprints: &Fingerprints, seen: &Seen) -> Option<(String, BTreeMap<String, String>)> {
    let signed = |sign: Option<Sign<'_>>| {
        let sign = sign?;
        let mut facts: BTreeMap<_, _> = sign.facts.iter().map(|(k, v)| ((*k).to_owned(), v.to_string())).collect();
        facts.insert("server_message".to_owned(), sign.message.to_string());
        Some((sign.vendor.to_owned(), facts))
    };
    let named = |vendor: Option<&str>| Some((vendor?.to_owned(), BTreeMap::new()));
    match seen {
        Seen { connect: Some(answer), .. } => signed(fingerprints.block(&Reply::to_connect(answer))),
        Seen { request: Some(response), .. } => {
            let http = http(response);
            signed(fingerprints.block(&Reply::to_request(&http)))
                .or_else(|| named(fingerprints.presence(&http.headers)))
        }
        Seen { hello: Some(bytes), .. } => signed(fingerprints.block(&OwnedReply::to_hello(bytes).as_reply())),
        Seen { issuer: Some(issuer), .. } => named(fingerprints.inspection(&[certificate(issuer)])),
        Seen { answer: Some(Answer { addresses, cnames }), .. } => {
            let outcome = LookupOutcome::Addresses { addresses: addresses.clone(), cnames: cnames.clone() };
            let lookup = Lookup { resolver: "10.0.0.53:53".to_owned(), family: Family::Ipv4, outcome };
            signed(fingerprints.sinkhole(&[lookup]))
        }
        nothing => panic!("{nothing:?} shows nothing"),
    }
}

fn http(response: &Response) -> HttpFacts {
    let Response { status, reason, headers, body } = response;
    let mut http: HttpFacts = serde_yaml::from_str(&format!("{{version: HTTP/1.1, status: {status}}}")).unwrap();
    (http.reason, http.headers, http.body.sample) = (reason.clone(), headers.clone(), body.clone());
    http
}

fn certificate(issuer: &Clean) -> CertificateFacts {
    let (subject, issuer) = (Clean::new("CN=ols.officeapps.live.com"), issuer.clone());
    let (not_before, not_after) = (OffsetDateTime::UNIX_EPOCH, OffsetDateTime::UNIX_EPOCH);
    CertificateFacts { subject, issuer, not_before, not_after, self_issued: false, ca_issuers: Vec::new() }
}

#[test]
fn every_row_finds_what_it_is_made_for_and_leaves_the_rest() {
    let fixtures = fixtures();
    let rows = load::rows(BUILT_IN).unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let strange: Vec<_> = fixtures.keys().filter(|name| !names.contains(&name.as_str())).collect();
    assert!(strange.is_empty(), "fixtures of no row: {strange:?}");

    let mut wrong = Vec::new();
    for row in rows {
        let name = row.name.clone();
        let Some(fixture) = fixtures.get(&name) else {
            wrong.push(format!("{name} has no fixture"));
            continue;
        };
        if fixture.matches.is_empty() || fixture.misses.is_empty() {
            wrong.push(format!("{name} needs something to match and something to miss"));
        }
        let vendor = row.vendor.clone();
        let alone = Fingerprints::of(vec![row]).unwrap();
        for seen in &fixture.matches {
            match told(&alone, seen) {
                None => wrong.push(format!("{name} does not match {seen:?}")),
                Some((by, _)) if by != vendor => wrong.push(format!("{name} is of {vendor}, not of {by}")),
                Some((_, told)) => wrong.extend(
                    seen.tells
                        .iter()
                        .filter(|(key, value)| told.get(*key) != Some(value))
                        .map(|(key, value)| format!("{name} tells {told:?}, not {key}: {value}")),
                ),
            }
        }
        let misses = fixture.misses.iter().filter(|seen| told(&alone, seen).is_some());
        wrong.extend(misses.map(|seen| format!("{name} matches {seen:?}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rows stand beside each other: what one is made for, no other may take for a different vendor's.
#[test]
fn no_row_takes_what_is_anothers() {
    let all = Fingerprints::built_in().unwrap();
    let vendors: BTreeMap<_, _> = load::rows(BUILT_IN).unwrap().into_iter().map(|row| (row.name, row.vendor)).collect();
    for (name, fixture) in fixtures() {
        for seen in &fixture.matches {
            let (vendor, _) = told(&all, seen).unwrap();
            assert_eq!(vendor, vendors[&name], "{name}: {seen:?}");
        }
    }
}

fn faults(text: &str) -> Vec<String> {
    let faults = OwnRows::default().add(text.as_bytes()).unwrap_err();
    faults.iter().map(ToString::to_string).collect()
}

/// A row with a place and a class of one's own.
fn row(class: &str, place: &str) -> String {
    format!("- {{name: r, vendor: v, class: {class}, where: {place}, source: s}}\n")
}

#[test]
fn a_wrong_row_is_named_with_what_is_wrong() {
    let good = row("block", "{status: 403}");
    assert_eq!(faults(&format!("{good}{good}")), ["row 2 (r): an earlier row has the same name"]);
    let listed = [
        ("block", "{}", "where names nothing to look at"),
        ("block", "{reply_to: connect}", "reply_to alone says nothing: name a status, a header, a text"),
        ("block", "{status: 99}", "\"99\" is no status between 100 and 999, nor a range of them"),
        ("block", "{status: 499-400}", "\"499-400\" is no status between 100 and 999, nor a range of them"),
        ("block", "{body: short}", "a text of a body has 6 to 200 bytes, this one 5"),
        (
            "block",
            "{title: {is: a, starts: b}}",
            "exactly one of is, word, starts, ends, contains, present has to be given",
        ),
        ("block", "{title: {is: ''}}", "a text has between 1 and 200 bytes, this one 0"),
        ("block", "{issuer: {cn: {is: a}}}", "an issuer is a sign of class inspection"),
        ("inspection", "{status: 403}", "class inspection looks at issuer"),
        ("inspection", "{issuer: {}}", "issuer names no part of the name"),
        ("presence", "{status: 403}", "class presence looks at header, location and location_host alone"),
        (
            "block",
            "{status: 403, address: 192.0.2.1}",
            "a row looks at a reply, at an issuer, or at an answer of DNS: not at several",
        ),
        ("block", "{address: localhost}", "invalid IP address syntax"),
    ];
    for (class, place, message) in listed {
        assert_eq!(faults(&row(class, place)), [format!("row 1 (r): {message}")], "{class} {place}");
    }
    let unknown = faults(&row("block", "{statsu: 403}"));
    assert!(unknown[0].starts_with("row 1 (r): unknown field `statsu`, expected one of"), "{unknown:?}");
    let nameless = faults("- {vendor: v, class: block, where: {status: 403}, source: s}");
    assert_eq!(nameless, ["row 1: missing field `name`"]);
    let means = "- {name: r, vendor: v, class: presence, means: policy, where: {header: {via: {is: a}}}, source: s}";
    assert_eq!(faults(means), ["row 1 (r): means is for replies of class block"]);
    let extract =
        "- {name: r, vendor: v, class: block, where: {address: 192.0.2.1}, extract: {rule: {label: a}}, source: s}";
    assert_eq!(faults(extract), ["row 1 (r): extract needs a reply to take something from"]);
}

#[test]
fn a_file_is_bounded_and_text() {
    assert_eq!(OwnRows::default().add(b"\xff").unwrap_err()[0].to_string(), "the file is not UTF-8 text");
    assert_eq!(faults(&" ".repeat(256 * 1024 + 1)), ["the file has more than 262144 bytes"]);
    for other in ["{a: b}", "hunter2", ""] {
        assert_eq!(faults(other), ["the file is no list of rows"], "what stands there may be a password");
    }
    assert_eq!(faults("- hunter2"), ["row 1: a row is a map with the keys name, vendor, class, where, source"]);
    assert!(faults("- {name: a")[0].contains("at line 2"), "{:?}", faults("- {name: a"));
    let many: String =
        (0..501).map(|n| row("block", "{status: 403}").replace("name: r", &format!("name: r{n}"))).collect();
    assert_eq!(faults(&many), ["the file has more than 500 rows"]);
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\n";
    assert!(!faults(bomb).is_empty());
}

#[test]
fn the_texts_of_bodies_are_bounded_together() {
    let mut own = OwnRows::default();
    for file in 0..2 {
        let rows: String = (0..60)
            .map(|n| {
                row("block", &format!("{{body: '{}'}}", format!("{file}-{n}-").repeat(30)))
                    .replace("name: r", &format!("name: r{n}"))
            })
            .collect();
        own.add(rows.as_bytes()).unwrap();
    }
    assert_eq!(Fingerprints::with(own).unwrap_err(), FingerprintsFault::TooMuch);
}

#[test]
fn rows_of_ones_own_come_first() {
    let mut own = OwnRows::default();
    own.add(b"- {name: ours, vendor: Ours, class: block, where: {status: 470}, source: us}").unwrap();
    let all = Fingerprints::with(own).unwrap();
    let http = http(&Response { status: 470, reason: None, headers: Headers::default(), body: Sample::default() });
    assert_eq!(all.block(&Reply::to_request(&http)).unwrap().vendor, "Ours");
    assert_eq!(Fingerprints::built_in().unwrap().block(&Reply::to_request(&http)).unwrap().vendor, "Azure Firewall");
}

/// What a hostile page can do is to hold every text, again and again: it is read once all the same.
#[test]
fn a_page_of_nothing_but_signs_is_read() {
    let rows = load::rows(BUILT_IN).unwrap();
    let signs: String = rows.iter().flat_map(Row::body).map(String::as_str).collect();
    let page = signs.repeat(Sample::MAX_BYTES / signs.len() + 1);
    let body = Sample::new(page.as_bytes());
    let http = http(&Response { status: 200, reason: None, headers: Headers::default(), body });
    assert!(Fingerprints::built_in().unwrap().block(&Reply::to_request(&http)).is_some());
}

const PAGE: &str = include_str!("../../../../docs/configuration.md");

#[test]
fn the_page_of_the_configuration_tells_the_truth() {
    let section = PAGE.split("\n## fingerprints\n").nth(1).unwrap();
    let example = section.split("```yaml\n").nth(2).unwrap().split("```").next().unwrap();
    let mut own = OwnRows::default();
    own.add(example.as_bytes()).unwrap();
    assert_eq!(own.into_rows().len(), 3);

    // What serde expects is what there is.
    let mut keys = 0;
    for wrong in ["{qq: 1}", "{status: 403, issuer: {qq: 1}}", "{title: {qq: 1}}"] {
        keys += every_key_is_told(section, &faults(&row("block", wrong))[0]);
    }
    for (key, wrong) in [("qq", "1"), ("extract", "{rule: {qq: a}}"), ("says", "{qq: a}"), ("means", "qq")] {
        let row = format!("- {{name: r, vendor: v, class: block, where: {{status: 403}}, source: s, {key}: {wrong}}}");
        keys += every_key_is_told(section, &faults(&row)[0]);
    }
    assert!(keys > 35, "only {keys} keys were looked up");
}

/// How many keys a fault names as known, each of which the section has to name as code.
fn every_key_is_told(section: &str, fault: &str) -> usize {
    let known = fault.split("expected ").nth(1).unwrap_or_else(|| panic!("{fault}"));
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    for key in &known {
        assert!(section.contains(&format!("`{key}`")) || section.contains(&format!("`{key}: ")), "{key} is not told");
    }
    known.len()
}
