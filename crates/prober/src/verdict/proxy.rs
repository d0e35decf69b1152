//! The proxy: reaching it, its answer to CONNECT, and what it says of its own to plain-http requests.

mod secure;
mod socks;

pub(super) use self::secure::outdated;
use super::case::{Case, status_words};
use super::finding::Finding;
use super::{connect, resolve};
use crate::cause::Cause;
use crate::fingerprint::{Meaning, Reply, Sign};
use crate::observation::{
    AuthFailure, AuthScheme, Challenge, ConnectFailure, ConnectFault, Headers, HttpFacts, IoFault, IoKind,
    ProxyFailure, ProxyFault,
};

/// The proxy could not be reached or did not open the tunnel.
pub(super) fn failed(case: &Case<'_>, fault: &ProxyFault) -> Finding {
    let name = case.proxy_name(&fault.proxy);
    match &fault.failure {
        ProxyFailure::Resolve(inner) => {
            let detail = format!("{name} cannot be found: {}", resolve::in_words(inner));
            Finding::blocked(Cause::ProxyUnresolvable, detail).with("rcodes", &resolve::rcodes(&inner.lookups))
        }
        ProxyFailure::Connect(inner) => unconnected(&name, inner),
        ProxyFailure::Tls(inner) => secure::failed(case, &name, inner),
        ProxyFailure::Unproven => secure::unproven(case, &name),
        ProxyFailure::ReplyTimeout { received } => unfinished(case, &name, *received),
        ProxyFailure::Refused { status } => refused(case, &name, *status),
        ProxyFailure::Lost(io) => lost(case, &name, io),
        ProxyFailure::NotHttp(what) => {
            nonsense(format!("{name} answered CONNECT with something that is not HTTP: {what}"))
        }
        ProxyFailure::HeadTooLong => nonsense(format!("{name} answered CONNECT with a head of more than 64 KiB")),
        ProxyFailure::Socks(failure) => socks::failed(case, &name, failure),
    }
}

fn unconnected(name: &str, fault: &ConnectFault) -> Finding {
    let cause = match fault.failure {
        ConnectFailure::Refused => Cause::ProxyRefused,
        ConnectFailure::TimedOut => Cause::ProxyTimeout,
        ConnectFailure::Unreachable => Cause::ProxyUnreachable,
    };
    let finding = Finding::blocked(cause, format!("{name} {}", connect::in_words(fault)))
        .with("attempts", &connect::attempts(&fault.attempts));
    if cause == Cause::ProxyTimeout { finding.with("phase", "tcp") } else { finding }
}

/// The reply was not complete in time; so many bytes of it had come.
fn unfinished(case: &Case<'_>, name: &str, received: u64) -> Finding {
    let socks = case.observation.socks.as_ref();
    if received == 0 && socks.is_none_or(socks::was_asked) {
        return silent(case, name);
    }
    let detail = match (socks, received) {
        (None, _) => format!("{name} began to reply to CONNECT ({received} bytes) and did not finish in time"),
        (Some(socks), 0) => format!("{name} accepted the connection and gave no {} in time", socks::awaited(socks)),
        (Some(socks), _) => {
            format!("{name} began its {} ({received} bytes) and did not finish in time", socks::awaited(socks))
        }
    };
    Finding::blocked(Cause::ProxyTimeout, detail).with("phase", "reply")
}

/// The proxy accepted the connection and said nothing in time. One that serves other hosts meanwhile is waiting for
/// what lies behind it.
pub(super) fn silent(case: &Case<'_>, name: &str) -> Finding {
    let host = case.host_and_port();
    if case.proxy_answered_recently {
        let detail = format!("{name} gave no reply for {host} in time, while it answers for other hosts");
        Finding::blocked(Cause::ProxyUpstreamFailed, detail).with("no_reply", "true")
    } else {
        let detail = format!("{name} accepted the connection and gave no reply for {host} in time");
        Finding::blocked(Cause::ProxyTimeout, detail).with("phase", "reply")
    }
}

/// The connection died before the reply was complete; RFC 9110, section 15.5.8, lets a 407 end so.
fn lost(case: &Case<'_>, name: &str, io: &IoFault) -> Finding {
    match &case.observation.proxy {
        Some(answer) if answer.status == 407 => refused(case, name, answer.status),
        _ if io.kind == IoKind::Exhausted => case.monitor_error(format!("asking {name}: {io}")),
        _ => {
            let awaited = case.observation.socks.as_ref().map_or("reply to CONNECT", socks::awaited);
            nonsense(format!("{name} closed the connection before its {awaited} was complete: {io}"))
        }
    }
}

pub(super) fn nonsense(detail: String) -> Finding {
    Finding::blocked(Cause::ProxyProtocolError, detail)
}

/// CONNECT was answered with another status than 2xx.
fn refused(case: &Case<'_>, name: &str, status: u16) -> Finding {
    let none = Headers::default();
    let answer = case.observation.proxy.as_ref();
    let headers = answer.map_or(&none, |answer| &answer.headers);
    let reason = answer.and_then(|answer| answer.reason.as_ref()).map(AsRef::as_ref);
    let said = status_words(status, reason);
    let sign = answer.and_then(|answer| case.fingerprints.block(&Reply::to_connect(answer)));
    let finding = match status {
        407 => return credentials_wanted(case, name, headers),
        400 => nonsense(format!("{name} answered CONNECT with {said}")),
        300..=499 => Finding::blocked(Cause::ProxyDenied, format!("{name} refused CONNECT with {said}")),
        500..=599 if sign.as_ref().is_some_and(|sign| sign.means != Some(Meaning::Upstream)) => {
            Finding::blocked(Cause::ProxyDenied, format!("{name} refused CONNECT with {said}"))
        }
        500..=599 => {
            let host = case.host_and_port();
            Finding::blocked(Cause::ProxyUpstreamFailed, format!("{name} could not get to {host}: {said}"))
        }
        _ => nonsense(format!("{name} answered CONNECT with {said}")),
    };
    let finding = if let Some(sign) = &sign { finding.signed(sign) } else { finding };
    finding.with("status", &status.to_string())
}

/// 407: the offered schemes and the realm tell what would do, and what we showed why it did not.
fn credentials_wanted(case: &Case<'_>, name: &str, headers: &Headers) -> Finding {
    let challenges = Challenge::read_all(headers.get_all("proxy-authenticate"));
    let schemes = auth_schemes(&challenges);
    let realm = challenges.iter().find_map(|challenge| challenge.realm.as_ref()).map(AsRef::as_ref);
    let shown = case.observation.proxy_auth.as_ref();
    let offered = if schemes.is_empty() { String::new() } else { format!(": it offers {schemes}") };
    let detail = match shown.and_then(|shown| shown.failure.as_ref()) {
        Some(failure) => format!("{name} {}{offered}", unconvinced(failure, shown.and_then(|shown| shown.tried))),
        None if case.proxy_has_credentials() => format!("{name} did not accept the configured credentials{offered}"),
        None => format!("{name} wants credentials{offered}"),
    };
    Finding::blocked(Cause::ProxyAuthRequired, detail)
        .with("auth_schemes", &schemes)
        .with("realm", realm.unwrap_or_default())
        .with("auth_tried", shown.and_then(|shown| shown.tried).map_or("", AuthScheme::as_str))
        .with("no_ticket", shown.and_then(|shown| shown.no_ticket.as_ref()).map_or("", AsRef::as_ref))
}

/// Why the proxy was not convinced, behind its name in a sentence.
fn unconvinced(failure: &AuthFailure, tried: Option<AuthScheme>) -> String {
    let by = tried.map(|scheme| format!(" by {}", scheme.as_str())).unwrap_or_default();
    match failure {
        AuthFailure::NoScheme => "wants credentials by none of the schemes that may be used".to_owned(),
        AuthFailure::Refused => format!("did not accept the configured credentials{by}"),
        AuthFailure::RefusedBefore => {
            "wants credentials; the configured ones were refused less than 10 minutes ago and are not tried again until \
             they change, so that no domain locks the account"
                .to_owned()
        }
        AuthFailure::TooManyRounds => "asks for credentials again and again".to_owned(),
        AuthFailure::Closed => format!("closed the connection within the handshake{by}"),
        AuthFailure::Challenge(reason) => format!("sent a challenge that makes no sense ({reason}){by}"),
        AuthFailure::TicketRefused(reason) => {
            format!("wants a Kerberos ticket, and the KDC refuses the configured user ({reason})")
        }
        AuthFailure::Ticket(reason) => format!("wants a Kerberos ticket, and there is none ({reason})"),
        AuthFailure::Local(reason) => format!("wants credentials that cannot be told{by} ({reason})"),
    }
}

/// The names of the schemes on offer, each once.
fn auth_schemes(challenges: &[Challenge]) -> String {
    let mut schemes: Vec<&str> = Vec::new();
    for scheme in challenges.iter().map(|challenge| challenge.scheme.as_str()) {
        if !schemes.contains(&scheme) {
            schemes.push(scheme);
        }
    }
    schemes.join(", ")
}

/// An answer to the request itself that is the proxy's own by its words: over plain http, and inside TLS where the
/// site's own inspection tells of a dead upstream. (Its refusals there are block pages like any other filter's, and so
/// are those of a proxy that nobody configured.)
pub(super) fn own_answer(case: &Case<'_>, http: &HttpFacts, sign: Option<&Sign<'_>>) -> Option<Finding> {
    let plain = case.plain_answer().is_some();
    if !plain && !case.is_inspected() {
        return None;
    }
    if plain && http.status == 407 {
        return Some(credentials_wanted(case, &case.answerer(), &http.headers));
    }
    let sign = sign?;
    let configured = case.forwarder().map(|proxy| case.proxy_name(proxy));
    let is_configured = configured.is_some();
    let name = configured.unwrap_or_else(|| format!("a {} in the way", sign.vendor));
    let said = status_words(http.status, http.reason.as_ref().map(AsRef::as_ref));
    let host = case.host_and_port();
    let told = sign.told();
    let finding = match sign.means? {
        Meaning::Policy if plain && is_configured => {
            Finding::blocked(Cause::ProxyDenied, format!("{name} refused the request for {host} with {said} ({told})"))
        }
        Meaning::Upstream => {
            Finding::blocked(Cause::ProxyUpstreamFailed, format!("{name} could not get to {host}: {said} ({told})"))
        }
        Meaning::Policy => return None,
    };
    Some(finding.signed(sign).with("status", &http.status.to_string()))
}

/// 502 or 504 to a plain-http request through a proxy: that one could not get further (RFC 9110, sections 15.6.3 and
/// 15.6.5). An answer that the configuration expects is the origin's.
pub(super) fn gateway_error(case: &Case<'_>, http: &HttpFacts) -> Option<Finding> {
    case.plain_answer()?;
    let name = case.proxy_name(case.forwarder()?);
    if !matches!(http.status, 502 | 504) || case.status_is_expected(http.status) {
        return None;
    }
    let said = status_words(http.status, http.reason.as_ref().map(AsRef::as_ref));
    let detail = format!("{name} could not get to {}: {said}", case.host_and_port());
    Some(Finding::blocked(Cause::ProxyUpstreamFailed, detail).with("status", &http.status.to_string()))
}
