//! What proxies took the last time they asked.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::observation::{AuthFacts, AuthScheme};

/// The most proxies remembered; a configuration names far fewer.
const MAX: usize = 1024;

/// The scheme that served last, by proxy (`host:port`): showing it unasked saves a round trip a probe.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<HashMap<String, AuthScheme>>);

impl Remembered {
    /// What a proxy took the last time.
    pub fn get(&self, proxy: &str) -> Option<AuthScheme> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(proxy).copied()
    }

    /// Notes what a proxy took, or that it was not convinced: then it has to ask again.
    pub fn note(&self, proxy: &str, facts: &AuthFacts) {
        let mut schemes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (facts.tried, &facts.failure) {
            (Some(scheme), None) if schemes.len() < MAX || schemes.contains_key(proxy) => {
                schemes.insert(proxy.to_owned(), scheme);
            }
            _ => {
                schemes.remove(proxy);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::AuthFailure;

    #[test]
    fn what_served_is_remembered_until_it_serves_no_more() {
        let remembered = Remembered::default();
        let served = AuthFacts { tried: Some(AuthScheme::Basic), ..AuthFacts::default() };
        remembered.note("proxy:3128", &served);
        assert_eq!(remembered.get("proxy:3128"), Some(AuthScheme::Basic));
        assert_eq!(remembered.get("other:3128"), None);
        remembered.note("proxy:3128", &AuthFacts { failure: Some(AuthFailure::Refused), ..served });
        assert_eq!(remembered.get("proxy:3128"), None);
    }
}
