//! A prober that follows a script.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::datetime;
use tokio::time::Instant;

use crate::net::Clock;
use crate::observation::{
    AuditFacts, ChainTrust, ConnectFailure, ConnectFault, Fault, Headers, HelloOutcome, Observation, ProxyFacts,
    ProxyFailure, ProxyFault, Publication, Published, RouteFacts, Sample, TlsFacts, TlsFailure, TlsFault, UnaskedFault,
};
use crate::plan::Pair;
use crate::probe::Probe;

#[derive(Debug)]
pub(super) struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-01-01 00:00 UTC)
    }
}

/// What a scripted probe does: how long it takes, and how it ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Opens,
    /// Opens, through TLS.
    Secures,
    /// The same, by a chain that names a list of its own.
    Names,
    /// Is not to be asked.
    Unasked,
    Refused,
    ProxyRefuses,
    ProxySilent,
    ProxyAnswers,
    Panics,
}

/// Says for a host and its number of probes so far what the next one does.
pub(super) type Part = fn(&str, usize) -> (Duration, Act);

/// A prober that follows a script, and remembers.
#[derive(Debug)]
pub(super) struct Script {
    part: Part,
    starts: Mutex<Vec<(String, Instant)>>,
    audits: Mutex<Vec<(String, Instant)>>,
    under_way: Mutex<BTreeSet<String>>,
    pub(super) most_at_once: AtomicUsize,
    pub(super) dropped: AtomicUsize,
}

impl Script {
    pub(super) fn new(part: Part) -> Arc<Self> {
        Arc::new(Self {
            part,
            starts: Mutex::default(),
            audits: Mutex::default(),
            under_way: Mutex::default(),
            most_at_once: AtomicUsize::new(0),
            dropped: AtomicUsize::new(0),
        })
    }

    /// When each host's probes started, in seconds after the given instant.
    pub(super) fn starts(&self, since: Instant) -> BTreeMap<String, Vec<f64>> {
        by_host(&self.starts.lock().unwrap(), since)
    }

    /// When each host's audits started, in seconds after the given instant.
    pub(super) fn audits(&self, since: Instant) -> BTreeMap<String, Vec<f64>> {
        by_host(&self.audits.lock().unwrap(), since)
    }
}

fn by_host(log: &[(String, Instant)], since: Instant) -> BTreeMap<String, Vec<f64>> {
    let mut starts: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (host, at) in log {
        starts.entry(host.clone()).or_default().push((*at - since).as_secs_f64());
    }
    starts
}

/// Counts a probe out, also one that is dropped before its end.
struct UnderWay<'a>(&'a Script, String, bool);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.lock().unwrap().remove(&self.1);
        if !self.2 {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Probe for Script {
    /// Takes twenty seconds, and finds that the large hello fails.
    async fn audit(&self, pair: &Pair) -> AuditFacts {
        let host = pair.endpoint.url.host_str().unwrap().to_owned();
        self.audits.lock().unwrap().push((host.clone(), Instant::now()));
        {
            let mut under_way = self.under_way.lock().unwrap();
            assert!(under_way.insert(format!("audit of {host}")), "{host} is audited twice at once");
            self.most_at_once.fetch_max(under_way.len(), Ordering::Relaxed);
        }
        let mut guard = UnderWay(self, format!("audit of {host}"), false);
        tokio::time::sleep(Duration::from_secs(20)).await;
        guard.2 = true;
        let fault = TlsFault { host, failure: TlsFailure::TimedOut, answered: false, first_bytes: None };
        AuditFacts {
            at: StoppedClock.now(),
            tls12: HelloOutcome::Passed { proven: true, period: None },
            tls13: HelloOutcome::Passed { proven: true, period: None },
            large_hello: HelloOutcome::Failed(Fault::Tls(fault)),
        }
    }

    async fn probe(&self, pair: &Pair) -> Observation {
        let host = pair.endpoint.url.host_str().unwrap().to_owned();
        let before = {
            let mut starts = self.starts.lock().unwrap();
            let before = starts.iter().filter(|(other, _)| *other == host).count();
            starts.push((host.clone(), Instant::now()));
            before
        };
        let at_once = {
            let mut under_way = self.under_way.lock().unwrap();
            let probed = pair.endpoint.url.to_string();
            assert!(under_way.insert(probed.clone()), "{probed} is probed twice at once");
            under_way.len()
        };
        self.most_at_once.fetch_max(at_once, Ordering::Relaxed);
        let mut guard = UnderWay(self, pair.endpoint.url.to_string(), false);
        let (takes, act) = (self.part)(&host, before);
        tokio::time::sleep(takes).await;
        guard.2 = true;
        match act {
            Act::Secures => Observation { tls: Some(tls()), ..seen(takes, RouteFacts::Direct, None, None) },
            Act::Names => {
                let url = format!("http://published.example/{host}.crl");
                let published = [Publication { kind: Published::Crl, url: url.as_str().into() }].into();
                let tls = TlsFacts { published, ..tls() };
                Observation { tls: Some(tls), ..seen(takes, RouteFacts::Direct, None, None) }
            }
            Act::Opens => seen(takes, RouteFacts::Direct, None, None),
            Act::Unasked => {
                let fault = UnaskedFault { host, reason: "it is inside".into() };
                seen(takes, RouteFacts::Direct, None, Some(Fault::Unasked(fault)))
            }
            Act::Refused => {
                let failure = ConnectFailure::Refused;
                let fault = ConnectFault { host, port: 443, failure, attempts: Vec::new() };
                seen(takes, RouteFacts::Direct, None, Some(Fault::Connect(fault)))
            }
            Act::ProxyRefuses => {
                let (host, failure) = ("proxy.example".to_owned(), ConnectFailure::Refused);
                let refused = ConnectFault { host, port: 3128, failure, attempts: Vec::new() };
                let fault =
                    ProxyFault { proxy: "proxy.example:3128".to_owned(), failure: ProxyFailure::Connect(refused) };
                seen(takes, through_proxy(), None, Some(Fault::Proxy(fault)))
            }
            Act::ProxySilent => {
                let failure = ProxyFailure::ReplyTimeout { received: 0 };
                let fault = ProxyFault { proxy: "proxy.example:3128".to_owned(), failure };
                seen(takes, through_proxy(), None, Some(Fault::Proxy(fault)))
            }
            Act::ProxyAnswers => {
                let answer =
                    ProxyFacts { status: 200, reason: None, headers: Headers::default(), body: Sample::default() };
                seen(takes, through_proxy(), Some(answer), None)
            }
            Act::Panics => panic!("the script says so"),
        }
    }
}

pub(super) fn seen(
    duration: Duration,
    route: RouteFacts,
    proxy: Option<ProxyFacts>,
    fault: Option<Fault>,
) -> Observation {
    Observation { duration, route, proxy, fault, ..Observation::empty(StoppedClock.now()) }
}

fn tls() -> TlsFacts {
    TlsFacts::of(ChainTrust::Public)
}

fn through_proxy() -> RouteFacts {
    RouteFacts::Proxy("proxy.example:3128".to_owned().try_into().unwrap())
}
