//! What any path in map form also takes: how it introduces itself, and the network that it has.

use std::net::IpAddr;

use http::header::{CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderName, HeaderValue};

use super::cursor::{Cursor, Map};
use super::network;
use super::request::headers;
use crate::plan::{IpFamily, PathOptions};

const FAMILIES: [(&str, IpFamily); 3] = [("any", IpFamily::Any), ("ipv4", IpFamily::Ipv4), ("ipv6", IpFamily::Ipv6)];

/// Headers of CONNECT that have a key of their own or belong to the framing.
const RESERVED: [HeaderName; 5] = [CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING, USER_AGENT];

/// Reads the options. Where one has a fault, there is no plan in the end, so what stands for it does not matter.
pub(super) fn read(map: &Map<'_>) -> PathOptions {
    let options = PathOptions {
        user_agent: map.get("user_agent").and_then(|cursor| user_agent(&cursor)),
        connect_headers: map.get("connect_headers").and_then(|cursor| headers(&cursor, &RESERVED)).unwrap_or_default(),
        source_address: map.get("source_address").and_then(|cursor| source_address(&cursor)),
        ip_family: map.get("ip_family").and_then(|cursor| cursor.choice(&FAMILIES)).unwrap_or_default(),
        resolvers: map.get("resolvers").and_then(|cursor| network::resolvers(&cursor)),
    };
    if let Some(source) = options.source_address
        && !options.ip_family.includes(source)
        && let Some(family) = map.get("ip_family")
    {
        family.fault::<()>("source_address is of the other family");
    }
    options
}

fn user_agent(cursor: &Cursor<'_>) -> Option<HeaderValue> {
    match HeaderValue::from_str(cursor.text()?) {
        Ok(value) if !value.is_empty() => Some(value),
        _ => cursor.fault("a User-Agent is not empty and has no control characters"),
    }
}

fn source_address(cursor: &Cursor<'_>) -> Option<IpAddr> {
    match cursor.text()?.parse::<IpAddr>() {
        Ok(address) if !address.is_unspecified() => Some(address),
        _ => cursor.fault(format!("{} is no address of this machine", cursor.shown())),
    }
}
