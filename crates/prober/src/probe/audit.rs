//! The audit of a pair's TLS: handshakes over the pair's own way that offer other things than clients do.

use std::future::Future;

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
    /// Three handshakes as [`outcomes`] tries them. Each attempt has the endpoint's timeout, so that the whole ends within
    /// seven of them.
    pub(super) async fn audit_once(&self, pair: &Pair) -> AuditFacts {
        let [tls12, tls13, large_hello] = outcomes(|hello| self.greet(pair, hello)).await;
        AuditFacts { at: self.clock.now(), tls12, tls13, large_hello }
    }

    async fn greet(&self, pair: &Pair, hello: Hello) -> HelloOutcome {
        let deadline = Deadline::new(Instant::now(), pair.endpoint.timeout);
        let mut trip = Trip::new(self, pair, deadline, &());
        match timeout_at(deadline.end(), trip.greet(hello)).await {
            Ok(Ok(facts)) => HelloOutcome::passed(&facts),
            Ok(Err(fault)) => HelloOutcome::Failed(fault.compact()),
            Err(_) => {
                let reason = "not complete by the deadline".into();
                HelloOutcome::Failed(Fault::Monitor(MonitorFault { operation: "audit TLS".to_owned(), reason }))
            }
        }
    }
}

const HELLOS: [Hello; 3] = [Hello::Tls12, Hello::Tls13, Hello::Large];

/// What becomes of TLS 1.2 alone, TLS 1.3 alone, and the large hello.
///
/// One after the other; one that TLS fails is tried once more at once: a single lost segment is no finding. Where some passed
/// and some failed, those that failed are tried again at the end: a way or an origin that was out of order for a while and
/// came back meanwhile makes no difference between them.
async fn outcomes<F: Future<Output = HelloOutcome>>(greet: impl Fn(Hello) -> F) -> [HelloOutcome; 3] {
    let twice = async |hello| match greet(hello).await {
        outcome if outcome.passes() == Some(false) => greet(hello).await,
        outcome => outcome,
    };
    let [tls12, tls13, large] = HELLOS;
    let mut outcomes = [twice(tls12).await, twice(tls13).await, twice(large).await];
    if outcomes.iter().any(|outcome| outcome.passes() == Some(true)) {
        for (hello, outcome) in HELLOS.into_iter().zip(&mut outcomes) {
            if outcome.passes() == Some(false) {
                *outcome = greet(hello).await;
            }
        }
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// An audit whose attempts end as told, in turn (`+` passes, `-` fails, `?` gets nowhere), as what was tried and what
    /// came of it.
    async fn audited(ends: &str) -> (String, String) {
        let (left, tried) = (RefCell::new(ends.chars()), RefCell::new(String::new()));
        let greet = async |hello| {
            tried.borrow_mut().push_str(match hello {
                Hello::Tls12 => "2",
                Hello::Tls13 => "3",
                Hello::Large => "L",
            });
            HelloOutcome::signed(left.borrow_mut().next().unwrap())
        };
        let came = outcomes(greet).await.map(|outcome| outcome.sign());
        assert_eq!(left.borrow_mut().next(), None, "{ends}");
        (tried.take(), came.into_iter().collect())
    }

    #[tokio::test]
    async fn what_fails_is_tried_again_at_once_and_beside_what_passed_once_more_at_the_end() {
        for (ends, tried, came) in [
            ("+++", "23L", "+++"),
            ("-+++", "223L", "+++"),
            // A difference that lasts.
            ("--++-", "223L2", "-++"),
            ("+--+-", "233L3", "+-+"),
            ("++---", "23LLL", "++-"),
            ("--+----", "223LL2L", "-+-"),
            // It was out of order for a while.
            ("--+++", "223L2", "+++"),
            ("--++?", "223L2", "?++"),
            ("----++-", "2233L23", "+-+"),
            // Nothing passes: no difference to make sure of.
            ("------", "2233LL", "---"),
            ("?--?", "233L", "?-?"),
            ("???", "23L", "???"),
        ] {
            assert_eq!(audited(ends).await, (tried.to_owned(), came.to_owned()), "{ends}");
        }
    }
}
