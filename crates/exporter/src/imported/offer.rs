//! What of a list can be probed, and how.

use std::collections::{BTreeSet, HashMap};

use prober::microsoft365::{HostPattern, List, Record, is_of_a_certificate_authority};
use rustls::pki_types::ServerName;
use url::Url;

/// A record, with those of its hosts that no record before it has.
#[derive(Debug)]
pub(crate) struct Offer<'a> {
    /// The record.
    pub(crate) record: &'a Record,
    /// Its hosts in their order.
    pub(crate) hosts: Vec<Host<'a>>,
}

/// A host of the list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Host<'a> {
    /// As the list has it.
    pub(crate) pattern: &'a HostPattern,
    /// What can be done with it.
    pub(crate) kind: Kind<'a>,
}

/// What can be done with a host.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    /// It is probed over TLS.
    Https,
    /// It is probed in the clear.
    Http,
    /// It stands for many; those that the list names itself.
    Wildcard(Vec<&'a str>),
    /// It is none that a request over HTTP could be sent to.
    Other(&'static str),
}

/// What some of a list's records offer. Every host comes once, at the first record that has it.
pub(crate) fn offers<'a>(list: &'a List, records: &[&'a Record]) -> Vec<Offer<'a>> {
    let (mut seen, ports) = (BTreeSet::new(), ports(records));
    let offer = |record: &&'a Record| {
        let hosts = record.hosts.iter().filter(|pattern| seen.insert(*pattern));
        let hosts = hosts.map(|pattern| Host { pattern, kind: kind(list, &ports, pattern) }).collect();
        Offer { record, hosts }
    };
    records.iter().map(offer).filter(|offer| !offer.hosts.is_empty()).collect()
}

/// Whether any record has TCP 443 and 80 for a host.
#[derive(Debug, Clone, Copy, Default)]
struct Open {
    https: bool,
    http: bool,
}

fn ports<'a>(records: &[&'a Record]) -> HashMap<&'a HostPattern, Open> {
    let mut ports: HashMap<_, Open> = HashMap::new();
    for record in records {
        for host in &record.hosts {
            let open = ports.entry(host).or_default();
            open.https |= record.tcp.contains(443);
            open.http |= record.tcp.contains(80);
        }
    }
    ports
}

fn kind<'a>(list: &'a List, ports: &HashMap<&HostPattern, Open>, pattern: &HostPattern) -> Kind<'a> {
    if !pattern.is_name() {
        let names = list.records.iter().flat_map(|record| &record.hosts);
        let names: BTreeSet<_> = names.filter(|name| name.is_name() && pattern.matches(name.as_str())).collect();
        return Kind::Wildcard(names.into_iter().map(HostPattern::as_str).collect());
    }
    if !can_be_asked(pattern.as_str()) {
        return Kind::Other("no name that a request could be sent to");
    }
    let Open { https, http } = ports.get(pattern).copied().unwrap_or_default();
    match (https, http) {
        (_, true) if is_of_a_certificate_authority(pattern.as_str()) => Kind::Http,
        (true, _) => Kind::Https,
        (false, true) => Kind::Http,
        (false, false) => Kind::Other("neither TCP 443 nor 80"),
    }
}

/// Whether a name is one of DNS and TLS, and none that would be read as a number.
fn can_be_asked(host: &str) -> bool {
    let url = Url::parse(&format!("https://{host}/"));
    let is_itself = url.is_ok_and(|url| url.domain() == Some(host));
    is_itself && matches!(ServerName::try_from(host), Ok(ServerName::DnsName(_)))
}

#[cfg(test)]
mod tests {
    use prober::microsoft365::Instance;

    use super::*;
    use crate::listed::Selection;

    const LIST: &[u8] = include_bytes!("../../../../tests/fixtures/microsoft365/list.json");

    #[test]
    fn every_host_comes_once_with_what_can_be_done_with_it() {
        let list = List::read(Instance::Worldwide, LIST).unwrap();
        let records = Selection { optional: true, ..Selection::default() }.of(&list).unwrap();
        let offers = offers(&list, &records);
        let hosts = offers.iter().flat_map(|offer| offer.hosts.iter().map(move |host| (offer.record.id, host)));
        let all: Vec<_> = hosts.map(|(id, host)| (id, host.pattern.as_str(), &host.kind)).collect();
        let no_web = Kind::Other("neither TCP 443 nor 80");
        assert_eq!(
            all,
            [
                (1, "mail.example.com", &Kind::Https),
                (1, "mail.example.net", &Kind::Https),
                (2, "smtp.example.net", &no_web),
                (8, "*.example.com", &Kind::Wildcard(vec!["mail.example.com"])),
                (8, "autodiscover.*.tenants.example", &Kind::Wildcard(vec![])),
                (32, "*-files.share.example", &Kind::Wildcard(vec![])),
                (32, "*.share.example", &Kind::Wildcard(vec!["docs.share.example"])),
                (47, "*cdn.notes.example", &Kind::Wildcard(vec![])),
                (47, "docs.share.example", &Kind::Https),
                // Another record has 443 for it, but revocation lists are asked for in the clear.
                (125, "crl.example.org", &Kind::Http),
                (125, "ocsp.example.org", &Kind::Http),
                (163, "time.example.org", &no_web),
                (200, "assets.viva.example", &Kind::Https),
            ]
        );
    }

    #[test]
    fn what_is_no_name_cannot_be_asked() {
        for host in ["127.0.0.1", "1.2", "0x7f.1", "-a.example", "a-.example", "1234"] {
            assert!(!can_be_asked(host), "{host}");
        }
        for host in ["login.live.com", "a_b.example", "localhost"] {
            assert!(can_be_asked(host), "{host}");
        }
    }
}
