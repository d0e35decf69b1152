//! Signs of products in the way: a site's own rows, and pages and heads that the shipped ones are looked for in.

use std::net::IpAddr;
use std::sync::Arc;

use super::world::{NOW, World, answered, headers_are_clean};
use crate::fingerprint::{Fingerprints, FingerprintsFault, OwnRows, OwnedReply, Reply, Sign};
use crate::observation::{
    BodyFacts, CertificateFacts, Family, Fault, Headers, HttpFacts, Lookup, LookupOutcome, Observation, ProxyFacts,
    Sample, TlsFailure, TlsFault,
};
use crate::text::Clean;

/// The longest fact taken out of a page, in characters, and the longest that a row says by itself.
const MAX_FACT: usize = Clean::MAX_CHARS;
/// The most rows of a file, and so the most faults.
const MAX_ROWS: usize = 500;
/// The most CNAMEs on the way to an address.
const MAX_NAMES: usize = 16;

/// Reads octets as a file of rows, and looks in them, as in whatever else they could be, for rows.
pub fn fingerprints(octets: &[u8]) {
    let shipped = Fingerprints::built_in().expect("the shipped rows are good");
    looked_through(&shipped, octets);
    if let Some(own) = own(octets) {
        looked_through(&own, octets);
    }
    judged(octets);
}

/// The rows of a file, before those that are shipped.
fn own(file: &[u8]) -> Option<Arc<Fingerprints>> {
    let mut rows = OwnRows::default();
    if let Err(faults) = rows.add(file) {
        assert!((1..=MAX_ROWS).contains(&faults.len()), "{} faults", faults.len());
        for fault in faults {
            let said = fault.to_string();
            let is_line = !said.is_empty() && !said.contains(['\r', '\n']);
            assert!(is_line && said.chars().count() <= MAX_FACT + 100, "{said:?}");
        }
        assert!(rows.is_empty(), "all of them, or none");
        return None;
    }
    match Fingerprints::with(rows) {
        Ok(fingerprints) => Some(fingerprints),
        Err(fault) => {
            assert_eq!(fault, FingerprintsFault::TooMuch, "each row was good");
            None
        }
    }
}

fn looked_through(fingerprints: &Fingerprints, octets: &[u8]) {
    let http = response(octets);
    headers_are_clean(&http.headers);
    let proxy = connected(&http);
    let sample = Sample::new(octets);
    let hello = OwnedReply::to_hello(&sample);
    for reply in [Reply::to_request(&http), Reply::to_connect(&proxy), hello.as_reply()] {
        told(fingerprints.block(&reply).as_ref());
    }

    let shouted = shouted(&http);
    assert_eq!(whose(fingerprints, &shouted), whose(fingerprints, &http), "case says nothing");

    let issuer = Clean::from_bytes(octets);
    let certificate = CertificateFacts {
        subject: Clean::new("CN=good.example"),
        issuer,
        not_before: NOW,
        not_after: NOW,
        self_issued: false,
        ca_issuers: Vec::new(),
    };
    assert!(fingerprints.inspection(&[certificate]).is_none_or(|vendor| !vendor.is_empty()));
    told(fingerprints.sinkhole(&[lookup(&sample)]).as_ref());
}

/// Whose reply it is, and who is on the way.
fn whose(fingerprints: &Fingerprints, http: &HttpFacts) -> [Option<String>; 2] {
    let block = fingerprints.block(&Reply::to_request(http)).map(|sign| format!("{} {:?}", sign.vendor, sign.means));
    [block, fingerprints.presence(&http.headers).map(str::to_owned)]
}

/// What a sign tells is bounded and clean, and in a sentence.
fn told(sign: Option<&Sign<'_>>) {
    let Some(sign) = sign else { return };
    assert!(!sign.vendor.is_empty());
    for text in sign.facts.iter().map(|(_, text)| text).chain([&sign.message]) {
        assert!(text.as_str().chars().count() <= MAX_FACT, "{text}");
        assert_eq!(Clean::new(text.as_str()), *text);
    }
    let told = sign.told();
    assert!(told.chars().count() <= 3 * MAX_FACT + 20, "{told}");
}

/// Octets as a response, as far as they are one.
fn response(octets: &[u8]) -> HttpFacts {
    let mut headers = [httparse::EMPTY_HEADER; Headers::MAX];
    let mut head = httparse::Response::new(&mut headers);
    let length = match head.parse(octets) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) | Err(_) => 0,
    };
    let clean = |header: &httparse::Header<'_>| (Headers::name(header.name), Clean::from_bytes(header.value));
    let headers = head.headers.iter().filter(|header| !header.name.is_empty()).map(clean).collect();
    let body = octets.get(length..).unwrap_or_default();
    HttpFacts {
        version: "HTTP/1.1".to_owned(),
        status: head.code.unwrap_or(403),
        reason: head.reason.map(Clean::new),
        headers: Headers(headers),
        body: BodyFacts { bytes: body.len() as u64, complete: true, sample: Sample::new(body), ..BodyFacts::default() },
    }
}

fn connected(http: &HttpFacts) -> ProxyFacts {
    let HttpFacts { status, reason, headers, body, .. } = http.clone();
    ProxyFacts { status, reason, headers, body: body.sample }
}

/// The same in capitals.
fn shouted(http: &HttpFacts) -> HttpFacts {
    let loud = |text: &Clean| Clean::new(&text.as_str().to_ascii_uppercase());
    let mut http = http.clone();
    http.reason = http.reason.as_ref().map(loud);
    for (_, value) in &mut http.headers.0 {
        *value = loud(value);
    }
    http.body.sample = Sample(http.body.sample.as_str().to_ascii_uppercase());
    http
}

/// Lines as what a name server answers: addresses, and the names on the way.
fn lookup(sample: &Sample) -> Lookup {
    let lines = || sample.as_str().lines().take(2 * MAX_NAMES);
    let addresses: Vec<IpAddr> = lines().filter_map(|line| line.trim().parse().ok()).collect();
    let outcome = LookupOutcome::Addresses { addresses, cnames: lines().take(MAX_NAMES).map(Clean::new).collect() };
    Lookup { resolver: "192.0.2.53:53".to_owned(), family: Family::Ipv4, outcome }
}

/// As an origin's answer, and as what stands where TLS should.
fn judged(octets: &[u8]) {
    let http = Observation { http: Some(response(octets)), ..answered(b"") };
    let failure = TlsFailure::NotTls;
    let first_bytes = Some(Sample::new(octets));
    let tls = TlsFault { host: "good.example".to_owned(), failure, answered: false, first_bytes };
    let hello = Observation { fault: Some(Fault::Tls(tls)), ..Observation::empty(NOW) };
    for observation in [http, hello] {
        World::get().judged(None, &observation);
    }
}
