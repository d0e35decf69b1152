//! What proxies took the last time they asked, and what they refused.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::observation::{AuthFacts, AuthFailure, AuthScheme, Via};
use crate::plan::{Credentials, Secret};

/// The most logins remembered; a configuration names far fewer.
const MAX: usize = 1024;

/// How long what served is shown unasked. Then the proxy has to ask again, since it may offer something stronger by now.
const SERVES: Duration = Duration::from_secs(60 * 60);

/// How long a password that was refused is not tried again: domains lock an account after a few bad ones, and then the
/// good one does not help either.
const RESTS: Duration = Duration::from_secs(10 * 60);

/// What became of each login the last time.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<HashMap<Login, Outcome>>);

/// Somebody at a proxy: two paths may go to one proxy as different users, or by different schemes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Login {
    proxy: Via,
    username: String,
    only: Option<AuthScheme>,
}

#[derive(Debug)]
enum Outcome {
    Served(AuthScheme, Instant),
    Refused(AuthScheme, Secret, Instant),
}

impl Login {
    /// Credentials at a proxy.
    pub fn new(proxy: Via, credentials: &Credentials) -> Self {
        Self { proxy, username: credentials.username.clone(), only: credentials.scheme }
    }
}

impl Remembered {
    /// What this login was served by, not too long ago.
    pub fn served(&self, login: &Login) -> Option<AuthScheme> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).get(login) {
            Some(Outcome::Served(scheme, at)) if at.elapsed() < SERVES => Some(*scheme),
            _ => None,
        }
    }

    /// By which scheme this login was refused with this very password, not long ago.
    pub fn refused(&self, login: &Login, password: &Secret) -> Option<AuthScheme> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).get(login) {
            Some(Outcome::Refused(scheme, refused, at)) => {
                (refused == password && at.elapsed() < RESTS).then_some(*scheme)
            }
            _ => None,
        }
    }

    /// Notes what became of a login that a proxy answered.
    ///
    /// What came about for want of a ticket is not remembered: the next probe has to look for one again.
    pub fn note(&self, login: &Login, password: &Secret, facts: &AuthFacts) {
        let outcome = match (facts.tried, &facts.failure) {
            (_, Some(AuthFailure::RefusedBefore)) => return,
            (Some(scheme), None) if facts.no_ticket.is_none() => Some(Outcome::Served(scheme, Instant::now())),
            (Some(scheme), Some(AuthFailure::Refused)) if facts.no_ticket.is_none() => {
                Some(Outcome::Refused(scheme, password.clone(), Instant::now()))
            }
            _ => None,
        };
        let mut outcomes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            // How long it has served is counted from when it was asked for.
            Some(Outcome::Served(scheme, _)) if matches!(outcomes.get(login), Some(Outcome::Served(known, at)) if *known == scheme && at.elapsed() < SERVES) =>
                {}
            Some(outcome) if outcomes.len() < MAX || outcomes.contains_key(login) => {
                outcomes.insert(login.clone(), outcome);
            }
            _ => {
                outcomes.remove(login);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Password;

    fn login(username: &str, only: Option<AuthScheme>) -> Login {
        let password = Password::fixed(Secret::new("correct horse".to_owned()));
        let credentials = Credentials { username: username.to_owned(), password, scheme: only, kdc: None };
        Login::new("proxy:3128".to_owned().try_into().unwrap(), &credentials)
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn served(scheme: AuthScheme) -> AuthFacts {
        AuthFacts { tried: Some(scheme), ..AuthFacts::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn what_served_is_remembered_for_an_hour_and_for_that_login_alone() {
        let (remembered, svc) = (Remembered::default(), login("svc", None));
        remembered.note(&svc, &secret("a"), &served(AuthScheme::Basic));
        for _ in 0..59 {
            assert_eq!(remembered.served(&svc), Some(AuthScheme::Basic));
            tokio::time::advance(Duration::from_secs(60)).await;
            remembered.note(&svc, &secret("a"), &served(AuthScheme::Basic));
        }
        assert_eq!(remembered.served(&login("svc", Some(AuthScheme::Basic))), None);
        assert_eq!(remembered.served(&login("other", None)), None);
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(remembered.served(&svc), None, "using it does not keep it");
    }

    #[test]
    fn what_served_for_want_of_a_ticket_is_not() {
        let (remembered, svc) = (Remembered::default(), login("svc", None));
        let facts = AuthFacts { no_ticket: Some("the KDC is silent".into()), ..served(AuthScheme::Ntlm) };
        remembered.note(&svc, &secret("a"), &facts);
        assert_eq!(remembered.served(&svc), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_password_rests_until_it_changes_or_ten_minutes_have_passed() {
        let (remembered, svc) = (Remembered::default(), login("svc", None));
        let refused = AuthFacts { failure: Some(AuthFailure::Refused), ..served(AuthScheme::Ntlm) };
        remembered.note(&svc, &secret("old"), &refused);
        let rested = AuthFacts { failure: Some(AuthFailure::RefusedBefore), ..AuthFacts::default() };
        remembered.note(&svc, &secret("old"), &rested);
        assert_eq!(remembered.refused(&svc, &secret("old")), Some(AuthScheme::Ntlm));
        assert_eq!(remembered.refused(&svc, &secret("new")), None);
        assert_eq!(remembered.served(&svc), None);
        tokio::time::advance(RESTS).await;
        assert_eq!(remembered.refused(&svc, &secret("old")), None);
    }
}
