//! Proxies behind TLS.

use prober::observation::{ChainTrust, Fault, ProxyFailure, RouteFacts};
use prober::verdict::{Question, judge};
use testnet::{CertificateKind, PROXY_HOST, ProxyFault, Scheme, TlsFault};

use crate::site::{HTTPS_HOST, Site, Steps, fault, http};

#[tokio::test]
async fn both_schemes_go_inside() {
    let site = Site::new().await;
    let clear = site.world.url(HTTPS_HOST, Scheme::Http, "/a").unwrap();
    for (url, version) in [(site.https(), "HTTP/2"), (clear, "HTTP/1.1")] {
        let steps = Steps::default();
        let seen = site.probe_heard(&url, "secure", "", &steps).await;
        assert_eq!(seen.fault, None, "{url}");
        assert_eq!((http(&seen).status, http(&seen).version.as_str()), (200, version));
        let tls = seen.proxy_tls.as_ref().unwrap();
        assert_eq!((tls.verification.trust, tls.alpn.as_deref()), (ChainTrust::Extra, Some("http/1.1")));
        assert!(matches!(&seen.route, RouteFacts::Proxy(via) if via.to_string() == site.world.proxy().secure_url()));
        assert_eq!(seen.remote_address, Some(site.world.proxy().secure_address()));
        assert_eq!(steps.names()[1..4], ["Resolved", "Connected", "ProxySecured"]);
    }
    // Our resolvers were asked for the proxy alone.
    assert!(site.world.dns_queries().iter().all(|query| query.name == PROXY_HOST), "{:?}", site.world.dns_queries());
    let asked = site.world.proxy().requests();
    let methods: Vec<&str> = asked.iter().map(|request| request.method.as_str()).collect();
    assert_eq!(methods, ["CONNECT", "GET"]);
    assert!(asked[1].target.starts_with("http://"), "{asked:?}");
}

#[tokio::test]
async fn credentials_go_inside() {
    let mut site = Site::new().await;
    site.world.proxy().require_credentials("svc", "pw");
    site.credentials = Some(("svc", "pw"));
    let clear = site.world.url(HTTPS_HOST, Scheme::Http, "/").unwrap();
    for url in [site.https(), clear] {
        assert_eq!(http(&site.probe(&url, "secure", "").await).status, 200, "{url}");
    }
}

#[tokio::test]
async fn a_proxy_that_proves_nothing_is_told_nothing() {
    let mut site = Site::new().await;
    site.credentials = Some(("svc", "pw"));
    for (kind, words) in [
        (CertificateKind::Expired, "shows a certificate that expired on "),
        (CertificateKind::NotYetValid, "shows a certificate that is not valid before "),
        (CertificateKind::WrongName, "shows a certificate for another name: "),
        (CertificateKind::SelfSigned, ", which nobody trusts"),
        (
            CertificateKind::Intercepted,
            "\"O=Example Corp Security, CN=Example Corp TLS Inspection CA\", which nobody trusts",
        ),
    ] {
        site.world.proxy().set_fault(ProxyFault::Tls(TlsFault::Certificate(kind.clone())));
        let plan = site.plan(&site.https(), "secure", "");
        let seen = site.probe(&site.https(), "secure", "").await;
        assert!(matches!(fault(&seen), Fault::Proxy(fault) if fault.failure == ProxyFailure::Unproven), "{kind:?}");
        let verdict = judge(&Question::alone(&plan.pairs[0], &plan.fingerprints), &seen);
        let reason = verdict.reason.unwrap();
        assert!(reason.detail.contains(words), "{kind:?}: {}", reason.detail);
        for key in ["proxy_certificate_subject", "proxy_certificate_issuer", "proxy_certificate_reason"] {
            assert!(verdict.evidence.facts.contains_key(key), "{kind:?}: {:?}", verdict.evidence);
        }
    }
    assert_eq!(site.world.proxy().requests(), []);
}
