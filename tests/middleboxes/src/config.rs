//! The configuration of a branch's monitor.

use std::fmt::Write;

use testnet::PKI_HOST;

use crate::hosts::KNOWN;
use crate::internet::Facts;
use crate::scenario::Scenario;

/// For every probe: enough for a busy machine, and not too long to wait for those who never answer.
pub const TIMEOUT_SECONDS: u8 = 8;

/// As YAML. The default control is on every branch.
pub(crate) fn yaml(scenario: &Scenario, internet: &Facts) -> String {
    let Scenario { name, dns_config, tls_config, paths, endpoints, .. } = scenario;
    let mut text = format!(
        "site: \"{name}\"\ninterval: {TIMEOUT_SECONDS}s\ntimeout: {TIMEOUT_SECONDS}s\nconfirm: 1\ndns: {{{dns_config}}}\n\
         tls: {{extra_roots: ['{}'], {}}}\n",
        internet.root.display(),
        tls_config.replace("{inspection}", &internet.inspection.to_string_lossy())
    );
    if paths.is_empty() {
        text += "default_paths: [direct]\n";
    } else {
        let names: Vec<_> = paths.iter().map(|(name, _)| *name).collect();
        let ways = paths.iter().filter(|(_, way)| *way != "direct").map(|(name, way)| format!("  {name}: {way}\n"));
        let _infallible = write!(
            text,
            "paths:\n  direct: direct\n{}default_paths: [{}]\n",
            ways.collect::<String>(),
            names.join(", ")
        );
    }
    // A scenario tells the truth of every result that it expects; what certificates lead to has tests of its own.
    text += "discovery: {revocation: false}\nendpoints:\n";
    for known in KNOWN {
        let _infallible = writeln!(text, "  - {{name: {}, url: '{}'}}", known.name, known.url);
    }
    for (name, url, keys) in endpoints {
        let _infallible = writeln!(text, "  - {{name: {name}, url: '{url}', {keys}}}");
    }
    text
}

/// Addresses in place of the names of known endpoints.
pub(crate) fn with_addresses(text: &str, internet: &Facts) -> String {
    let mut known = KNOWN;
    // `$crl-www` before `$crl`.
    known.sort_by_key(|known| std::cmp::Reverse(known.name.len()));
    let text = text.replace("$pki", &internet.addresses[PKI_HOST].to_string());
    known.iter().fold(text, |text, known| {
        text.replace(&format!("${}", known.name), &internet.addresses[known.host].to_string())
    })
}
