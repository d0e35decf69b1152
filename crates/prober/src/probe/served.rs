//! What is learned from a chain that proved its origin: whose state is worth knowing, and where it is told.

use rustls::pki_types::CertificateDer;

use super::Prober;
use crate::observation::{CrlFacts, CrlSignature, TlsFacts};
use crate::phase::tls::Connector;
use crate::trust::signer::KnownSigners;

/// How much was known when a list was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Knowledge {
    /// Those who may have signed it.
    signers: u64,
    /// The leaves that it may revoke.
    leaves: u64,
}

impl Prober {
    /// Learns from the certificates of a handshake, if they prove the origin and anything is asked about revocation; each
    /// chain once, since verifying costs.
    pub(super) fn learn(&self, connector: &Connector, certificates: &[CertificateDer<'static>], facts: &mut TlsFacts) {
        let Some(signers) = &self.signers else { return };
        // Nor from a product on the way, though its root may stand in the system's store.
        if !facts.is_proven() || self.fingerprints.inspection(&facts.chain).is_some() {
            return;
        }
        let known = self.served.again(certificates).or_else(|| {
            // Not all that was sent: nobody has signed what is not on the way to the root.
            let (proving, root) = connector.proving(certificates)?;
            signers.meet(proving.iter().skip(1));
            Some(self.served.note(certificates, &proving, &root))
        });
        facts.published = known.map(|chain| chain.published()).unwrap_or_default();
    }

    /// How much is known now.
    pub(super) fn knowledge(&self) -> Knowledge {
        let signers = self.signers.as_deref().map_or(0, KnownSigners::knowledge);
        Knowledge { signers, leaves: self.served.noted() }
    }

    /// Whether a list that was read with so much knowledge could tell more by now.
    pub(super) fn could_tell_more(&self, list: &CrlFacts, then: Knowledge) -> bool {
        match list.signature {
            CrlSignature::Unchecked => self.knowledge().signers != then.signers,
            CrlSignature::Valid | CrlSignature::Invalid => self.served.has_newer(&list.issuer, then.leaves),
        }
    }
}
