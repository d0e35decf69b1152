//! The audit of a pair's TLS: handshakes over the pair's own way that offer other things than clients do.

use tokio::time::{Instant, timeout_at};

use super::Prober;
use super::trip::Trip;
use crate::observation::{AuditFacts, Fault, HelloOutcome, MonitorFault};
use crate::phase::Deadline;
use crate::phase::tls::Hello;
use crate::plan::Pair;

impl Prober {
    /// Audits a pair with an https URL.
    ///
    /// Three handshakes, one after the other; one that TLS fails is tried once more before it counts. Each attempt has
    /// the endpoint's timeout, so that the whole ends within six of them.
    pub(super) async fn audit_once(&self, pair: &Pair) -> AuditFacts {
        let tls12 = self.confirmed(pair, Hello::Tls12).await;
        let tls13 = self.confirmed(pair, Hello::Tls13).await;
        let large_hello = self.confirmed(pair, Hello::Large).await;
        AuditFacts { at: self.clock.now(), tls12, tls13, large_hello }
    }

    /// One handshake, again where TLS failed: a single lost segment is no finding.
    async fn confirmed(&self, pair: &Pair, hello: Hello) -> HelloOutcome {
        match self.greet(pair, hello).await {
            HelloOutcome::Failed(Fault::Tls(_)) => self.greet(pair, hello).await,
            outcome => outcome,
        }
    }

    async fn greet(&self, pair: &Pair, hello: Hello) -> HelloOutcome {
        let deadline = Deadline::new(Instant::now(), pair.endpoint.timeout);
        let mut trip = Trip::new(self, pair, deadline, &());
        match timeout_at(deadline.end(), trip.greet(hello)).await {
            Ok(Ok(facts)) => HelloOutcome::Passed { proven: facts.is_proven() },
            Ok(Err(fault)) => HelloOutcome::Failed(fault.compact()),
            Err(_) => {
                let reason = "not complete by the deadline".into();
                HelloOutcome::Failed(Fault::Monitor(MonitorFault { operation: "audit TLS".to_owned(), reason }))
            }
        }
    }
}
