//! The section `dns`.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use rustls::pki_types::ServerName;

use super::cursor::Cursor;
use crate::net::is_host_name;
use crate::plan::{DnsPlan, DnsTransport, NameServer, PrivateAnswers, Resolvers};

const KEYS: &[&str] = &["resolvers", "external", "hosts", "private_answers"];

const PLAIN_PORT: u16 = 53;
/// RFC 7858, section 3.1.
const TLS_PORT: u16 = 853;

/// Reads the section; the second value is the default for all endpoints.
pub(super) fn read(cursor: &Cursor<'_>) -> Option<(DnsPlan, PrivateAnswers)> {
    let dns = cursor.section(KEYS)?;
    let plan = DnsPlan {
        resolvers: dns.get("resolvers").and_then(|cursor| resolvers(&cursor)).unwrap_or_default(),
        hosts: dns.get("hosts").and_then(|cursor| hosts(&cursor)).unwrap_or_default(),
        external: dns
            .get("external")
            .and_then(|cursor| cursor.items())
            .map_or_else(Vec::new, |items| items.iter().filter_map(name_server).collect()),
    };
    Some((plan, dns.get("private_answers").and_then(|cursor| private_answers(&cursor)).unwrap_or_default()))
}

/// Reads `private_answers`.
pub(super) fn private_answers(cursor: &Cursor<'_>) -> Option<PrivateAnswers> {
    cursor.choice(&[("blocked", PrivateAnswers::Blocked), ("allowed", PrivateAnswers::Allowed)])
}

/// Reads `resolvers`.
pub(super) fn resolvers(cursor: &Cursor<'_>) -> Option<Resolvers> {
    if !cursor.is_list() {
        return match cursor.text()? {
            "system" => Some(Resolvers::System),
            _ => cursor.fault_with_help(format!("{} is not \"system\"", cursor.shown()), "write system or a list"),
        };
    }
    let items = cursor.items()?;
    if items.is_empty() {
        return cursor.fault_with_help("no resolver is named", "write system for those of the host");
    }
    Some(Resolvers::Listed(items.iter().filter_map(name_server).collect()))
}

fn name_server(cursor: &Cursor<'_>) -> Option<NameServer> {
    let text = cursor.text()?;
    let server = match text.strip_prefix("tls://") {
        Some(rest) => over_tls(rest),
        None => address(text, PLAIN_PORT).map(|address| NameServer { address, transport: DnsTransport::Plain }),
    };
    let usable = |server: &NameServer| !server.address.ip().is_unspecified() && server.address.port() != 0;
    match server.filter(usable) {
        Some(server) => Some(server),
        None => cursor.fault_with_help(
            format!("{} is no name server", cursor.shown()),
            "write an address, address:port, or tls://address[:port]#name",
        ),
    }
}

/// `address[:port][#name]`; without a name the certificate must be for the address.
fn over_tls(text: &str) -> Option<NameServer> {
    let (text, name) = text.split_once('#').map_or((text, None), |(text, name)| (text, Some(name)));
    let address = address(text, TLS_PORT)?;
    let name = match name {
        Some(name) => ServerName::try_from(name.to_owned()).ok()?,
        None => ServerName::from(address.ip()),
    };
    Some(NameServer { address, transport: DnsTransport::Tls(name) })
}

fn address(text: &str, default_port: u16) -> Option<SocketAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_default = bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, default_port));
    with_default.or_else(|_| text.parse()).ok()
}

fn hosts(cursor: &Cursor<'_>) -> Option<BTreeMap<String, Vec<IpAddr>>> {
    let mut hosts = BTreeMap::new();
    for (name, answers) in cursor.named()? {
        let canonical = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        if !is_host_name(&canonical) {
            answers.fault::<()>("this key is no host name");
        } else if let Some(addresses) = addresses(&answers)
            && hosts.insert(canonical, addresses).is_some()
        {
            answers.fault::<()>("this host has an answer already");
        }
    }
    Some(hosts)
}

/// One address or a list of them.
fn addresses(cursor: &Cursor<'_>) -> Option<Vec<IpAddr>> {
    if !cursor.is_list() {
        return Some(vec![ip(cursor)?]);
    }
    let items = cursor.items()?;
    if items.is_empty() {
        return cursor.fault("no address is given");
    }
    items.iter().map(ip).collect()
}

fn ip(cursor: &Cursor<'_>) -> Option<IpAddr> {
    match cursor.text()?.parse() {
        Ok(ip) => Some(ip),
        Err(_) => cursor.fault(format!("{} is no IP address", cursor.shown())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_and_without_port() {
        for (text, expected) in [
            ("10.0.0.53", Some("10.0.0.53:53")),
            ("127.0.0.1:5353", Some("127.0.0.1:5353")),
            ("::1", Some("[::1]:53")),
            ("[::1]", Some("[::1]:53")),
            ("[::1]:5353", Some("[::1]:5353")),
            ("resolver.example", None),
            ("10.0.0.53:", None),
        ] {
            assert_eq!(address(text, 53).map(|address| address.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn names_over_tls() {
        let named = over_tls("9.9.9.9#dns.quad9.net").unwrap();
        assert_eq!(named.address.to_string(), "9.9.9.9:853");
        assert_eq!(named.transport, DnsTransport::Tls(ServerName::try_from("dns.quad9.net").unwrap()));
        let unnamed = over_tls("[2620:fe::fe]:8853").unwrap();
        assert_eq!(unnamed.address.to_string(), "[2620:fe::fe]:8853");
        assert!(matches!(unnamed.transport, DnsTransport::Tls(ServerName::IpAddress(_))));
        assert!(over_tls("9.9.9.9#a b").is_none());
    }
}
