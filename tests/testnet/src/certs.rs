//! The world's certificates: a root, an intermediate under it, leaves of every kind, and an authority that nobody
//! trusts, as a TLS-inspecting middlebox has it.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

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
}

impl Authority {
    /// Makes keys and certificates that are valid at `now`, and for a year around it.
    pub fn new(now: OffsetDateTime) -> Result<Self, CertificateError> {
        let root = self_signed("Testnet Root CA", "Testnet", now)?;
        let intermediate = intermediate("Testnet Issuing CA", &root, now)?;
        let interceptor = self_signed("Example Corp TLS Inspection CA", "Example Corp Security", now)?;
        Ok(Self { root, intermediate, interceptor, now })
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

    /// The issuer that signs the world's revocation lists.
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
        let mut issuer = Some(&self.intermediate);
        let mut sent_along = Some(&self.intermediate);
        match kind {
            CertificateKind::Good => {}
            CertificateKind::WrongName => {
                params = leaf_params("wrong.testnet.example", params.not_before, params.not_after)?;
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
                params.custom_extensions.push(ca_issuers(issuer_url));
                sent_along = None;
            }
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
) -> Result<CertifiedIssuer<'static, KeyPair>, CertificateError> {
    let mut params = ca_params(common_name, "Testnet", now);
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

/// The authority information access extension with one caIssuers URL, which rcgen has no field for.
fn ca_issuers(url: &str) -> CustomExtension {
    const AUTHORITY_INFO_ACCESS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
    const CA_ISSUERS_OID: &[u8] = &[0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 0x30, 2];
    const SEQUENCE: u8 = 0x30;
    const URI: u8 = 0x86;
    let access = [CA_ISSUERS_OID, &der(URI, url.as_bytes())].concat();
    let content = der(SEQUENCE, &der(SEQUENCE, &access));
    CustomExtension::from_oid_content(AUTHORITY_INFO_ACCESS, content)
}

/// Tag, length and value. The length takes two octets from 128 on; a URL that needs more is longer than any here,
/// and would only make a certificate that does not parse.
fn der(tag: u8, value: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut out = vec![tag];
    match value.len() {
        0..=127 => out.push(low),
        _ => out.extend([0x82, high, low]),
    }
    out.extend_from_slice(value);
    out
}
