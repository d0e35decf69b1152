//! Driving a connection from within the task that waits for what it carries.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};

/// A connection that has to be polled for anything to move on it.
pub(super) trait Carrier {
    /// Moves what can be moved; ready once the connection is over.
    fn poll_carry(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

/// A carrier that is not polled again after its end.
#[derive(Debug)]
pub(super) struct Fused<C> {
    carrier: C,
    is_over: bool,
}

impl<C: Carrier> Fused<C> {
    pub(super) fn new(carrier: C) -> Self {
        Self { carrier, is_over: false }
    }

    /// Waits for something that travels on the connection. Where the connection ends first, the exchange is told so by
    /// the connection itself.
    pub(super) async fn carry<F: Future>(&mut self, exchange: F) -> F::Output {
        let mut exchange = pin!(exchange);
        poll_fn(|cx| {
            // Before the connection, so that what is sent goes out at once; after it, for what has come.
            if let Poll::Ready(outcome) = exchange.as_mut().poll(cx) {
                return Poll::Ready(outcome);
            }
            if !self.is_over {
                self.is_over = self.carrier.poll_carry(cx).is_ready();
            }
            exchange.as_mut().poll(cx)
        })
        .await
    }
}
