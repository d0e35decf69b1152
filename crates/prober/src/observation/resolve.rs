//! How a name resolved.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::text::Clean;

/// How a name resolved.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResolveFacts {
    /// The addresses, in the order in which they are tried (RFC 8305, section 4).
    pub addresses: Vec<IpAddr>,
    /// Whether they come from `dns.hosts`: fixed by the configuration, exempt from suspicion.
    pub fixed: bool,
    /// Every question asked and what came of it.
    pub lookups: Vec<Lookup>,
}

/// One question to one resolver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The resolver, as `address:port`.
    pub resolver: String,
    /// The family asked for.
    pub family: Family,
    /// What came.
    pub outcome: LookupOutcome,
}

/// A family of addresses and the record type that holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// A records.
    Ipv4,
    /// AAAA records.
    Ipv6,
}

/// What came of one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookupOutcome {
    /// Addresses, at least one, at most 32; and the CNAMEs on the way, at most 16.
    Addresses {
        /// The addresses.
        addresses: Vec<IpAddr>,
        /// The CNAMEs on the way, in order.
        #[serde(default)]
        cnames: Vec<Clean>,
    },
    /// NOERROR without an address of the family.
    NoData,
    /// NXDOMAIN.
    NxDomain,
    /// Another rcode: SERVFAIL, REFUSED, NOTIMP, FORMERR.
    ServerFailure {
        /// The rcode's mnemonic.
        rcode: String,
    },
    /// No answer in time, or no way to ask (the resolver's port is closed).
    Timeout,
}

/// A name did not resolve.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("cannot resolve {name}")]
#[serde(deny_unknown_fields)]
pub struct ResolveFault {
    /// The name.
    pub name: String,
    /// What the questions come to, taken together.
    #[source]
    pub failure: ResolveFailure,
    /// Every question asked and what came of it.
    #[serde(default)]
    pub lookups: Vec<Lookup>,
}

/// What failed lookups of both families come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolveFailure {
    /// A and AAAA both say that the name does not exist.
    #[error("the name does not exist (NXDOMAIN)")]
    NxDomain,
    /// It exists, without any address.
    #[error("the name has no address")]
    NoAddress,
    /// Every resolver failed.
    #[error("the resolvers failed")]
    ServerFailure,
    /// No resolver answered in time.
    #[error("no resolver answered in time")]
    Timeout,
    /// Only unspecified addresses (0.0.0.0, ::), to which nothing must ever connect.
    #[error("the name resolves to an unspecified address")]
    Unspecified,
}
