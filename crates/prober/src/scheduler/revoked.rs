//! Which certificates are known to be revoked, and who says so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::observation::{CertificateStatus, CrlSignature, Observation, OcspOutcome};
use crate::plan::Pair;
use crate::text::Clean;
use crate::verdict::Revocation;

/// The revoked certificates, by their SHA-256.
#[derive(Debug, Default)]
pub(super) struct Revoked(Mutex<HashMap<String, Arc<Revocation>>>);

impl Revoked {
    /// The most certificates kept; a site's endpoints have a few hundred between them.
    const MAX: usize = 1024;

    /// Takes note of what a list or a responder says, if its issuer signed that. That a certificate is not revoked any more
    /// only whoever said it can say.
    pub(super) fn note(&self, pair: &Pair, seen: &Observation) {
        let by = Clean::new(pair.endpoint.url.as_str());
        if let Some(list) = seen.parsed_crl().filter(|list| list.signature == CrlSignature::Valid) {
            let mut revoked = self.revoked();
            revoked.retain(|leaf, revocation| revocation.by != by || list.revokes.contains(leaf));
            for leaf in &list.revokes {
                add(&mut revoked, leaf, Revocation { by: by.clone(), since: None });
            }
        }
        let Some(ocsp) = &seen.ocsp else { return };
        let OcspOutcome::Answered(answer) = &ocsp.outcome else { return };
        if answer.signature != CrlSignature::Valid {
            return;
        }
        let mut revoked = self.revoked();
        match answer.status {
            CertificateStatus::Revoked { at } => {
                add(&mut revoked, &ocsp.certificate, Revocation { by, since: Some(at) });
            }
            CertificateStatus::Good if revoked.get(&ocsp.certificate).is_some_and(|known| known.by == by) => {
                revoked.remove(&ocsp.certificate);
            }
            CertificateStatus::Good | CertificateStatus::Unknown => {}
        }
    }

    /// What is known of the leaf of an observation.
    pub(super) fn of(&self, seen: &Observation) -> Option<Arc<Revocation>> {
        let leaf = seen.tls.as_ref()?.leaf_sha256.as_ref()?;
        self.revoked().get(leaf).cloned()
    }

    fn revoked(&self) -> MutexGuard<'_, HashMap<String, Arc<Revocation>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who said it first is not replaced: two that agree would take turns otherwise.
fn add(revoked: &mut HashMap<String, Arc<Revocation>>, leaf: &str, revocation: Revocation) {
    if revoked.len() < Revoked::MAX {
        revoked.entry(leaf.to_owned()).or_insert_with(|| Arc::new(revocation));
    }
}
