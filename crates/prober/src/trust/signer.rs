//! Who may sign revocation lists: names and keys.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rustls::pki_types::{CertificateDer, TrustAnchor};
use x509_parser::asn1_rs::{BitString, FromDer, Header};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// The shortest RSA key whose signatures are believed, in bits (as webpki has it).
const MIN_RSA_BITS: usize = 2048;

/// Somebody who may sign revocation lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The name in DER, without its header.
    name: Vec<u8>,
    /// SubjectPublicKeyInfo in DER, without its header.
    key: Vec<u8>,
    key_id: Option<Vec<u8>>,
    is_weak: bool,
}

impl Signer {
    /// The subject of a certificate, unless its key usage leaves signing lists to others (RFC 5280, section 4.2.1.3).
    pub fn of_certificate(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(certificate.as_ref()).ok()?;
        if let Ok(Some(usage)) = certificate.key_usage()
            && !usage.value.crl_sign()
        {
            return None;
        }
        let key_id = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
            _ => None,
        });
        let name = content(certificate.subject().as_raw())?.to_vec();
        let key = content(certificate.public_key().raw)?.to_vec();
        Some(Self { name, key, key_id, is_weak: is_weak(certificate.public_key()) })
    }

    /// A trusted root, as stores keep it.
    pub fn of_anchor(anchor: &TrustAnchor<'_>) -> Self {
        // Roots that are trusted today have strong keys; the verifier would not take another one.
        let (name, key) = (anchor.subject.to_vec(), anchor.subject_public_key_info.to_vec());
        Self { name, key, key_id: None, is_weak: false }
    }

    /// Whether this is their name, in DER without its header.
    pub(crate) fn is_named(&self, name: &[u8]) -> bool {
        self.name == name
    }

    /// The identifier of their key, where their certificate has one.
    pub(crate) fn key_id(&self) -> Option<&Vec<u8>> {
        self.key_id.as_ref()
    }

    /// The algorithm of the key in DER without its header, and the key's own bits.
    pub(crate) fn key(&self) -> Option<(&[u8], &[u8])> {
        let (rest, header) = Header::from_der(&self.key).ok()?;
        let (algorithm, rest) = rest.split_at_checked(header.length().definite().ok()?)?;
        let (_, _) = BitString::from_der(rest).ok()?;
        // The first octet says how many bits do not count: none of a key's.
        Some((algorithm, content(rest)?.get(1..)?))
    }

    /// Whether the key is too short to prove anything.
    pub(crate) fn is_weak(&self) -> bool {
        self.is_weak
    }
}

/// The authorities met in chains that end at a trusted root, and these roots.
#[derive(Debug)]
pub struct KnownSigners {
    roots: Vec<TrustAnchor<'static>>,
    met: Mutex<Vec<Met>>,
}

/// A certificate of a chain, and who it makes of its subject.
#[derive(Debug)]
struct Met {
    certificate: CertificateDer<'static>,
    /// `None` where lists are not theirs to sign.
    signer: Option<Signer>,
}

impl KnownSigners {
    /// The most certificates kept; a site's endpoints are under a few dozen authorities.
    const MAX: usize = 256;

    /// Nobody met yet.
    pub fn new(roots: Vec<TrustAnchor<'static>>) -> Self {
        Self { roots, met: Mutex::default() }
    }

    /// Takes note of the authorities of a chain, leaf first, that proved its leaf.
    pub fn meet(&self, chain: &[CertificateDer<'static>]) {
        let mut met = self.met();
        for certificate in chain.iter().skip(1) {
            if met.len() < Self::MAX && !met.iter().any(|known| known.certificate == *certificate) {
                let signer = Signer::of_certificate(certificate);
                met.push(Met { certificate: certificate.clone(), signer });
            }
        }
    }

    /// Those of a name, in DER without its header.
    pub(crate) fn named(&self, name: &[u8]) -> Vec<Signer> {
        let roots = self.roots.iter().filter(|root| root.subject.as_ref() == name).map(Signer::of_anchor);
        let met = self.met();
        let met = met.iter().filter_map(|met| met.signer.as_ref()).filter(|signer| signer.is_named(name));
        roots.chain(met.cloned()).collect()
    }

    fn met(&self) -> MutexGuard<'_, Vec<Met>> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an element holds.
fn content(element: &[u8]) -> Option<&[u8]> {
    let (rest, header) = Header::from_der(element).ok()?;
    rest.get(..header.length().definite().ok()?)
}

fn is_weak(key: &SubjectPublicKeyInfo<'_>) -> bool {
    matches!(key.parsed(), Ok(PublicKey::RSA(key)) if key.key_size() < MIN_RSA_BITS)
}
