//! One address of the allowlist and what is expected of it.

use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use url::Url;

use super::TenantCheck;
use crate::observation::{Published, RouteFacts};
use crate::trust::signer::Signer;

/// One address that clients need.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its name: a label value, unique among endpoints and controls.
    pub name: String,
    /// What is requested: scheme `http` or `https`, with a host, without user info and fragment; for a domain of the
    /// tenant's scheme `dns`.
    pub url: Url,
    /// Label for alerts and the page.
    pub group: String,
    /// How bad it is when clients cannot use it.
    pub severity: Severity,
    /// Whether this is a control: known to answer, not part of the allowlist, pages nobody.
    pub control: bool,
    /// Set where this is no address but a domain of the tenant's, of which name servers are asked.
    pub tenant: Option<TenantCheck>,
    /// Set where no configuration has it but a certificate names it: what should lie there.
    pub discovered: Option<Published>,
    /// The request's method.
    pub method: Method,
    /// Headers sent besides Host, User-Agent and Accept.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The request's body.
    pub body: Option<Bytes>,
    /// How often each of its pairs is probed.
    pub interval: Duration,
    /// The deadline of one whole probe.
    pub timeout: Duration,
    /// What a good answer looks like.
    pub expect: Expect,
    /// What non-global addresses mean when nothing else proves the origin.
    pub private_answers: PrivateAnswers,
    /// Which roots prove its origin (besides the plan's extra roots).
    pub roots: RootsChoice,
}

impl Endpoint {
    /// Its host as names are compared: lower case, without the final dot; none of an address.
    pub fn host_name(&self) -> Option<String> {
        Some(self.url.domain()?.trim_end_matches('.').to_ascii_lowercase())
    }

    /// The interval where the configuration names none.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);
    /// The deadline where the configuration names none.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
    /// The deadline of CRLs where the configuration names none: they are larger, and slow lines exist.
    pub const DEFAULT_CRL_TIMEOUT: Duration = Duration::from_secs(30);

    /// An endpoint with every default applied: GET, group `default`, severity warning; an `http` URL whose path ends
    /// in `.crl` is expected to be a CRL.
    pub fn new(name: impl Into<String>, url: Url) -> Self {
        let crl = is_crl_url(&url).then(CrlExpectation::default);
        Self {
            name: name.into(),
            group: "default".to_owned(),
            severity: Severity::Warning,
            control: false,
            tenant: None,
            discovered: None,
            method: Method::GET,
            headers: Vec::new(),
            body: None,
            interval: Self::DEFAULT_INTERVAL,
            timeout: if crl.is_some() { Self::DEFAULT_CRL_TIMEOUT } else { Self::DEFAULT_TIMEOUT },
            expect: Expect { crl, ..Expect::default() },
            private_answers: PrivateAnswers::default(),
            roots: RootsChoice::default(),
            url,
        }
    }
}

impl Endpoint {
    /// Whether its TLS is audited: controls are compared with, no more.
    pub fn is_audited(&self) -> bool {
        self.url.scheme() == "https" && !self.control
    }
}

/// Whether a URL is taken for a CRL unless `expect.crl` says otherwise: plain http and a path ending in `.crl`.
pub fn is_crl_url(url: &Url) -> bool {
    url.scheme() == "http" && url.path().to_ascii_lowercase().ends_with(".crl")
}

/// How bad it is when clients cannot use an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Wakes somebody.
    Critical,
    /// Makes a ticket.
    #[default]
    Warning,
    /// Is only shown.
    Info,
}

impl Severity {
    /// Every severity, the highest first.
    pub const ALL: [Self; 3] = [Self::Critical, Self::Warning, Self::Info];

    /// The name used in labels and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// What a good answer looks like. Everything is optional: without any expectation, any answer of a proven origin is
/// a good one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// The statuses allowed.
    pub status: Option<StatusSet>,
    /// What the body must hold.
    pub body: Option<BodyExpectation>,
    /// Set where the body must be a CRL.
    pub crl: Option<CrlExpectation>,
    /// Which way the request must leave the site.
    pub route: Option<RouteExpectation>,
}

/// Which way a request must leave the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteExpectation {
    /// Straight to the origin: Microsoft wants sign-in and activation to bypass proxies.
    Direct,
    /// Through a proxy, whichever.
    Proxy,
}

impl RouteExpectation {
    /// As the configuration writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Proxy => "proxy",
        }
    }

    /// Whether a way is the one that is expected.
    pub fn is_met_by(self, way: &RouteFacts) -> bool {
        (*way == RouteFacts::Direct) == (self == Self::Direct)
    }
}

/// A set of HTTP statuses, as ranges between 100 and 599; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusSet(pub Vec<RangeInclusive<u16>>);

impl StatusSet {
    /// Whether a status is in the set.
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

impl std::fmt::Display for StatusSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            if range.start() == range.end() {
                write!(f, "{separator}{}", range.start())?;
            } else {
                write!(f, "{separator}{}-{}", range.start(), range.end())?;
            }
        }
        Ok(())
    }
}

/// What a body must hold, within its first 64 KiB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyExpectation {
    /// This text, to the letter; not empty.
    pub contains: String,
}

/// The body must be a certificate revocation list (RFC 5280, section 5).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CrlExpectation {
    /// Whether an outdated or withdrawn list counts.
    pub freshness: Freshness,
    /// How long after its issue a list is too old, whatever it says itself.
    pub max_age: Option<Duration>,
    /// Who has to have signed it; anybody known by its issuer's name where nobody is named.
    #[serde(skip)]
    pub issuers: Vec<Signer>,
}

/// Whether an outdated or withdrawn CRL counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// `crl_gone` and `crl_expired` are degraded.
    #[default]
    Required,
    /// They are reachable, with evidence.
    Ignored,
}

/// What a non-global address means for a public name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrivateAnswers {
    /// Unless the origin is proven, a sinkhole.
    #[default]
    Blocked,
    /// Nothing: split DNS or private links are in use.
    Allowed,
    /// That nobody asks there, and that this is well: an authority of the site's own names hosts of the site's own.
    Unasked,
}

/// Which roots prove an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RootsChoice {
    /// Mozilla's and Microsoft's own, compiled in.
    #[default]
    Bundled,
    /// The operating system's store, and Microsoft's own.
    System,
}
