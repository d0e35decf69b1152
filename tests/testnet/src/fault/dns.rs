//! What a name server may answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Answers of the name server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsFault {
    /// The name does not exist.
    NxDomain,
    /// The name exists, without addresses.
    NoData,
    /// SERVFAIL.
    ServFail,
    /// REFUSED.
    Refused,
    /// No answer at all.
    Silent,
    /// A is answered, AAAA is not.
    AaaaSilent,
    /// Other addresses than the host's.
    Addresses(Vec<IpAddr>),
    /// The host's addresses, behind these further names in turn.
    Cname(Vec<String>),
    /// Over UDP only the TC flag; the answer over TCP.
    Truncated,
}

impl DnsFault {
    /// 0.0.0.0 and ::, as blocking resolvers answer.
    pub fn unspecified() -> Self {
        Self::Addresses(vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()])
    }
}
