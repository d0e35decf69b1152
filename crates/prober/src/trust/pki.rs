//! Certificates made for a test: authorities, and what they sign.

use rcgen::{BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::OffsetDateTime;
use time::macros::datetime;

/// A time at which everything made here is valid unless it says otherwise.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-06-01 00:00 UTC);
/// The validity of everything made here unless it says otherwise.
pub(crate) const USUAL: (OffsetDateTime, OffsetDateTime) =
    (datetime!(2026-01-01 00:00 UTC), datetime!(2027-01-01 00:00 UTC));
/// A validity that is over.
pub(crate) const PAST: (OffsetDateTime, OffsetDateTime) =
    (datetime!(2025-01-01 00:00 UTC), datetime!(2026-02-01 00:00 UTC));
/// A validity that is still to come.
pub(crate) const FUTURE: (OffsetDateTime, OffsetDateTime) =
    (datetime!(2026-12-01 00:00 UTC), datetime!(2028-01-01 00:00 UTC));

/// A certificate authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate.
    pub(crate) certificate: CertificateDer<'static>,
}

/// A server's certificate and its key.
pub(crate) struct Leaf {
    pub(crate) certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Leaf {
    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }
}

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        let (params, key) = (authority_params(name, USUAL), KeyPair::generate().unwrap());
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    pub(crate) fn intermediate(&self, name: &str, validity: (OffsetDateTime, OffsetDateTime)) -> Self {
        self.authorise(authority_params(name, validity))
    }

    /// An intermediate that says where its issuer's certificate is published.
    pub(crate) fn intermediate_with_aia(&self, name: &str, url: &str) -> Self {
        let mut params = authority_params(name, USUAL);
        params.custom_extensions.push(authority_info_access(url));
        self.authorise(params)
    }

    fn authorise(&self, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    pub(crate) fn leaf(&self, host: &str, validity: (OffsetDateTime, OffsetDateTime)) -> Leaf {
        self.sign(&leaf_params(host, validity))
    }

    /// A leaf that says where its issuer's certificate is published.
    pub(crate) fn leaf_with_aia(&self, host: &str, url: &str) -> Leaf {
        let mut params = leaf_params(host, USUAL);
        params.custom_extensions.push(authority_info_access(url));
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        Leaf { certificate: params.signed_by(&key, &self.issuer).unwrap().der().clone(), key }
    }
}

/// A certificate that nobody but its own key signed.
pub(crate) fn self_signed(host: &str) -> Leaf {
    let key = KeyPair::generate().unwrap();
    Leaf { certificate: leaf_params(host, USUAL).self_signed(&key).unwrap().der().clone(), key }
}

fn authority_params(name: &str, validity: (OffsetDateTime, OffsetDateTime)) -> CertificateParams {
    let mut params = params(name, Vec::new(), validity);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn leaf_params(host: &str, validity: (OffsetDateTime, OffsetDateTime)) -> CertificateParams {
    params(host, vec![host.to_owned()], validity)
}

fn params(name: &str, hosts: Vec<String>, validity: (OffsetDateTime, OffsetDateTime)) -> CertificateParams {
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = validity;
    params
}

/// RFC 5280, section 4.2.2.1, with one caIssuers entry; rcgen has no words for it.
fn authority_info_access(url: &str) -> CustomExtension {
    let tagged = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
    let ca_issuers = tagged(0x06, &[0x2b, 6, 1, 5, 5, 7, 0x30, 2]);
    let location = tagged(0x86, url.as_bytes());
    let description = tagged(0x30, &[ca_issuers, location].concat());
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], tagged(0x30, &description))
}
