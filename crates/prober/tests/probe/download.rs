//! Documents that the monitor fetches for itself.

use std::sync::Arc;
use std::time::Duration;

use prober::net::SystemClock;
use prober::observation::Fault;
use prober::probe::{Download, DownloadFault, Prober};
use testnet::{CertificateKind, HttpFault, Reply, Scheme, TcpFault, TlsFault};

use crate::site::{HTTPS_HOST, Site};

const LIMIT: usize = 4096;
const PATIENCE: Duration = Duration::from_secs(5);

/// Fetches a document of the world's host over a path.
async fn fetch(site: &Site, scheme: Scheme, path: &str, limit: usize) -> Result<Download, DownloadFault> {
    let plan = site.plan(&site.https(), path, "");
    let prober = Prober::new(&plan, Arc::new(SystemClock)).unwrap();
    let url = site.world.url(HTTPS_HOST, scheme, "/list?a=b").unwrap().parse().unwrap();
    prober.download(&plan.pairs[0].path, &url, limit, PATIENCE).await
}

fn publish(site: &Site, reply: Reply) {
    site.world.faults().publish(HTTPS_HOST, "/list", reply).unwrap();
}

#[tokio::test]
async fn a_document_comes_over_every_way_and_with_what_the_way_asks_for() {
    let mut site = Site::new().await;
    publish(&site, Reply::json("[1]"));
    for path in ["direct", "proxy", "secure", "socks5h"] {
        for scheme in [Scheme::Https, Scheme::Http] {
            let came = fetch(&site, scheme, path, LIMIT).await.unwrap_or_else(|fault| panic!("{path}: {fault:?}"));
            assert_eq!((came.status, came.bytes.as_slice()), (200, &b"[1]"[..]), "{path}");
        }
    }
    site.world.proxy().require_credentials("svc", "s3cret");
    assert!(matches!(
        fetch(&site, Scheme::Https, "proxy", LIMIT).await,
        Err(DownloadFault::Unreached(Fault::Proxy(_)))
    ));
    site.credentials = Some(("svc", "s3cret"));
    assert_eq!(fetch(&site, Scheme::Https, "proxy", LIMIT).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_a_redirect_is_not_followed() {
    let site = Site::new().await;
    publish(&site, Reply::status(429).header("Retry-After", "7200").reason("Slow down"));
    let came = fetch(&site, Scheme::Https, "direct", LIMIT).await.unwrap();
    assert_eq!((came.status, came.retry_after.unwrap().as_str()), (429, "7200"));
    publish(&site, Reply::redirect("http://portal.example/"));
    assert_eq!(fetch(&site, Scheme::Https, "direct", LIMIT).await.unwrap().status, 302);
}

#[tokio::test]
async fn what_is_too_large_broken_off_or_from_somebody_else_is_not_taken() {
    let site = Site::new().await;
    publish(&site, Reply::json(&"x".repeat(LIMIT + 1)));
    let came = fetch(&site, Scheme::Https, "direct", LIMIT).await;
    assert_eq!(came, Err(DownloadFault::TooLarge { limit: LIMIT }));
    assert_eq!(fetch(&site, Scheme::Https, "direct", LIMIT + 1).await.unwrap().bytes.len(), LIMIT + 1);
    // Larger than what a probe would take over TLS.
    let large = 6 * 1024 * 1024;
    publish(&site, Reply::json(&"x".repeat(large)));
    assert_eq!(fetch(&site, Scheme::Https, "direct", large).await.unwrap().bytes.len(), large);

    site.world.faults().set(HTTPS_HOST, HttpFault::CloseInBody).unwrap();
    assert!(matches!(fetch(&site, Scheme::Https, "direct", LIMIT).await, Err(DownloadFault::BrokeOff(_))));
    site.world.faults().clear(HTTPS_HOST).unwrap();
    site.world.faults().set(HTTPS_HOST, TlsFault::Certificate(CertificateKind::Intercepted)).unwrap();
    assert!(matches!(fetch(&site, Scheme::Https, "direct", LIMIT).await, Err(DownloadFault::Unproven { .. })));
    site.world.faults().clear(HTTPS_HOST).unwrap();
    site.world.faults().set(HTTPS_HOST, TcpFault::Refuse).unwrap();
    assert!(matches!(
        fetch(&site, Scheme::Https, "direct", LIMIT).await,
        Err(DownloadFault::Unreached(Fault::Connect(_)))
    ));
}
