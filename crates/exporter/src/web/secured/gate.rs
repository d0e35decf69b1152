//! Looking at users and passwords, so that it costs little and tells nothing.
//!
//! bcrypt is slow on purpose. So a pair that was right is remembered, by a keyed hash; wrong ones are limited for every
//! client; and however many come at once, one processor is the most that they have.

use std::collections::HashSet;
use std::hint;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::{hmac, rand};
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::super::client::Client;
use super::guesses::Guesses;
use super::users::{Hash, Users};

/// How many passwords are looked at at a time.
const AT_ONCE: usize = 1;
/// How many wait to be looked at; more are sent away.
const QUEUE: usize = 8;
/// How long one waits at most.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many right pairs are remembered: more than there are users, since users differ in nothing else.
const REMEMBERED: usize = 256;

/// What came of looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A user with the right password.
    Known,
    /// Nobody, or a wrong password.
    Unknown,
    /// Not looked at; so many seconds later it will be.
    Wait(u64),
}

/// The way in.
#[derive(Debug)]
pub(super) struct Gate {
    /// Of this process alone, so that what is remembered is of use to nobody else. Without it nothing is remembered.
    key: Option<hmac::Key>,
    right: Mutex<HashSet<[u8; 32]>>,
    queue: Arc<Semaphore>,
    work: Arc<Semaphore>,
    guesses: Guesses,
}

/// What a request says of who it is from.
struct Said {
    user: String,
    password: Zeroizing<String>,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self {
            key: hmac::Key::generate(hmac::HMAC_SHA256, &rand::SystemRandom::new()).ok(),
            right: Mutex::default(),
            queue: Arc::new(Semaphore::new(AT_ONCE + QUEUE)),
            work: Arc::new(Semaphore::new(AT_ONCE)),
            guesses: Guesses::default(),
        }
    }

    /// Looks at who a request is from.
    pub(super) async fn check(&self, users: &Users, headers: &HeaderMap, client: Option<Client>) -> Outcome {
        let Some(said) = Said::read(headers) else { return Outcome::Unknown };
        let (hash, exists) = users.hash_for(&said.user);
        let pair = self.fingerprint(&said, hash);
        if exists && pair.is_some_and(|pair| self.remembers(&pair)) {
            return Outcome::Known;
        }
        if let Some(Err(wait)) = client.map(|client| self.guesses.begin(client, Instant::now())) {
            return Outcome::Wait(wait.as_secs().saturating_add(1));
        }
        let fits = self.fits(said.password, hash.clone(), hash.short_of(users.costliest())).await;
        if fits == Some(false) || (fits.is_some() && !exists) {
            return Outcome::Unknown;
        }
        // It was right, or nobody looked: either way it was no guess.
        if let Some(client) = client {
            self.guesses.give_back(client);
        }
        if fits.is_none() {
            return Outcome::Wait(1);
        }
        if let Some(pair) = pair {
            self.remember(pair);
        }
        Outcome::Known
    }

    /// Whether a password has this hash; `None` where too many others wait for such an answer. One that has not is hashed
    /// for nothing at these costs, so that who exists, with a cheap hash, takes no less time than who does not.
    async fn fits(&self, password: Zeroizing<String>, hash: Hash, makes_up: Range<u32>) -> Option<bool> {
        let queued = Arc::clone(&self.queue).try_acquire_owned().ok()?;
        let turn = Arc::clone(&self.work).acquire_owned();
        let turn = tokio::time::timeout(PATIENCE, turn).await.ok()?.ok()?;
        let look = tokio::task::spawn_blocking(move || {
            // The hash was one when it was read.
            let fits = bcrypt::verify(password.as_bytes(), hash.expose()).unwrap_or(false);
            if !fits {
                makes_up.for_each(|cost| drop(hint::black_box(bcrypt::hash_with_salt(b"", cost, [0; 16]))));
            }
            // Here and not outside: whoever asked may be gone, and the work goes on.
            drop((queued, turn));
            fits
        });
        look.await.ok()
    }

    fn remembers(&self, pair: &[u8; 32]) -> bool {
        self.right.lock().unwrap_or_else(PoisonError::into_inner).contains(pair)
    }

    fn remember(&self, pair: [u8; 32]) {
        let mut right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        if right.len() >= REMEMBERED {
            right.clear();
        }
        right.insert(pair);
    }

    /// A keyed hash of user, password and what it has to fit: a hash that changes forgets its pairs.
    fn fingerprint(&self, said: &Said, hash: &Hash) -> Option<[u8; 32]> {
        let mut context = hmac::Context::with_key(self.key.as_ref()?);
        for part in [said.user.as_str(), hash.expose(), &said.password] {
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
        context.sign().as_ref().try_into().ok()
    }
}

impl Said {
    /// `Authorization: Basic …` (RFC 7617, section 2).
    fn read(headers: &HeaderMap) -> Option<Self> {
        let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = Zeroizing::new(BASE64_STANDARD.decode(encoded.trim()).ok()?);
        let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        Some(Self { user: user.to_owned(), password: Zeroizing::new(password.to_owned()) })
    }
}

#[cfg(test)]
mod tests;
