//! `basic_auth_users`: who may come in, by user and bcrypt hash.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use bcrypt::HashParts;
use prober::config::Cursor;
use zeroize::Zeroizing;

use super::settings::Wanted;

/// The largest cost that is accepted: about a second of a processor for every first request and for every guess.
const MAX_COST: u32 = 14;
const MIN_COST: u32 = 4;

const HELP: &str = "make one with: htpasswd -nBC 10 '' | tr -d ':\\n'";

/// The users and the hashes of their passwords; one at least.
pub(super) struct Users {
    hashes: BTreeMap<String, Hash>,
    /// That of the most expensive user: what somebody costs whom nobody knows.
    costliest: Hash,
}

/// A bcrypt hash that is one, and not too expensive.
#[derive(Clone)]
pub(super) struct Hash {
    text: Zeroizing<String>,
    cost: u32,
}

impl Users {
    /// Whom a password has to fit, and whether it is the user who was named.
    ///
    /// Somebody unknown is looked at with a real hash as well, so that the time tells nobody who exists.
    pub(super) fn hash_for(&self, user: &str) -> (&Hash, bool) {
        self.hashes.get(user).map_or((&self.costliest, false), |hash| (hash, true))
    }

    /// The hash that takes longest: as long takes every wrong password, whoever it is said to be of.
    pub(super) fn costliest(&self) -> &Hash {
        &self.costliest
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.hashes.keys()).finish()
    }
}

impl Hash {
    /// The hash as bcrypt writes it.
    pub(super) fn expose(&self) -> &str {
        &self.text
    }

    /// The costs of the hashes that take, together with this one, as long as this other one alone: each step of cost doubles
    /// the work.
    pub(super) fn short_of(&self, costliest: &Self) -> Range<u32> {
        self.cost..costliest.cost
    }
}

/// Reads the users; nothing where there are none, and nobody is asked.
pub(super) fn read(cursor: &Cursor<'_>) -> Option<Wanted<Users>> {
    if cursor.is_nothing() {
        return Some(Wanted::Nothing);
    }
    let mut hashes = BTreeMap::new();
    for (name, cursor) in cursor.named()? {
        if name.is_empty() || name.contains(':') || name.chars().any(char::is_control) {
            cursor
                .fault::<()>("a user is not empty and has neither control characters nor \":\" (RFC 7617, section 2)");
        } else if let Some(hash) = hash(&cursor) {
            hashes.insert(name.to_owned(), hash);
        }
    }
    let costliest = hashes.values().max_by_key(|hash| hash.cost).cloned();
    Some(costliest.map_or(Wanted::Nothing, |costliest| Wanted::This(Users { hashes, costliest })))
}

/// A hash; its text appears in no message, since it may be a password that somebody forgot to hash.
fn hash(cursor: &Cursor<'_>) -> Option<Hash> {
    let text = cursor.text_for("a bcrypt hash")?;
    match HashParts::from_str(text).map(|parts| parts.get_cost()) {
        Ok(cost @ MIN_COST..=MAX_COST) => Some(Hash { text: Zeroizing::new(text.to_owned()), cost }),
        Ok(cost) => cursor
            .fault_with_help(format!("the cost {cost} of this hash is not between {MIN_COST} and {MAX_COST}"), HELP),
        Err(_) => cursor.fault_with_help("this is no bcrypt hash", HELP),
    }
}
