//! What proxies took the last time they asked, and what they refused.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::trial::{Trial, Turns};
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
pub struct Remembered {
    outcomes: Mutex<HashMap<Login, Outcome>>,
    turns: Turns,
}

/// Somebody at a proxy: two paths may go to one proxy as different users, or by different schemes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Login {
    proxy: Via,
    username: String,
    only: Option<AuthScheme>,
}

/// How far a password rests that was refused not long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// By which scheme it was told then.
    pub told_by: AuthScheme,
    /// Whether it was told for want of a Kerberos ticket, so that a ticket may serve where one is to be had by now.
    pub ticket_may_serve: bool,
}

#[derive(Debug)]
enum Outcome {
    Served(AuthScheme, Secret, Instant),
    Refused(Rest, Secret, Instant),
}

impl Outcome {
    fn password(&self) -> &Secret {
        match self {
            Self::Served(_, password, _) | Self::Refused(_, password, _) => password,
        }
    }
}

impl Login {
    /// Credentials at a proxy.
    pub fn new(proxy: Via, credentials: &Credentials) -> Self {
        Self { proxy, username: credentials.username.clone(), only: credentials.scheme }
    }
}

impl Remembered {
    /// What this login was served by with this very password, not too long ago.
    pub fn served(&self, login: &Login, password: &Secret) -> Option<AuthScheme> {
        self.last(login, password, |outcome| match outcome {
            Outcome::Served(scheme, _, at) => (at.elapsed() < SERVES).then_some(*scheme),
            Outcome::Refused(..) => None,
        })
    }

    /// How far this login has to rest, refused with this very password not long ago.
    pub fn refused(&self, login: &Login, password: &Secret) -> Option<Rest> {
        self.last(login, password, |outcome| match outcome {
            Outcome::Refused(rest, _, at) => (at.elapsed() < RESTS).then_some(*rest),
            Outcome::Served(..) => None,
        })
    }

    fn last<T>(&self, login: &Login, password: &Secret, read: impl Fn(&Outcome) -> Option<T>) -> Option<T> {
        let outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.get(login).filter(|outcome| outcome.password() == password).and_then(read)
    }

    /// The order in which those tell this login's password of which nobody knows yet what becomes of it.
    pub fn trial(&self, login: Login) -> Trial<'_> {
        Trial { turn: self.turns.of(&login), remembered: self, login, held: None }
    }

    /// Notes what became of a login that a proxy, or the key distribution centre, answered.
    ///
    /// What served for want of a ticket is not remembered: the next probe has to look for one again.
    pub fn note(&self, login: &Login, password: &Secret, facts: &AuthFacts) {
        let rest = |told_by, ticket_may_serve| {
            Some(Outcome::Refused(Rest { told_by, ticket_may_serve }, password.clone(), Instant::now()))
        };
        let outcome = match (facts.tried, &facts.failure) {
            (_, Some(AuthFailure::RefusedBefore)) => return,
            (Some(scheme), None) if facts.no_ticket.is_none() => {
                // How long it has served is counted from when it was asked for.
                if self.served(login, password) == Some(scheme) {
                    return;
                }
                Some(Outcome::Served(scheme, password.clone(), Instant::now()))
            }
            (Some(scheme), Some(AuthFailure::Refused)) => rest(scheme, facts.no_ticket.is_some()),
            (Some(scheme), Some(AuthFailure::TicketRefused(_))) => rest(scheme, false),
            _ => None,
        };
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
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
            assert_eq!(remembered.served(&svc, &secret("a")), Some(AuthScheme::Basic));
            tokio::time::advance(Duration::from_secs(60)).await;
            remembered.note(&svc, &secret("a"), &served(AuthScheme::Basic));
        }
        assert_eq!(remembered.served(&login("svc", Some(AuthScheme::Basic)), &secret("a")), None);
        assert_eq!(remembered.served(&login("other", None), &secret("a")), None);
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(remembered.served(&svc, &secret("a")), None, "using it does not keep it");
    }

    #[test]
    fn what_served_for_want_of_a_ticket_is_not() {
        let (remembered, svc) = (Remembered::default(), login("svc", None));
        let facts = AuthFacts { no_ticket: Some("the KDC is silent".into()), ..served(AuthScheme::Ntlm) };
        remembered.note(&svc, &secret("a"), &facts);
        assert_eq!(remembered.served(&svc, &secret("a")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_password_rests_until_it_changes_or_ten_minutes_have_passed() {
        let ticket = AuthFailure::TicketRefused("pre-authentication information was invalid".into());
        for failure in [AuthFailure::Refused, ticket] {
            let (remembered, svc) = (Remembered::default(), login("svc", None));
            let refused = AuthFacts { failure: Some(failure), ..served(AuthScheme::Negotiate) };
            remembered.note(&svc, &secret("old"), &refused);
            let rested = AuthFacts { failure: Some(AuthFailure::RefusedBefore), ..AuthFacts::default() };
            remembered.note(&svc, &secret("old"), &rested);
            let rest = Rest { told_by: AuthScheme::Negotiate, ticket_may_serve: false };
            assert_eq!(remembered.refused(&svc, &secret("old")), Some(rest));
            assert_eq!(remembered.refused(&svc, &secret("new")), None);
            assert_eq!(remembered.served(&svc, &secret("old")), None);
            tokio::time::advance(RESTS).await;
            assert_eq!(remembered.refused(&svc, &secret("old")), None);
        }
    }

    #[test]
    fn a_password_told_for_want_of_a_ticket_rests_and_a_ticket_does_not() {
        let (remembered, svc) = (Remembered::default(), login("svc", None));
        let facts = AuthFacts {
            no_ticket: Some("the KDC is silent".into()),
            failure: Some(AuthFailure::Refused),
            ..served(AuthScheme::Ntlm)
        };
        remembered.note(&svc, &secret("a"), &facts);
        let rest = Rest { told_by: AuthScheme::Ntlm, ticket_may_serve: true };
        assert_eq!(remembered.refused(&svc, &secret("a")), Some(rest));
    }

    #[test]
    fn a_password_that_changed_has_served_nobody_yet() {
        let (remembered, svc) = (Remembered::default(), login("svc", None));
        remembered.note(&svc, &secret("a"), &served(AuthScheme::Basic));
        assert_eq!(remembered.served(&svc, &secret("b")), None);
    }
}
