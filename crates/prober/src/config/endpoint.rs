//! One entry of `endpoints` or `controls`.

use std::ops::RangeInclusive;
use std::time::Duration;

use url::Url;

use super::address;
use super::cursor::{Cursor, Map};
use super::duration;
use super::names::{MAX_NAME, label, slug};
use super::{expect, network, request, trust};
use crate::plan::{CONTROL_GROUP, Endpoint, PrivateAnswers, REVOCATION_GROUP, RootsChoice, Severity};

pub(super) const INTERVALS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(86_400);
pub(super) const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(300);

const KEYS: &[&str] = &[
    "name",
    "url",
    "group",
    "severity",
    "paths",
    "interval",
    "timeout",
    "expect",
    "method",
    "body",
    "headers",
    "enabled",
    "private_answers",
    "tls",
];
/// Controls have their group and severity by being controls.
const CONTROL_KEYS: &[&str] = &[
    "name",
    "url",
    "paths",
    "interval",
    "timeout",
    "expect",
    "method",
    "body",
    "headers",
    "enabled",
    "private_answers",
    "tls",
];

/// What the file says for all endpoints that do not say it themselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Defaults {
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
    pub(super) private_answers: PrivateAnswers,
    pub(super) roots: RootsChoice,
}

/// An endpoint whose paths are not resolved yet.
pub(super) struct Draft<'a> {
    pub(super) endpoint: Endpoint,
    /// The entry, and its own list of paths.
    pub(super) cursor: Cursor<'a>,
    pub(super) paths: Option<Cursor<'a>>,
    /// Whether its name is one: a faulty one is in nobody's way.
    pub(super) named: bool,
    pub(super) enabled: bool,
}

/// Which list an entry stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Endpoint,
    Control,
}

/// Reads an entry of either form.
pub(super) fn read<'a>(cursor: &Cursor<'a>, role: Role, defaults: &Defaults) -> Option<Draft<'a>> {
    if cursor.is_map() {
        return map_form(cursor, role, defaults);
    }
    let mut endpoint = start(cursor, cursor.text_for("an address or a map")?, None, role, defaults)?;
    endpoint.timeout = inherited_timeout(&endpoint, defaults);
    Some(Draft { endpoint, cursor: cursor.clone(), paths: None, named: true, enabled: true })
}

fn map_form<'a>(cursor: &Cursor<'a>, role: Role, defaults: &Defaults) -> Option<Draft<'a>> {
    let map = cursor.section(if role == Role::Control { CONTROL_KEYS } else { KEYS })?;
    let name = map.get("name").map(|cursor| label(&cursor));
    let named = name != Some(None);
    // Without an address there is still the rest to find fault with.
    let started =
        map.require("url").and_then(|url| start(&url, url.text_for("an address")?, name.flatten(), role, defaults));
    let known = started.is_some();
    let mut endpoint = started.or_else(|| placeholder(defaults))?;
    labels(&map, &mut endpoint);
    if let Some(cursor) = map.get("expect") {
        endpoint.expect = expect::read(&cursor, std::mem::take(&mut endpoint.expect)).unwrap_or_default();
    }
    request::read(&map, &mut endpoint);
    timing(&map, &mut endpoint, defaults);
    if let Some(cursor) = map.get("private_answers") {
        endpoint.private_answers = network::private_answers(&cursor).unwrap_or_default();
    }
    if let Some(cursor) = map.get("tls") {
        endpoint.roots = trust::read_own(&cursor).unwrap_or(endpoint.roots);
    }
    let enabled = map.get("enabled").and_then(|cursor| cursor.boolean()).unwrap_or(true);
    known.then(|| Draft { endpoint, cursor: cursor.clone(), paths: map.get("paths"), named, enabled })
}

/// An endpoint of an address, with everything else by default.
fn start(cursor: &Cursor<'_>, text: &str, name: Option<String>, role: Role, defaults: &Defaults) -> Option<Endpoint> {
    let url = match address::parse(text) {
        Ok(url) => url,
        Err(address::Problem(message, help)) => {
            let message = format!("{}: {message}", cursor.shown());
            return help.map_or_else(|| cursor.fault(message.clone()), |help| cursor.fault_with_help(&*message, help));
        }
    };
    let mut endpoint = with_defaults(name, url, defaults);
    if role == Role::Control {
        endpoint.control = true;
        CONTROL_GROUP.clone_into(&mut endpoint.group);
        endpoint.severity = Severity::Info;
    }
    Some(endpoint)
}

fn with_defaults(name: Option<String>, url: Url, defaults: &Defaults) -> Endpoint {
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPath];
    let mut endpoint = Endpoint::new(name.unwrap_or_else(|| slug(authority)), url);
    endpoint.interval = defaults.interval;
    endpoint.private_answers = defaults.private_answers;
    endpoint.roots = defaults.roots;
    endpoint
}

/// An endpoint of nothing but a URL, as the one-line form gives.
pub(super) fn of_url(url: &Url, defaults: &Defaults) -> Endpoint {
    let mut endpoint = with_defaults(None, url.clone(), defaults);
    endpoint.timeout = inherited_timeout(&endpoint, defaults);
    endpoint
}

/// Stands in for an endpoint whose address is missing or wrong while its other keys are read.
fn placeholder(defaults: &Defaults) -> Option<Endpoint> {
    let mut endpoint = Endpoint::new("", address::parse("placeholder.invalid").ok()?);
    endpoint.interval = defaults.interval;
    Some(endpoint)
}

fn labels(map: &Map<'_>, endpoint: &mut Endpoint) {
    if endpoint.control {
        return;
    }
    if let Some(cursor) = map.get("group")
        && let Some(group) = label(&cursor)
    {
        if group == CONTROL_GROUP {
            cursor.fault_with_help::<()>("this group is that of the controls", "choose another name");
        }
        if group == REVOCATION_GROUP {
            cursor.fault_with_help::<()>("this group is that of what certificates name", "choose another name");
        }
        endpoint.group = group;
    }
    let severities = [Severity::Critical, Severity::Warning, Severity::Info].map(|one| (one.as_str(), one));
    if let Some(severity) = map.get("severity").and_then(|cursor| cursor.choice(&severities)) {
        endpoint.severity = severity;
    }
}

fn timing(map: &Map<'_>, endpoint: &mut Endpoint, defaults: &Defaults) {
    if let Some(interval) = map.get("interval").and_then(|cursor| duration::read(&cursor, INTERVALS)) {
        endpoint.interval = interval;
    }
    endpoint.timeout = inherited_timeout(endpoint, defaults);
    if let Some(cursor) = map.get("timeout")
        && let Some(timeout) = duration::read(&cursor, TIMEOUTS)
    {
        fits(&cursor, timeout, endpoint.interval);
        endpoint.timeout = timeout;
    }
}

/// The file's timeout; more where a CRL is expected, and never longer than the endpoint's interval.
fn inherited_timeout(endpoint: &Endpoint, defaults: &Defaults) -> Duration {
    let usual = match endpoint.expect.crl {
        Some(_) => defaults.timeout.max(Endpoint::DEFAULT_CRL_TIMEOUT),
        None => defaults.timeout,
    };
    usual.min(endpoint.interval)
}

/// Notes a timeout that would outlast the interval: the next probe of the pair is then due before this one ends.
pub(super) fn fits(timeout_at: &Cursor<'_>, timeout: Duration, interval: Duration) {
    if timeout > interval {
        let (timeout, interval) = (duration::show(timeout), duration::show(interval));
        let message = format!("a timeout of {timeout} is longer than the interval of {interval}");
        timeout_at.fault_with_help::<()>(message, "shorten the timeout or lengthen the interval");
    }
}

const _: () = assert!(MAX_NAME == 100, "the fault messages say 100");
