//! Wrong passwords, counted by who sent them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::super::client::Client;
use super::bucket::{Bucket, Rate};

/// Ten mistakes are a person's; one every five seconds after them leaves a guesser nothing to hope for.
const RATE: Rate = Rate { burst: 10, interval: Duration::from_secs(5) };
/// The most clients remembered, those that have made mistakes lately.
const MAX_CLIENTS: usize = 1024;

/// What every client has left.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    left: Mutex<HashMap<Client, Bucket>>,
}

impl Guesses {
    /// Notes that a password is about to be looked at.
    ///
    /// # Errors
    /// How long the client has to wait with the next one.
    pub(super) fn begin(&self, client: Client, now: Instant) -> Result<(), Duration> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if left.len() >= MAX_CLIENTS && !left.contains_key(&client) {
            left.retain(|_, bucket| !bucket.is_full(now));
            // Where all of a thousand guess at once, one of them is forgotten; how many passwords are looked at at a time
            // is limited elsewhere.
            if let (true, Some(one)) = (left.len() >= MAX_CLIENTS, left.keys().next().copied()) {
                left.remove(&one);
            }
        }
        left.entry(client).or_insert_with(|| Bucket::full(now)).take(RATE, now)
    }

    /// Notes that it was no wrong password after all.
    pub(super) fn give_back(&self, client: Client) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = left.get_mut(&client) {
            bucket.give_back(RATE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};

    use super::*;

    fn client(number: u32) -> Client {
        Client::of(SocketAddr::new(IpAddr::V4(Ipv4Addr::from_bits(number)), 1))
    }

    #[tokio::test(start_paused = true)]
    async fn a_guesser_waits_and_others_do_not() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for _ in 0..RATE.burst {
            assert_eq!(guesses.begin(client(1), now), Ok(()));
        }
        assert_eq!(guesses.begin(client(1), now), Err(RATE.interval));
        assert_eq!(guesses.begin(client(2), now), Ok(()));
        assert_eq!(guesses.begin(client(1), now + RATE.interval), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn right_passwords_cost_nothing() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for _ in 0..100 {
            assert_eq!(guesses.begin(client(1), now), Ok(()));
            guesses.give_back(client(1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_whoever_comes() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for number in 0..5000 {
            assert_eq!(guesses.begin(client(number), now), Ok(()));
        }
        assert_eq!(guesses.left.lock().unwrap().len(), MAX_CLIENTS);
    }
}
