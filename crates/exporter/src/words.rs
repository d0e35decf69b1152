//! Words for people: who has to act, causes that concern several endpoints, lists, durations.

use std::time::Duration;

use prober::cause::{Blame, Cause};

/// Who that is, as the subject or object of a sentence.
pub const fn who(blame: Blame) -> &'static str {
    match blame {
        Blame::Monitor => "whoever runs reachwatch",
        Blame::Resolver => "whoever runs the DNS resolvers",
        Blame::Network => "whoever runs the firewall and the line",
        Blame::Proxy => "whoever runs the proxy",
        Blame::Interceptor => "whoever runs the web filter or TLS inspection",
        Blame::Origin => "the publisher of the endpoint",
        Blame::Tenant => "the owner of the tenant's DNS zone",
    }
}

/// A cause in words that fit so many endpoints: "the proxy refuses them".
pub const fn cause_of(cause: Cause, endpoints: usize) -> &'static str {
    if endpoints == 1 {
        return cause.words();
    }
    match cause {
        Cause::RouteUnexpected => "they leave another way than expected",
        Cause::DnsNxdomain => "the resolver says the names do not exist",
        Cause::DnsNoAddress => "the resolver has no address for the names",
        Cause::DnsSinkholed => "DNS points the names to a sinkhole",
        Cause::TenantCname => "the tenant's MSOID records point to the wrong cloud",
        Cause::TcpRefused => "the connections are refused",
        Cause::ProxyDenied => "the proxy refuses them",
        Cause::TlsReset => "the connections are cut after the ClientHello",
        Cause::TlsTimeout => "the ClientHellos go unanswered",
        Cause::TlsHandshakeFailed => "the TLS handshakes fail",
        Cause::TlsChainIncomplete => "intermediate certificates are missing",
        Cause::TlsRootUnknown => "they chain to Microsoft roots that reachwatch does not hold",
        Cause::TlsNameMismatch => "the certificates are for other names",
        Cause::TlsExpired => "the certificates are outside their validity",
        Cause::TlsLargeHello => "large ClientHellos are dropped",
        Cause::CertificateRevoked => "the certificates are revoked",
        Cause::HttpReset => "the connections are cut before the response",
        Cause::HttpTimeout => "the responses do not come in time",
        Cause::HttpInvalid => "the responses are not HTTP",
        Cause::HttpServerError => "the origins report errors of their own",
        Cause::HttpStatus => "unexpected HTTP statuses",
        Cause::BlockPage => "block pages answer",
        Cause::CrlInvalid => "what comes are no CRLs",
        Cause::CrlTruncated => "the CRLs are cut short",
        Cause::CrlTooLarge => "the CRLs are over the size limit",
        Cause::CrlBadSignature => "the CRLs are not signed by their issuers",
        Cause::CrlRolledBack => "older CRLs than before are served",
        Cause::CrlGone => "the CRLs are no longer published",
        Cause::CrlExpired => "the CRLs are out of date",
        other => other.words(),
    }
}

/// A list in a sentence: "a", "a and b", "a, b and c"; a long one becomes "5 paths".
pub(crate) fn list(items: &[&str], plural: &str) -> String {
    match items {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] if items.len() <= 3 => format!("{} and {last}", first.join(", ")),
        many => format!("{} {plural}", many.len()),
    }
}

/// A list in a sentence that names as many as fit: "a, b and c", "a, b, … and 5 more".
pub(crate) fn all(items: &[&str]) -> String {
    const MOST: usize = 8;
    match items {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] if items.len() <= MOST => format!("{} and {last}", first.join(", ")),
        many => format!("{} and {} more", many.get(..MOST).unwrap_or(many).join(", "), many.len() - MOST),
    }
}

/// Words as a heading begins: "The proxy refuses it".
pub(crate) fn capitalised(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// How long ago something was, or how long it has lasted, in its largest unit: "18 min", "3 days".
pub(crate) fn span(duration: time::Duration) -> String {
    let (days, hours, minutes) = (duration.whole_days(), duration.whole_hours(), duration.whole_minutes());
    match (days, hours, minutes, duration.whole_seconds()) {
        (1, ..) => "1 day".to_owned(),
        (2.., ..) => format!("{days} days"),
        (_, 1.., ..) => format!("{hours} h"),
        (_, _, 1.., _) => format!("{minutes} min"),
        (_, _, _, seconds) => format!("{} s", seconds.max(0)),
    }
}

/// What a probe took, with three significant digits at most: "7 ms", "1.25 s", "12 s".
pub(crate) fn took(duration: Duration) -> String {
    match duration.as_millis() {
        0 => "< 1 ms".to_owned(),
        1..1000 => format!("{} ms", duration.as_millis()),
        1000..10_000 => format!("{:.2} s", duration.as_secs_f64()),
        _ => format!("{:.0} s", duration.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cause_calls_several_endpoints_it() {
        for cause in Cause::ALL {
            let words = cause_of(*cause, 2);
            assert!(!words.split(' ').any(|word| word == "it"), "{words}");
        }
    }

    #[test]
    fn lists_read_as_in_a_sentence() {
        assert_eq!(list(&["hq"], "paths"), "hq");
        assert_eq!(list(&["direct", "hq"], "paths"), "direct and hq");
        assert_eq!(list(&["direct", "hq", "lte"], "paths"), "direct, hq and lte");
        assert_eq!(list(&["a", "b", "c", "d"], "paths"), "4 paths");
    }

    #[test]
    fn a_list_of_all_names_as_many_as_fit() {
        assert_eq!(all(&["a"]), "a");
        assert_eq!(all(&["a", "b", "c", "d"]), "a, b, c and d");
        assert_eq!(all(&["x"; 10]), "x, x, x, x, x, x, x, x and 2 more");
    }

    #[test]
    fn spans_name_their_largest_unit() {
        let cases = [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (3_600, "1 h"), (86_400, "1 day"), (200_000, "2 days")];
        for (seconds, expected) in cases {
            assert_eq!(span(time::Duration::seconds(seconds)), expected);
        }
    }

    #[test]
    fn durations_keep_three_digits() {
        let cases = [(400, "< 1 ms"), (48_250, "48 ms"), (1_250_000, "1.25 s"), (12_400_000, "12 s")];
        for (micros, expected) in cases {
            assert_eq!(took(Duration::from_micros(micros)), expected);
        }
    }
}
