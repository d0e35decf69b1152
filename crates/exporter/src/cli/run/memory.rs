//! What a burst took of memory goes back to the kernel after it.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

/// How often. Less often, what one trouble took is still there when the next one comes; more often, it is taken anew at once.
const EVERY: Duration = Duration::from_secs(20);

/// Gives back what is free, from time to time.
pub(super) async fn give_back(trim: impl Fn() -> bool) -> Infallible {
    let mut times = interval(EVERY);
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        // Not within the event: what is not logged is not called.
        let any = trim();
        tracing::debug!(any, "free memory given back");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_given_back_at_the_start_and_three_times_a_minute() {
        let times = Cell::new(0);
        let trim = || {
            times.set(times.get() + 1);
            true
        };
        let Err(_elapsed) = timeout(Duration::from_secs(65), give_back(trim)).await;
        assert_eq!(times.get(), 4);
    }
}
