//! Asking name servers: in order, and again those that keep silent.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::server::Server;
use crate::observation::MonitorFault;
use crate::phase::in_turn;

/// How long one question waits before another is asked beside it. hickory repeats a question within the first second,
/// each time from another port and under another number, which dnsmasq takes for other clients with the same question: if
/// its own got lost, it asks anew for one that comes two seconds later (forward.c), and for clients that repeat theirs
/// unchanged.
const ASKED_AGAIN: Duration = Duration::from_millis(2100);

/// What a name server may say to a question.
pub(super) trait Answer {
    /// What it counts as to say nothing.
    fn silence() -> Self;

    /// Whether the server knew, be it that there is nothing. Else the next one is asked.
    fn is_known(&self) -> bool;
}

/// What one name server said.
#[derive(Debug)]
pub(super) struct Heard<A> {
    /// Its address, for evidence.
    pub(super) resolver: String,
    pub(super) said: A,
}

/// Asks the servers in order until one knows; each gets an equal share of the time that is left.
///
/// Whatever becomes of this future, `heard` holds what came; a question without an answer so far counts as silence. The
/// error is the monitor's own.
pub(super) async fn ask_in_turn<'a, A: Answer, F: Future<Output = Result<A, MonitorFault>>>(
    servers: &'a [Server],
    by: Instant,
    question: impl Fn(&'a Server) -> F,
    heard: &mut Vec<Heard<A>>,
) -> Result<(), MonitorFault> {
    for (server, share) in in_turn(servers, by) {
        heard.push(Heard { resolver: server.label().to_owned(), said: A::silence() });
        let said = ask_until(share, server, || question(server)).await?;
        let known = said.is_known();
        if let Some(last) = heard.last_mut() {
            last.said = said;
        }
        if known {
            break;
        }
    }
    Ok(())
}

/// Asks one server, again and again while it is silent. The questions stay open beside each other, since the line may be
/// slow rather than lossy; the first answer counts, a failure only if no answer follows in time.
async fn ask_until<A: Answer, F: Future<Output = Result<A, MonitorFault>>>(
    by: Instant,
    server: &Server,
    question: impl Fn() -> F,
) -> Result<A, MonitorFault> {
    let is_known = |said: &Result<A, MonitorFault>| said.as_ref().is_ok_and(A::is_known);
    let mut open = Vec::new();
    let failure = loop {
        let asked = Instant::now();
        open.push(Box::pin(question()));
        let until = if server.is_plain() { by.min(asked + ASKED_AGAIN) } else { by };
        match timeout_at(until, next(&mut open)).await {
            Ok(said) if is_known(&said) => return said,
            Ok(failure) => break failure,
            Err(_) if until < by => server.part_from_questions_of(asked),
            Err(_) => return Ok(A::silence()),
        }
    };
    while !open.is_empty() {
        match timeout_at(by, next(&mut open)).await {
            Ok(said) if is_known(&said) => return said,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    failure
}

/// What comes of the first of some futures to end, which leaves them. Waits for ever where there are none.
async fn next<F: Future>(open: &mut Vec<Pin<Box<F>>>) -> F::Output {
    poll_fn(|context| {
        let ended = open.iter_mut().enumerate().find_map(|(index, future)| match future.as_mut().poll(context) {
            Poll::Ready(output) => Some((index, output)),
            Poll::Pending => None,
        });
        ended.map_or(Poll::Pending, |(index, output)| {
            drop(open.swap_remove(index));
            Poll::Ready(output)
        })
    })
    .await
}
