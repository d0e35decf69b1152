//! `tls_server_config`: how TLS is spoken, by the names that Go has for things.

use std::sync::Arc;

use prober::config::{Cursor, Map};
use rustls::crypto::aws_lc_rs::{self, cipher_suite, kx_group};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedCipherSuite, SupportedProtocolVersion};
use zeroize::Zeroizing;

use super::clients;
use super::settings::Wanted;

const KEYS: [&str; 13] = [
    "cert",
    "key",
    "client_ca",
    "cert_file",
    "key_file",
    "client_auth_type",
    "client_ca_file",
    "client_allowed_sans",
    "min_version",
    "max_version",
    "cipher_suites",
    "prefer_server_cipher_suites",
    "curve_preferences",
];

/// Suites of TLS 1.2; those of TLS 1.3 are always on, as in Go, and naming them changes nothing.
const SUITES: [(&str, Option<SupportedCipherSuite>); 9] = [
    ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Some(cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)),
    ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", Some(cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)),
    (
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        Some(cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
    ),
    ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Some(cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)),
    ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", Some(cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)),
    ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", Some(cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256)),
    ("TLS_AES_128_GCM_SHA256", None),
    ("TLS_AES_256_GCM_SHA384", None),
    ("TLS_CHACHA20_POLY1305_SHA256", None),
];

const GROUPS: [(&str, &dyn SupportedKxGroup); 3] =
    [("X25519", kx_group::X25519), ("CurveP256", kx_group::SECP256R1), ("CurveP384", kx_group::SECP384R1)];

const VERSIONS: [(&str, &SupportedProtocolVersion); 2] = [("TLS12", &TLS12), ("TLS13", &TLS13)];

/// Reads the section; nothing where it is empty, and TLS is not spoken.
pub(super) fn read(cursor: &Cursor<'_>, http2: bool) -> Option<Wanted<ServerConfig>> {
    let section = cursor.section(&KEYS)?;
    if KEYS.iter().all(|key| section.get(key).is_none()) {
        return Some(Wanted::Nothing);
    }
    // All of it is read, so that all faults are told.
    let chain = pem(cursor, &section, "cert", "cert_file").map(|(at, pem)| certificates(&at, &pem));
    let key = pem(cursor, &section, "key", "key_file").map(|(at, pem)| private_key(&at, &pem));
    let versions = versions(&section);
    let provider = provider(&section);
    let prefer_own = given(&section, "prefer_server_cipher_suites").map_or(Some(true), |cursor| cursor.boolean());
    let verifier = clients::read(cursor, &section);

    let (chain, key, verifier) = (chain??, key??, verifier?);
    let builder = ServerConfig::builder_with_provider(provider?).with_protocol_versions(&versions?);
    let builder = match builder {
        Ok(builder) => builder.with_client_cert_verifier(verifier),
        Err(error) => return cursor.fault(format!("these versions, suites and curves do not go together: {error}")),
    };
    match builder.with_single_cert(chain, key) {
        Ok(mut config) => {
            config.ignore_client_order = prefer_own?;
            let offered: &[&[u8]] = if http2 { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };
            config.alpn_protocols = offered.iter().map(|name| name.to_vec()).collect();
            Some(Wanted::This(config))
        }
        Err(error) => cursor.fault(format!("the certificate and the key cannot be used: {error}")),
    }
}

/// The value of a key, where it has one: the format takes an empty text for none.
pub(super) fn given<'a>(section: &Map<'a>, key: &str) -> Option<Cursor<'a>> {
    section.get(key).filter(|cursor| !cursor.is_blank())
}

/// A text in PEM form, here or in a file, and where it is from. One of the two must be there.
fn pem<'a>(all: &Cursor<'_>, section: &Map<'a>, here: &str, file: &str) -> Option<(Cursor<'a>, Zeroizing<Vec<u8>>)> {
    if given(section, here).is_none() && given(section, file).is_none() {
        return all.fault(format!("the key \"{file}\" is missing"));
    }
    pem_if_given(section, here, file)
}

/// As [`pem`], where neither need be there.
pub(super) fn pem_if_given<'a>(section: &Map<'a>, here: &str, file: &str) -> Option<(Cursor<'a>, Zeroizing<Vec<u8>>)> {
    match (given(section, here), given(section, file)) {
        (None, None) => None,
        (Some(_), Some(at)) => at.fault(format!("{here} is there too; one of the two is needed")),
        (Some(at), None) => at.text().map(|text| (at.clone(), Zeroizing::new(text.as_bytes().to_vec()))),
        (None, Some(at)) => at.file().map(|bytes| (at.clone(), Zeroizing::new(bytes))),
    }
}

/// The certificates of a text in PEM form, one at least.
pub(super) fn certificates(at: &Cursor<'_>, pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    match CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>() {
        Ok(certificates) if !certificates.is_empty() => Some(certificates),
        _ => at.fault("there is no certificate in PEM form"),
    }
}

fn private_key(at: &Cursor<'_>, pem: &[u8]) -> Option<PrivateKeyDer<'static>> {
    match PrivateKeyDer::from_pem_slice(pem) {
        Ok(key) => Some(key),
        Err(_) => at.fault("there is no private key in PEM form (one with a passphrase cannot be read)"),
    }
}

fn versions(section: &Map<'_>) -> Option<Vec<&'static SupportedProtocolVersion>> {
    let [min, max] = ["min_version", "max_version"].map(|key| given(section, key));
    let index = |cursor: &Cursor<'_>| {
        let old = cursor.text().is_some_and(|text| ["TLS10", "TLS11"].contains(&text));
        if old {
            let message = format!("{} is not supported: it is not secure (RFC 8996)", cursor.shown());
            return cursor.fault_with_help(message, "TLS12 is the oldest version");
        }
        cursor.choice(&[("TLS12", 0), ("TLS13", 1)])
    };
    let least = min.as_ref().map_or(Some(0), index);
    let most = max.as_ref().map_or(Some(1), index);
    let chosen = VERSIONS.get(least?..=most?).filter(|chosen| !chosen.is_empty());
    match (chosen, max) {
        (Some(chosen), _) => Some(chosen.iter().map(|(_, version)| *version).collect()),
        (None, Some(max)) => max.fault("this is older than min_version"),
        (None, None) => None,
    }
}

fn provider(section: &Map<'_>) -> Option<Arc<CryptoProvider>> {
    let mut provider = aws_lc_rs::default_provider();
    let suites = given(section, "cipher_suites").map_or(Some(Vec::new()), |cursor| {
        listed(&cursor, &SUITES, "is a cipher suite that is not supported, or none; known here")
    });
    let groups = given(section, "curve_preferences").map_or(Some(Vec::new()), |cursor| {
        listed(&cursor, &GROUPS, "is a curve that is not supported, or none; known here")
    });
    let (suites, groups) = (suites?, groups?);
    if !suites.is_empty() {
        // In the order of the list, which is that of preference.
        let chosen = suites.into_iter().flatten();
        provider.cipher_suites.retain(|suite| suite.tls13().is_some());
        provider.cipher_suites.extend(chosen);
    }
    if !groups.is_empty() {
        provider.kx_groups = groups;
    }
    Some(Arc::new(provider))
}

/// A list of names that all are known.
fn listed<T: Copy>(cursor: &Cursor<'_>, known: &[(&str, T)], complaint: &str) -> Option<Vec<T>> {
    let one = |item: &Cursor<'_>| {
        let text = item.text()?;
        let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        found.or_else(|| {
            let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            item.fault(format!("{} {complaint}: {}", item.shown(), names.join(", ")))
        })
    };
    // Not lazily: every one that is not known is a fault of its own.
    let items: Vec<_> = cursor.items()?.iter().map(one).collect();
    items.into_iter().collect()
}
