//! Every way out, with everything in order or refused in order.

use prober::cause::Stage;
use prober::observation::{ChainTrust, Fault, HttpFailure, Moment, Observation, ProxyFailure, RouteFacts};
use testnet::{CertificateKind, Fault as Broken, HttpFault, ProxyFault, Reply, Scheme, TlsFault};

use crate::site::{HTTPS_HOST, Site, Steps, fault, http};

fn ran(seen: &Observation) -> Vec<Stage> {
    Stage::ALL.into_iter().filter(|stage| seen.phases.get(*stage).is_some()).collect()
}

#[tokio::test]
async fn https_direct() {
    let site = Site::new().await;
    let steps = Steps::default();
    let seen = site.probe_heard(&site.https(), "direct", "", &steps).await;

    assert_eq!(seen.fault, None);
    assert_eq!((http(&seen).status, http(&seen).version.as_str()), (200, "HTTP/2"));
    let tls = seen.tls.as_ref().unwrap();
    assert!(tls.is_proven(), "{tls:#?}");
    assert_eq!((tls.alpn.as_deref(), tls.verification.trust), (Some("h2"), ChainTrust::Extra));
    assert_eq!(seen.route, RouteFacts::Direct);
    assert_eq!(seen.remote_address, Some(site.world.address(HTTPS_HOST, Scheme::Https).unwrap()));
    assert_eq!(seen.resolve.as_ref().unwrap().addresses, [seen.remote_address.unwrap().ip()]);
    assert_eq!(ran(&seen), [Stage::Route, Stage::Resolve, Stage::Connect, Stage::Tls, Stage::Http, Stage::Content]);
    assert_eq!(steps.names(), ["Routed", "Resolved", "Connected", "Secured", "Answered", "Read"]);
    assert!(http(&seen).body.complete);
}

#[tokio::test]
async fn https_through_a_proxy_which_gets_the_name() {
    let site = Site::new().await;
    let steps = Steps::default();
    let seen = site.probe_heard(&site.https(), "proxy", "", &steps).await;

    assert_eq!(seen.fault, None);
    assert_eq!(http(&seen).status, 200);
    assert_eq!(seen.proxy.as_ref().unwrap().status, 200);
    assert_eq!(seen.remote_address, Some(site.world.proxy().address()));
    assert_eq!(seen.resolve, None);
    assert!(site.world.dns_queries().is_empty(), "our resolvers are not asked for the target");
    assert_eq!(steps.names(), ["Routed", "Resolved", "Connected", "ProxyAnswered", "Secured", "Answered", "Read"]);
    let asked = site.world.proxy().requests();
    assert!(format!("{asked:?}").contains(HTTPS_HOST), "{asked:?}");
}

#[tokio::test]
async fn http_direct_and_through_a_proxy() {
    let site = Site::new().await;
    let url = site.world.url(HTTPS_HOST, Scheme::Http, "/a?b=c").unwrap();
    for path in ["direct", "proxy"] {
        let seen = site.probe(&url, path, "").await;
        assert_eq!(seen.fault, None, "{path}");
        assert_eq!((http(&seen).status, http(&seen).version.as_str()), (200, "HTTP/1.1"), "{path}");
        assert_eq!((seen.tls, seen.proxy), (None, None));
    }
    assert_eq!(site.world.faults().requests(HTTPS_HOST).unwrap().len(), 2);
}

#[tokio::test]
async fn credentials_open_the_way_for_both_schemes() {
    let mut site = Site::new().await;
    site.world.proxy().require_credentials("svc", "s3cret: ü");
    let clear = site.world.url(HTTPS_HOST, Scheme::Http, "/").unwrap();

    let seen = site.probe(&site.https(), "proxy", "").await;
    assert!(matches!(fault(&seen), Fault::Proxy(fault) if fault.failure == ProxyFailure::Refused { status: 407 }));
    assert_eq!(seen.proxy.as_ref().unwrap().status, 407);
    assert_eq!(http(&site.probe(&clear, "proxy", "").await).status, 407);

    site.credentials = Some(("svc", "s3cret: ü"));
    assert_eq!(http(&site.probe(&site.https(), "proxy", "").await).status, 200);
    assert_eq!(http(&site.probe(&clear, "proxy", "").await).status, 200);
}

#[tokio::test]
async fn a_refusal_is_kept_to_the_word() {
    let site = Site::new().await;
    site.world.proxy().set_fault(ProxyFault::squid_denied());
    let seen = site.probe(&site.https(), "proxy", "").await;

    let said = seen.proxy.as_ref().unwrap();
    assert_eq!(said.status, 403);
    assert_eq!(said.headers.get("x-squid-error"), Some("ERR_ACCESS_DENIED 0"));
    assert!(said.body.as_str().contains("could not be retrieved"));
    assert!(matches!(fault(&seen), Fault::Proxy(fault) if fault.failure == ProxyFailure::Refused { status: 403 }));
    assert_eq!(seen.tls, None);
}

#[tokio::test]
async fn octets_behind_the_answer_belong_to_the_tunnel() {
    let site = Site::new().await;
    site.world.proxy().set_fault(ProxyFault::ExtraBytes);
    let seen = site.probe(&site.https(), "proxy", "").await;
    // Here they are a warning, which TLS lets pass; that none is lost is for the tests of the proxy phase to show.
    assert_eq!((seen.fault.as_ref(), http(&seen).status), (None, 200));
}

#[tokio::test]
async fn http2_that_fails_gets_one_more_try() {
    let site = Site::new().await;
    for broken in [HttpFault::GoAway, HttpFault::Http11Required] {
        site.world.faults().set(HTTPS_HOST, Broken::Http(broken.clone())).unwrap();
        let steps = Steps::default();
        let seen = site.probe_heard(&site.https(), "direct", "", &steps).await;
        assert_eq!(seen.fault, None, "{broken:?}");
        assert_eq!(http(&seen).version, "HTTP/1.1", "{broken:?}");
        assert_eq!(seen.tls.as_ref().unwrap().alpn.as_deref(), Some("http/1.1"));
        assert!(steps.names().contains(&"TryingHttp1".to_owned()), "{:?}", steps.names());
    }
}

#[tokio::test]
async fn whoever_proves_nothing_is_heard_but_told_nothing() {
    let site = Site::new().await;
    let headers = "headers: {X-Api-Key: s3cret}, method: POST, body: s3cret";

    let seen = site.probe(&site.https(), "direct", headers).await;
    assert!(seen.tls.as_ref().unwrap().is_proven());
    let intercepted = TlsFault::Certificate(CertificateKind::Intercepted);
    site.world.faults().set(HTTPS_HOST, Broken::Tls(intercepted)).unwrap();
    let seen = site.probe(&site.https(), "direct", headers).await;
    assert!(!seen.tls.as_ref().unwrap().is_proven());
    assert_eq!(http(&seen).status, 200);

    let told: Vec<bool> = site
        .world
        .faults()
        .requests(HTTPS_HOST)
        .unwrap()
        .iter()
        .map(|request| format!("{request:?}").to_ascii_lowercase().contains("x-api-key"))
        .collect();
    assert_eq!(told, [true, false]);
}

#[tokio::test]
async fn what_is_configured_for_one_server_goes_to_no_other() {
    const OTHER: &str = "login.microsoft.com";
    let site = Site::new().await;
    let to = site.world.url(OTHER, Scheme::Https, "/a.crl").unwrap();
    site.world.faults().set(HTTPS_HOST, Broken::Http(HttpFault::Reply(Reply::redirect(&to)))).unwrap();
    let more = "headers: {X-Api-Key: s3cret}, expect: {crl: true}";
    let seen = site.probe(&site.https(), "direct", more).await;
    assert!(seen.tls.as_ref().unwrap().is_proven());

    let told = |host| format!("{:?}", site.world.faults().requests(host).unwrap()).to_ascii_lowercase();
    assert!(told(HTTPS_HOST).contains("s3cret"));
    assert!(told(OTHER).contains("/a.crl") && !told(OTHER).contains("s3cret"), "{}", told(OTHER));
}

#[tokio::test]
async fn redirects_of_others_than_crls_are_reported() {
    let site = Site::new().await;
    let reply = HttpFault::Reply(Reply::redirect("/elsewhere"));
    site.world.faults().set(HTTPS_HOST, Broken::Http(reply)).unwrap();
    let seen = site.probe(&site.https(), "direct", "").await;
    assert_eq!((http(&seen).status, http(&seen).headers.get("location")), (302, Some("/elsewhere")));
    assert_eq!(site.world.faults().requests(HTTPS_HOST).unwrap().len(), 1);
}

#[tokio::test]
async fn a_body_that_nobody_needs_costs_a_second_at_most() {
    let site = Site::new().await;
    site.world.faults().set(HTTPS_HOST, Broken::Http(HttpFault::SlowBody)).unwrap();
    let seen = site.probe(&site.https(), "direct", "timeout: 8s").await;
    assert_eq!(seen.fault, None);
    assert!(!http(&seen).body.complete);
    assert!(seen.duration.as_secs() < 4, "{:?}", seen.duration);

    let needed = "timeout: 2s, expect: {body: {contains: x}}";
    let seen = site.probe(&site.https(), "direct", needed).await;
    assert!(
        matches!(fault(&seen), Fault::Http(f) if f.failure == HttpFailure::TimedOut && f.during == Moment::Body),
        "{seen:#?}"
    );
}
