//! What one judgement costs: `cargo run --release -p prober --example judging`. The aim is 20 µs without a body and
//! 200 µs with 64 KiB.
#![expect(clippy::expect_used, reason = "an example that cannot go on has to say so")]

use std::hint::black_box;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use prober::config::{BUILT_IN, SystemSources, parse};
use prober::observation::{ConnectFailure, ConnectFault, Fault, Headers, Observation, Sample};
use prober::plan::{Pair, Plan};
use prober::verdict::{Question, judge};

/// How long each case is repeated.
const FOR: Duration = Duration::from_secs(1);
/// How many judgements are timed together.
const BATCH: u32 = 10;

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
    let mut refused = observation(None, None, "");
    let (host, port, failure) = ("ols.officeapps.live.com".to_owned(), 443, ConnectFailure::Refused);
    refused.fault = Some(Fault::Connect(ConnectFault { host, port, failure, attempts: Vec::new() }));
    let cases = [
        ("proven origin, no body", &https, observation(Some("public"), Some(200), "")),
        ("refused connection", &https, refused),
        ("intercepted, no body", &https, observation(Some("untrusted"), Some(200), "")),
        ("plain http, no body", &http, observation(None, Some(403), "")),
        ("plain http, 64 KiB of a page", &http, observation(None, Some(403), &page)),
        ("plain http, 64 KiB of a good page", &http, observation(None, Some(200), &page)),
        ("plain http, 64 KiB of nearly a sign", &http, observation(None, Some(403), &hostile)),
        ("plain http, a sign after 64 KiB", &http, observation(None, Some(403), &signed)),
        ("intercepted, 64 KiB of a page", &https, observation(Some("untrusted"), Some(200), &page)),
    ];
    for (name, pair, observation) in cases {
        let question = Question::alone(pair, &plan.fingerprints);
        let cause = judge(&question, &observation).reason.map(|reason| reason.cause);
        // The fastest of many: whoever shares the machine makes the others slower.
        let begun = Instant::now();
        let mut each = Duration::MAX;
        while begun.elapsed() < FOR {
            let before = Instant::now();
            for _ in 0..BATCH {
                black_box(judge(black_box(&question), black_box(&observation)));
            }
            each = each.min(before.elapsed() / BATCH);
        }
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

/// An observation of a chain that ends somewhere, and of an answer with a few headers, as servers send them.
fn observation(trust: Option<&str>, status: Option<u16>, body: &str) -> Observation {
    let tls = trust.map(|trust| {
        format!(
            "tls: {{version: TLSv1.3, cipher: TLS13_AES_256_GCM_SHA384, chain: [{{subject: CN=a, issuer: 'C=US, \
             O=Example Trust Services, CN=Example Issuing CA 4', not_before: 2026-01-01T00:00:00Z, not_after: \
             2027-01-01T00:00:00Z}}], verification: {{trust: {trust}, validity: valid, name_matches: true, \
             handshake_signature: valid}}}}"
        )
    });
    let http = status.map(|status| format!("http: {{version: HTTP/1.1, status: {status}}}"));
    let seen: Vec<String> = tls.into_iter().chain(http).collect();
    let seen = seen.join(", ");
    let whole = format!(
        "{{probed_at: 2026-06-01T00:00:00Z, duration: {{secs: 0, nanos: 0}}, route: direct, resolve: null, {seen}}}"
    );
    let mut observation: Observation = serde_yaml::from_str(&whole).expect("the observation is one");
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
