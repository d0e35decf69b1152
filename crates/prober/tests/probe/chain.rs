//! Chains that lack their intermediate.

use prober::observation::{ChainTrust, Observation, TlsFacts};
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

/// Whoever publishes the certificate is named on port 80, which only the world's proxy can reach.
#[tokio::test]
async fn is_completed_through_the_proxy_as_by_its_clients() {
    let seen = probe_without_intermediate("proxy", true).await;
    let verification = &tls(&seen).verification;
    assert_eq!((verification.trust, verification.completed_by_aia), (ChainTrust::Extra, true), "{verification:?}");
    assert_eq!(tls(&seen).chain.len(), 1, "what was sent, not what was fetched");
    assert!(tls(&seen).is_proven());
    assert_eq!(http(&seen).status, 200);
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
