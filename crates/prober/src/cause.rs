//! The closed vocabulary of judgement: [`State`], [`Stage`], [`Blame`] and [`Cause`].
//!
//! The snake_case names are an interface: metric label values, JSON values and runbook keys. They never carry
//! free text; what was seen in a particular case belongs to the detail sentence and the evidence.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a client at this site can do with an endpoint over a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A client can use the endpoint.
    Reachable,
    /// A client can use it, but something on the way is wrong and will bite later.
    Degraded,
    /// A client cannot use it.
    Blocked,
    /// Nothing is known.
    Unknown,
}

impl State {
    /// Every state, best first.
    pub const ALL: [Self; 4] = [Self::Reachable, Self::Degraded, Self::Blocked, Self::Unknown];

    /// The name used in labels and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::Degraded => "degraded",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a client gets through: reachable or degraded.
    pub const fn is_usable(self) -> bool {
        matches!(self, Self::Reachable | Self::Degraded)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where on its way a probe stopped. The order is the order of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Choosing the way out: direct, proxy, PAC, environment.
    Route,
    /// Resolving the target's name.
    Resolve,
    /// The TCP connection to the target.
    Connect,
    /// Reaching the proxy and having it open the way.
    Proxy,
    /// The TLS handshake with whoever answers for the target.
    Tls,
    /// Request and response head.
    Http,
    /// The response body: a CRL or an expected text.
    Content,
}

impl Stage {
    /// Every stage in the order of the way.
    pub const ALL: [Self; 7] =
        [Self::Route, Self::Resolve, Self::Connect, Self::Proxy, Self::Tls, Self::Http, Self::Content];

    /// The name used in labels and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Content => "content",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blame {
    /// Whoever runs reachwatch.
    Monitor,
    /// Whoever runs the DNS resolvers.
    Resolver,
    /// Whoever runs the firewall and the line.
    Network,
    /// Whoever runs the proxy.
    Proxy,
    /// Whoever runs the filter or TLS inspection that answers in the origin's place.
    Interceptor,
    /// The publisher of the endpoint.
    Origin,
    /// The owner of the tenant's DNS zone.
    Tenant,
}

impl Blame {
    /// The name used in labels and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monitor => "monitor",
            Self::Resolver => "resolver",
            Self::Network => "network",
            Self::Proxy => "proxy",
            Self::Interceptor => "interceptor",
            Self::Origin => "origin",
            Self::Tenant => "tenant",
        }
    }
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Declares [`Cause`] from the table in `docs/causes.md`, one line a cause: variant, name, stage, blame, headline.
macro_rules! causes {
    ($($variant:ident, $name:literal, $stage:ident, $blame:ident, $words:literal;)+) => {
        /// Why an endpoint cannot be used, or will soon be unusable. `docs/causes.md` says when each applies.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Cause {
            $(#[doc = $words] #[serde(rename = $name)] $variant,)+
        }

        impl Cause {
            /// Every cause, in the order of the way.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name used in labels, JSON and runbook addresses.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Where a probe that meets this cause stops; for `monitor_error` the usual place.
            pub const fn stage(self) -> Stage {
                match self { $(Self::$variant => Stage::$stage,)+ }
            }

            /// Who has to act unless the circumstances say otherwise (a verdict carries the blame that holds).
            pub const fn blame(self) -> Blame {
                match self { $(Self::$variant => Blame::$blame,)+ }
            }

            /// The cause in a few words, for people: "the proxy refuses it".
            pub const fn words(self) -> &'static str {
                match self { $(Self::$variant => $words,)+ }
            }
        }
    };
}

causes! {
    PacUnavailable, "pac_unavailable", Route, Proxy, "the PAC file cannot be fetched";
    PacStale, "pac_stale", Route, Proxy, "the PAC file cannot be refreshed";
    PacInvalid, "pac_invalid", Route, Proxy, "the PAC file is broken";
    RouteUnexpected, "route_unexpected", Route, Proxy, "it leaves another way than expected";
    DnsNxdomain, "dns_nxdomain", Resolve, Resolver, "the resolver says the name does not exist";
    DnsNoAddress, "dns_no_address", Resolve, Resolver, "the resolver has no address for the name";
    DnsServerFailure, "dns_server_failure", Resolve, Resolver, "the resolvers fail";
    DnsTimeout, "dns_timeout", Resolve, Resolver, "no resolver answers";
    DnsSinkholed, "dns_sinkholed", Resolve, Resolver, "DNS points the name to a sinkhole";
    TenantCname, "tenant_cname", Resolve, Tenant, "the tenant's MSOID record points to the wrong cloud";
    TcpRefused, "tcp_refused", Connect, Network, "the connection is refused";
    TcpTimeout, "tcp_timeout", Connect, Network, "connection attempts go unanswered";
    TcpUnreachable, "tcp_unreachable", Connect, Network, "the network says unreachable";
    ProxyUnresolvable, "proxy_unresolvable", Proxy, Resolver, "the proxy's own name does not resolve";
    ProxyRefused, "proxy_refused", Proxy, Proxy, "the proxy refuses connections";
    ProxyUnreachable, "proxy_unreachable", Proxy, Proxy, "the proxy is unreachable";
    ProxyTimeout, "proxy_timeout", Proxy, Proxy, "the proxy does not answer";
    ProxyTlsFailed, "proxy_tls_failed", Proxy, Proxy, "TLS to the proxy fails";
    ProxyAuthRequired, "proxy_auth_required", Proxy, Proxy, "the proxy wants credentials";
    ProxyDenied, "proxy_denied", Proxy, Proxy, "the proxy refuses it";
    ProxyUpstreamFailed, "proxy_upstream_failed", Proxy, Network, "the proxy cannot get there";
    ProxyProtocolError, "proxy_protocol_error", Proxy, Proxy, "the proxy answers nonsense";
    TlsReset, "tls_reset", Tls, Network, "the connection is cut after the ClientHello";
    TlsTimeout, "tls_timeout", Tls, Network, "the ClientHello goes unanswered";
    TlsNotTls, "tls_not_tls", Tls, Interceptor, "something answers that does not speak TLS";
    TlsVersionRefused, "tls_version_refused", Tls, Interceptor, "TLS 1.2 and 1.3 are refused";
    TlsHandshakeFailed, "tls_handshake_failed", Tls, Interceptor, "the TLS handshake fails";
    TlsIntercepted, "tls_intercepted", Tls, Interceptor, "TLS is intercepted";
    TlsChainIncomplete, "tls_chain_incomplete", Tls, Origin, "an intermediate certificate is missing";
    TlsRootUnknown, "tls_root_unknown", Tls, Monitor, "it chains to a Microsoft root that reachwatch does not hold";
    TlsNameMismatch, "tls_name_mismatch", Tls, Interceptor, "the certificate is for another name";
    TlsExpired, "tls_expired", Tls, Origin, "the certificate is outside its validity";
    TlsVersionPartial, "tls_version_partial", Tls, Network, "one TLS version fails";
    TlsLargeHello, "tls_large_hello", Tls, Network, "a large ClientHello is dropped";
    CertificateRevoked, "certificate_revoked", Tls, Origin, "the certificate is revoked";
    MonitorClock, "monitor_clock", Tls, Monitor, "the monitor's clock is wrong";
    HttpReset, "http_reset", Http, Network, "the connection is cut before the response";
    HttpTimeout, "http_timeout", Http, Network, "the response does not come in time";
    HttpInvalid, "http_invalid", Http, Network, "the response is not HTTP";
    HttpServerError, "http_server_error", Http, Origin, "the origin reports an error of its own";
    HttpUnproven, "http_unproven", Http, Interceptor, "plain HTTP is refused, by the origin or by a filter";
    HttpStatus, "http_status", Http, Origin, "an unexpected HTTP status";
    BlockPage, "block_page", Http, Interceptor, "a block page answers";
    CaptivePortal, "captive_portal", Http, Interceptor, "a captive portal answers";
    ContentMismatch, "content_mismatch", Content, Interceptor, "the content is not the expected one";
    CrlInvalid, "crl_invalid", Content, Interceptor, "what comes is no CRL";
    CrlTruncated, "crl_truncated", Content, Network, "the CRL is cut short";
    CrlTooLarge, "crl_too_large", Content, Origin, "the CRL is over the size limit";
    CrlBadSignature, "crl_bad_signature", Content, Interceptor, "the CRL is not signed by its issuer";
    CrlRolledBack, "crl_rolled_back", Content, Proxy, "an older CRL than before is served";
    CrlGone, "crl_gone", Content, Origin, "the CRL is no longer published";
    CrlExpired, "crl_expired", Content, Origin, "the CRL is out of date";
    MonitorError, "monitor_error", Connect, Monitor, "the monitor itself has a problem";
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
