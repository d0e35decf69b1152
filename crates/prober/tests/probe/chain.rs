//! Chains that lack their intermediate.

use std::sync::Arc;

use prober::Cause;
use prober::net::SystemClock;
use prober::observation::{ChainTrust, Observation, TlsFacts};
use prober::probe::Prober;
use prober::scheduler::round;
use testnet::TlsFault;

use crate::site::{HTTPS_HOST, Site, http};

async fn probe_without_intermediate(path: &str, port_80: bool) -> Observation {
    let site = Site::new().await;
    site.world.faults().set(HTTPS_HOST, TlsFault::MissingIntermediate { port_80 }).unwrap();
    site.probe(&site.https(), path, "").await
}

fn tls(seen: &Observation) -> &TlsFacts {
    seen.tls.as_ref().unwrap_or_else(|| panic!("no TLS: {seen:#?}"))
}

/// Whoever publishes the certificate is named on port 80, which only the world's proxies can reach.
#[tokio::test]
async fn is_completed_through_the_proxy_as_by_its_clients() {
    for path in ["proxy", "secure", "socks4a", "socks5h"] {
        let seen = probe_without_intermediate(path, true).await;
        let verification = &tls(&seen).verification;
        assert_eq!((verification.trust, verification.completed_by_aia), (ChainTrust::Extra, true), "{path}");
        assert_eq!(tls(&seen).chain.len(), 1, "what was sent, not what was fetched");
        assert!(tls(&seen).is_proven());
        assert_eq!(http(&seen).status, 200);
    }
}

#[tokio::test]
async fn is_left_open_where_the_certificate_points_to_another_port() {
    for path in ["direct", "proxy"] {
        let seen = probe_without_intermediate(path, false).await;
        let verification = &tls(&seen).verification;
        assert_eq!((verification.trust, verification.completed_by_aia), (ChainTrust::Untrusted, false), "{path}");
        assert_eq!(http(&seen).status, 200, "whoever answers is heard all the same");
    }
}

/// Directly the publisher is out of reach, but the proxy's probe shows whose certificate it is.
#[tokio::test]
async fn is_known_for_incomplete_where_another_path_saw_the_leaf_proven() {
    let site = Site::new().await;
    site.world.faults().set(HTTPS_HOST, TlsFault::MissingIntermediate { port_80: true }).unwrap();
    for (paths, expected) in [
        ("direct", vec![Some(Cause::TlsIntercepted)]),
        ("direct, proxy", vec![Some(Cause::TlsChainIncomplete), Some(Cause::TlsChainIncomplete)]),
    ] {
        let plan = site.plan(&site.https(), paths, "");
        let prober = Arc::new(Prober::new(&plan, Arc::new(SystemClock)).unwrap());
        let results = round(&plan, prober, &SystemClock, false, |_| {}).await.results;
        // What the leaf names is probed besides.
        let own = results.iter().filter(|(pair, _)| pair.endpoint.discovered.is_none());
        let reasons = own.map(|(_, report)| report.verdict.reason.as_ref().map(|reason| reason.cause));
        assert_eq!(reasons.collect::<Vec<_>>(), expected, "{paths}");
    }
}
