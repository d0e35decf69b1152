//! What the answers of SOCKS servers mean.
//!
//! RFC 1928 names its replies and says little of when to give them; what stands here is what servers do. Dante: 2 by
//! rule (and for an address family that it does not serve), 4 for a name that does not exist, 5 refused, 1 for trouble of
//! its own; 91 for all of it in SOCKS4. microsocks: 1 for a name that does not exist, 3 to 6 by errno, 8 without IPv6.
//! OpenSSH says success before it has tried and closes afterwards, which shows behind the tunnel.

use crate::cause::{Blame, Cause};
use crate::observation::{SocksFacts, SocksFailure, SocksVersion};
use crate::verdict::case::Case;
use crate::verdict::finding::Finding;

/// The server did not open the way.
pub(super) fn failed(case: &Case<'_>, name: &str, failure: &SocksFailure) -> Finding {
    match failure {
        SocksFailure::Method { offered, chosen } => unauthenticated(name, offered, *chosen),
        SocksFailure::CredentialsRefused { status } => {
            let detail = format!("{name} did not accept the configured credentials (status {status})");
            Finding::blocked(Cause::ProxyAuthRequired, detail).with("auth_needed", method(USER_AND_PASSWORD).as_ref())
        }
        SocksFailure::Refused { version: SocksVersion::Socks4, reply } => refused_4(case, name, *reply),
        SocksFailure::Refused { version: SocksVersion::Socks5, reply } => refused_5(case, name, *reply),
        SocksFailure::NotSocks { version, came } => {
            super::nonsense(format!("{name} answered with something that is not {version}: {came}"))
        }
        SocksFailure::CannotCarry { version, what } => {
            let detail = format!("{name} cannot be asked for {}: {version} cannot carry {what}", case.host_and_port());
            Finding::blocked(Cause::ProxyUpstreamFailed, detail).blaming(Blame::Proxy)
        }
    }
}

/// A reply of SOCKS5 other than success (RFC 1928, section 6).
fn refused_5(case: &Case<'_>, name: &str, reply: u8) -> Finding {
    let host = case.host_and_port();
    let words = words_5(reply);
    let upstream = |words| {
        let detail = format!("{name} could not get to {host}: {words} (SOCKS5 reply {reply})");
        Finding::blocked(Cause::ProxyUpstreamFailed, detail)
    };
    let finding = match reply {
        // What servers say of names that do not exist, for want of a reply that means it.
        1 => upstream("general failure, which may be a name that does not resolve there"),
        2 => {
            let detail = format!("{name} refused the connection to {host}: {words} (SOCKS5 reply 2)");
            Finding::blocked(Cause::ProxyDenied, detail)
        }
        3..=6 => upstream(words),
        // It has no IPv6, or takes no names: nothing that the network could mend.
        8 => upstream(words).blaming(Blame::Proxy),
        _ => super::nonsense(format!("{name} answered the request for {host} with {words} (SOCKS5 reply {reply})")),
    };
    finding.with("socks_reply", &format!("{reply} ({words})"))
}

/// A reply of SOCKS4 other than success.
fn refused_4(case: &Case<'_>, name: &str, reply: u8) -> Finding {
    let host = case.host_and_port();
    let (words, finding) = match reply {
        // It says both "not allowed" and "could not": only whoever runs the server can tell.
        91 => {
            let detail = format!(
                "{name} refused the connection to {host} or could not get there (SOCKS4 reply 91, which does not say \
                 which)"
            );
            ("rejected or failed", Finding::blocked(Cause::ProxyDenied, detail))
        }
        92 => {
            let detail = format!("{name} wants an identd on this machine to say who asks (SOCKS4 reply 92)");
            ("no identd", Finding::blocked(Cause::ProxyAuthRequired, detail))
        }
        93 => {
            let detail = format!("{name} does not accept the configured user (SOCKS4 reply 93)");
            ("another user than identd says", Finding::blocked(Cause::ProxyAuthRequired, detail))
        }
        _ => {
            let detail = format!("{name} answered the request for {host} with an unknown reply (SOCKS4 reply {reply})");
            ("unknown", super::nonsense(detail))
        }
    };
    finding.with("socks_reply", &format!("{reply} ({words})"))
}

/// The server lets nobody in by the ways that were offered.
fn unauthenticated(name: &str, offered: &[u8], chosen: u8) -> Finding {
    const NONE_ACCEPTABLE: u8 = 255;
    let has_credentials = offered.contains(&USER_AND_PASSWORD);
    let ways = offered.iter().map(|one| method(*one)).collect::<Vec<_>>().join(", ");
    let (detail, needed) = match (chosen, has_credentials) {
        (NONE_ACCEPTABLE, false) => (format!("{name} wants credentials: it lets nobody in without"), String::new()),
        (NONE_ACCEPTABLE, true) => {
            (format!("{name} lets nobody in with user and password, nor without: it wants another way"), String::new())
        }
        (chosen, _) => {
            let needed = method(chosen);
            (format!("{name} wants credentials: it asks for {needed}"), needed)
        }
    };
    Finding::blocked(Cause::ProxyAuthRequired, detail).with("auth_offered", &ways).with("auth_needed", &needed)
}

const USER_AND_PASSWORD: u8 = 2;

/// A method of authentication by its name (RFC 1928, section 3, and IANA's registry).
fn method(method: u8) -> String {
    match method {
        0 => "no authentication".to_owned(),
        1 => "GSSAPI".to_owned(),
        USER_AND_PASSWORD => "user and password".to_owned(),
        other => format!("method {other}"),
    }
}

fn words_5(reply: u8) -> &'static str {
    match reply {
        0 => "succeeded",
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "an unknown reply",
    }
}

/// What was to come when time ran out or the connection ended: `SOCKS5 reply`.
pub(super) fn awaited(socks: &SocksFacts) -> &'static str {
    match (socks.version, socks.method) {
        (SocksVersion::Socks4, _) => "SOCKS4 reply",
        (SocksVersion::Socks5, None) => "SOCKS5 greeting",
        (SocksVersion::Socks5, Some(USER_AND_PASSWORD)) if !socks.authenticated => "answer to user and password",
        (SocksVersion::Socks5, Some(_)) => "SOCKS5 reply",
    }
}

/// Whether the server was asked for the target: before that, its silence tells of nobody else.
pub(super) fn was_asked(socks: &SocksFacts) -> bool {
    awaited(socks).ends_with("reply")
}
