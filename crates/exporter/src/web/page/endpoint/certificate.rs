//! The handshakes of all paths: versions, and what the certificates are worth.

use prober::observation::{AuditFacts, CertificateFacts, ChainTrust, HandshakeSignature, TlsFacts, Validity};
use prober::snapshot::Row;
use prober::state::Report;
use time::OffsetDateTime;

use super::compare::{Columns, Comparison, Line, date};
use crate::web::page::cell::audit_in_words;
use crate::words;

/// What the last handshake on each path showed; `None` where there was none.
pub(super) fn compare<'a>(rows: &[&'a Row], now: OffsetDateTime) -> Option<Comparison<'a>> {
    let reports: Vec<Option<&Report>> = rows.iter().map(|row| row.last.as_deref()).collect();
    let columns = Columns(reports.iter().map(|report| report.and_then(|one| one.observation.tls.as_ref())).collect());
    if columns.is_empty() {
        return None;
    }
    let audits = Columns(reports.iter().map(|report| report.and_then(|report| report.audit.as_deref())).collect());
    let lines = lines(&columns, now).into_iter().chain([
        audits.line("audit of TLS", |audit| Some(audit_in_words(audit))),
        audits.own("why that fails", failures),
        audits.own("audited", |audit| date(audit.at, now)),
    ]);
    Some(Comparison {
        id: "tls",
        title: "TLS and the certificate",
        note: None,
        paths: rows.iter().map(|row| row.pair.path.name.as_str()).collect(),
        lines: lines.flatten().collect(),
        times: columns.times(now, |tls| leaf(tls).map(|leaf| (leaf.not_before, Some(leaf.not_after)))),
    })
}

fn lines(columns: &Columns<'_, TlsFacts>, now: OffsetDateTime) -> [Option<Line>; 14] {
    [
        columns.line("subject", |tls| leaf(tls).map(|leaf| leaf.subject.to_string())),
        columns.line("issuer", |tls| leaf(tls).map(|leaf| leaf.issuer.to_string())),
        columns.line("valid from", |tls| date(leaf(tls)?.not_before, now)),
        columns.line("valid until", |tls| date(leaf(tls)?.not_after, now)),
        columns.line("leads to", |tls| Some(trust(tls.verification.trust).to_owned())),
        columns.line("certificates sent", |tls| Some(sent(tls))),
        columns.line("by its dates", |tls| Some(validity(tls.verification.validity).to_owned())),
        columns.line("for this name", |tls| Some(if tls.verification.name_matches { "yes" } else { "no" }.to_owned())),
        columns.line("the peer's own", |tls| key(tls.verification.handshake_signature).map(str::to_owned)),
        columns.line("because", |tls| tls.verification.reason.as_ref().map(ToString::to_string)),
        columns.line("version", |tls| Some(tls.version.clone())),
        columns.line("cipher", |tls| Some(tls.cipher.clone())),
        columns.line("protocol", |tls| tls.alpn.clone()),
        columns.line("SHA-256", |tls| tls.leaf_sha256.as_deref().map(str::to_owned)),
    ]
}

fn leaf(tls: &TlsFacts) -> Option<&CertificateFacts> {
    tls.chain.first()
}

fn sent(tls: &TlsFacts) -> String {
    let completed = if tls.verification.completed_by_aia { ", and one fetched that was left out" } else { "" };
    format!("{}{completed}", tls.chain.len())
}

const fn trust(trust: ChainTrust) -> &'static str {
    match trust {
        ChainTrust::Public => "a public root",
        ChainTrust::Microsoft => "a root of Microsoft's own",
        ChainTrust::Extra => "a root that the configuration adds",
        ChainTrust::Inspection => "the company's own TLS inspection",
        ChainTrust::Untrusted => "nothing that is trusted",
    }
}

const fn validity(validity: Validity) -> &'static str {
    match validity {
        Validity::Valid => "valid",
        Validity::Expired => "expired",
        Validity::NotYetValid => "not valid yet",
    }
}

/// Whether the key is the peer's; nothing to say where it is.
const fn key(signature: HandshakeSignature) -> Option<&'static str> {
    match signature {
        HandshakeSignature::Valid => None,
        HandshakeSignature::Invalid => Some("no: it does not hold the key"),
        HandshakeSignature::Unchecked => Some("unknown: the certificate cannot be read"),
    }
}

fn failures(audit: &AuditFacts) -> Option<String> {
    let [tls12, tls13] = audit.versions();
    let hellos = [tls12, tls13, ("large hello", &audit.large_hello)];
    let failed: Vec<String> =
        hellos.iter().filter_map(|(name, outcome)| Some(format!("{name}: {}", outcome.failure()?))).collect();
    let failed: Vec<&str> = failed.iter().map(String::as_str).collect();
    (!failed.is_empty()).then(|| words::all(&failed))
}
