//! Signs by which products in the way are known, as data.
//!
//! A sign of class block in the place of an unproven origin is a verdict; one of class presence only names a vendor.
//! Only what a proxy says of itself is known so far; signs of other products are further rows.

use crate::observation::Headers;

/// What a sign means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Refused by policy.
    Policy,
    /// Allowed, but the proxy could not get there.
    Upstream,
    /// The product is on the way: evidence, never a verdict.
    Presence,
}

/// A sign that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sign<'a> {
    pub(super) vendor: &'static str,
    pub(super) meaning: Meaning,
    /// The product's own word for what happened.
    pub(super) message: &'a str,
}

/// The code in `X-Squid-Error`, and what it means. Squid sends the header only with pages of its own making.
const SQUID_ERRORS: &[(&str, Meaning)] = &[
    ("ERR_ACCESS_DENIED", Meaning::Policy),
    ("ERR_CACHE_ACCESS_DENIED", Meaning::Policy),
    ("ERR_FORWARDING_DENIED", Meaning::Policy),
    ("ERR_TOO_BIG", Meaning::Policy),
    ("ERR_CANNOT_FORWARD", Meaning::Upstream),
    ("ERR_CONNECT_FAIL", Meaning::Upstream),
    ("ERR_DNS_FAIL", Meaning::Upstream),
    ("ERR_GATEWAY_FAILURE", Meaning::Upstream),
    ("ERR_INVALID_RESP", Meaning::Upstream),
    ("ERR_LIFETIME_EXP", Meaning::Upstream),
    ("ERR_NO_RELAY", Meaning::Upstream),
    ("ERR_READ_ERROR", Meaning::Upstream),
    ("ERR_READ_TIMEOUT", Meaning::Upstream),
    ("ERR_SECURE_CONNECT_FAIL", Meaning::Upstream),
    ("ERR_SOCKET_FAILURE", Meaning::Upstream),
    ("ERR_WRITE_ERROR", Meaning::Upstream),
    ("ERR_ZERO_SIZE_OBJECT", Meaning::Upstream),
];

/// How tinyproxy names itself in `Server`, which it sends with pages of its own making alone: answers that it passes on
/// keep the origin's. Its pages have no code; it refuses with 403 and says 500 where it cannot connect.
const TINYPROXY: &str = "tinyproxy/";

/// Products that refuse CONNECT by policy with 502, which otherwise means a dead upstream: header or reason phrase in
/// lower case, and what it holds.
const CONNECT_DENIALS: &[(&str, Place, &str)] =
    &[("Forefront TMG", Place::Reason, "forefront tmg denied"), ("Zscaler", Place::Header("server"), "zscaler")];

/// Headers that name a product without saying anything else: header, text in lower case, vendor.
const PRESENCE: &[(&str, &str, &str)] =
    &[("x-squid-error", "err_", "squid"), ("server", "squid", "squid"), ("via", "squid", "squid")];

#[derive(Debug, Clone, Copy)]
enum Place {
    Reason,
    Header(&'static str),
}

/// The sign in a response that stands in the origin's place, or in a refusal of CONNECT.
pub(super) fn of_response(status: u16, headers: &Headers) -> Option<Sign<'_>> {
    of_squid(status, headers).or_else(|| of_tinyproxy(status, headers))
}

fn of_squid(status: u16, headers: &Headers) -> Option<Sign<'_>> {
    // "ERR_CONNECT_FAIL 111": the code, then an errno.
    let code = headers.get("x-squid-error")?.split_whitespace().next()?;
    let known = SQUID_ERRORS.iter().find(|(name, _)| *name == code).map(|(_, meaning)| *meaning);
    // Sites name pages of their own with deny_info; their status tells them apart.
    let meaning = known.unwrap_or(if status < 500 { Meaning::Policy } else { Meaning::Upstream });
    Some(Sign { vendor: "squid", meaning, message: code })
}

fn of_tinyproxy(status: u16, headers: &Headers) -> Option<Sign<'_>> {
    let message = headers.get("server").filter(|server| server.starts_with(TINYPROXY))?;
    let meaning = match status {
        403 => Meaning::Policy,
        500..=599 => Meaning::Upstream,
        _ => return None,
    };
    Some(Sign { vendor: "tinyproxy", meaning, message })
}

/// The sign in a refusal of CONNECT.
pub(super) fn of_connect<'a>(status: u16, reason: Option<&'a str>, headers: &'a Headers) -> Option<Sign<'a>> {
    // Other 5xx of these products are what they are of anybody.
    let may_deny = status == 502 || status < 500;
    of_response(status, headers).or_else(|| {
        CONNECT_DENIALS.iter().filter(|_| may_deny).find_map(|(vendor, place, text)| {
            let message = match place {
                Place::Reason => reason?,
                Place::Header(name) => headers.get(name)?,
            };
            message.to_ascii_lowercase().contains(text).then_some(Sign { vendor, meaning: Meaning::Policy, message })
        })
    })
}

/// The product that headers name.
pub(super) fn vendor(headers: &Headers) -> Option<Sign<'_>> {
    PRESENCE.iter().find_map(|(header, text, vendor)| {
        let message = headers.get_all(header).find(|value| value.to_ascii_lowercase().contains(text))?;
        Some(Sign { vendor, meaning: Meaning::Presence, message })
    })
}
