//! One result as blackbox_exporter tells of a probe, so that its dashboards and rules work on ours.
//!
//! Names, types, help texts and labels are those of <https://github.com/prometheus/blackbox_exporter>; a test probes the
//! same origin with both. What a phase did not do took 0 s and what no answer said is 0 there, so it is here; what we do
//! not know is absent. `docs/http.md` lists all of it.

use std::net::IpAddr;
use std::time::Duration;

use prober::cause::{Cause, Stage, State};
use prober::observation::{HttpFacts, Observation, RouteFacts, TlsFacts};
use prober::snapshot::Row;
use prober::state::Report;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::exposition::{Exposition, Labels, Value};
use super::family::{Family, Kind};

const fn gauge(name: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Gauge, help }
}

static SUCCESS: Family = gauge("probe_success", "Displays whether or not the probe was a success");
static DURATION: Family = gauge("probe_duration_seconds", "Returns how long the probe took to complete in seconds");
static LOOKUP: Family =
    gauge("probe_dns_lookup_time_seconds", "Returns the time taken for probe dns lookup in seconds");
static IP_PROTOCOL: Family = gauge("probe_ip_protocol", "Specifies whether probe ip protocol is IP4 or IP6");
static IP_HASH: Family =
    gauge("probe_ip_addr_hash", "Specifies the hash of IP address. It's useful to detect if the IP address changes.");
static HTTP_DURATION: Family =
    gauge("probe_http_duration_seconds", "Duration of http request by phase, summed over all redirects");
static STATUS: Family = gauge("probe_http_status_code", "Response HTTP status code");
static LENGTH: Family = gauge("probe_http_content_length", "Length of http content response");
static BODY: Family = gauge("probe_http_uncompressed_body_length", "Length of uncompressed response body");
static REDIRECTS: Family = gauge("probe_http_redirects", "The number of redirects");
static SSL: Family = gauge("probe_http_ssl", "Indicates if SSL was used for the final redirect");
static VERSION: Family = gauge("probe_http_version", "Returns the version of HTTP of the probe response");
static MODIFIED: Family =
    gauge("probe_http_last_modified_timestamp_seconds", "Returns the Last-Modified HTTP response header in unixtime");
static REGEX: Family = gauge("probe_failed_due_to_regex", "Indicates if probe failed due to regex");
static EARLIEST: Family = gauge("probe_ssl_earliest_cert_expiry", "Returns last SSL chain expiry in unixtime");
static CHAIN: Family =
    gauge("probe_ssl_last_chain_expiry_timestamp_seconds", "Returns last SSL chain expiry in timestamp");
static LEAF: Family = gauge("probe_ssl_last_chain_info", "Contains SSL leaf certificate information");
static TLS: Family = gauge("probe_tls_version_info", "Returns the TLS version used or NaN when unknown");

/// The newest probe of a row; `None` where there was none yet.
pub fn render(row: &Row) -> Option<String> {
    let report = row.last.as_ref()?;
    let mut text = Exposition::default();
    write_probe(report, &mut text);
    // A domain of the tenant's is asked of name servers; nothing is spoken with an origin.
    if row.pair.endpoint.tenant.is_none() {
        write_address(&report.observation, &mut text);
        write_http(report, &mut text);
    }
    if let Some(tls) = &report.observation.tls {
        write_tls(tls, &mut text);
    }
    Some(text.into_text())
}

/// A sample without labels, where there is a value.
fn write(text: &mut Exposition, family: &'static Family, value: Option<impl Value>) {
    if let Some(value) = value {
        text.family(family).sample(&Labels::default(), &[], value);
    }
}

fn write_probe(report: &Report, text: &mut Exposition) {
    let seen = &report.observation;
    write(
        text,
        &SUCCESS,
        match report.verdict.state {
            State::Reachable | State::Degraded => Some(1),
            State::Blocked => Some(0),
            State::Unknown => None,
        },
    );
    write(text, &DURATION, Some(seen.duration));
    write(text, &LOOKUP, Some(seen.phases.resolve.unwrap_or_default()));
}

/// The origin's address, which behind a proxy only the proxy knows.
fn write_address(seen: &Observation, text: &mut Exposition) {
    let address = match seen.route {
        RouteFacts::Direct => {
            let tried = || seen.resolve.as_ref().and_then(|resolved| resolved.addresses.first().copied());
            seen.remote_address.map(|peer| peer.ip()).or_else(tried)
        }
        RouteFacts::Proxy(_) => None,
    };
    write(text, &IP_PROTOCOL, address.map(|address| if address.is_ipv4() { 4 } else { 6 }));
    write(text, &IP_HASH, address.map(hash));
}

/// FNV-1 with 32 bits, in the variant of <http://www.isthe.com/chongo/tech/comp/fnv/> that is called 1a.
fn hash(address: IpAddr) -> u32 {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(16_777_619);
    match address {
        IpAddr::V4(ip) => ip.octets().iter().fold(2_166_136_261, step),
        IpAddr::V6(ip) => ip.octets().iter().fold(2_166_136_261, step),
    }
}

fn write_http(report: &Report, text: &mut Exposition) {
    let seen = &report.observation;
    let mut phases = text.family(&HTTP_DURATION);
    for (phase, stages) in [
        // What it takes to be able to speak with the origin, through a proxy as well.
        ("connect", &[Stage::Connect, Stage::Proxy][..]),
        ("processing", &[Stage::Http]),
        ("resolve", &[Stage::Resolve]),
        ("tls", &[Stage::Tls]),
        ("transfer", &[Stage::Content]),
    ] {
        let took: Duration = stages.iter().filter_map(|stage| seen.phases.get(*stage)).sum();
        phases.sample(&Labels::default(), &[("phase", phase)], took);
    }
    let http = seen.http.as_ref();
    write(text, &STATUS, Some(http.map_or(0, |http| http.status)));
    write(text, &VERSION, Some(http.map_or("0", version)));
    write(text, &SSL, Some(u8::from(http.is_some() && seen.tls.is_some())));
    // How many were followed is not kept.
    write(text, &REDIRECTS, seen.chosen.is_none().then_some(0));
    write(text, &LENGTH, Some(http.map_or(Some(0), |http| http.body.announced).map_or(-1, u64::cast_signed)));
    let read = |http: &HttpFacts| http.body.complete.then_some(http.body.bytes);
    write(text, &BODY, http.map_or(Some(0), read));
    let modified = http.and_then(|http| OffsetDateTime::parse(http.headers.get("last-modified")?, &Rfc2822).ok());
    write(text, &MODIFIED, modified.map(OffsetDateTime::unix_timestamp));
    let cause = report.verdict.reason.as_ref().map(|reason| reason.cause);
    write(text, &REGEX, Some(u8::from(cause == Some(Cause::ContentMismatch))));
}

fn version(http: &HttpFacts) -> &str {
    match http.version.as_str() {
        "HTTP/1.0" => "1",
        version => version.strip_prefix("HTTP/").unwrap_or("0"),
    }
}

fn write_tls(tls: &TlsFacts, text: &mut Exposition) {
    let earliest = tls.chain.iter().map(|certificate| certificate.not_after).min();
    write(text, &EARLIEST, earliest.map(OffsetDateTime::unix_timestamp));
    let verified = tls.verification.period.filter(|_| tls.is_vouched_for());
    write(text, &CHAIN, verified.map(|period| period.not_after.unix_timestamp()));
    if let (Some(leaf), Some(sha256)) = (tls.chain.first(), &tls.leaf_sha256) {
        let names = tls.leaf_names.iter().map(prober::text::Clean::as_str).collect::<Vec<_>>().join(",");
        let labels = [
            ("fingerprint_sha256", &**sha256),
            ("issuer", leaf.issuer.as_str()),
            ("subject", leaf.subject.as_str()),
            ("subjectalternative", &names),
        ];
        text.family(&LEAF).sample(&Labels::default(), &labels, 1);
    }
    let version = tls.version.replace("TLSv", "TLS ");
    text.family(&TLS).sample(&Labels::default(), &[("version", &version)], 1);
}

#[cfg(test)]
mod tests;
