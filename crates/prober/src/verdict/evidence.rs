//! Facts that go with every verdict, whatever it is.

use std::collections::BTreeMap;

use super::case::{Case, some_of};
use super::connect;
use super::fingerprint;
use super::private;
use crate::cause::Cause;
use crate::observation::{Detour, Headers, Sample};
use crate::text::Clean;

/// Headers that tell who answered; the names are header and evidence key at once.
const TELLING: &[(&str, &str)] =
    &[("server", "server"), ("via", "via"), ("age", "age"), ("x-cache", "x_cache"), ("location", "location")];

pub(super) fn gather(case: &Case<'_>) -> BTreeMap<&'static str, Clean> {
    let mut facts = BTreeMap::new();
    let observation = case.observation;
    if let Some(address) = private::answer(case) {
        note(&mut facts, "private_answer", &address.to_string());
    }
    if let Some(tls) = &observation.proxy_tls {
        if let Some(leaf) = tls.chain.first() {
            note(&mut facts, "proxy_certificate_issuer", leaf.issuer.as_str());
            note(&mut facts, "proxy_certificate_subject", leaf.subject.as_str());
        }
        if let Some(reason) = &tls.verification.reason {
            note(&mut facts, "proxy_certificate_reason", reason.as_str());
        }
    }
    if let Some(bound) = observation.socks.as_ref().and_then(|socks| socks.bound.as_ref()) {
        note(&mut facts, "socks_bound", bound.as_str());
    }
    // What the proxy said first, so that what the origin said stands where both said something.
    if let Some(answer) = &observation.proxy {
        if answer.status >= 300 {
            title(&mut facts, &answer.body);
        }
        headers(&mut facts, &answer.headers);
    }
    if let Some(http) = &observation.http {
        headers(&mut facts, &http.headers);
        if !case.is_proven() {
            title(&mut facts, &http.body.sample);
        }
    }
    if let Some(tls) = observation.tls.as_ref().filter(|tls| !tls.is_proven()) {
        if let Some(leaf) = tls.chain.first() {
            note(&mut facts, "certificate_issuer", leaf.issuer.as_str());
            note(&mut facts, "certificate_subject", leaf.subject.as_str());
        }
        if let Some(reason) = &tls.verification.reason {
            note(&mut facts, "reason", reason.as_str());
        }
    }
    if !observation.detours.is_empty() {
        note(&mut facts, "failed_routes", &failed_routes(case));
    }
    // A family that failed while the other passed.
    if observation.fault.is_none() && !observation.failed_attempts.is_empty() {
        note(&mut facts, "failed_attempts", &connect::attempts(&observation.failed_attempts));
    }
    facts
}

/// The ways that were tried before the one that served, each with what it failed for.
fn failed_routes(case: &Case<'_>) -> String {
    let failed = |detour: &Detour| {
        let meant = super::fault(case, &detour.fault).map_or(Cause::MonitorError, |finding| finding.cause);
        format!("{} ({meant})", detour.route)
    };
    some_of(case.observation.detours.iter().map(failed).collect())
}

fn headers(facts: &mut BTreeMap<&'static str, Clean>, headers: &Headers) {
    for (header, key) in TELLING {
        if let Some(value) = headers.get(header) {
            note(facts, key, value);
        }
    }
    if let Some(sign) = fingerprint::vendor(headers) {
        note(facts, "vendor", sign.vendor);
    }
}

/// The title of an HTML page, by which people recognise it.
fn title(facts: &mut BTreeMap<&'static str, Clean>, page: &Sample) {
    let page = page.as_str();
    // ASCII lowering keeps byte positions.
    let lower = page.to_ascii_lowercase();
    let found = lower.find("<title").and_then(|open| {
        let start = open + lower.get(open..)?.find('>')? + 1;
        let length = lower.get(start..)?.find("</title")?;
        page.get(start..start + length)
    });
    if let Some(found) = found {
        note(facts, "title", found);
    }
}

fn note(facts: &mut BTreeMap<&'static str, Clean>, key: &'static str, value: &str) {
    let value = Clean::new(value);
    if !value.is_empty() {
        facts.insert(key, value);
    }
}
