//! Facts that go with every verdict, whatever it is.

use std::collections::BTreeMap;

use time::format_description::well_known::Rfc3339;

use super::case::{Case, some_of};
use super::connect;
use super::private;
use crate::cause::Cause;
use crate::fingerprint::title;
use crate::observation::{Detour, Headers, OcspOutcome, Sample};
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
    note(&mut facts, "outside_published_ranges", &super::ranges::outside(case).unwrap_or_default());
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
    if let Some(reason) = observation.proxy_auth.as_ref().and_then(|auth| auth.no_ticket.as_ref()) {
        note(&mut facts, "no_ticket", reason.as_str());
    }
    // What the proxy said first, so that what the origin said stands where both said something.
    if let Some(answer) = &observation.proxy {
        if answer.status >= 300 {
            note_title(&mut facts, &answer.body);
        }
        headers(case, &mut facts, &answer.headers);
    }
    if let Some(http) = &observation.http {
        headers(case, &mut facts, &http.headers);
        if !case.is_proven() {
            note_title(&mut facts, &http.body.sample);
        }
    }
    if let Some(tls) = observation.tls.as_ref().filter(|tls| !case.proves(tls)) {
        if let Some(leaf) = tls.chain.first() {
            note(&mut facts, "certificate_issuer", leaf.issuer.as_str());
            note(&mut facts, "certificate_subject", leaf.subject.as_str());
        }
        // Who signs for the origin stands nearer to it than who added a header.
        if let Some(vendor) = case.fingerprints.inspection(&tls.chain) {
            note(&mut facts, "vendor", vendor);
            note(&mut facts, "interceptor", vendor);
        }
        if let Some(reason) = &tls.verification.reason {
            note(&mut facts, "reason", reason.as_str());
        }
    }
    if !observation.detours.is_empty() {
        note(&mut facts, "failed_routes", &failed_routes(case));
    }
    if let Some(list) = observation.parsed_crl() {
        let unchanged = list.unchanged_since.and_then(|since| since.format(&Rfc3339).ok());
        note(&mut facts, "crl_unchanged_since", &unchanged.unwrap_or_default());
        note(
            &mut facts,
            "crl_unknown_critical",
            &some_of(list.unknown_critical.iter().map(ToString::to_string).collect()),
        );
    }
    ocsp(case, &mut facts);
    pac(case, &mut facts);
    tenant(case, &mut facts);
    note(&mut facts, "tls_version_refused_by_origin", super::audit::refused_by_origin(case).unwrap_or_default());
    if let Some(alert) = super::audit::offer_refused_by_origin(case) {
        note(&mut facts, "tls12_offer_refused_by_origin", &format!("alert {alert}; {}", super::tls::OFFER));
    }
    // A family that failed while the other passed.
    if observation.fault.is_none() && !observation.failed_attempts.is_empty() {
        note(&mut facts, "failed_attempts", &connect::attempts(&observation.failed_attempts));
    }
    facts
}

/// Where the record of a tenant's domain leads, and who says so.
fn tenant(case: &Case<'_>, facts: &mut BTreeMap<&'static str, Clean>) {
    let Some(tenant) = &case.observation.tenant else { return };
    let aliases: Vec<&str> = tenant.aliases().map(Clean::as_str).collect();
    note(facts, "cnames", &aliases.join(" → "));
    note(facts, "asked", &super::tenant::asked(tenant));
}

/// What a responder said, and of which certificate.
fn ocsp(case: &Case<'_>, facts: &mut BTreeMap<&'static str, Clean>) {
    let Some(ocsp) = &case.observation.ocsp else { return };
    note(facts, "ocsp_certificate", ocsp.subject.as_str());
    if let OcspOutcome::Answered(answer) = &ocsp.outcome {
        note(facts, "ocsp_status", answer.status.as_str());
        note(facts, "ocsp_signature", answer.signature.as_str());
    }
}

/// What a PAC file said, and what it stumbled over.
fn pac(case: &Case<'_>, facts: &mut BTreeMap<&'static str, Clean>) {
    let Some(pac) = &case.observation.pac else { return };
    note(facts, "pac_file", pac.file.as_str());
    if let Some(answer) = &pac.answer {
        // An empty answer is one too.
        note(facts, "pac_answer", if answer.is_empty() { "\"\"" } else { answer.as_str() });
    }
    note(facts, "pac_malformed", &some_of(pac.malformed.iter().map(ToString::to_string).collect()));
    let failed = pac.failed_lookups.iter().map(|lookup| format!("{}: {}", lookup.name, lookup.reason));
    note(facts, "pac_failed_lookups", &some_of(failed.collect()));
    note(facts, "direct", &super::pac::direct(case).unwrap_or_default());
}

/// The ways that were tried before the one that served, each with what it failed for.
fn failed_routes(case: &Case<'_>) -> String {
    let failed = |detour: &Detour| {
        let meant = super::fault(case, &detour.fault).map_or(Cause::MonitorError, |finding| finding.cause);
        format!("{} ({meant})", detour.route)
    };
    some_of(case.observation.detours.iter().map(failed).collect())
}

fn headers(case: &Case<'_>, facts: &mut BTreeMap<&'static str, Clean>, headers: &Headers) {
    for (header, key) in TELLING {
        if let Some(value) = headers.get(header) {
            note(facts, key, value);
        }
    }
    if let Some(vendor) = case.fingerprints.presence(headers) {
        note(facts, "vendor", vendor);
    }
}

/// The title of an HTML page, by which people recognise it.
fn note_title(facts: &mut BTreeMap<&'static str, Clean>, page: &Sample) {
    if let Some(title) = title(page.as_str()) {
        note(facts, "title", title);
    }
}

fn note(facts: &mut BTreeMap<&'static str, Clean>, key: &'static str, value: &str) {
    let value = Clean::new(value);
    if !value.is_empty() {
        facts.insert(key, value);
    }
}
