//! Who may sign revocation lists: names and keys.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rustls::pki_types::{CertificateDer, TrustAnchor};
use webpki::ALL_VERIFICATION_ALGS;
use x509_parser::asn1_rs::{BitString, FromDer, Header};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// The shortest RSA key whose signatures are believed, in bits (as webpki has it).
const MIN_RSA_BITS: usize = 2048;

/// Somebody who may sign revocation lists. Its `Debug` is the identifier of the key.
#[derive(Clone, PartialEq, Eq)]
pub struct Signer {
    /// The name in DER, without its header.
    name: Vec<u8>,
    /// SubjectPublicKeyInfo in DER, without its header.
    key: Vec<u8>,
    key_id: KeyId,
    is_weak: bool,
}

/// The identifier of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
enum KeyId {
    /// As its certificate has it.
    Stated(Vec<u8>),
    /// As most certificates would have it: the SHA-1 of the key (RFC 5280, section 4.2.1.2, method 1).
    Usual(Vec<u8>),
}

/// Whether a key is the one that an identifier means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IsMeant {
    /// It is.
    Yes,
    /// It is another one.
    No,
    /// That cannot be said.
    Perhaps,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (KeyId::Stated(id) | KeyId::Usual(id)) = &self.key_id;
        f.write_str("Signer ")?;
        id.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
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
        Self::of_subject(&certificate)
    }

    /// The subject of a certificate, whatever it may sign.
    pub(crate) fn of_subject(certificate: &X509Certificate<'_>) -> Option<Self> {
        let key_id = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => Some(KeyId::Stated(id.0.to_vec())),
            _ => None,
        });
        let name = content(certificate.subject().as_raw())?.to_vec();
        let key = content(certificate.public_key().raw)?.to_vec();
        let key_id = key_id.unwrap_or_else(|| KeyId::usual(&key));
        Some(Self { name, key, key_id, is_weak: is_weak(certificate.public_key()) })
    }

    /// A trusted root, as stores keep it.
    pub fn of_anchor(anchor: &TrustAnchor<'_>) -> Self {
        // Roots that are trusted today have strong keys; the verifier would not take another one.
        let (name, key) = (anchor.subject.to_vec(), anchor.subject_public_key_info.to_vec());
        let key_id = KeyId::usual(&key);
        Self { name, key, key_id, is_weak: false }
    }

    /// Their name, in DER without its header.
    pub(crate) fn name(&self) -> &[u8] {
        &self.name
    }

    /// Whether they made a signature by an algorithm (in DER without its header); `None` where no algorithm that is known
    /// here goes with their key.
    pub(crate) fn signed(&self, algorithm: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
        let (key_algorithm, key) = self.key()?;
        let known = ALL_VERIFICATION_ALGS.iter().filter(|known| {
            known.signature_alg_id().as_ref() == algorithm && known.public_key_alg_id().as_ref() == key_algorithm
        });
        known.map(|known| known.verify_signature(key, message, signature).is_ok()).max()
    }

    /// Whether this is their name, in DER without its header.
    pub(crate) fn is_named(&self, name: &[u8]) -> bool {
        self.name == name
    }

    /// Whether an identifier, where there is one, means their key.
    pub(crate) fn is_meant_by(&self, id: Option<&[u8]>) -> IsMeant {
        match (&self.key_id, id) {
            (KeyId::Stated(own) | KeyId::Usual(own), Some(id)) if own == id => IsMeant::Yes,
            (KeyId::Stated(_), Some(_)) => IsMeant::No,
            // It may be made in another way; and old lists name none.
            (KeyId::Usual(_), Some(_)) | (_, None) => IsMeant::Perhaps,
        }
    }

    /// The algorithm of the key in DER without its header, and the key's own bits.
    pub(crate) fn key(&self) -> Option<(&[u8], &[u8])> {
        parts(&self.key)
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
    met: Mutex<VecDeque<Met>>,
    /// How many were noted so far.
    noted: AtomicU64,
}

/// A certificate of a chain, and who it makes of its subject.
#[derive(Debug)]
struct Met {
    certificate: CertificateDer<'static>,
    /// `None` where lists are not theirs to sign.
    signer: Option<Signer>,
}

impl KnownSigners {
    /// Whether these are the roots.
    pub(crate) fn has_roots(&self, roots: &[TrustAnchor<'static>]) -> bool {
        self.roots == roots
    }

    /// The most certificates kept; a site's endpoints are under a few dozen authorities.
    const MAX: usize = 256;

    /// Nobody met yet.
    pub fn new(roots: Vec<TrustAnchor<'static>>) -> Self {
        Self { roots, met: Mutex::default(), noted: AtomicU64::new(0) }
    }

    /// Takes note of the authorities by which a chain proved its leaf. Where there are too many, those that were met first
    /// are forgotten.
    pub fn meet<'c>(&self, authorities: impl IntoIterator<Item = &'c CertificateDer<'static>>) {
        let mut met = self.met();
        for certificate in authorities {
            if met.iter().any(|known| known.certificate == *certificate) {
                continue;
            }
            if met.len() == Self::MAX {
                met.pop_front();
            }
            self.noted.fetch_add(1, Ordering::Relaxed);
            met.push_back(Met { certificate: certificate.clone(), signer: Signer::of_certificate(certificate) });
        }
    }

    /// Those of a name, in DER without its header.
    pub(crate) fn named(&self, name: &[u8]) -> Vec<Signer> {
        let roots = self.roots.iter().filter(|root| root.subject.as_ref() == name).map(Signer::of_anchor);
        let met = self.met();
        let met = met.iter().filter_map(|met| met.signer.as_ref()).filter(|signer| signer.is_named(name));
        roots.chain(met.cloned()).collect()
    }

    /// A number that grows with every authority met.
    pub(crate) fn knowledge(&self) -> u64 {
        self.noted.load(Ordering::Relaxed)
    }

    fn met(&self) -> MutexGuard<'_, VecDeque<Met>> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether signatures by an algorithm (in DER without its header) can be checked here at all.
pub(crate) fn is_known(algorithm: &[u8]) -> bool {
    ALL_VERIFICATION_ALGS.iter().any(|known| known.signature_alg_id().as_ref() == algorithm)
}

impl KeyId {
    fn usual(key: &[u8]) -> Self {
        let bits = parts(key).map_or(&[][..], |(_, bits)| bits);
        Self::Usual(digest(&SHA1_FOR_LEGACY_USE_ONLY, bits).as_ref().to_vec())
    }
}

/// The algorithm and the bits of a key.
fn parts(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let (rest, header) = Header::from_der(key).ok()?;
    let (algorithm, rest) = rest.split_at_checked(header.length().definite().ok()?)?;
    let (_, _) = BitString::from_der(rest).ok()?;
    // The first octet says how many bits do not count: none of a key's.
    Some((algorithm, content(rest)?.get(1..)?))
}

/// What an element holds.
pub(crate) fn content(element: &[u8]) -> Option<&[u8]> {
    let (rest, header) = Header::from_der(element).ok()?;
    rest.get(..header.length().definite().ok()?)
}

fn is_weak(key: &SubjectPublicKeyInfo<'_>) -> bool {
    matches!(key.parsed(), Ok(PublicKey::RSA(key)) if key.key_size() < MIN_RSA_BITS)
}
