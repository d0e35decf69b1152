//! The two lists of WinHTTP's settings (WINHTTP_PROXY_INFO, "Remarks"): proxies and bypass.
//!
//! `([<scheme>=][<scheme>"://"]<server>[":"<port>])`, separated by semicolons or white space. Where the documentation
//! leaves open what WinHTTP does, the entry is refused rather than guessed.

use std::net::Ipv6Addr;
use std::sync::Arc;

use url::Host;

use crate::net::is_host_name;
use crate::plan::{Bypass, BypassRule, Credentials, HostPattern, Proxy, ProxyScheme, WinHttpProxies};
use crate::text::Clean;

/// The longest of the two lists, in bytes; `netsh` itself takes no longer command line.
const MAX_BYTES: usize = 32 * 1024;

/// The most proxies: all of them may be tried for one request.
const MAX_PROXIES: usize = 20;

/// The port of a proxy that names none.
const DEFAULT_PORT: u16 = 80;

/// Why the lists cannot be followed. `Display` repeats no user information.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ListProblem {
    #[error("this names no proxy")]
    NoProxy,
    #[error("more than {0} proxies")]
    TooManyProxies(usize),
    #[error("longer than {0} bytes")]
    TooLong(usize),
    #[error("the character \"{}\" cannot stand in WinHTTP's settings", .0.escape_debug())]
    Stranger(char),
    #[error("WinHTTP's settings carry no user or password")]
    User,
    #[error("\"{0}\" is for no scheme that WinHTTP knows")]
    Prefix(Clean),
    #[error("\"{0}\" names a proxy of a scheme that WinHTTP does not know")]
    Scheme(Clean),
    #[error("\"{0}\" names no server, or its port is wrong")]
    Server(Clean),
    #[error("\"{0}\" needs its port: which one WinHTTP asks there is not documented")]
    Port(Clean),
    #[error("whether WinHTTP uses the SOCKS proxy that stands here is not documented")]
    Socks,
}

/// What a proxy is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Http,
    Https,
    /// Every scheme without an entry of its own.
    Any,
    /// Schemes that are not probed.
    Other,
    /// Whatever has no other proxy, in WinINet; whether in WinHTTP too is not documented.
    Socks,
}

/// Reads the list of proxies; nothing bypasses them. `credentials` are for every one.
pub(crate) fn parse(proxy_server: &str, credentials: Option<&Credentials>) -> Result<WinHttpProxies, ListProblem> {
    let proxies = proxies(proxy_server, credentials)?;
    let of = |purpose| proxies.iter().filter(move |(own, _)| *own == purpose).map(|(_, proxy)| Arc::clone(proxy));
    let for_scheme = |own| {
        let own: Vec<_> = of(own).collect();
        if own.is_empty() { of(Purpose::Any).collect() } else { own }
    };
    let (http, https): (Vec<_>, Vec<_>) = (for_scheme(Purpose::Http), for_scheme(Purpose::Https));
    if of(Purpose::Socks).next().is_some() && (http.is_empty() || https.is_empty()) {
        return Err(ListProblem::Socks);
    }
    Ok(WinHttpProxies { http, https, bypass: Bypass::default() })
}

fn proxies(list: &str, credentials: Option<&Credentials>) -> Result<Vec<(Purpose, Arc<Proxy>)>, ListProblem> {
    let entries = entries(list)?;
    let proxies: Vec<_> = entries.map(|entry| proxy(entry, credentials)).collect::<Result<_, _>>()?;
    match proxies.len() {
        0 => Err(ListProblem::NoProxy),
        1..=MAX_PROXIES => Ok(proxies),
        _ => Err(ListProblem::TooManyProxies(MAX_PROXIES)),
    }
}

/// The entries of a list, which has to be short and clean.
fn entries(list: &str) -> Result<impl Iterator<Item = &str>, ListProblem> {
    if list.len() > MAX_BYTES {
        return Err(ListProblem::TooLong(MAX_BYTES));
    }
    // The registry holds ASCII alone, so that nothing else can have been set.
    if let Some(stranger) = list.chars().find(|c| !c.is_ascii() || (c.is_control() && !c.is_whitespace())) {
        return Err(ListProblem::Stranger(stranger));
    }
    Ok(list.split(|c: char| c == ';' || c.is_whitespace()).filter(|entry| !entry.is_empty()))
}

fn proxy(entry: &str, credentials: Option<&Credentials>) -> Result<(Purpose, Arc<Proxy>), ListProblem> {
    if entry.contains('@') {
        return Err(ListProblem::User);
    }
    let (purpose, rest) = match entry.split_once('=') {
        None => (Purpose::Any, entry),
        Some((scheme, rest)) => (purpose(scheme).ok_or_else(|| ListProblem::Prefix(shown(entry)))?, rest),
    };
    let (tls_named, server) = match rest.split_once("://") {
        None => (false, rest),
        Some((scheme, server)) if scheme.eq_ignore_ascii_case("http") => (false, server),
        Some((scheme, server)) if scheme.eq_ignore_ascii_case("https") => (true, server),
        Some((scheme, server)) if scheme.eq_ignore_ascii_case("socks") && purpose == Purpose::Socks => (false, server),
        Some(_) => return Err(ListProblem::Scheme(shown(entry))),
    };
    let (host, port) = server_and_port(server.strip_suffix('/').unwrap_or(server), entry)?;
    // WinHTTP speaks no TLS to proxies (dotnet/corefx issue 20435, microsoft/cpprestsdk issue 1793), so that the scheme
    // can only change the port.
    let port = match port {
        Some(port) => port,
        None if tls_named => return Err(ListProblem::Port(shown(entry))),
        None => DEFAULT_PORT,
    };
    let proxy = Proxy { scheme: ProxyScheme::Http, host, port, credentials: credentials.cloned() };
    Ok((purpose, Arc::new(proxy)))
}

fn purpose(scheme: &str) -> Option<Purpose> {
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Some(Purpose::Http),
        "https" => Some(Purpose::Https),
        "ftp" | "gopher" => Some(Purpose::Other),
        "socks" => Some(Purpose::Socks),
        _ => None,
    }
}

fn server_and_port(text: &str, entry: &str) -> Result<(Host<String>, Option<u16>), ListProblem> {
    let bad = || ListProblem::Server(shown(entry));
    let end = if text.starts_with('[') { text.find(']').ok_or_else(bad)?.saturating_add(1) } else { 0 };
    let (server, port) = match text.get(end..).and_then(|rest| rest.find(':')) {
        None => (text, None),
        Some(colon) => {
            let (server, port) = text.split_at_checked(end.saturating_add(colon)).ok_or_else(bad)?;
            (server, Some(number(port.get(1..).unwrap_or_default()).ok_or_else(bad)?))
        }
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    match Host::parse(server).map_err(|_| bad())? {
        Host::Domain(name) if !is_host_name(&name) || !server.chars().all(plain) => Err(bad()),
        host => Ok((host, port)),
    }
}

/// A port as it is written: digits alone, and not 0.
fn number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if digits { text.parse().ok().filter(|port| *port != 0) } else { None }
}

/// Reads the bypass list. An entry that WinHTTP could not make sense of matches nothing, as it would there.
pub(crate) fn bypass(list: &str) -> Result<Bypass, ListProblem> {
    // What netsh prints, and takes, for none.
    if list.trim().eq_ignore_ascii_case("(none)") {
        return Ok(Bypass::default());
    }
    Ok(Bypass(entries(list)?.map(bypass_rule).collect()))
}

fn bypass_rule(entry: &str) -> BypassRule {
    let entry = entry.to_ascii_lowercase();
    if entry == "<local>" {
        return BypassRule::Local;
    }
    let (scheme, rest) = match entry.split_once("://") {
        Some((scheme, rest)) => (Some(scheme.to_owned()), rest),
        None => (None, entry.as_str()),
    };
    let (hosts, port) = match rest.rsplit_once(':') {
        // Of an address without brackets, all colons are its own.
        _ if rest.parse::<Ipv6Addr>().is_ok() => (rest, None),
        Some((hosts, "*")) if !hosts.starts_with('[') || hosts.ends_with(']') => (hosts, None),
        Some((hosts, port)) => number(port).map_or((rest, None), |port| (hosts, Some(port))),
        None => (rest, None),
    };
    let bare = hosts.strip_prefix('[').and_then(|hosts| hosts.strip_suffix(']')).unwrap_or(hosts);
    let hosts = bare.parse().map_or_else(|_| HostPattern::Text(hosts.to_owned()), HostPattern::Ipv6);
    BypassRule::Hosts { scheme, hosts, port }
}

fn shown(entry: &str) -> Clean {
    Clean::bounded(entry, 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_list_of_proxies() {
        for (list, message) in [
            ("", "this names no proxy"),
            (" ; ", "this names no proxy"),
            ("htps=p:1", "\"htps=p:1\" is for no scheme that WinHTTP knows"),
            ("http = p", "\"=\" is for no scheme that WinHTTP knows"),
            ("http=", "\"http=\" names no server, or its port is wrong"),
            ("p:", "\"p:\" names no server, or its port is wrong"),
            ("p:0", "\"p:0\" names no server, or its port is wrong"),
            ("p:+80", "\"p:+80\" names no server, or its port is wrong"),
            ("p:65536", "\"p:65536\" names no server, or its port is wrong"),
            ("p:80/path", "\"p:80/path\" names no server, or its port is wrong"),
            ("a:1,b:2", "\"a:1,b:2\" names no server, or its port is wrong"),
            ("2001:db8::1", "\"2001:db8::1\" names no server, or its port is wrong"),
            ("[2001:db8::1", "\"[2001:db8::1\" names no server, or its port is wrong"),
            ("[2001:db8::1]8080", "\"[2001:db8::1]8080\" names no server, or its port is wrong"),
            ("p%2e:1", "\"p%2e:1\" names no server, or its port is wrong"),
            ("*.example:1", "\"*.example:1\" names no server, or its port is wrong"),
            ("socks5://p:1", "\"socks5://p:1\" names a proxy of a scheme that WinHTTP does not know"),
            ("https=https://p", "\"https=https://p\" needs its port: which one WinHTTP asks there is not documented"),
            ("socks=p:1080", "whether WinHTTP uses the SOCKS proxy that stands here is not documented"),
            ("http=h:1;socks=p:1080", "whether WinHTTP uses the SOCKS proxy that stands here is not documented"),
            ("svc:hunter2@p:1", "WinHTTP's settings carry no user or password"),
            ("pröxy:1", "the character \"ö\" cannot stand in WinHTTP's settings"),
            ("p\0:1", "the character \"\\0\" cannot stand in WinHTTP's settings"),
        ] {
            let problem = parse(list, None).expect_err(list);
            assert_eq!(problem.to_string(), message, "{list}");
        }
    }

    #[test]
    fn lists_are_bounded() {
        assert_eq!(parse(&"p:1;".repeat(20), None).unwrap().https.len(), 20);
        assert_eq!(parse(&"p:1;".repeat(21), None), Err(ListProblem::TooManyProxies(20)));
        let longest = "a.example;".repeat(3276);
        assert_eq!(bypass(&longest).unwrap().0.len(), 3276);
        assert_eq!(bypass(&longest.repeat(2)), Err(ListProblem::TooLong(32768)));
        assert_eq!(parse(&longest.repeat(2), None), Err(ListProblem::TooLong(32768)));
        assert_eq!(bypass("b\u{fc}cher.example"), Err(ListProblem::Stranger('ü')));
    }
}
