//! Asking an OCSP responder for the certificates that served here.

use std::sync::Arc;

use super::Prober;
use crate::observation::{Fault, Observation, UnaskedFault};
use crate::phase::ocsp::{self, Asked};
use crate::plan::{Endpoint, Pair};
use crate::trust::served::Link;

impl Prober {
    /// The request that a probe of a responder makes, and the certificate that it is about.
    pub(super) fn question_for(&self, pair: &Pair) -> Option<(Pair, Link)> {
        let link = self.served.next_to_ask(&pair.endpoint.url, &pair.path.name, self.clock.now())?;
        let Asked { url, method, headers, body } = ocsp::ask(&pair.endpoint.url, &link);
        let endpoint = Endpoint { url, method, headers, body, ..Endpoint::clone(&pair.endpoint) };
        Some((Pair { endpoint: Arc::new(endpoint), path: Arc::clone(&pair.path) }, link))
    }

    /// Gives the next certificate its turn, if the responder has told of this one and its word is still good.
    pub(super) fn note_answer(&self, pair: &Pair, link: &Link, seen: &Observation) {
        let Some(answer) = seen.ocsp.as_ref().and_then(|ocsp| ocsp.answer()) else { return };
        if answer.next_update.is_none_or(|due| self.clock.now() <= due) {
            self.served.answered(&pair.endpoint.url, &pair.path.name, link);
        }
    }

    /// What is seen where there is nothing to ask for: the last chain that named the responder was forgotten.
    pub(super) fn nothing_to_ask(&self, pair: &Pair) -> Observation {
        let reason = "no certificate that served lately and has not expired names this responder".into();
        let host = pair.endpoint.url.host_str().unwrap_or_default().to_owned();
        let fault = Fault::Unasked(UnaskedFault { host, reason });
        Observation { fault: Some(fault), ..Observation::empty(self.clock.now()) }
    }
}
