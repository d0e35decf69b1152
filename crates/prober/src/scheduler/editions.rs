//! The newest edition of every revocation list, on whatever path it came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::observation::{CrlFacts, CrlSignature, Observation};
use crate::plan::Pair;
use crate::verdict::Edition;

/// The newest edition of each endpoint's list. Endpoints come from the configuration, so the map is as small as that.
#[derive(Debug, Default)]
pub(super) struct Editions(Mutex<HashMap<String, Arc<Edition>>>);

impl Editions {
    /// Takes note of a list that is newer than those before. One that its issuer did not sign tells nothing of others, and
    /// where another issuer signs from now on, counting begins anew.
    pub(super) fn note(&self, pair: &Pair, observation: &Observation) {
        let Some(list) = trusted(observation) else { return };
        let mut editions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = editions.get(&pair.endpoint.name);
        if known.is_none_or(|known| known.issuer != list.issuer || known.is_older_than(list)) {
            let edition = Edition {
                issuer: list.issuer.clone(),
                number: list.number.clone(),
                this_update: list.this_update,
                path: pair.path.name.clone(),
                seen: observation.probed_at,
            };
            editions.insert(pair.endpoint.name.clone(), Arc::new(edition));
        }
    }

    /// The newest edition of the list that an observation has an older one of.
    pub(super) fn newer(&self, pair: &Pair, observation: &Observation) -> Option<Arc<Edition>> {
        let list = trusted(observation)?;
        let editions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        editions.get(&pair.endpoint.name).filter(|edition| edition.is_newer_than(list)).cloned()
    }
}

fn trusted(observation: &Observation) -> Option<&CrlFacts> {
    observation.parsed_crl().filter(|list| list.signature != CrlSignature::Invalid)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::observation::CrlOutcome;
    use crate::plan::{Endpoint, Path, PathOptions, Way};

    fn pair(path: &str) -> Pair {
        let url = "http://crl.example/a.crl".parse().unwrap();
        let path = Path { name: path.to_owned(), way: Way::Direct, options: PathOptions::default() };
        Pair { endpoint: Arc::new(Endpoint::new("a", url)), path: Arc::new(path) }
    }

    fn seen(issuer: &str, number: u32, signature: CrlSignature) -> Observation {
        let day = datetime!(2026-01-01 00:00 UTC) + time::Duration::days(i64::from(number));
        let list = CrlFacts { number: Some(number.to_string()), signature, ..CrlFacts::of(issuer.into(), day) };
        Observation { crl: Some(CrlOutcome::Parsed(list)), ..Observation::empty(day) }
    }

    #[test]
    fn the_newest_edition_of_any_path_counts() {
        use CrlSignature::{Invalid, Unchecked, Valid};
        let editions = Editions::default();
        let newer =
            |number| editions.newer(&pair("hq"), &seen("CA", number, Unchecked)).map(|found| found.path.clone());
        assert_eq!(newer(9), None);
        editions.note(&pair("direct"), &seen("CA", 10, Valid));
        assert_eq!((newer(9).as_deref(), newer(10), newer(11)), (Some("direct"), None, None));
        // What its issuer did not sign is no edition, and an older one replaces none.
        editions.note(&pair("hq"), &seen("CA", 99, Invalid));
        editions.note(&pair("hq"), &seen("CA", 3, Valid));
        assert_eq!((newer(9).as_deref(), newer(11)), (Some("direct"), None));
        editions.note(&pair("hq"), &seen("New CA", 1, Valid));
        assert_eq!(newer(9), None, "another issuer counts anew");
    }
}
