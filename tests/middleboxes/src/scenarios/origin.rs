//! Origins with troubles of their own, which are not the network's.

use crate::boxes::squid;
use crate::scenario::Scenario;

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![stale(), sick(), incomplete(), lists()]
}

/// A cache hands out a list that has expired meanwhile, and the publisher has a newer one.
fn stale() -> Scenario {
    Scenario { until_stale: true, ..Scenario::new("a proxy's stale copy of a CRL") }
        .path("direct", "direct")
        .path("squid", "http://10.77.0.1:3128")
        .daemon(squid("http_access allow all\nrefresh_pattern . 60 100% 1440"))
        .endpoint("list", "http://short-lived.contoso.com/pki/list.crl")
        .truth_over("squid", "list", "degraded crl_expired proxy")
}

fn sick() -> Scenario {
    Scenario::new("sick origins")
        .path("direct", "direct")
        .path("squid", "http://10.77.0.1:3128")
        .daemon(squid("http_access allow all"))
        .endpoint("expired", "https://expired.contoso.com/")
        .endpoint("old-inspection", "https://old-inspection.contoso.com/")
        .endpoint("other-name", "https://other-name.contoso.com/")
        .endpoint("incomplete", "https://incomplete.contoso.com/")
        .endpoint("overloaded", "https://overloaded.contoso.com/")
        .endpoint("overloaded-http", "http://overloaded.contoso.com/")
        .endpoint("forbidden-http", "http://forbidden.contoso.com/")
        .endpoint("refusing", "https://refusing.contoso.com/")
        .endpoint("mute", "https://mute.contoso.com/")
        .endpoint("garbage", "https://garbage.contoso.com/")
        .endpoint("reset", "https://reset.contoso.com/")
        .endpoint("pondering", "https://pondering.contoso.com/")
        .endpoint_with("unexpected", "https://forbidden.contoso.com/", "expect: {status: 200}")
        .truth("expired", "blocked tls_expired origin")
        .truth("old-inspection", "blocked tls_intercepted interceptor")
        .truth("other-name", "blocked tls_name_mismatch interceptor")
        .truth("incomplete", "degraded tls_chain_incomplete origin")
        .truth("overloaded overloaded-http", "degraded http_server_error origin")
        .truth("forbidden-http", "degraded http_unproven interceptor")
        .truth("unexpected", "blocked http_status origin")
        .truth("reset", "blocked http_reset network")
        .truth("pondering", "blocked http_timeout network")
        .truth("garbage", "blocked http_invalid network")
        .truth_over("direct", "refusing", "blocked tcp_refused network")
        .truth_over("squid", "refusing", "blocked proxy_upstream_failed network")
        .truth_over("direct", "mute", "blocked tls_timeout network")
        // Behind a tunnel it is the proxy that stands before the origin.
        .truth_over("squid", "mute", "blocked tls_timeout proxy")
}

/// An intermediate certificate that is missing and cannot be fetched on one way, while the other completes the chain: it
/// is the origin that has been seen on both.
fn incomplete() -> Scenario {
    Scenario::new("a missing intermediate, fetched on one way")
        .path("direct", "direct")
        .path("squid", "http://10.77.0.1:3128")
        .daemon(squid("http_access allow all"))
        .forward("ip daddr $pki tcp dport 80 reject with tcp reset")
        .endpoint("incomplete", "https://incomplete.contoso.com/")
        .truth("incomplete", "degraded tls_chain_incomplete origin")
}

fn lists() -> Scenario {
    Scenario::new("sick CRL hosts")
        .path("direct", "direct")
        .path("squid", "http://10.77.0.1:3128")
        .daemon(squid("http_access allow all\ncache deny all"))
        .endpoint("outdated", "http://outdated.contoso.com/list.crl")
        .endpoint_with(
            "outdated-and-known",
            "http://outdated.contoso.com/old.crl",
            "expect: {crl: {freshness: ignored}}",
        )
        .endpoint("retired", "http://retired.contoso.com/list.crl")
        .endpoint("cut", "http://cut.contoso.com/list.crl")
        .endpoint("page", "http://page.contoso.com/list.crl")
        .truth("outdated", "degraded crl_expired origin")
        .truth("retired", "degraded crl_gone origin")
        .truth("cut", "blocked crl_truncated network")
        .truth("page", "blocked crl_invalid interceptor")
}
