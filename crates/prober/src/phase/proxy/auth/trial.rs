//! One at a time: a password of which nobody knows yet whether it is right is not told by every probe at once.
//!
//! A round starts all of its probes together. Told twenty times within a second, a password that was changed locks the
//! account in most domains, and then nobody can work with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};
use tokio::time::{Instant, timeout_at};

use super::remembered::{Login, Remembered, Rest};
use crate::plan::Secret;

/// Whoever waits keeps most of its time for the proxy, which may hold back its answer to the first because of that
/// one's target.
const SHARE: u32 = 3;

/// Whose turn it is with each login. There are as many logins as the configuration names.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<Login, Arc<Turn<()>>>>);

impl Turns {
    pub(super) fn of(&self, login: &Login) -> Arc<Turn<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(login.clone()).or_default())
    }
}

/// One probe's place in that order. Others have their turn when this is dropped.
#[derive(Debug)]
pub struct Trial<'a> {
    pub(super) remembered: &'a Remembered,
    pub(super) login: Login,
    pub(super) turn: Arc<Turn<()>>,
    pub(super) held: Option<OwnedMutexGuard<()>>,
}

impl Trial<'_> {
    /// Waits until whoever tells this password now has heard what becomes of it, or a third of the time is over; says
    /// how far it has to rest by then.
    pub(super) async fn wait(&mut self, password: &Secret, by: Instant) -> Option<Rest> {
        if self.held.is_none() {
            let now = Instant::now();
            let by = now + by.saturating_duration_since(now) / SHARE;
            self.held = timeout_at(by, Arc::clone(&self.turn).lock_owned()).await.ok();
        }
        let rest = self.remembered.refused(&self.login, password);
        if rest.is_some() || self.remembered.served(&self.login, password).is_some() {
            self.held = None;
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::observation::{AuthFacts, AuthFailure, AuthScheme};
    use crate::plan::{Credentials, Password};

    fn login() -> (Login, Secret) {
        let secret = Secret::new("correct horse".to_owned());
        let password = Password::fixed(secret.clone());
        let credentials = Credentials { username: "svc".to_owned(), password, scheme: None, kdc: None };
        (Login::new("proxy:3128".to_owned().try_into().unwrap(), &credentials), secret)
    }

    fn facts(failure: Option<AuthFailure>) -> AuthFacts {
        AuthFacts { tried: Some(AuthScheme::Ntlm), failure, ..AuthFacts::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn the_second_learns_what_became_of_the_first() {
        for (failure, rests) in [(None, false), (Some(AuthFailure::Refused), true)] {
            let remembered = Remembered::default();
            let (login, password) = login();
            let by = Instant::now() + Duration::from_secs(9);
            let mut first = remembered.trial(login.clone());
            assert_eq!(first.wait(&password, by).await, None);
            let first_ends = async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                remembered.note(&login, &password, &facts(failure));
                drop(first);
            };
            let mut others = [remembered.trial(login.clone()), remembered.trial(login.clone())];
            let [second, third] = &mut others;
            let (second, third, ()) = tokio::join!(second.wait(&password, by), third.wait(&password, by), first_ends);
            assert_eq!([second.is_some(), third.is_some()], [rests; 2]);
            assert_eq!(by - Instant::now(), Duration::from_secs(8), "nobody waits longer than for the first");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever() {
        let remembered = Remembered::default();
        let (login, password) = login();
        let by = Instant::now() + Duration::from_secs(9);
        let mut first = remembered.trial(login.clone());
        first.wait(&password, by).await;
        assert_eq!(remembered.trial(login).wait(&password, by).await, None);
        assert_eq!(by - Instant::now(), Duration::from_secs(6));
    }
}
