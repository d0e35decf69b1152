//! What one judgement costs: `cargo run --release -p prober --example judging`. The aim is 20 µs without a body and
//! 200 µs with 64 KiB.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "an example that cannot go on has to say so")]

use std::hint::black_box;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use prober::config::{BUILT_IN, SystemSources, parse};
use prober::observation::{Headers, Observation, Sample};
use prober::plan::{Pair, Plan};
use prober::verdict::{Question, judge};

/// How long each case is repeated.
const FOR: Duration = Duration::from_secs(1);

fn main() -> io::Result<()> {
    let plan = parse(BUILT_IN, "built-in", &SystemSources::in_folder(".")).expect("the built-in list is valid");
    let (https, http) = (pair(&plan, "https"), pair(&plan, "http"));
    let html = "<p>Nothing <b>that</b> any filter would say, but a page of some length & style.</p>\n";
    let page = html.repeat(Sample::MAX_BYTES / html.len() + 1);
    let hostile =
        "<You have tried to access a web page which is in violation of your internet usage polic> ".repeat(800);
    let signed = format!(
        "{}You have tried to access a web page which is in violation of your internet usage policy.",
        html.repeat(790)
    );
    let cases = [
        ("proven origin, no body", &https, observation("tls: {TLS}, http: {HTTP 200}", "")),
        ("refused connection", &https, observation("fault: {connect: {host: a, port: 443, failure: refused}}", "")),
        ("intercepted, no body", &https, observation("tls: {UNTRUSTED}, http: {HTTP 200}", "")),
        ("plain http, no body", &http, observation("http: {HTTP 403}", "")),
        ("plain http, 64 KiB of a page", &http, observation("http: {HTTP 403}", &page)),
        ("plain http, 64 KiB of nearly a sign", &http, observation("http: {HTTP 403}", &hostile)),
        ("plain http, a sign after 64 KiB", &http, observation("http: {HTTP 403}", &signed)),
        ("intercepted, 64 KiB of a page", &https, observation("tls: {UNTRUSTED}, http: {HTTP 200}", &page)),
    ];
    for (name, pair, observation) in cases {
        let question = Question::alone(pair, &plan.fingerprints);
        let cause = judge(&question, &observation).reason.map(|reason| reason.cause);
        let (begun, mut times) = (Instant::now(), 0u32);
        while begun.elapsed() < FOR {
            black_box(judge(black_box(&question), black_box(&observation)));
            times += 1;
        }
        let each = begun.elapsed() / times;
        let cause = cause.map_or("reachable", |cause| cause.as_str());
        writeln!(io::stdout(), "{:>9.1} µs  {name} ({cause})", each.as_secs_f64() * 1e6)?;
    }
    Ok(())
}

/// Some pair of the list with such a URL.
fn pair(plan: &Plan, scheme: &str) -> Arc<Pair> {
    let mut pairs = plan.pairs.iter();
    let found = pairs.find(|pair| pair.endpoint.url.scheme() == scheme && !pair.endpoint.control);
    let mut pair = Pair::clone(found.expect("the list has both schemes"));
    let mut endpoint = prober::plan::Endpoint::clone(&pair.endpoint);
    endpoint.expect = prober::plan::Expect::default();
    pair.endpoint = Arc::new(endpoint);
    Arc::new(pair)
}

/// An observation with a few headers, as servers send them.
fn observation(seen: &str, body: &str) -> Observation {
    let tls = |trust: &str| {
        format!(
            "version: TLSv1.3, cipher: TLS13_AES_256_GCM_SHA384, chain: [{{subject: CN=a, issuer: 'C=US, O=Example \
               Trust Services, CN=Example Issuing CA 4', not_before: 2026-01-01T00:00:00Z, not_after: \
               2027-01-01T00:00:00Z}}], verification: {{trust: {trust}, validity: valid, name_matches: true, \
               handshake_signature: valid}}"
        )
    };
    let seen = seen.replace("UNTRUSTED", &tls("untrusted")).replace("TLS}", &format!("{}}}", tls("public")));
    let seen = seen.replace("HTTP ", "version: HTTP/1.1, status: ");
    let whole = format!("{{probed_at: 2026-06-01T00:00:00Z, duration: {{secs: 0, nanos: 0}}, route: direct, {seen}}}");
    let mut observation: Observation = serde_yaml::from_str(&whole).unwrap();
    if let Some(http) = &mut observation.http {
        let headers = [
            ("date", "Mon, 01 Jun 2026 00:00:00 GMT"),
            ("content-type", "text/html; charset=utf-8"),
            ("server", "Microsoft-HTTPAPI/2.0"),
            ("via", "1.1 cache-fra-eddf8230043-FRA, 1.1 varnish"),
            ("x-cache", "MISS, HIT"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
            ("set-cookie", "session=0123456789abcdef0123456789abcdef; path=/; secure; HttpOnly"),
            ("content-length", "65536"),
        ];
        http.headers = Headers(headers.map(|(name, value)| (name.to_owned(), value.into())).to_vec());
        http.body.sample = Sample::new(body.as_bytes());
    }
    observation
}
