//! Signs by which products in the way are known, as data: block pages, what proxies say of themselves, issuers of
//! inspection CAs, and what filtering name servers answer.
//!
//! ```text
//! fingerprints.yaml ─┐
//! the site's own ────┴─► rows, checked ─► Fingerprints ─► judgement asks: whose reply, issuer, answer is this?
//! ```
//!
//! A row is made of texts that are there or not; there are no patterns that could backtrack. The texts of bodies are
//! looked for all at once, by one automaton that reads each byte once, so that judging costs the same however many rows
//! there are. What is looked at is bounded by who observed it: 64 KiB of a body, 100 headers of 256 characters.

mod extract;
mod load;
mod name;
mod pattern;
mod reply;
mod row;
mod text;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use thiserror::Error;

pub use self::load::{OwnRows, RowFault};
use self::reply::Look;
pub(crate) use self::reply::{OwnedReply, Reply};
pub(crate) use self::row::Meaning;
use self::row::{Class, Place, Row};
pub(crate) use self::text::title;
use crate::observation::{CertificateFacts, Headers, Lookup, LookupOutcome};
use crate::text::Clean;

/// The rows that the product ships.
pub const BUILT_IN: &str = include_str!("fingerprints.yaml");

/// The most bytes that the texts of all bodies may have together: the automaton grows with them.
const MAX_BODY_TEXT: usize = 16 * 1024;

/// Every row known, ready to be looked for.
pub struct Fingerprints {
    rows: Vec<Row>,
    /// Of each row, the numbers of the texts that a body must hold.
    wanted: Vec<Vec<usize>>,
    bodies: AhoCorasick,
}

/// Rows that cannot be made into [`Fingerprints`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FingerprintsFault {
    /// A built-in row is not one.
    #[error("a built-in fingerprint is damaged: {0}")]
    BuiltIn(RowFault),
    /// The texts of the bodies are too many.
    #[error("the texts of all bodies have more than {MAX_BODY_TEXT} bytes together")]
    TooMuch,
}

/// A sign that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sign<'a> {
    /// Whose product it is.
    pub(crate) vendor: &'a str,
    /// What a proxy means by it; `None` where it may be any filter's.
    pub(crate) means: Option<Meaning>,
    /// The product's own word for what happened.
    pub(crate) message: Clean,
    /// What it tells besides: category, rule, reason code.
    pub(crate) facts: Vec<(&'static str, Clean)>,
}

impl Fingerprints {
    /// The rows that the product ships; made once.
    pub fn built_in() -> Result<Arc<Self>, FingerprintsFault> {
        static BUILT: LazyLock<Result<Arc<Fingerprints>, FingerprintsFault>> =
            LazyLock::new(|| Fingerprints::of(built_in_rows()?).map(Arc::new));
        BUILT.clone()
    }

    /// A site's own rows, which are looked at first, and then those that the product ships.
    pub fn with(own: OwnRows) -> Result<Arc<Self>, FingerprintsFault> {
        if own.is_empty() {
            return Self::built_in();
        }
        let rows = own.into_rows().into_iter().chain(built_in_rows()?).collect();
        Self::of(rows).map(Arc::new)
    }

    fn of(rows: Vec<Row>) -> Result<Self, FingerprintsFault> {
        let mut texts: Vec<String> = Vec::new();
        let mut number = |text: &String| {
            let text = text.to_ascii_lowercase();
            texts.iter().position(|known| *known == text).unwrap_or_else(|| {
                texts.push(text);
                texts.len() - 1
            })
        };
        let wanted = rows.iter().map(|row| row.body().iter().map(&mut number).collect()).collect();
        if texts.iter().map(String::len).sum::<usize>() > MAX_BODY_TEXT {
            return Err(FingerprintsFault::TooMuch);
        }
        let bodies = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&texts)
            .map_err(|_| FingerprintsFault::TooMuch)?;
        Ok(Self { rows, wanted, bodies })
    }

    /// The sign of a block in what stands in the place of an origin's reply, or of a tunnel.
    pub(crate) fn block<'a>(&'a self, reply: &Reply<'a>) -> Option<Sign<'a>> {
        let look = Look::new(reply, &self.bodies);
        let blocks = self.rows.iter().zip(&self.wanted).filter(|(row, _)| row.class == Class::Block);
        blocks.into_iter().find_map(|(row, wanted)| {
            let Place::Reply(place) = &row.place else { return None };
            let message = look.message(place, wanted)?;
            Some(row.sign(message, reply))
        })
    }

    /// The vendor whom headers name without saying anything else.
    pub(crate) fn presence(&self, headers: &Headers) -> Option<&str> {
        let reply = Reply::of_headers(headers);
        let look = Look::new(&reply, &self.bodies);
        let mut present = self.rows.iter().filter(|row| row.class == Class::Presence);
        let found = present.find(|row| match &row.place {
            Place::Reply(place) => look.message(place, &[]).is_some(),
            _ => false,
        });
        found.map(|row| &*row.vendor)
    }

    /// The vendor whose inspection CA issued a certificate of a chain.
    pub(crate) fn inspection(&self, chain: &[CertificateFacts]) -> Option<&str> {
        let issuers: Vec<_> = chain.iter().map(|certificate| name::attributes(certificate.issuer.as_str())).collect();
        let found = self.rows.iter().find(|row| match &row.place {
            Place::Issuer(place) => issuers.iter().any(|issuer| place.matches(issuer)),
            _ => false,
        });
        found.map(|row| &*row.vendor)
    }

    /// The sign of a sinkhole in what name servers answered; its message is the address, or the name that leads there.
    pub(crate) fn sinkhole<'a>(&'a self, lookups: &[Lookup]) -> Option<Sign<'a>> {
        let nothing = Headers::default();
        lookups.iter().find_map(|lookup| {
            let LookupOutcome::Addresses { addresses, cnames } = &lookup.outcome else { return None };
            self.rows.iter().find_map(|row| {
                let Place::Answer(place) = &row.place else { return None };
                let message = place.found_in(addresses, cnames)?;
                Some(row.sign(&message, &Reply::of_headers(&nothing)))
            })
        })
    }
}

impl fmt::Debug for Fingerprints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprints({} rows)", self.rows.len())
    }
}

impl Row {
    /// What the row says of a reply in which it was found.
    fn sign<'a>(&'a self, message: &str, reply: &Reply<'_>) -> Sign<'a> {
        let told = self.extract.iter().filter_map(|(fact, extract)| Some((*fact, extract.from(reply)?)));
        let said = self.says.iter().map(|(fact, text)| (*fact, text.clone()));
        let mut facts: Vec<_> = told.chain(said).map(|(fact, text)| (fact.as_str(), text)).collect();
        let own_message = facts.iter().position(|(key, _)| *key == row::Fact::ServerMessage.as_str());
        let message = own_message.map_or_else(|| Clean::new(message), |index| facts.swap_remove(index).1);
        Sign { vendor: &self.vendor, means: self.means, message, facts }
    }
}

impl Sign<'_> {
    /// What the product told, in a sentence: `CATEGORY_DENIED, category Games, rule R1`.
    pub(crate) fn told(&self) -> String {
        let fact = |key| self.facts.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_str());
        let word = fact("reason_code").unwrap_or_else(|| self.message.as_str()).to_owned();
        let category = fact("category").map(|category| format!("category {category}"));
        let rule = fact("rule").map(|rule| format!("rule {rule}"));
        let told = [Some(word), category, rule].into_iter().flatten().filter(|part| !part.is_empty());
        told.collect::<Vec<_>>().join(", ")
    }
}

fn built_in_rows() -> Result<Vec<Row>, FingerprintsFault> {
    load::rows(BUILT_IN).map_err(|faults| {
        let first = faults.into_iter().next();
        FingerprintsFault::BuiltIn(first.unwrap_or_else(RowFault::unknown))
    })
}

/// An address as it is compared: IPv4 inside IPv6 is IPv4.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests;
