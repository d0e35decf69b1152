//! Which certificates are known to be revoked, and who says so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use crate::observation::{
    CertificateStatus, CrlFacts, CrlScope, CrlSignature, Observation, OcspAnswer, OcspFacts, OcspOutcome,
};
use crate::plan::Pair;
use crate::text::Clean;
use crate::verdict::Revocation;

/// The revoked certificates, by their SHA-256.
#[derive(Debug, Default)]
pub(super) struct Revoked(Mutex<HashMap<String, Known>>);

/// What is known of a certificate that somebody called revoked.
#[derive(Debug, Clone)]
struct Known {
    /// `None` where whoever said so has taken it back: copies of the older word are still about.
    revocation: Option<Arc<Revocation>>,
    /// The newest word of whoever told of it.
    word: Word,
}

/// Something signed that tells of revocations, as far as two of them can be compared.
#[derive(Debug, Clone)]
struct Word {
    /// The URL of the list or the responder.
    by: Clean,
    /// Issuer and scope of a list: anybody's, or one of some certificates alone, can be served in the place of another.
    list: Option<(Clean, CrlScope)>,
    this_update: OffsetDateTime,
}

impl Word {
    fn of_list(by: Clean, list: &CrlFacts) -> Self {
        Self { by, list: Some((list.issuer.clone(), list.scope.clone())), this_update: list.this_update }
    }

    /// Whether it speaks of the same certificates in the same place.
    fn is_like(&self, other: &Self) -> bool {
        self.by == other.by && self.list == other.list
    }
}

impl Revoked {
    /// The most certificates kept; a site's endpoints have a few hundred between them.
    const MAX: usize = 1024;

    /// Takes note of what a list or a responder says, if its issuer signed that. That a certificate is not revoked any more
    /// only whoever said it can say, by a newer word that is still good: old ones stay signed for ever, in caches and in the
    /// hands of anybody on the way.
    pub(super) fn note(&self, pair: &Pair, seen: &Observation) {
        let by = Clean::new(pair.endpoint.url.as_str());
        if let Some(list) = seen.parsed_crl().filter(|list| list.signature == CrlSignature::Valid) {
            self.note_list(&Word::of_list(by.clone(), list), list, seen.probed_at);
        }
        let Some(ocsp) = &seen.ocsp else { return };
        let OcspOutcome::Answered(answer) = &ocsp.outcome else { return };
        if answer.signature == CrlSignature::Valid {
            let word = Word { by, list: None, this_update: answer.this_update };
            self.note_answer(&word, ocsp, answer, seen.probed_at);
        }
    }

    fn note_list(&self, word: &Word, list: &CrlFacts, now: OffsetDateTime) {
        let mut revoked = self.revoked();
        // What is unchanged was compared with the certificates of then.
        if list.unchanged_since.is_none() && is_current(list.next_update, now) {
            for (leaf, known) in &mut *revoked {
                if !list.revokes.contains(leaf) {
                    known.hear_that_it_is_good(word);
                }
            }
        }
        for leaf in &list.revokes {
            hear_that_it_is_revoked(&mut revoked, leaf, word, None);
        }
    }

    fn note_answer(&self, word: &Word, ocsp: &OcspFacts, answer: &OcspAnswer, now: OffsetDateTime) {
        let mut revoked = self.revoked();
        match answer.status {
            CertificateStatus::Revoked { at } => {
                hear_that_it_is_revoked(&mut revoked, &ocsp.certificate, word, Some(at));
            }
            CertificateStatus::Good if is_current(answer.next_update, now) => {
                if let Some(known) = revoked.get_mut(&ocsp.certificate) {
                    known.hear_that_it_is_good(word);
                }
            }
            CertificateStatus::Good | CertificateStatus::Unknown => {}
        }
    }

    /// What goes on with another plan: what those said who are asked there too, since nobody else could take it back.
    pub(super) fn follow(&self, is_asked: impl Fn(&Clean) -> bool) -> Self {
        let revoked = self.revoked();
        let kept = revoked.iter().filter(|(_, known)| is_asked(&known.word.by));
        Self(Mutex::new(kept.map(|(leaf, known)| (leaf.clone(), known.clone())).collect()))
    }

    /// What is known of the leaf of an observation.
    pub(super) fn of(&self, seen: &Observation) -> Option<Arc<Revocation>> {
        let leaf = seen.tls.as_ref()?.leaf_sha256.as_ref()?;
        self.revoked().get(&**leaf)?.revocation.clone()
    }

    fn revoked(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn hear_that_it_is_good(&mut self, word: &Word) {
        if self.word.is_like(word) && self.word.this_update < word.this_update {
            *self = Self { revocation: None, word: word.clone() };
        }
    }
}

/// Who said it first is not replaced: two that agree would take turns otherwise.
fn hear_that_it_is_revoked(
    revoked: &mut HashMap<String, Known>,
    leaf: &str,
    word: &Word,
    since: Option<OffsetDateTime>,
) {
    let revocation = || Some(Arc::new(Revocation { by: word.by.clone(), since }));
    match revoked.get_mut(leaf) {
        Some(known) if known.word.is_like(word) && known.word.this_update <= word.this_update => {
            known.revocation = known.revocation.take().or_else(revocation);
            known.word = word.clone();
        }
        // An old copy of what has been taken back.
        Some(known) if known.word.is_like(word) => {}
        Some(known) if known.revocation.is_none() => *known = Known { revocation: revocation(), word: word.clone() },
        Some(_) => {}
        None => {
            if revoked.len() >= Revoked::MAX {
                revoked.retain(|_, known| known.revocation.is_some());
            }
            if revoked.len() < Revoked::MAX {
                revoked.insert(leaf.to_owned(), Known { revocation: revocation(), word: word.clone() });
            }
        }
    }
}

/// Whether something is not due to be replaced yet.
fn is_current(next_update: Option<OffsetDateTime>, now: OffsetDateTime) -> bool {
    next_update.is_none_or(|due| now <= due)
}

#[cfg(test)]
mod tests;
