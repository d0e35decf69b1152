//! Revocation lists, responders' answers and issuers' certificates, as they came over every path.

use prober::observation::{
    CertificateStatus, CrlFacts, CrlLimit, CrlOutcome, CrlScope, IssuerOutcome, Observation, OcspAnswer, OcspFacts,
    OcspOutcome,
};
use prober::snapshot::Row;
use time::OffsetDateTime;

use super::compare::{Columns, Comparison, Line, date};
use crate::words;

/// The revocation lists: what came last, and of the newest that could be read all that it says.
pub(super) fn list<'a>(rows: &[&'a Row], now: OffsetDateTime) -> Option<Comparison<'a>> {
    let newest = Columns(rows.iter().map(|row| seen(row)?.crl.as_ref()).collect());
    let lists: Vec<_> = rows.iter().map(|row| row.last_crl.as_ref().map(|report| &report.observation)).collect();
    let columns = Columns(lists.iter().map(|seen| seen.and_then(Observation::parsed_crl)).collect());
    if newest.is_empty() && columns.is_empty() {
        return None;
    }
    let came = Columns(lists);
    let lines = [newest.line("last download", |outcome| Some(outcome_in_words(outcome)))].into_iter();
    Some(Comparison {
        id: "crl",
        title: "The revocation list",
        note: Some("Of the newest list that came over each path and could be read."),
        paths: paths(rows),
        lines: lines
            .chain(facts(&columns, now))
            .chain([came.own("downloaded", |seen| date(seen.probed_at, now))])
            .flatten()
            .collect(),
        times: columns.times(now, |list| Some((list.this_update, list.next_update))),
    })
}

fn facts(columns: &Columns<'_, CrlFacts>, now: OffsetDateTime) -> [Option<Line>; 12] {
    [
        columns.line("issuer", |list| Some(list.issuer.to_string())),
        columns.line("number", |list| list.number.as_deref().map(shortened)),
        columns.line("issued", |list| date(list.this_update, now)),
        columns.line("next one due", |list| date(list.next_update?, now)),
        columns.line("size", |list| Some(bytes(list.bytes))),
        columns.line("revoked certificates", |list| Some(grouped(list.revoked))),
        columns.line("covers", |list| Some(scope(&list.scope))),
        columns.line("signed with", |list| (!list.signed_with.is_empty()).then(|| list.signed_with.to_string())),
        columns.line("signature", |list| Some(list.signature.as_str().to_owned())),
        columns.line("because", |list| list.signature_reason.as_ref().map(ToString::to_string)),
        columns.line("unknown critical extensions", |list| {
            let unknown: Vec<_> = list.unknown_critical.iter().map(AsRef::as_ref).collect();
            (!unknown.is_empty()).then(|| words::all(&unknown))
        }),
        columns.own("not changed since it came in full", |list| date(list.unchanged_since?, now)),
    ]
}

/// What responders say of certificates.
pub(super) fn answer<'a>(rows: &[&'a Row], now: OffsetDateTime) -> Option<Comparison<'a>> {
    let facts = Columns(rows.iter().map(|row| seen(row)?.ocsp.as_deref()).collect::<Vec<Option<&OcspFacts>>>());
    if facts.is_empty() {
        return None;
    }
    let answered = |facts: &'a OcspFacts| match &facts.outcome {
        OcspOutcome::Answered(answer) => Some(answer),
        OcspOutcome::Refused(_) | OcspOutcome::Invalid { .. } => None,
    };
    let answers: Columns<'_, OcspAnswer> =
        Columns(rows.iter().map(|row| seen(row)?.ocsp.as_deref().and_then(answered)).collect());
    let lines = [
        facts.own("asked for", |facts| Some(facts.subject.to_string())),
        facts.line("answer", |facts| Some(answer_in_words(&facts.outcome, now))),
        answers.own("known at", |answer| date(answer.this_update, now)),
        answers.own("next one due", |answer| date(answer.next_update?, now)),
        answers.line("signed with", |answer| (!answer.signed_with.is_empty()).then(|| answer.signed_with.to_string())),
        answers.line("signature", |answer| Some(answer.signature.as_str().to_owned())),
        answers.line("because", |answer| answer.signature_reason.as_ref().map(ToString::to_string)),
    ];
    Some(Comparison {
        id: "ocsp",
        title: "What the responder says",
        note: Some("It is asked for one served certificate after the other, so that paths may show different ones."),
        paths: paths(rows),
        lines: lines.into_iter().flatten().collect(),
        times: answers.times(now, |answer| Some((answer.this_update, answer.next_update))),
    })
}

/// The issuers' certificates that were fetched.
pub(super) fn issuer<'a>(rows: &[&'a Row], now: OffsetDateTime) -> Option<Comparison<'a>> {
    let observations: Vec<_> = rows.iter().map(|row| seen(row).filter(|seen| seen.issuer.is_some())).collect();
    let columns = Columns(observations);
    if columns.is_empty() {
        return None;
    }
    let lines = [
        columns.line("what came", |seen| match seen.issuer.as_ref()? {
            IssuerOutcome::Readable { subject } => Some(format!("the certificate of {subject}")),
            IssuerOutcome::Invalid { reason } => Some(format!("no certificate: {reason}")),
        }),
        columns.line("size", |seen| Some(bytes(seen.http.as_ref()?.body.bytes))),
        columns.own("downloaded", |seen| date(seen.probed_at, now)),
    ];
    Some(Comparison {
        id: "issuer",
        title: "The issuer's certificate",
        note: None,
        paths: paths(rows),
        lines: lines.into_iter().flatten().collect(),
        times: Vec::new(),
    })
}

fn seen(row: &Row) -> Option<&Observation> {
    row.last.as_ref().map(|last| &last.observation)
}

fn paths<'a>(rows: &[&'a Row]) -> Vec<&'a str> {
    rows.iter().map(|row| row.pair.path.name.as_str()).collect()
}

fn outcome_in_words(outcome: &CrlOutcome) -> String {
    match outcome {
        CrlOutcome::Parsed(list) if list.unchanged_since.is_some() => "not changed".to_owned(),
        CrlOutcome::Parsed(_) => "a list".to_owned(),
        CrlOutcome::Truncated { announced, received } => format!("cut short: {received} of {announced} bytes"),
        CrlOutcome::TooLarge => "over the size limit".to_owned(),
        CrlOutcome::Invalid { reason } => format!("no list: {reason}"),
    }
}

fn answer_in_words(outcome: &OcspOutcome, now: OffsetDateTime) -> String {
    match outcome {
        OcspOutcome::Answered(answer) => match answer.status {
            CertificateStatus::Revoked { at } => {
                format!("revoked, {}", date(at, now).unwrap_or_else(|| "at no known time".to_owned()))
            }
            CertificateStatus::Good => "good: not revoked".to_owned(),
            CertificateStatus::Unknown => "unknown to the responder".to_owned(),
        },
        OcspOutcome::Refused(refusal) => format!("none: the responder says {}", refusal.as_str()),
        OcspOutcome::Invalid { reason } => format!("no OCSP answer: {reason}"),
    }
}

fn scope(scope: &CrlScope) -> String {
    let mut words = vec![match &scope.delta_of {
        Some(base) => format!("what has changed since number {}", shortened(base)),
        None => "everything".to_owned(),
    }];
    words.extend(scope.only.map(|only| {
        let only = match only {
            CrlLimit::UserCertificates => "certificates of servers and people",
            CrlLimit::AuthorityCertificates => "certificates of authorities",
            CrlLimit::AttributeCertificates => "attribute certificates",
            CrlLimit::SomeReasons => "some reasons",
        };
        format!("only {only}")
    }));
    words.extend(scope.indirect.then(|| "other issuers too".to_owned()));
    words.join(", ")
}

/// Numbers of lists come from the network, and have no end.
fn shortened(number: &str) -> String {
    prober::text::Clean::new(number).into()
}

fn bytes(count: u64) -> String {
    format!("{} bytes", grouped(count))
}

/// "812", "1,234,567".
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_grouped() {
        assert_eq!([0, 812, 1000, 1_234_567].map(grouped), ["0", "812", "1,000", "1,234,567"]);
        assert_eq!(bytes(60_000), "60,000 bytes");
    }

    #[test]
    fn a_scope_is_told_in_words() {
        let whole = CrlScope::default();
        assert_eq!(scope(&whole), "everything");
        let delta = CrlScope { delta_of: Some("7".to_owned()), indirect: true, only: Some(CrlLimit::SomeReasons) };
        assert_eq!(scope(&delta), "what has changed since number 7, only some reasons, other issuers too");
    }
}
