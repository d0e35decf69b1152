//! The world's certificates: a root, an intermediate under it, leaves of every kind, and an authority that nobody
//! trusts, as a TLS-inspecting middlebox has it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CrlDistributionPoint, CustomExtension, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SerialNumber,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

use crate::locked;
use crate::shipped::{
    INTERMEDIATE_PATH, ISSUING_CRL_PATH, OCSP_HOST, PKI_HOST, ROOT_CRL_PATH, ROOT_PATH, TRAP_HOST, TRAP_PATH,
};

/// What is right or wrong with a leaf and the chain that is sent with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CertificateKind {
    /// Right: leaf and intermediate, valid now.
    Good,
    /// A trusted chain for `wrong.testnet.example`.
    WrongName,
    /// A trusted chain that ended yesterday.
    Expired,
    /// A trusted chain that ends in an hour.
    ExpiresSoon,
    /// A trusted chain that begins tomorrow.
    NotYetValid,
    /// Its own issuer.
    SelfSigned,
    /// Issued by the interceptor, whose certificate comes along.
    Intercepted,
    /// Issued by the interceptor, and ended yesterday.
    InterceptedExpired,
    /// A right leaf without the intermediate; the leaf's caIssuers says where to fetch it
    /// ([RFC 5280 section 4.2.2.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.2.2.1)).
    MissingIntermediate {
        /// The URL that the leaf names.
        issuer_url: String,
    },
}

/// A certificate could not be made.
#[derive(Debug, thiserror::Error)]
#[error("making a certificate for {name}")]
pub struct CertificateError {
    name: String,
    source: rcgen::Error,
}

/// A leaf with its key and the chain that a server sends.
#[derive(Debug)]
pub struct Leaf {
    /// The leaf first, then what comes with it.
    pub chain: Vec<CertificateDer<'static>>,
    /// The leaf's private key.
    pub key: PrivateKeyDer<'static>,
    /// The chain as PEM, for a server that reads files.
    pub chain_pem: String,
    /// The key as PEM.
    pub key_pem: String,
}

/// The three issuers of one world.
#[derive(Debug)]
pub struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
    interceptor: CertifiedIssuer<'static, KeyPair>,
    now: OffsetDateTime,
    /// Whether certificates say where their revocation is told.
    publishes: bool,
    /// Whose certificates are revoked.
    revoked: Mutex<BTreeSet<String>>,
}

impl Authority {
    /// Makes keys and certificates that are valid at `now`, and for a year around it; with `publishes`, certificates say
    /// where revocation lists, issuers and OCSP are to be had.
    pub fn new(now: OffsetDateTime, publishes: bool) -> Result<Self, CertificateError> {
        let root = self_signed("Testnet Root CA", "Testnet", now)?;
        let intermediate = intermediate("Testnet Issuing CA", &root, now, publishes)?;
        let interceptor = self_signed("Example Corp TLS Inspection CA", "Example Corp Security", now)?;
        let revoked = Mutex::default();
        Ok(Self { root, intermediate, interceptor, now, publishes, revoked })
    }

    /// Revokes the certificate of a host, from now on.
    pub(crate) fn revoke(&self, host: &str) {
        locked(&self.revoked).insert(host.to_ascii_lowercase());
    }

    /// The serial numbers of revoked certificates.
    pub(crate) fn revoked(&self) -> Vec<SerialNumber> {
        locked(&self.revoked).iter().map(|host| serial(host)).collect()
    }

    /// The time that the certificates are made around.
    pub fn now(&self) -> OffsetDateTime {
        self.now
    }

    /// The root's certificate as PEM: what a client has to trust.
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// The root's certificate.
    pub fn root_der(&self) -> &CertificateDer<'static> {
        self.root.der()
    }

    /// The intermediate's certificate.
    pub fn intermediate_der(&self) -> &CertificateDer<'static> {
        self.intermediate.der()
    }

    /// The interceptor's certificate as PEM; no client trusts it unless told to.
    pub fn interceptor_pem(&self) -> String {
        self.interceptor.pem()
    }

    /// The interceptor's key as PEM, for a proxy that inspects TLS with it.
    pub fn interceptor_key_pem(&self) -> String {
        self.interceptor.key().serialize_pem()
    }

    /// The issuer of the leaves, and of the list of those that are revoked.
    pub(crate) fn leaf_issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.intermediate
    }

    /// The issuer that signs the world's other revocation lists.
    pub(crate) fn crl_issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.root
    }

    /// An issuer whose signatures nobody accepts.
    pub(crate) fn foreign_issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.interceptor
    }

    /// A leaf of that kind for the DNS name.
    pub fn leaf(&self, name: &str, kind: &CertificateKind) -> Result<Leaf, CertificateError> {
        self.try_leaf(name, kind).map_err(|source| CertificateError { name: name.to_owned(), source })
    }

    fn try_leaf(&self, name: &str, kind: &CertificateKind) -> Result<Leaf, rcgen::Error> {
        let day = Duration::days(1);
        let mut params = leaf_params(name, self.now - day * 30, self.now + day * 60)?;
        params.serial_number = Some(serial(name));
        if self.publishes {
            publish(&mut params, &PUBLISHED_BY_ISSUER);
        }
        let mut issuer = Some(&self.intermediate);
        let mut sent_along = Some(&self.intermediate);
        match kind {
            CertificateKind::Good => {}
            CertificateKind::WrongName => {
                let wrong = leaf_params("wrong.testnet.example", params.not_before, params.not_after)?;
                params.subject_alt_names = wrong.subject_alt_names;
                params.distinguished_name = wrong.distinguished_name;
            }
            CertificateKind::Expired => params.not_after = self.now - day,
            CertificateKind::ExpiresSoon => params.not_after = self.now + Duration::hours(1),
            CertificateKind::NotYetValid => params.not_before = self.now + day,
            CertificateKind::SelfSigned => (issuer, sent_along) = (None, None),
            CertificateKind::Intercepted => {
                (issuer, sent_along) = (Some(&self.interceptor), Some(&self.interceptor));
            }
            CertificateKind::InterceptedExpired => {
                params.not_after = self.now - day;
                (issuer, sent_along) = (Some(&self.interceptor), Some(&self.interceptor));
            }
            CertificateKind::MissingIntermediate { issuer_url } => {
                params.custom_extensions.clear();
                params.custom_extensions.push(ca_issuers(issuer_url));
                sent_along = None;
            }
        }
        if self.publishes && matches!(kind, CertificateKind::Intercepted | CertificateKind::InterceptedExpired) {
            params.custom_extensions.clear();
            publish(&mut params, &PUBLISHED_BY_INTERCEPTOR);
        }
        let key = KeyPair::generate()?;
        let leaf = match issuer {
            Some(issuer) => params.signed_by(&key, issuer)?,
            None => params.self_signed(&key)?,
        };
        let along = sent_along.map(AsRef::<rcgen::Certificate>::as_ref);
        Ok(Leaf {
            chain: std::iter::once(&leaf).chain(along).map(|cert| cert.der().clone()).collect(),
            chain_pem: std::iter::once(&leaf).chain(along).map(rcgen::Certificate::pem).collect(),
            key_pem: key.serialize_pem(),
            key: key.into(),
        })
    }
}

fn leaf_params(
    name: &str,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new([name.to_owned()])?;
    params.distinguished_name = subject(name, "Testnet");
    params.not_before = not_before;
    params.not_after = not_after;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn ca_params(common_name: &str, organization: &str, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject(common_name, organization);
    params.not_before = now - Duration::days(365);
    params.not_after = now + Duration::days(365);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn self_signed(
    common_name: &str,
    organization: &str,
    now: OffsetDateTime,
) -> Result<CertifiedIssuer<'static, KeyPair>, CertificateError> {
    let params = ca_params(common_name, organization, now);
    KeyPair::generate()
        .and_then(|key| CertifiedIssuer::self_signed(params, key))
        .map_err(|source| CertificateError { name: common_name.to_owned(), source })
}

fn intermediate(
    common_name: &str,
    root: &CertifiedIssuer<'static, KeyPair>,
    now: OffsetDateTime,
    publishes: bool,
) -> Result<CertifiedIssuer<'static, KeyPair>, CertificateError> {
    let mut params = ca_params(common_name, "Testnet", now);
    if publishes {
        publish(&mut params, &PUBLISHED_BY_ROOT);
    }
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.use_authority_key_identifier_extension = true;
    KeyPair::generate()
        .and_then(|key| CertifiedIssuer::signed_by(params, key, root))
        .map_err(|source| CertificateError { name: common_name.to_owned(), source })
}

fn subject(common_name: &str, organization: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, organization);
    name.push(DnType::CommonName, common_name);
    name
}

/// Where something about a certificate is published: host and path.
struct Places {
    crl: (&'static str, &'static str),
    issuer: (&'static str, &'static str),
    ocsp: Option<&'static str>,
}

const PUBLISHED_BY_ISSUER: Places =
    Places { crl: (PKI_HOST, ISSUING_CRL_PATH), issuer: (PKI_HOST, INTERMEDIATE_PATH), ocsp: Some(OCSP_HOST) };
const PUBLISHED_BY_ROOT: Places = Places { crl: (PKI_HOST, ROOT_CRL_PATH), issuer: (PKI_HOST, ROOT_PATH), ocsp: None };
/// Nobody must ever ask there.
const PUBLISHED_BY_INTERCEPTOR: Places =
    Places { crl: (TRAP_HOST, TRAP_PATH), issuer: (TRAP_HOST, "/"), ocsp: Some(TRAP_HOST) };

fn publish(params: &mut CertificateParams, places: &Places) {
    let url = |(host, path): (&str, &str)| format!("http://{host}{path}");
    params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![url(places.crl)] }];
    let ocsp = places.ocsp.map(|host| (OCSP, url((host, ""))));
    params.custom_extensions.push(access(ocsp.into_iter().chain([(CA_ISSUERS, url(places.issuer))])));
}

/// The same for the same name, so that whoever revokes need not have seen the certificate.
fn serial(name: &str) -> SerialNumber {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // Positive, and of eight octets.
    SerialNumber::from(hash >> 2 | 1 << 62)
}

const OCSP: u8 = 1;
const CA_ISSUERS: u8 = 2;

/// The authority information access extension with one caIssuers URL, which rcgen has no field for.
fn ca_issuers(url: &str) -> CustomExtension {
    access([(CA_ISSUERS, url.to_owned())].into_iter())
}

/// The same with any URLs, each with the last arc of its method (RFC 5280 section 4.2.2.1).
fn access(urls: impl Iterator<Item = (u8, String)>) -> CustomExtension {
    const AUTHORITY_INFO_ACCESS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
    const METHOD: &[u8] = &[0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 0x30];
    const SEQUENCE: u8 = 0x30;
    const URI: u8 = 0x86;
    let one = |(method, url): (u8, String)| der(SEQUENCE, &[METHOD, &[method], &der(URI, url.as_bytes())].concat());
    let content = der(SEQUENCE, &urls.flat_map(one).collect::<Vec<_>>());
    CustomExtension::from_oid_content(AUTHORITY_INFO_ACCESS, content)
}

/// Tag, length and value. The length takes two octets from 128 on; a URL that needs more is longer than any here,
/// and would only make a certificate that does not parse.
pub(crate) fn der(tag: u8, value: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut out = vec![tag];
    match value.len() {
        0..=127 => out.push(low),
        _ => out.extend([0x82, high, low]),
    }
    out.extend_from_slice(value);
    out
}
