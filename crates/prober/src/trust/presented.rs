//! What was presented lately: certificates say the same of themselves in every handshake, and are read once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::pki_types::CertificateDer;

use super::certificate;
use super::fingerprint::Fingerprint;
use crate::observation::CertificateFacts;
use crate::text::Clean;

/// What the certificates of a handshake say of themselves. What they are worth depends on who asks, and when.
#[derive(Debug)]
pub(crate) struct Presented {
    /// Each of them, leaf first.
    pub(crate) chain: Arc<[CertificateFacts]>,
    /// The SHA-256 of the leaf, in hexadecimal.
    pub(crate) leaf_sha256: Option<Arc<str>>,
    /// The names of the DNS that the leaf is for.
    pub(crate) leaf_names: Arc<[Clean]>,
}

impl Presented {
    fn read(certificates: &[CertificateDer<'_>]) -> Self {
        let leaf = certificates.first();
        Self {
            chain: certificates.iter().map(certificate::facts).collect(),
            leaf_sha256: leaf.map(|leaf| certificate::sha256(leaf).into()),
            leaf_names: leaf.map(certificate::names).unwrap_or_default().into(),
        }
    }
}

/// The chains presented lately, those met last at the end.
#[derive(Debug, Default)]
pub(crate) struct Presentations(Mutex<VecDeque<(Fingerprint, Arc<Presented>)>>);

impl Presentations {
    /// The most chains kept. A product that makes certificates as it goes presents another with every handshake.
    const MAX: usize = 256;

    /// What certificates say of themselves.
    pub(crate) fn of(&self, certificates: &[CertificateDer<'_>]) -> Arc<Presented> {
        let fingerprint = Fingerprint::of(certificates);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // From the end: most handshakes are with whoever was met lately.
        let known = kept.iter().rposition(|(known, _)| *known == fingerprint).and_then(|known| kept.remove(known));
        let (_, presented) = known.unwrap_or_else(|| (fingerprint, Arc::new(Presented::read(certificates))));
        if kept.len() >= Self::MAX {
            kept.pop_front();
        }
        kept.push_back((fingerprint, Arc::clone(&presented)));
        presented
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_certificates_are_read_once_and_others_apart() {
        let presentations = Presentations::default();
        let der = |octets: &[u8]| CertificateDer::from(octets.to_vec());
        let first = presentations.of(&[der(b"a"), der(b"b")]);
        assert!(Arc::ptr_eq(&first, &presentations.of(&[der(b"a"), der(b"b")])));
        for others in
            [vec![der(b"a")], vec![der(b"b"), der(b"a")], vec![der(b"ab")], vec![der(b"a"), der(b"b"), der(b"c")]]
        {
            assert!(!Arc::ptr_eq(&first, &presentations.of(&others)), "{others:?}");
        }
        assert_eq!(presentations.of(&[]).chain.len(), 0);
    }

    #[test]
    fn as_many_are_kept_as_there_is_room_for_and_those_met_last() {
        let presentations = Presentations::default();
        let of = |number: usize| presentations.of(&[CertificateDer::from(number.to_be_bytes().to_vec())]);
        let (first, second) = (of(0), of(1));
        for number in 2..=Presentations::MAX {
            of(0);
            of(number);
        }
        assert!(Arc::ptr_eq(&first, &of(0)));
        assert!(!Arc::ptr_eq(&second, &of(1)), "it was met before all others");
        assert_eq!(presentations.0.lock().unwrap().len(), Presentations::MAX);
    }
}
