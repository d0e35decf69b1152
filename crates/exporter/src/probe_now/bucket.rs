//! How often something may happen: so many times in a row, and then at a steady rate.

use std::time::Duration;

use tokio::time::Instant;

/// A bucket of tokens, one of which comes back every so often.
#[derive(Debug)]
pub(super) struct Bucket {
    capacity: u32,
    one_every: Duration,
    /// How many are there at `at`.
    tokens: u32,
    /// When the last one came back that is counted.
    at: Instant,
}

impl Bucket {
    pub(super) fn full(capacity: u32, one_every: Duration, now: Instant) -> Self {
        Self { capacity, one_every, tokens: capacity, at: now }
    }

    /// Takes a token, or says how long to wait for one.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.refill(now);
        if self.tokens == 0 {
            return Err(self.one_every.saturating_sub(now.saturating_duration_since(self.at)));
        }
        self.tokens -= 1;
        Ok(())
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_nanos();
        let back = u32::try_from(passed / self.one_every.as_nanos().max(1)).unwrap_or(u32::MAX);
        if back >= self.capacity - self.tokens {
            self.tokens = self.capacity;
            // A full bucket gathers nothing.
            self.at = now;
        } else {
            self.tokens += back;
            self.at += self.one_every * back;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let start = Instant::now();
        let mut bucket = Bucket::full(2, SECOND * 6, start);
        let mut take = |seconds| bucket.take(start + SECOND * seconds).map_err(|wait| wait.as_secs());
        assert_eq!([take(0), take(0), take(0), take(5)], [Ok(()), Ok(()), Err(6), Err(1)]);
        assert_eq!([take(6), take(6), take(11), take(12)], [Ok(()), Err(6), Err(1), Ok(())]);
    }

    #[test]
    fn no_rest_fills_it_beyond_its_size() {
        let start = Instant::now();
        let mut bucket = Bucket::full(2, SECOND, start);
        let later = start + SECOND * 1_000_000;
        assert_eq!([bucket.take(later), bucket.take(later), bucket.take(later)], [Ok(()), Ok(()), Err(SECOND)]);
    }
}
