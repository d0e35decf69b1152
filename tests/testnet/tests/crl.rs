//! Revocation lists: real ones, and what comes in their place.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use std::sync::Arc;

use common::{CRL_HOST, CRL_PATH, HOST, get, raw_get, roots, tcp};
use hyper::body::Bytes;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{ServerName, UnixTime};
use testnet::{CertificateKind, CrlFault, Scheme, World};
use x509_parser::prelude::{CertificateRevocationList, FromDer};

async fn fetch(world: &World, fault: CrlFault) -> Bytes {
    world.faults().set(CRL_HOST, fault).unwrap();
    get(world, CRL_HOST, CRL_PATH).await.1.unwrap()
}

/// Whether rustls takes the list as signed by the world's root, when it checks the intermediate against it.
fn is_signed_by_root(world: &World, der: &Bytes) -> bool {
    let authority = world.authority();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots(&authority.root_pem())), provider)
        .with_crls([der.to_vec().into()])
        .allow_unknown_revocation_status()
        .build()
        .unwrap();
    let leaf = authority.leaf(HOST, &CertificateKind::Good).unwrap();
    let seconds = authority.now().unix_timestamp().try_into().unwrap();
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let name = ServerName::try_from(HOST).unwrap();
    let (end_entity, others) = leaf.chain.split_first().unwrap();
    verifier.verify_server_cert(end_entity, others, &name, &[], now).is_ok()
}

#[tokio::test]
async fn the_list_is_real() {
    let world = World::start().await.unwrap();
    let (status, body) = get(&world, CRL_HOST, CRL_PATH).await;
    let der = body.unwrap();
    assert_eq!(status, 200);
    let (rest, list) = CertificateRevocationList::from_der(&der).unwrap();
    assert!(rest.is_empty());
    assert_eq!(list.iter_revoked_certificates().count(), 3);
    assert_eq!(list.crl_number().unwrap().to_string(), "7");
    assert!(list.next_update().unwrap().timestamp() > world.authority().now().unix_timestamp());
    assert!(is_signed_by_root(&world, &der));
}

#[tokio::test]
async fn variants_that_still_parse() {
    let world = World::start().await.unwrap();
    let der = fetch(&world, CrlFault::Expired).await;
    let (_, list) = CertificateRevocationList::from_der(&der).unwrap();
    assert!(list.next_update().unwrap().timestamp() < world.authority().now().unix_timestamp());
    let der = fetch(&world, CrlFault::Revoked(1000)).await;
    let (_, list) = CertificateRevocationList::from_der(&der).unwrap();
    assert_eq!(list.iter_revoked_certificates().count(), 1000);
    let der = fetch(&world, CrlFault::Number(6)).await;
    let (_, list) = CertificateRevocationList::from_der(&der).unwrap();
    assert_eq!(list.crl_number().unwrap().to_string(), "6");
    let der = fetch(&world, CrlFault::BadSignature).await;
    CertificateRevocationList::from_der(&der).unwrap();
    assert!(!is_signed_by_root(&world, &der));
    let der = fetch(&world, CrlFault::OtherIssuer).await;
    let (_, list) = CertificateRevocationList::from_der(&der).unwrap();
    assert!(list.issuer().to_string().contains("Example Corp TLS Inspection CA"));
    assert!(fetch(&world, CrlFault::Pem).await.starts_with(b"-----BEGIN X509 CRL-----"));
}

#[tokio::test]
async fn what_is_no_list() {
    let world = World::start().await.unwrap();
    assert!(fetch(&world, CrlFault::Html).await.starts_with(b"<!DOCTYPE html>"));
    let truncated = fetch(&world, CrlFault::Truncated).await;
    assert_eq!(truncated[0], 0x30);
    assert!(CertificateRevocationList::from_der(&truncated).is_err());
    assert!(fetch(&world, CrlFault::TooLarge).await.len() > 32 * 1024 * 1024);
    world.faults().set(CRL_HOST, CrlFault::CutShort).unwrap();
    let stream = tcp(&world, CRL_HOST, Scheme::Http).await.unwrap();
    let (answer, ended) = raw_get(stream, CRL_HOST, CRL_PATH).await;
    ended.unwrap();
    let end = answer.windows(4).position(|octets| octets == b"\r\n\r\n").unwrap() + 4;
    let head = str::from_utf8(&answer[..end]).unwrap();
    let (_, announced) = head.trim_end().rsplit_once("Content-Length: ").unwrap();
    assert!(announced.parse::<usize>().unwrap() > answer.len() - end, "{head}");
}
