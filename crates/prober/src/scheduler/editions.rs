//! The newest edition of every revocation list, on whatever path it came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::observation::{CrlFacts, CrlSignature, Observation};
use crate::plan::Pair;
use crate::verdict::Edition;

/// The newest edition of each endpoint's list: as many as there are endpoints at a time.
#[derive(Debug, Default)]
pub(super) struct Editions(Mutex<HashMap<String, Newest>>);

#[derive(Debug, Clone)]
struct Newest {
    edition: Arc<Edition>,
    /// Whether its issuer is known to have signed it.
    is_signed: bool,
}

impl Editions {
    /// Takes note of a list that is newer than those before. One that its issuer did not sign tells nothing of others, one
    /// whose signature nobody can check nothing of those where somebody can; and where another issuer signs from now on,
    /// or the newest one is over, counting begins anew.
    pub(super) fn note(&self, pair: &Pair, observation: &Observation) {
        let Some(list) = trusted(observation) else { return };
        let is_signed = list.signature == CrlSignature::Valid;
        let mut editions = self.editions();
        let known = editions.get(&pair.endpoint.name).filter(|known| !known.edition.is_over(observation.probed_at));
        let is_next = known.is_none_or(|Newest { edition, is_signed: was_signed }| {
            let is_newer = edition.issuer != list.issuer || edition.is_older_than(list);
            if is_signed == *was_signed { is_newer } else { is_signed }
        });
        if is_next {
            let edition = Edition {
                issuer: list.issuer.clone(),
                number: list.number.clone(),
                this_update: list.this_update,
                next_update: list.next_update,
                path: pair.path.name.clone(),
                seen: observation.probed_at,
            };
            editions.insert(pair.endpoint.name.clone(), Newest { edition: Arc::new(edition), is_signed });
        }
    }

    /// What goes on with another plan: the lists of the same endpoints.
    pub(super) fn follow(&self, is_same: impl Fn(&str) -> bool) -> Self {
        let editions = self.editions();
        let kept = editions.iter().filter(|(name, _)| is_same(name));
        Self(Mutex::new(kept.map(|(name, newest)| (name.clone(), newest.clone())).collect()))
    }

    /// The newest edition of the list that an observation has an older one of.
    pub(super) fn newer(&self, pair: &Pair, observation: &Observation) -> Option<Arc<Edition>> {
        let list = trusted(observation)?;
        let editions = self.editions();
        let newest = editions.get(&pair.endpoint.name).map(|newest| &newest.edition);
        newest.filter(|edition| edition.is_newer_than(list) && !edition.is_over(observation.probed_at)).cloned()
    }

    /// Forgets the lists of an endpoint that is gone.
    pub(super) fn forget(&self, endpoint: &str) {
        self.editions().remove(endpoint);
    }

    fn editions(&self) -> MutexGuard<'_, HashMap<String, Newest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        Observation { crl: Some(Box::new(CrlOutcome::Parsed(list))), ..Observation::empty(day) }
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
    #[test]
    fn an_edition_counts_until_its_own_term() {
        let editions = Editions::default();
        let day = |number: u32| datetime!(2026-01-01 00:00 UTC) + time::Duration::days(i64::from(number));
        let at = |number: u32, now: u32| Observation { probed_at: day(now), ..seen("CA", number, CrlSignature::Valid) };
        let mut withdrawn = at(10, 10);
        let Some(CrlOutcome::Parsed(list)) = withdrawn.crl.as_deref_mut() else { panic!() };
        list.next_update = Some(day(17));
        editions.note(&pair("direct"), &withdrawn);
        assert!(editions.newer(&pair("hq"), &at(9, 17)).is_some());
        assert!(editions.newer(&pair("hq"), &at(9, 18)).is_none(), "it would have had to be replaced by now");
        editions.note(&pair("hq"), &at(9, 18));
        assert!(editions.newer(&pair("hq"), &at(8, 18)).is_some(), "counting begins anew");
        // Where it names no term, a week.
        assert!(editions.newer(&pair("hq"), &at(8, 25)).is_some());
        assert!(editions.newer(&pair("hq"), &at(8, 26)).is_none());
        editions.note(&pair("hq"), &at(9, 27));
        editions.forget("a");
        assert!(editions.newer(&pair("hq"), &at(8, 27)).is_none());
    }

    #[test]
    fn what_nobody_can_check_makes_nothing_old_that_somebody_can() {
        use CrlSignature::{Unchecked, Valid};
        let editions = Editions::default();
        let is_old = |number, signature| editions.newer(&pair("hq"), &seen("CA", number, signature)).is_some();
        editions.note(&pair("direct"), &seen("CA", 6, Unchecked));
        assert!(is_old(5, Unchecked));
        editions.note(&pair("direct"), &seen("CA", 5, Valid));
        assert!(!is_old(5, Valid));
        for forged in [seen("CA", 6, Unchecked), seen("Other", 6, Unchecked)] {
            editions.note(&pair("hq"), &forged);
            assert!(!is_old(5, Valid));
            assert!(is_old(4, Valid) && is_old(4, Unchecked));
        }
    }
}
