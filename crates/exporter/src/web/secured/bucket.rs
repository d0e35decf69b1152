//! A token bucket: so many at once, and then one now and then.

use std::time::Duration;

use tokio::time::Instant;

/// How a bucket fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    /// How many it holds.
    pub(super) burst: u32,
    /// How long one takes to come; not zero.
    pub(super) interval: Duration,
}

/// A bucket of tokens.
///
/// As the moment at which it will be full again: one number that needs no work while nobody asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// A full one.
    pub(super) fn full(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// How long until there is one.
    pub(super) fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let full_at = self.full_at.max(now) + rate.interval;
        let (filling, whole) = (full_at.duration_since(now), rate.interval.saturating_mul(rate.burst));
        match filling.checked_sub(whole) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                self.full_at = full_at;
                Ok(())
            }
        }
    }

    /// Gives a token back.
    pub(super) fn give_back(&mut self, rate: Rate) {
        self.full_at = self.full_at.checked_sub(rate.interval).unwrap_or(self.full_at);
    }

    /// Whether nobody could tell it from a new one.
    pub(super) fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, interval: Duration::from_secs(5) };

    #[tokio::test(start_paused = true)]
    async fn it_gives_a_burst_and_then_one_an_interval() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        for _ in 0..3 {
            assert_eq!(bucket.take(RATE, start), Ok(()));
        }
        assert_eq!(bucket.take(RATE, start), Err(Duration::from_secs(5)));
        assert_eq!(bucket.take(RATE, start + Duration::from_secs(4)), Err(Duration::from_secs(1)));
        assert_eq!(bucket.take(RATE, start + Duration::from_secs(5)), Ok(()));
        assert_eq!(bucket.take(RATE, start + Duration::from_secs(5)), Err(Duration::from_secs(5)));
        assert!(!bucket.is_full(start + Duration::from_secs(19)) && bucket.is_full(start + Duration::from_secs(20)));
        assert_eq!(bucket.take(RATE, start + Duration::from_secs(1000)), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_given_back_can_be_taken_again() {
        let now = Instant::now();
        let mut bucket = Bucket::full(now);
        for _ in 0..100 {
            assert_eq!(bucket.take(RATE, now), Ok(()));
            bucket.give_back(RATE);
        }
        assert!(bucket.is_full(now));
    }
}
