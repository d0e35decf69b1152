//! Tells the steps of a probe as they are taken, each with the time since the start.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use prober::observation::{
    AliasLookup, AliasOutcome, AuditFacts, BodyFacts, CertificateStatus, ConnectAttempt, CrlFacts, CrlOutcome,
    CrlSignature, Family, Headers, HttpFacts, IssuerOutcome, LookupOutcome, Observation, OcspFacts, OcspOutcome,
    PacFacts, ProxyFacts, Publication, Published, ResolveFacts, SocksFacts, TenantFacts, TlsFacts, Validity,
};
use prober::plan::Pair;
use prober::probe::{Listener, Step};
use prober::text::{Clean, with_sources};
use time::OffsetDateTime;
use tokio::time::Instant;

/// Response headers that tell who answers and why; the others are noise here.
const OF_NOTE: [&str; 16] = [
    "age",
    "cache-control",
    "content-length",
    "content-type",
    "date",
    "location",
    "proxy-agent",
    "proxy-authenticate",
    "proxy-connection",
    "retry-after",
    "server",
    "via",
    "www-authenticate",
    "x-cache",
    "x-frontend",
    "x-squid-error",
];
/// The longest fault shown, in characters.
const FAULT_CHARS: usize = 1000;
/// How much of a body is shown, in characters.
const BODY_START: usize = 100;

/// One line of the tale of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// What is probed.
    Title(String),
    /// A step that was taken.
    Step {
        /// How long after the start.
        after: Duration,
        /// At which stage: that of the verdict, or what else helped to get there.
        stage: &'static str,
        /// What came of it.
        words: String,
    },
    /// More of the step before.
    More(String),
}

impl fmt::Display for Line {
    /// As a terminal shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Title(words) => f.write_str(words),
            Self::Step { after, stage, words } => write!(f, "{:>6} ms  {stage:<8} {words}", after.as_millis()),
            Self::More(words) => write!(f, "{:>9}  {:<8} {words}", "", ""),
        }
    }
}

/// Somebody who tells what happens, line by line, to whoever listens.
#[derive(Debug)]
pub struct Teller<F> {
    start: Instant,
    tell: F,
}

impl<F: Fn(Line) + Sync> Teller<F> {
    /// Begins the tale.
    pub fn start(pair: &Pair, tell: F) -> Self {
        let title = match pair.endpoint.tenant {
            Some(_) => pair.endpoint.url.to_string(),
            None => format!("{} {} over {}", pair.endpoint.method, pair.endpoint.url, pair.path.name),
        };
        tell(Line::Title(title));
        Self { start: Instant::now(), tell }
    }

    /// Tells what ended the probe, if something did before its natural end.
    pub fn ended(&self, observation: &Observation) {
        let Some(fault) = &observation.fault else { return };
        for attempt in &observation.failed_attempts {
            self.more(&failed(attempt));
        }
        self.step("failed", &chain(fault));
    }

    /// Tells what an audit of TLS found.
    pub fn audited(&self, audit: &AuditFacts) {
        let hellos =
            [("TLS 1.2 alone", &audit.tls12), ("TLS 1.3 alone", &audit.tls13), ("large hello", &audit.large_hello)];
        for (what, outcome) in hellos {
            let words = outcome.failure().map_or_else(|| "passes".to_owned(), |why| format!("fails: {why}"));
            self.step("audit", &format!("{what} {}", Clean::bounded(&words, FAULT_CHARS)));
        }
    }

    fn step(&self, stage: &'static str, what: &str) {
        (self.tell)(Line::Step { after: self.start.elapsed(), stage, words: what.to_owned() });
    }

    fn more(&self, what: &str) {
        (self.tell)(Line::More(what.to_owned()));
    }

    fn resolved(&self, host: &str, facts: &ResolveFacts) {
        let addresses: Vec<_> = facts.addresses.iter().map(ToString::to_string).collect();
        let fixed = if facts.fixed { " (fixed)" } else { "" };
        self.step("resolve", &format!("{host} is {}{fixed}", addresses.join(", ")));
        for lookup in &facts.lookups {
            let record = match lookup.family {
                Family::Ipv4 => "A",
                Family::Ipv6 => "AAAA",
            };
            self.more(&format!("{record} from {}: {}", lookup.resolver, outcome(&lookup.outcome)));
        }
    }

    fn followed(&self, facts: &TenantFacts) {
        for AliasLookup { resolver, name, outcome } in &facts.lookups {
            let outcome = match outcome {
                AliasOutcome::Aliases(aliases) => {
                    aliases.iter().map(|alias| format!("alias {alias}")).collect::<Vec<_>>().join(", ")
                }
                AliasOutcome::NoData => "no alias".to_owned(),
                AliasOutcome::NxDomain => "the name does not exist".to_owned(),
                AliasOutcome::ServerFailure { rcode } => rcode.clone(),
                AliasOutcome::Timeout => "no answer".to_owned(),
            };
            self.step("resolve", &format!("CNAME of {name} from {resolver}: {outcome}"));
        }
    }

    fn decided(&self, facts: &PacFacts) {
        self.step("pac", facts.file.as_str());
        if let Some(stale) = &facts.stale {
            self.more(&format!("held since before {}: {}", date(stale.since), chain(&stale.fault)));
        }
        match &facts.answer {
            Some(answer) if answer.is_empty() => self.more("says nothing, which means DIRECT"),
            Some(answer) => self.more(&format!("says {answer}")),
            None => {}
        }
        for entry in &facts.malformed {
            self.more(&format!("clients skip \"{entry}\""));
        }
        for lookup in &facts.failed_lookups {
            self.more(&format!("looked up {} in vain: {}", lookup.name, lookup.reason));
        }
    }

    fn proxy_answered(&self, facts: &ProxyFacts) {
        let reason = facts.reason.as_ref().map_or("", |reason| reason.as_str());
        self.step("proxy", format!("CONNECT answered {} {reason}", facts.status).trim_end());
        self.headers(&facts.headers);
        if !facts.body.as_str().is_empty() {
            self.more(&format!("says {}", start_of(facts.body.evidence().as_str())));
        }
    }

    fn socks_answered(&self, facts: &SocksFacts) {
        if facts.authenticated {
            self.step("proxy", "took user and password");
        }
        let Some(reply) = facts.reply else { return };
        let bound = facts.bound.as_ref().map(|bound| format!(", bound to {bound}")).unwrap_or_default();
        self.step("proxy", &format!("{} answered {reply}{bound}", facts.version));
    }

    fn secured(&self, stage: &'static str, facts: &TlsFacts) {
        let alpn = facts.alpn.as_deref().unwrap_or("no ALPN");
        self.step(stage, &format!("{}, {}, {alpn}", facts.version, facts.cipher));
        for (depth, certificate) in facts.chain.iter().enumerate() {
            let (from, until) = (date(certificate.not_before), date(certificate.not_after));
            self.more(&format!("{depth}: {} ({from} to {until})", certificate.subject));
            self.more(&format!("   issued by {}", certificate.issuer));
        }
        let verification = &facts.verification;
        let validity = match verification.validity {
            Validity::Valid => "valid now",
            Validity::Expired => "expired",
            Validity::NotYetValid => "not valid yet",
        };
        let name = if verification.name_matches { "for this name" } else { "for another name" };
        self.more(&format!("trust: {}, {validity}, {name}", verification.trust.as_str()));
        if let Some(reason) = &verification.reason {
            self.more(&format!("because {reason}"));
        }
        for Publication { kind, url } in &*facts.published {
            let what = match kind {
                Published::Crl => "revocation list",
                Published::Issuer => "issuer's certificate",
                Published::Ocsp => "OCSP",
            };
            self.more(&format!("{what} at {url}"));
        }
    }

    fn answered(&self, facts: &HttpFacts) {
        let reason = facts.reason.as_ref().map_or("", |reason| reason.as_str());
        self.step("http", format!("{} {} {reason}", facts.version, facts.status).trim_end());
        self.headers(&facts.headers);
    }

    fn headers(&self, headers: &Headers) {
        for (name, value) in headers.0.iter().filter(|(name, _)| OF_NOTE.contains(&name.as_str())) {
            self.more(&format!("{name}: {value}"));
        }
    }

    fn read(&self, body: &BodyFacts) {
        let end = match (body.complete, body.limit_reached) {
            (true, _) => "to its end",
            (false, true) => "up to the limit",
            (false, false) => "as far as needed",
        };
        self.step("content", &format!("{} bytes, {end}", body.bytes));
    }

    fn sample(&self, body: &BodyFacts) {
        if !body.sample.as_str().is_empty() {
            self.more(&start_of(body.sample.evidence().as_str()));
        }
    }

    fn issuer(&self, outcome: &IssuerOutcome) {
        match outcome {
            IssuerOutcome::Readable { subject } => self.more(&format!("the certificate of {subject}")),
            IssuerOutcome::Invalid { reason } => self.more(&format!("no certificate: {reason}")),
        }
    }

    fn ocsp(&self, facts: &OcspFacts) {
        self.more(&format!("asked for {}", facts.subject));
        match &facts.outcome {
            OcspOutcome::Answered(answer) => {
                let status = match answer.status {
                    CertificateStatus::Revoked { at } => format!("revoked since {}", date(at)),
                    status => status.as_str().to_owned(),
                };
                let next =
                    answer.next_update.map_or_else(|| "no next one".to_owned(), |next| format!("next {}", date(next)));
                self.more(&format!("{status}, of {}, {next}", date(answer.this_update)));
                self.signature(answer.signature, answer.signature_reason.as_ref());
            }
            OcspOutcome::Refused(refusal) => self.more(&format!("the responder answers {}", refusal.as_str())),
            OcspOutcome::Invalid { reason } => self.more(&format!("no OCSP answer: {reason}")),
        }
    }

    fn signature(&self, signature: CrlSignature, reason: Option<&Clean>) {
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        self.more(&format!("signature {}{reason}", signature.as_str()));
    }

    fn crl(&self, outcome: &CrlOutcome) {
        match outcome {
            CrlOutcome::Parsed(facts) => {
                let CrlFacts { issuer, this_update, next_update, revoked, .. } = facts;
                let next = next_update.map_or_else(|| "no next one".to_owned(), |next| format!("next {}", date(next)));
                self.more(&format!("a CRL of {issuer}"));
                self.more(&format!("of {}, {next}, {revoked} revoked", date(*this_update)));
                if let Some(since) = facts.unchanged_since {
                    self.more(&format!("not changed since it came in full on {}", date(since)));
                }
                self.signature(facts.signature, facts.signature_reason.as_ref());
            }
            CrlOutcome::Truncated { announced, received } => {
                self.more(&format!("a CRL cut short: {received} of {announced} bytes"));
            }
            CrlOutcome::TooLarge => self.more("over the size limit"),
            CrlOutcome::Invalid { reason } => self.more(&format!("no CRL: {reason}")),
        }
    }
}

impl<F: Fn(Line) + Sync> Listener for Teller<F> {
    fn heard(&self, step: Step<'_>) {
        match step {
            Step::Routed { route, .. } => self.step("route", &route.to_string()),
            Step::Decided(facts) => self.decided(facts),
            Step::TurnedBack(detour) => self.more(&format!("leads nowhere: {}", chain(&detour.fault))),
            // An address says all there is to say when it is connected to.
            Step::Resolved { host, .. } if host.parse::<IpAddr>().is_ok() => {}
            Step::Resolved { host, facts } => self.resolved(host, facts),
            Step::Connected { peer, failed: attempts } => {
                for attempt in attempts {
                    self.more(&failed(attempt));
                }
                let peer = peer.map_or_else(|| "a peer that has gone".to_owned(), |peer| peer.to_string());
                self.step("connect", &format!("to {peer}"));
            }
            Step::Followed(facts) => self.followed(facts),
            Step::ProxyAnswered(facts) => self.proxy_answered(facts),
            Step::ProxySecured(facts) => self.secured("proxy", facts),
            Step::SocksAnswered(facts) => self.socks_answered(facts),
            Step::Secured(facts) => self.secured("tls", facts),
            Step::Answered(facts) => self.answered(facts),
            Step::TryingHttp1(fault) => self.step("http", &format!("{}; once more over HTTP/1.1", fault.failure)),
            Step::Redirected(url) => self.step("http", &format!("following to {url}")),
            Step::Read { body, crl, issuer, ocsp } => {
                self.read(body);
                match (crl, issuer, ocsp) {
                    (Some(outcome), ..) => self.crl(outcome),
                    (_, Some(outcome), _) => self.issuer(outcome),
                    (_, _, Some(facts)) => self.ocsp(facts),
                    _ => self.sample(body),
                }
            }
        }
    }
}

/// A fault with its sources, at most so long.
fn chain(fault: &dyn Error) -> String {
    Clean::bounded(&with_sources(fault), FAULT_CHARS).into()
}

fn failed(attempt: &ConnectAttempt) -> String {
    format!("{}: {}", attempt.address, attempt.failure)
}

fn outcome(outcome: &LookupOutcome) -> String {
    match outcome {
        LookupOutcome::Addresses { addresses, cnames } => {
            let addresses = addresses.iter().map(ToString::to_string);
            let aliases = cnames.iter().map(|name| format!("alias {name}"));
            aliases.chain(addresses).collect::<Vec<_>>().join(", ")
        }
        LookupOutcome::NoData => "no such record".to_owned(),
        LookupOutcome::NxDomain => "the name does not exist".to_owned(),
        LookupOutcome::ServerFailure { rcode } => rcode.clone(),
        LookupOutcome::Timeout => "no answer".to_owned(),
    }
}

fn start_of(text: &str) -> String {
    let start: String = text.chars().take(BODY_START).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("\"{start}{more}\"")
}

fn date(stamp: OffsetDateTime) -> time::Date {
    stamp.date()
}
