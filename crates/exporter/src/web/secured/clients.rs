//! Certificates of clients: who is asked for one, and what it has to be.

use std::net::IpAddr;
use std::sync::Arc;

use prober::config::{Cursor, Map};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::tls::{certificates, given, pem_if_given};

/// The most names that clients may have.
const MAX_NAMES: usize = 1000;

/// Who is asked, as Go has it (<https://pkg.go.dev/crypto/tls#ClientAuthType>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    /// Nobody.
    None,
    /// Everybody, and any certificate will do, as none will.
    Request,
    /// Everybody, and any certificate will do.
    RequireAny,
    /// Everybody; a certificate has to verify, and none will do.
    VerifyIfGiven,
    /// Everybody, and a certificate has to verify.
    RequireAndVerify,
}

/// The names of the policies; `RequireClientCert` is an old one.
const POLICIES: [(&str, Policy); 6] = [
    ("NoClientCert", Policy::None),
    ("RequestClientCert", Policy::Request),
    ("RequireAnyClientCert", Policy::RequireAny),
    ("RequireClientCert", Policy::RequireAny),
    ("VerifyClientCertIfGiven", Policy::VerifyIfGiven),
    ("RequireAndVerifyClientCert", Policy::RequireAndVerify),
];

/// Reads what `tls_server_config` says of clients.
pub(super) fn read(all: &Cursor<'_>, section: &Map<'_>) -> Option<Arc<dyn ClientCertVerifier>> {
    let at = given(section, "client_auth_type");
    let policy = at.as_ref().map_or(Some(Policy::None), |cursor| cursor.choice(&POLICIES));
    let has_issuers = given(section, "client_ca").is_some() || given(section, "client_ca_file").is_some();
    let issuers = pem_if_given(section, "client_ca", "client_ca_file").and_then(|(at, pem)| roots(&at, &pem));
    let names = given(section, "client_allowed_sans").map(|cursor| (cursor.clone(), names(&cursor)));
    let verifies = match (policy?, has_issuers) {
        (Policy::None, true) => {
            let message = "client_ca and client_ca_file mean nothing without a client_auth_type";
            return all.fault_with_help(message, "add client_auth_type: RequireAndVerifyClientCert");
        }
        (Policy::VerifyIfGiven | Policy::RequireAndVerify, false) => {
            return at
                .as_ref()
                .unwrap_or(all)
                .fault_with_help("nobody is named who vouches for clients", "add client_ca_file");
        }
        (Policy::VerifyIfGiven | Policy::RequireAndVerify, true) => Some(issuers?),
        (Policy::None | Policy::Request | Policy::RequireAny, _) => None,
    };
    let names = match names {
        Some((at, _)) if policy == Some(Policy::None) => {
            return at.fault_with_help(
                "clients are not asked for certificates",
                "add client_auth_type: RequireAndVerifyClientCert",
            );
        }
        Some((_, names)) => Some(names?),
        None => None,
    };
    verifier(all, policy?, verifies, names)
}

fn verifier(
    all: &Cursor<'_>,
    policy: Policy,
    issuers: Option<RootCertStore>,
    names: Option<Vec<String>>,
) -> Option<Arc<dyn ClientCertVerifier>> {
    if policy == Policy::None {
        return Some(Arc::new(NoClientAuth));
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let chain = match issuers {
        None => None,
        Some(issuers) => match WebPkiClientVerifier::builder_with_provider(Arc::new(issuers), provider).build() {
            Ok(chain) => Some(chain),
            Err(error) => return all.fault(format!("the issuers of clients cannot be used: {error}")),
        },
    };
    let mandatory = matches!(policy, Policy::RequireAny | Policy::RequireAndVerify);
    Some(Arc::new(Asked { mandatory, chain, names, algorithms }))
}

fn roots(at: &Cursor<'_>, pem: &[u8]) -> Option<RootCertStore> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(at, pem)? {
        if let Err(error) = store.add(certificate) {
            return at.fault(format!("a certificate cannot be an issuer of others: {error}"));
        }
    }
    Some(store)
}

fn names(cursor: &Cursor<'_>) -> Option<Vec<String>> {
    let items = cursor.items()?;
    if items.len() > MAX_NAMES {
        return cursor.fault(format!("more than {MAX_NAMES} names"));
    }
    let names: Vec<_> = items.iter().map(|item| item.text().map(str::to_owned)).collect();
    names.into_iter().collect()
}

/// Clients are asked for certificates.
#[derive(Debug)]
struct Asked {
    mandatory: bool,
    /// Verifies where they come from; without it that is anybody's to say.
    chain: Option<Arc<dyn ClientCertVerifier>>,
    /// Of which a certificate needs one, where there are any.
    names: Option<Vec<String>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for Asked {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.as_ref().map_or(&[], |chain| chain.root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if let Some(chain) = &self.chain {
            chain.verify_client_cert(leaf, intermediates, now)?;
        }
        match &self.names {
            Some(allowed) if !has_one_of(leaf, allowed)? => {
                Err(CertificateError::ApplicationVerificationFailure.into())
            }
            _ => Ok(ClientCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, leaf, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, leaf, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Whether a certificate has one of these names: of the DNS, of mail, an address, or a URI (RFC 5280, section 4.2.1.6).
fn has_one_of(leaf: &CertificateDer<'_>, allowed: &[String]) -> Result<bool, Error> {
    let unreadable = || Error::from(CertificateError::BadEncoding);
    let (_, certificate) = X509Certificate::from_der(leaf).map_err(|_| unreadable())?;
    let names = certificate.subject_alternative_name().map_err(|_| unreadable())?;
    let names = names.iter().flat_map(|extension| &extension.value.general_names);
    let is_allowed = |name: &str| allowed.iter().any(|allowed| allowed == name);
    Ok(names.into_iter().any(|name| match name {
        GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) => is_allowed(name),
        GeneralName::IPAddress(bytes) => address(bytes).is_some_and(|address| is_allowed(&address.to_string())),
        _ => false,
    }))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from).ok();
    v4.or_else(|| <[u8; 16]>::try_from(bytes).map(IpAddr::from).ok())
}
