//! Who answers first: attempts start one after the other, each with a head start over the next.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How long an attempt may take before the next one starts beside it (RFC 8305, section 5, "Connection Attempt Delay").
pub(super) const HEAD_START: Duration = Duration::from_millis(250);

/// How a race ended.
#[derive(Debug)]
pub(super) struct Outcome<S> {
    /// The first stream that came about.
    pub(super) winner: Option<S>,
    /// Who failed before that, in the order of their ends; with no winner, also who had not answered in time.
    pub(super) losses: Vec<Loss>,
}

/// One failed attempt.
#[derive(Debug)]
pub(super) struct Loss {
    /// The address tried.
    pub(super) address: SocketAddr,
    /// How it failed; `None` where nothing came in time.
    pub(super) error: Option<io::Error>,
    /// Whether it failed before anything could have left this machine.
    pub(super) at_once: bool,
}

type Attempt<S> = Pin<Box<dyn Future<Output = io::Result<S>> + Send>>;

/// What is under way, and what was lost.
struct Runners<S> {
    under_way: Vec<(SocketAddr, Attempt<S>)>,
    losses: Vec<Loss>,
}

impl<S> Runners<S> {
    /// Asks every attempt for news; ready with the winner, or with `None` once an attempt was lost.
    fn poll(&mut self, cx: &mut Context<'_>, at_once: bool) -> Poll<Option<S>> {
        let mut lost = false;
        let mut index = 0;
        while let Some((address, attempt)) = self.under_way.get_mut(index) {
            match attempt.as_mut().poll(cx) {
                Poll::Ready(Ok(stream)) => return Poll::Ready(Some(stream)),
                Poll::Ready(Err(error)) => {
                    self.losses.push(Loss { address: *address, error: Some(error), at_once });
                    drop(self.under_way.remove(index));
                    lost = true;
                }
                Poll::Pending => index += 1,
            }
        }
        if lost { Poll::Ready(None) } else { Poll::Pending }
    }
}

/// Tries the targets in order. The next one starts when the one before has failed or used up its head start; the first
/// stream wins and the others are dropped.
pub(super) async fn race<S, F>(targets: &[SocketAddr], by: Instant, connect: impl Fn(SocketAddr) -> F) -> Outcome<S>
where
    F: Future<Output = io::Result<S>> + Send + 'static,
{
    let mut runners = Runners { under_way: Vec::with_capacity(targets.len()), losses: Vec::new() };
    let mut waiting = targets.iter();
    loop {
        let next = waiting.next();
        if let Some(target) = next {
            runners.under_way.push((*target, Box::pin(connect(*target))));
            // A first poll that already fails was answered by this machine: no packet comes back that fast.
            match poll_fn(|cx| Poll::Ready(runners.poll(cx, true))).await {
                Poll::Ready(Some(winner)) => return Outcome { winner: Some(winner), losses: runners.losses },
                Poll::Ready(None) => continue,
                Poll::Pending => {}
            }
        } else if runners.under_way.is_empty() {
            return Outcome { winner: None, losses: runners.losses };
        }
        let head_start = if waiting.len() > 0 { by.min(Instant::now() + HEAD_START) } else { by };
        tokio::select! {
            biased;
            news = poll_fn(|cx| runners.poll(cx, false)) => if let Some(winner) = news {
                return Outcome { winner: Some(winner), losses: runners.losses };
            },
            () = sleep_until(head_start) => if Instant::now() >= by {
                let late = |(address, _)| Loss { address, error: None, at_once: false };
                runners.losses.extend(runners.under_way.drain(..).map(late));
                return Outcome { winner: None, losses: runners.losses };
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a scripted address does, and when.
    #[derive(Clone, Copy)]
    enum Script {
        Answers(u64),
        Refuses(u64),
        Silent,
    }
    use Script::{Answers, Refuses, Silent};

    /// Races scripted addresses against a deadline of 3 s: who won after how long, and who lost (`true`: with an error).
    async fn run(scripts: &[Script]) -> (Option<u16>, u128, Vec<(u16, bool)>) {
        let scripts = scripts.to_vec();
        let targets: Vec<SocketAddr> =
            (0..u16::try_from(scripts.len()).unwrap()).map(|port| ([127, 0, 0, 1], port).into()).collect();
        let start = Instant::now();
        let connect = |address: SocketAddr| {
            let script = scripts[usize::from(address.port())];
            async move {
                match script {
                    Answers(after) => {
                        tokio::time::sleep(Duration::from_millis(after)).await;
                        Ok(address.port())
                    }
                    Refuses(after) => {
                        tokio::time::sleep(Duration::from_millis(after)).await;
                        Err(io::ErrorKind::ConnectionRefused.into())
                    }
                    Silent => std::future::pending().await,
                }
            }
        };
        let outcome = race(&targets, start + Duration::from_secs(3), connect).await;
        let losses = outcome.losses.iter().map(|loss| (loss.address.port(), loss.error.is_some())).collect();
        (outcome.winner, start.elapsed().as_millis(), losses)
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_address_delays_the_next_by_its_head_start() {
        assert_eq!(run(&[Silent, Answers(10)]).await, (Some(1), 260, vec![]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_address_still_wins_when_the_next_is_slower() {
        assert_eq!(run(&[Answers(400), Answers(400)]).await, (Some(0), 400, vec![]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_starts_the_next_at_once() {
        assert_eq!(run(&[Refuses(20), Refuses(20), Answers(20)]).await, (Some(2), 60, vec![(0, true), (1, true)]));
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_not_answered_in_time_is_a_loss_without_an_error() {
        assert_eq!(run(&[Silent, Refuses(5)]).await, (None, 3000, vec![(1, true), (0, false)]));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_to_try_ends_at_once() {
        assert_eq!(run(&[]).await, (None, 0, vec![]));
    }
}
