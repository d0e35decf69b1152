//! Certificates for the origin: a root, an issuer under it, and a leaf.

use prober::net::{Clock, SystemClock};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize,
};
use testnet::Leaf;
use time::Duration;

/// What keys a chain has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// P-256 throughout.
    P256,
    /// RSA as Microsoft's: 2048 bits for root and leaf, 4096 for the issuer between them.
    Rsa,
}

impl Keys {
    /// As tables call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::Rsa => "RSA",
        }
    }

    fn authority(self, bits: RsaKeySize) -> Result<KeyPair, rcgen::Error> {
        match self {
            Self::P256 => KeyPair::generate(),
            Self::Rsa => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, bits),
        }
    }
}

/// What a server sends, and what a client has to trust.
#[derive(Debug)]
pub(crate) struct Chain {
    /// The leaf, its key, and the issuer's certificate.
    pub(crate) leaf: Leaf,
    /// The root, PEM.
    pub(crate) root: String,
}

impl Chain {
    /// Makes keys and certificates for a name, valid for a day on either side.
    pub(crate) fn of(keys: Keys, name: &str) -> Result<Self, rcgen::Error> {
        let root = CertifiedIssuer::self_signed(authority("Bench Root CA"), keys.authority(RsaKeySize::_2048)?)?;
        let key = keys.authority(RsaKeySize::_4096)?;
        let issuer = CertifiedIssuer::signed_by(authority("Bench Issuing CA"), key, &root)?;
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = keys.authority(RsaKeySize::_2048)?;
        let leaf = about_now(params).signed_by(&key, &issuer)?;
        let leaf = Leaf {
            chain: vec![leaf.der().clone(), issuer.der().clone()],
            chain_pem: leaf.pem() + &issuer.pem(),
            key_pem: key.serialize_pem(),
            key: key.into(),
        };
        Ok(Self { leaf, root: root.pem() })
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    about_now(params)
}

fn about_now(mut params: CertificateParams) -> CertificateParams {
    let now = SystemClock.now();
    (params.not_before, params.not_after) = (now - Duration::DAY, now + Duration::DAY);
    params
}
