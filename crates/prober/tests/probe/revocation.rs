//! What the certificates of a loopback internet name, probed over its proxies: their port 80 is nobody's else.

use std::sync::Arc;

use prober::net::SystemClock;
use prober::observation::{CrlSignature, IssuerOutcome, OcspOutcome, Published};
use prober::plan::{Pair, Plan, PrivateAnswers};
use prober::probe::Prober;
use prober::scheduler::round;
use prober::state::Report;
use prober::{Blame, Cause, State};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use testnet::{CertificateKind, DnsFault, HttpFault, OCSP_HOST, OcspFault, PKI_HOST, Reply, TRAP_HOST, World};

use crate::site::{HTTPS_HOST, Site};

pub(crate) async fn site() -> Site {
    Site::of(World::builder().with_revocation().start().await.unwrap())
}

/// One round over the path; the results, of the endpoint first.
pub(crate) async fn checked(site: &Site, plan: &Plan) -> Vec<(Arc<Pair>, Arc<Report>)> {
    let prober = Arc::new(Prober::new(plan, Arc::new(SystemClock)).unwrap());
    let results = round(plan, prober, &SystemClock, false, |_| {}).await.results;
    assert_eq!(site.world.faults().connections(TRAP_HOST).unwrap(), 0, "nobody may ever ask there");
    results
}

pub(crate) async fn over(site: &Site, path: &str) -> Vec<(Arc<Pair>, Arc<Report>)> {
    checked(site, &site.plan(&site.https(), path, "")).await
}

pub(crate) fn of<'a>(results: &'a [(Arc<Pair>, Arc<Report>)], name: &str) -> &'a Report {
    let found = results.iter().find(|(pair, _)| pair.endpoint.name == name);
    &found.unwrap_or_else(|| panic!("no {name}: {results:#?}")).1
}

pub(crate) fn comes_to(report: &Report) -> (State, Option<(Cause, Blame)>) {
    (report.verdict.state, report.verdict.reason.as_ref().map(|reason| (reason.cause, reason.blame)))
}

const LIST: &str = "pki-testnet-example-issuing-crl";
const ISSUER: &str = "pki-testnet-example-intermediate-cer";

#[tokio::test]
async fn what_a_chain_names_is_asked_over_the_same_path() {
    let site = site().await;
    for path in ["proxy", "secure", "socks5h"] {
        let results = over(&site, path).await;
        assert!(results.iter().all(|(pair, _)| pair.path.name == path));
        for (pair, report) in &results {
            assert_eq!(comes_to(report), (State::Reachable, None), "{:?}: {:?}", pair.key(), report.verdict);
        }
        let list = of(&results, LIST).observation.parsed_crl().unwrap();
        assert_eq!(list.signature, CrlSignature::Valid, "its signer has been met: {list:?}");
        let issuer = &of(&results, ISSUER).observation.issuer;
        assert!(matches!(issuer, Some(IssuerOutcome::Readable { subject }) if subject.as_str().contains("Issuing")));
        // The intermediate says where the root's are.
        assert!(of(&results, "pki-testnet-example-root-crl").observation.parsed_crl().is_some());
        of(&results, "pki-testnet-example-root-cer");
        let kinds = results.iter().filter_map(|(pair, _)| pair.endpoint.discovered);
        assert_eq!(kinds.filter(|kind| *kind != Published::Ocsp).count(), 4);
    }
}

#[tokio::test]
async fn an_interceptor_chooses_nothing() {
    let site = site().await;
    for kind in [CertificateKind::Intercepted, CertificateKind::InterceptedExpired, CertificateKind::SelfSigned] {
        site.world.faults().set(HTTPS_HOST, kind.clone()).unwrap();
        assert_eq!(over(&site, "proxy").await.len(), 1, "{kind:?}");
        // Nor does the company's own.
        let mut plan = site.plan(&site.https(), "proxy", "");
        let pem = std::fs::read(site.world.interceptor_file()).unwrap();
        plan.tls.inspection_roots = vec![CertificateDer::from_pem_slice(&pem).unwrap()];
        assert_eq!(checked(&site, &plan).await.len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn what_comes_in_place_of_a_certificate_has_a_cause() {
    let site = site().await;
    let saying = |body: &str| HttpFault::Reply(Reply { body: body.to_owned(), ..Reply::status(200) });
    let blocked = (State::Blocked, Some((Cause::ContentMismatch, Blame::Interceptor)));
    let gone = (State::Degraded, Some((Cause::ContentMismatch, Blame::Origin)));
    for (fault, expected) in [
        (saying("<html>nothing here</html>"), blocked),
        (saying(""), blocked),
        (HttpFault::Reply(Reply::status(401)), (State::Degraded, Some((Cause::HttpUnproven, Blame::Interceptor)))),
        (HttpFault::Reply(Reply::status(429)), (State::Degraded, Some((Cause::HttpUnproven, Blame::Origin)))),
        (HttpFault::Reply(Reply::status(404)), gone),
        (HttpFault::Reply(Reply::status(410)), gone),
        (HttpFault::Reply(Reply::status(500)), (State::Degraded, Some((Cause::HttpServerError, Blame::Origin)))),
        (HttpFault::GzipBomb, blocked),
    ] {
        site.world.faults().set(PKI_HOST, fault.clone()).unwrap();
        let results = over(&site, "socks5h").await;
        assert_eq!(comes_to(of(&results, ISSUER)), expected, "{fault:?}: {:?}", of(&results, ISSUER).verdict);
    }
}

#[tokio::test]
async fn names_that_lead_into_the_site_are_not_asked() {
    let site = site().await;
    // Of an endpoint whose own answers may be private, or not.
    let plan = |private_answers| {
        let mut plan = site.plan(&site.https(), "socks5", "");
        let discovery = plan.discovery.as_mut().unwrap();
        assert_eq!(discovery.private_answers, PrivateAnswers::Allowed);
        discovery.private_answers = PrivateAnswers::Blocked;
        let endpoint = prober::plan::Endpoint { private_answers, ..prober::plan::Endpoint::clone(&plan.endpoints[0]) };
        let pair = Pair { endpoint: Arc::new(endpoint), path: Arc::clone(&plan.paths[0]) };
        Plan { endpoints: vec![Arc::clone(&pair.endpoint)], pairs: vec![Arc::new(pair)], ..plan }
    };
    let before = site.world.faults().connections(PKI_HOST).unwrap();
    let results = checked(&site, &plan(PrivateAnswers::Blocked)).await;
    assert_eq!(results.len(), 1, "that an authority of the site's own publishes inside is no finding: {results:#?}");
    assert_eq!(site.world.faults().connections(PKI_HOST).unwrap(), before, "127.0.0.0/8 is no public address");

    let results = checked(&site, &plan(PrivateAnswers::Allowed)).await;
    assert_eq!(comes_to(of(&results, LIST)), (State::Reachable, None));
}

#[tokio::test]
async fn what_cannot_be_reached_is_told_like_any_endpoint() {
    let site = site().await;
    site.world.faults().set(PKI_HOST, DnsFault::NxDomain).unwrap();
    let results = over(&site, "socks5").await;
    assert_eq!(comes_to(of(&results, LIST)), (State::Blocked, Some((Cause::DnsNxdomain, Blame::Resolver))));
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let site = site().await;
    let plan = Plan { discovery: None, ..site.plan(&site.https(), "proxy", "") };
    assert_eq!(checked(&site, &plan).await.len(), 1);
}

const RESPONDER: &str = "ocsp-testnet-example";

fn status(report: &Report) -> &str {
    report.verdict.evidence.facts.get("ocsp_status").map_or("", |status| status.as_str())
}

#[tokio::test]
async fn a_responder_is_asked_for_the_leaf() {
    let site = site().await;
    for path in ["proxy", "secure", "socks5h"] {
        let results = over(&site, path).await;
        let report = of(&results, RESPONDER);
        assert_eq!((comes_to(report), status(report)), ((State::Reachable, None), "good"), "{:?}", report.verdict);
        let ocsp = report.observation.ocsp.as_ref().unwrap();
        let tls = of(&results, "it").observation.tls.as_ref().unwrap();
        assert_eq!(Some(ocsp.certificate.as_str()), tls.leaf_sha256.as_deref());
        assert!(matches!(&ocsp.outcome, OcspOutcome::Answered(answer) if answer.signature == CrlSignature::Valid));
    }
}

#[tokio::test]
async fn what_a_responder_may_answer_has_a_cause() {
    let site = site().await;
    let reachable = (State::Reachable, None);
    let blocked = (State::Blocked, Some((Cause::ContentMismatch, Blame::Interceptor)));
    let outdated = (State::Degraded, Some((Cause::ContentMismatch, Blame::Origin)));
    let refused = (State::Degraded, Some((Cause::HttpServerError, Blame::Origin)));
    for (fault, expected, says) in [
        (OcspFault::Delegated { signing: true }, reachable, "good"),
        (OcspFault::Delegated { signing: false }, blocked, "good"),
        (OcspFault::Unknown, reachable, "unknown"),
        (OcspFault::Expired, outdated, "good"),
        (OcspFault::OtherCertificate, blocked, ""),
        (OcspFault::BadSignature, blocked, "good"),
        (OcspFault::TryLater, refused, ""),
        (OcspFault::Unauthorized, refused, ""),
    ] {
        site.world.faults().set(OCSP_HOST, fault).unwrap();
        let results = over(&site, "proxy").await;
        let report = of(&results, RESPONDER);
        assert_eq!((comes_to(report), status(report)), (expected, says), "{fault:?}: {:?}", report.verdict);
        assert_eq!(comes_to(of(&results, "it")), reachable, "{fault:?}");
    }
}

#[tokio::test]
async fn what_comes_in_place_of_an_answer_has_a_cause() {
    let site = site().await;
    let page = HttpFault::Reply(Reply { body: "<html>nothing here</html>".to_owned(), ..Reply::status(200) });
    let blocked = (State::Blocked, Some((Cause::ContentMismatch, Blame::Interceptor)));
    for (fault, expected) in [
        (page, blocked),
        (HttpFault::GzipBomb, blocked),
        (HttpFault::EndlessBody, blocked),
        (HttpFault::CloseInBody, (State::Blocked, Some((Cause::HttpReset, Blame::Network)))),
    ] {
        site.world.faults().set(OCSP_HOST, fault.clone()).unwrap();
        let results = over(&site, "socks5h").await;
        let report = of(&results, RESPONDER);
        assert_eq!(comes_to(report), expected, "{fault:?}: {:?}", report.verdict);
    }
}

#[tokio::test]
async fn a_revoked_leaf_degrades_its_endpoint_whoever_says_so() {
    let site = site().await;
    site.world.revoke(HTTPS_HOST);
    let revoked = (State::Degraded, Some((Cause::CertificateRevoked, Blame::Origin)));
    let silent = |host| site.world.faults().set(host, testnet::TcpFault::Close).unwrap();
    for (name, silenced) in [("both", None), ("the list", Some(OCSP_HOST)), ("the responder", Some(PKI_HOST))] {
        silenced.into_iter().for_each(silent);
        let results = over(&site, "proxy").await;
        assert_eq!(comes_to(of(&results, "it")), revoked, "{name}: {:?}", of(&results, "it").verdict);
        if silenced != Some(OCSP_HOST) {
            assert_eq!(
                (comes_to(of(&results, RESPONDER)).0, status(of(&results, RESPONDER))),
                (State::Reachable, "revoked")
            );
        }
        if silenced != Some(PKI_HOST) {
            assert_eq!(of(&results, LIST).observation.parsed_crl().unwrap().revokes.len(), 1, "{name}");
        }
        site.world.faults().clear_all().unwrap();
    }
    // An answer that nobody signed revokes nothing.
    site.world.faults().set(PKI_HOST, testnet::TcpFault::Close).unwrap();
    site.world.faults().set(OCSP_HOST, OcspFault::BadSignature).unwrap();
    assert_eq!(comes_to(of(&over(&site, "proxy").await, "it")), (State::Reachable, None));
}

/// What is unchanged was not compared with what has come since.
#[tokio::test]
async fn a_list_comes_again_for_a_leaf_that_it_was_not_compared_with() {
    let site = site().await;
    let plan = site.plan(&site.https(), "proxy", "");
    let prober = Arc::new(Prober::new(&plan, Arc::new(SystemClock)).unwrap());
    let lists = || {
        let requests = site.world.faults().requests(PKI_HOST).unwrap();
        let of_list = requests.into_iter().filter(|request| request.target.contains("issuing.crl"));
        let is_conditional =
            |request: testnet::Head| request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("if-none-match"));
        of_list.map(is_conditional).collect::<Vec<_>>()
    };
    for expected in [&[false][..], &[false, true]] {
        round(&plan, Arc::clone(&prober), &SystemClock, false, |_| {}).await;
        assert_eq!(lists(), expected);
    }
    // A server with a certificate of its own.
    site.world.faults().set(HTTPS_HOST, testnet::TlsFault::Only12).unwrap();
    round(&plan, Arc::clone(&prober), &SystemClock, false, |_| {}).await;
    assert_eq!(lists(), [false, true, false]);
}

#[tokio::test]
async fn a_round_asks_for_every_leaf() {
    const OTHERS: [&str; 3] = ["ols.officeapps.live.com", "login.microsoftonline.com", "officeclient.microsoft.com"];
    let site = site().await;
    // Nobody but the responder tells of it.
    site.world.faults().set(PKI_HOST, testnet::TcpFault::Close).unwrap();
    let mut plan = site.plan(&site.https(), "proxy", "");
    for host in OTHERS {
        site.world.revoke(host);
        let mut endpoint = prober::plan::Endpoint::clone(&plan.endpoints[0]);
        endpoint.name = host.to_owned();
        endpoint.url = site.world.url(host, testnet::Scheme::Https, "/").unwrap().parse().unwrap();
        let pair = Pair { endpoint: Arc::new(endpoint), path: Arc::clone(&plan.paths[0]) };
        plan.endpoints.push(Arc::clone(&pair.endpoint));
        plan.pairs.push(Arc::new(pair));
    }
    let results = checked(&site, &plan).await;
    let revoked = (State::Degraded, Some((Cause::CertificateRevoked, Blame::Origin)));
    for host in OTHERS {
        assert_eq!(comes_to(of(&results, host)), revoked, "{:?}", of(&results, host).verdict);
    }
    assert_eq!(comes_to(of(&results, "it")), (State::Reachable, None));
    let responders = results.iter().filter(|(pair, _)| pair.endpoint.discovered == Some(Published::Ocsp));
    assert_eq!(responders.count(), 1);
}

/// A proven origin's body is seldom needed; what a certificate names is.
#[tokio::test]
async fn what_comes_slowly_behind_a_redirect_to_https_is_waited_for() {
    let site = site().await;
    let target = format!("https://{OCSP_HOST}/ca.cer");
    site.world.faults().set(PKI_HOST, HttpFault::Reply(Reply::redirect(&target))).unwrap();
    site.world.faults().set(OCSP_HOST, HttpFault::SlowBody).unwrap();
    let mut plan = site.plan(&site.https(), "socks5h", "");
    plan.discovery.as_mut().unwrap().timeout = std::time::Duration::from_secs(3);
    let results = checked(&site, &plan).await;
    let report = of(&results, ISSUER);
    assert!(report.observation.tls.as_ref().is_some_and(prober::observation::TlsFacts::is_proven), "{report:#?}");
    let timed_out = (State::Blocked, Some((Cause::HttpTimeout, Blame::Network)));
    assert_eq!(comes_to(report), timed_out, "and not cut after a second: {:?}", report.verdict);
}
