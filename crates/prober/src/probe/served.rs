//! What is learned from a chain that proved its origin: where its revocation is told.

use rustls::pki_types::CertificateDer;

use super::Prober;
use crate::observation::TlsFacts;
use crate::phase::tls::Connector;
use crate::trust::certificate;
use crate::trust::served::ServedChain;

/// The most addresses kept of a chain.
const MAX_PUBLICATIONS: usize = 32;

impl Prober {
    /// Learns from the certificates of a handshake, if they prove the origin; each chain once, since verifying costs.
    pub(super) fn learn(&self, connector: &Connector, certificates: &[CertificateDer<'static>], facts: &mut TlsFacts) {
        let Some(leaf) = facts.leaf_sha256.clone() else { return };
        if !facts.is_proven() {
            return;
        }
        let chain = self.served.again(&leaf).unwrap_or_else(|| {
            // Not all that was sent: nobody has signed what is not on the way to the root.
            let proving = connector.proving(certificates);
            let mut published = Vec::new();
            for one in proving.iter().flat_map(certificate::publications) {
                if published.len() < MAX_PUBLICATIONS && !published.contains(&one) {
                    published.push(one);
                }
            }
            self.served.note(ServedChain { leaf, published })
        });
        facts.published.clone_from(&chain.published);
    }
}
