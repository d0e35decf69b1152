use std::time::Duration;

use time::macros::datetime;

use super::*;
use crate::observation::{CertificateFacts, ChainTrust, Publication, Published, TlsFacts};
use crate::plan::{DnsPlan, PathOptions, PrivateAnswers, REVOCATION_GROUP, Severity, TlsPlan, Way};

const CRL: &str = "http://crl.example/a.crl";

fn path(name: &str) -> Arc<Path> {
    Arc::new(Path { name: name.to_owned(), way: Way::Direct, options: PathOptions::default() })
}

/// A site with these endpoints over `direct`.
fn plan(urls: &[(&str, &str)], private_answers: PrivateAnswers) -> Plan {
    let direct = path("direct");
    let endpoint = |(name, url): &(&str, &str)| Arc::new(Endpoint::new(*name, url.parse().unwrap()));
    let endpoints: Vec<_> = urls.iter().map(endpoint).collect();
    let pair = |endpoint: &Arc<Endpoint>| Pair { endpoint: Arc::clone(endpoint), path: Arc::clone(&direct) };
    Plan {
        site: "test".to_owned(),
        concurrency: 4.try_into().unwrap(),
        confirm: 2.try_into().unwrap(),
        audit: None,
        maintenance: crate::plan::Maintenance::default(),
        microsoft365: None,
        published: None,
        disabled: Arc::default(),
        discovery: Some(Discovery {
            interval: Duration::from_secs(60),
            timeout: Duration::from_secs(10),
            crl_timeout: Duration::from_secs(30),
            private_answers,
        }),
        dns: DnsPlan::default(),
        tls: TlsPlan::default(),
        fingerprints: crate::fingerprint::Fingerprints::built_in().unwrap(),
        pairs: endpoints.iter().map(|endpoint| Arc::new(pair(endpoint))).collect(),
        paths: vec![direct],
        endpoints,
    }
}

fn usual() -> Plan {
    plan(&[("login", "https://login.example/")], PrivateAnswers::Blocked)
}

/// What a probe saw whose chain names these.
fn shown(trust: ChainTrust, published: &[(Published, &str)]) -> Observation {
    let published = published.iter().map(|(kind, url)| Publication { kind: *kind, url: (*url).into() }).collect();
    let tls = TlsFacts { published, ..TlsFacts::of(trust) };
    Observation { tls: Some(tls), ..Observation::empty(datetime!(2026-01-01 00:00 UTC)) }
}

/// The keys of what a chain over a pair of the plan brings.
fn note(discovered: &mut Discovered, plan: &Plan, seen: &Observation) -> Vec<Arc<Pair>> {
    discovered.note(plan, &plan.pairs[0], seen, Instant::now())
}

fn names(pairs: &[Arc<Pair>]) -> Vec<(&str, &str)> {
    pairs.iter().map(|pair| pair.key()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_proven_chain_names_is_probed_over_the_path_it_came_on() {
    let (plan, mut discovered) = (usual(), Discovered::default());
    let seen = shown(ChainTrust::Public, &[(Published::Crl, CRL), (Published::Issuer, "http://crl.example:80/ca.cer")]);
    let found = note(&mut discovered, &plan, &seen);
    assert_eq!(names(&found), [("crl-example-a-crl", "direct"), ("crl-example-ca-cer", "direct")]);
    let list = &found[0].endpoint;
    assert_eq!((list.group.as_str(), list.severity, list.url.as_str()), (REVOCATION_GROUP, Severity::Warning, CRL));
    assert!(list.expect.crl.is_some() && found[1].endpoint.expect.crl.is_none());
    assert_eq!((list.timeout, found[1].endpoint.timeout).1, Duration::from_secs(10));

    assert!(note(&mut discovered, &plan, &seen).is_empty(), "known already");
    let elsewhere = Pair { endpoint: Arc::clone(&plan.endpoints[0]), path: path("hq") };
    let found = discovered.note(&plan, &elsewhere, &seen, Instant::now());
    assert_eq!(names(&found), [("crl-example-a-crl", "hq"), ("crl-example-ca-cer", "hq")]);
}

#[tokio::test(start_paused = true)]
async fn who_proves_nothing_chooses_nothing() {
    let plan = usual();
    for trust in [ChainTrust::Inspection, ChainTrust::Untrusted] {
        assert!(note(&mut Discovered::default(), &plan, &shown(trust, &[(Published::Crl, CRL)])).is_empty());
    }
    for trust in [ChainTrust::Public, ChainTrust::Microsoft, ChainTrust::Extra] {
        assert_eq!(note(&mut Discovered::default(), &plan, &shown(trust, &[(Published::Crl, CRL)])).len(), 1);
    }
    let mut seen = shown(ChainTrust::Public, &[(Published::Crl, CRL)]);
    seen.tls.as_mut().unwrap().verification.name_matches = false;
    assert!(note(&mut Discovered::default(), &plan, &seen).is_empty());
    // One that products sign by proves whatever they want where the system's roots are trusted.
    let mut seen = shown(ChainTrust::Public, &[(Published::Crl, CRL)]);
    seen.tls.as_mut().unwrap().chain = Arc::new([CertificateFacts {
        subject: "CN=login.example".into(),
        issuer: "CN=FortiGate CA, O=Fortinet".into(),
        not_before: datetime!(2025-01-01 00:00 UTC),
        not_after: datetime!(2027-01-01 00:00 UTC),
        self_issued: false,
        ca_issuers: Vec::new(),
    }]);
    assert!(note(&mut Discovered::default(), &plan, &seen).is_empty());
    let off = Plan { discovery: None, ..usual() };
    assert!(note(&mut Discovered::default(), &off, &shown(ChainTrust::Public, &[(Published::Crl, CRL)])).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_certificate_does_not_send_us_about_the_network() {
    let long = format!("http://crl.example/{}", "a".repeat(300));
    let never = [
        "https://crl.example/a.crl",
        "ldap://crl.example/a",
        "http://crl.example:8080/a.crl",
        "http://user@crl.example/a.crl",
        "http://intranet/a.crl",
        "no url",
        &long,
    ];
    let private = [
        "http://10.0.0.1/a.crl",
        "http://127.0.0.1/a.crl",
        "http://2130706433/a.crl",
        "http://169.254.169.254/latest",
        "http://[::1]/a.crl",
        "http://0.0.0.0/a.crl",
        "http://[::ffff:10.0.0.1]/a.crl",
        "http://224.0.0.1/a.crl",
    ];
    let public = [CRL, "HTTP://CRL.example/b.crl", "http://crl.example:443/a.crl", "http://192.0.2.1/a.crl"];
    for (urls, blocked, allowed) in [(&never[..], 0, 0), (&private[..], 0, 1), (&public[..], 1, 1)] {
        for url in urls {
            let seen = shown(ChainTrust::Public, &[(Published::Crl, url)]);
            for (private_answers, expected) in [(PrivateAnswers::Blocked, blocked), (PrivateAnswers::Allowed, allowed)]
            {
                let plan = plan(&[("login", "https://login.example/")], private_answers);
                assert_eq!(note(&mut Discovered::default(), &plan, &seen).len(), expected, "{url}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_authority_of_the_sites_own_may_name_what_is_inside() {
    use PrivateAnswers::{Allowed, Blocked, Unasked};
    for (of_site, of_endpoint, trust, expected) in [
        (Blocked, Blocked, ChainTrust::Public, Blocked),
        (Blocked, Blocked, ChainTrust::Extra, Unasked),
        (Blocked, Allowed, ChainTrust::Extra, Allowed),
        (Blocked, Allowed, ChainTrust::Public, Allowed),
        (Allowed, Blocked, ChainTrust::Extra, Allowed),
    ] {
        let plan = plan(&[("login", "https://login.example/")], of_site);
        let endpoint = Endpoint { private_answers: of_endpoint, ..Endpoint::clone(&plan.endpoints[0]) };
        let pair = Pair { endpoint: Arc::new(endpoint), path: Arc::clone(&plan.paths[0]) };
        let seen = shown(trust, &[(Published::Crl, CRL), (Published::Crl, "http://10.0.0.1/a.crl")]);
        let found = Discovered::default().note(&plan, &pair, &seen, Instant::now());
        assert_eq!(found[0].endpoint.private_answers, expected);
        assert_eq!(found.len(), if expected == Allowed { 2 } else { 1 });
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_configured_is_not_probed_twice() {
    let plan = plan(&[("login", "https://login.example/"), ("list", CRL)], PrivateAnswers::Blocked);
    let seen = shown(ChainTrust::Public, &[(Published::Crl, CRL)]);
    let mut discovered = Discovered::default();
    assert!(note(&mut discovered, &plan, &seen).is_empty());
    // Over another path nobody does.
    let elsewhere = Pair { endpoint: Arc::clone(&plan.endpoints[0]), path: path("hq") };
    assert_eq!(discovered.note(&plan, &elsewhere, &seen, Instant::now()).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn names_are_unique_and_stay_the_same() {
    let plan = plan(
        &[("login", "https://login.example/"), ("crl-example-a-crl", "https://other.example/")],
        PrivateAnswers::Blocked,
    );
    let long = |end: &str| format!("http://crl.example/{}{end}", "a".repeat(150));
    let urls = [CRL.to_owned(), long("b"), long("c"), "http://crl.example/a-crl".to_owned()];
    let all: Vec<_> = urls.iter().map(|url| (Published::Crl, url.as_str())).collect();
    let found = [(); 2].map(|()| note(&mut Discovered::default(), &plan, &shown(ChainTrust::Public, &all)));
    assert_eq!(names(&found[0]), names(&found[1]));
    let mut distinct: Vec<_> = found[0].iter().map(|pair| pair.endpoint.name.as_str()).collect();
    assert!(distinct.iter().all(|name| name.len() <= MAX_NAME), "{distinct:?}");
    assert!(distinct[0].starts_with("crl-example-a-crl-"), "{distinct:?}");
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn there_are_at_most_so_many_and_they_are_forgotten() {
    let (plan, mut discovered) = (usual(), Discovered::default());
    let urls: Vec<String> = (0..100).map(|index| format!("http://crl.example/{index}.crl")).collect();
    let all: Vec<_> = urls.iter().map(|url| (Published::Crl, url.as_str())).collect();
    assert_eq!(note(&mut discovered, &plan, &shown(ChainTrust::Public, &all)).len(), Discovery::MAX_URLS);

    tokio::time::advance(Discovery::KEPT / 2).await;
    note(&mut discovered, &plan, &shown(ChainTrust::Public, &all[..1]));
    assert!(discovered.expire(Instant::now()).is_empty());
    tokio::time::advance(Discovery::KEPT / 2).await;
    let gone = discovered.expire(Instant::now());
    assert_eq!(gone.len(), Discovery::MAX_URLS - 1);
    assert!(!gone.contains(&("crl-example-0-crl".to_owned(), "direct".to_owned())));
    assert_eq!(note(&mut discovered, &plan, &shown(ChainTrust::Public, &all[99..])).len(), 1, "there is room again");
}

#[tokio::test(start_paused = true)]
async fn what_matters_least_gives_way_whoever_came_first() {
    use Severity::{Critical, Info, Warning};
    let base = usual();
    let urls = |of: &str, count: usize| -> Vec<String> {
        (0..count).map(|index| format!("http://{of}.example/{index:02}.crl")).collect()
    };
    let chains = [(Info, urls("info", 4)), (Critical, urls("critical", 4)), (Warning, urls("warning", 62))];
    let names_of = |order: &[usize]| {
        let mut discovered = Discovered::default();
        let (mut probed, mut left_out) = (Vec::new(), 0);
        // Chains are shown over and over.
        for &index in order.iter().chain(order) {
            let (severity, urls) = &chains[index];
            let endpoint = Endpoint { severity: *severity, ..Endpoint::clone(&base.endpoints[0]) };
            let pair = Pair { endpoint: Arc::new(endpoint), path: Arc::clone(&base.paths[0]) };
            let all: Vec<_> = urls.iter().map(|url| (Published::Crl, url.as_str())).collect();
            let new = discovered.note(&base, &pair, &shown(ChainTrust::Public, &all), Instant::now());
            probed.extend(new.iter().map(|pair| pair.endpoint.name.clone()));
            let gone = discovered.expire(Instant::now());
            probed.retain(|name| !gone.iter().any(|(gone, _)| gone == name));
            left_out = discovered.left_out();
        }
        probed.sort();
        assert_eq!(probed.len(), Discovery::MAX_URLS, "nothing stays that gave way");
        assert!(left_out >= 6);
        probed
    };
    let names = names_of(&[0, 1, 2]);
    for order in [[1, 2, 0], [2, 1, 0], [2, 0, 1]] {
        assert_eq!(names_of(&order), names);
    }
    assert!(!names.iter().any(|name| name.starts_with("info")), "{names:?}");
    assert_eq!(names.iter().filter(|name| name.starts_with("critical")).count(), 4);
    assert!(names.contains(&"warning-example-00-crl".to_owned()));
    assert!(!names.contains(&"warning-example-61-crl".to_owned()), "what stands last in a chain");
}

#[tokio::test(start_paused = true)]
async fn names_do_not_depend_on_who_came_first() {
    let plan = usual();
    let long = |end: &str| format!("http://crl.example/{}{end}", "a".repeat(150));
    let urls = [long("b"), long("c"), "http://crl.example/q?a".to_owned(), "http://crl.example/q?b".to_owned()];
    let named = |urls: &[String]| {
        let all: Vec<_> = urls.iter().map(|url| (Published::Crl, url.as_str())).collect();
        let found = note(&mut Discovered::default(), &plan, &shown(ChainTrust::Public, &all));
        let mut names: Vec<_> =
            found.iter().map(|pair| (pair.endpoint.url.to_string(), pair.endpoint.name.clone())).collect();
        names.sort();
        names
    };
    let backwards: Vec<_> = urls.iter().rev().cloned().collect();
    assert_eq!(named(&urls), named(&backwards));

    // One URL may be named as several things.
    let all = [Published::Crl, Published::Issuer, Published::Ocsp].map(|kind| (kind, CRL));
    let found = note(&mut Discovered::default(), &plan, &shown(ChainTrust::Public, &all));
    let mut distinct: Vec<_> = found.iter().map(|pair| pair.endpoint.name.as_str()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 3, "{distinct:?}");
}
