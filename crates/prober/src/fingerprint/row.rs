//! One row: what it is called, where it looks, and what it tells.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_yaml::Value;

use super::canonical;
use super::extract::Extract;
use super::name::Attribute;
use super::pattern::Pattern;
use crate::text::Clean;

/// The most texts in one place of a row.
pub(super) const MAX_TEXTS: usize = 32;
/// The longest text of a row, in bytes.
pub(super) const MAX_TEXT_BYTES: usize = 200;
/// The shortest text that is looked for in a body, in bytes: less is in every page.
const MIN_BODY_BYTES: usize = 6;
/// The longest name of a row and of a vendor, and the longest source, in characters.
const MAX_NAME_CHARS: usize = 60;
const MAX_SOURCE_CHARS: usize = 250;

/// One row, valid.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RowText")]
pub(super) struct Row {
    /// What faults and fixtures call it.
    pub(super) name: String,
    pub(super) vendor: String,
    pub(super) class: Class,
    pub(super) means: Option<Meaning>,
    pub(super) place: Place,
    pub(super) says: BTreeMap<Fact, Clean>,
    pub(super) extract: BTreeMap<Fact, Extract>,
}

/// What a sign is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Class {
    /// In the place of an unproven origin's reply it is a verdict.
    Block,
    /// The product is on the way: evidence, never a verdict.
    Presence,
    /// The product's CA issued the certificate.
    Inspection,
}

/// What a proxy means by a page of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Meaning {
    /// Refused by policy.
    Policy,
    /// Allowed, but the proxy could not get there.
    Upstream,
}

/// What a row can tell besides its vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fact {
    Category,
    Rule,
    ReasonCode,
    ServerMessage,
}

impl Fact {
    /// The key in the evidence.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Rule => "rule",
            Self::ReasonCode => "reason_code",
            Self::ServerMessage => "server_message",
        }
    }
}

/// Where a row looks.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// At a reply of HTTP.
    Reply(Box<ReplyPlace>),
    /// At who issued a certificate.
    Issuer(IssuerPlace),
    /// At the answers of name servers.
    Answer(AnswerPlace),
}

/// What all must be so in a reply; at least one of them asks for something.
#[derive(Debug, Clone)]
pub(super) struct ReplyPlace {
    pub(super) reply_to: Option<Asked>,
    pub(super) status: Vec<RangeInclusive<u16>>,
    pub(super) reason: Option<Pattern>,
    /// By header name in lower case.
    pub(super) header: BTreeMap<String, Pattern>,
    pub(super) location: Option<Pattern>,
    pub(super) location_host: Option<Pattern>,
    pub(super) title: Option<Pattern>,
    /// Every text that the body must hold.
    pub(super) body: Vec<String>,
}

/// What was sent and answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Asked {
    /// CONNECT, to a proxy.
    Connect,
    /// The request to the origin, or through a proxy.
    Request,
    /// A ClientHello.
    Hello,
}

/// What all must be so in the name of an issuer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IssuerPlace {
    cn: Option<Pattern>,
    o: Option<Pattern>,
    ou: Option<Pattern>,
    email: Option<Pattern>,
}

/// An answer that leads to a block page: by one of its addresses, or by a CNAME on the way.
#[derive(Debug, Clone)]
pub(super) struct AnswerPlace {
    address: Vec<IpAddr>,
    cname: Option<Pattern>,
}

impl Row {
    /// The texts that a body must hold.
    pub(super) fn body(&self) -> &[String] {
        if let Place::Reply(place) = &self.place { &place.body } else { &[] }
    }
}

impl IssuerPlace {
    /// Whether a distinguished name, as its attributes, is of this kind.
    pub(super) fn matches(&self, issuer: &[Attribute<'_>]) -> bool {
        let wanted = [("CN", &self.cn), ("O", &self.o), ("OU", &self.ou), ("Email", &self.email)];
        wanted.into_iter().all(|(key, pattern)| {
            let holds = |pattern: &Pattern| issuer.iter().any(|(of, value)| *of == key && pattern.matches(value));
            pattern.as_ref().is_none_or(holds)
        })
    }
}

impl AnswerPlace {
    /// The address or the name by which an answer is of this kind.
    pub(super) fn found_in(&self, addresses: &[IpAddr], cnames: &[Clean]) -> Option<String> {
        let known = |address: &&IpAddr| self.address.contains(&canonical(**address));
        let by_address = || addresses.iter().find(known).map(ToString::to_string);
        let pattern = self.cname.as_ref();
        let by_name = || cnames.iter().find(|name| pattern.is_some_and(|pattern| pattern.matches(name.as_str())));
        by_address().or_else(|| by_name().map(ToString::to_string))
    }
}

/// A row as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RowText {
    name: String,
    vendor: String,
    class: Class,
    #[serde(default)]
    means: Option<Meaning>,
    #[serde(rename = "where")]
    place: PlaceText,
    #[serde(default)]
    says: BTreeMap<Fact, String>,
    #[serde(default)]
    extract: BTreeMap<Fact, Extract>,
    source: String,
}

/// Where a row looks, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PlaceText {
    reply_to: Option<Asked>,
    #[serde(deserialize_with = "one_or_many")]
    status: Vec<Statuses>,
    reason: Option<Pattern>,
    header: BTreeMap<String, Pattern>,
    location: Option<Pattern>,
    location_host: Option<Pattern>,
    title: Option<Pattern>,
    #[serde(deserialize_with = "one_or_many")]
    body: Vec<String>,
    issuer: Option<IssuerPlace>,
    #[serde(deserialize_with = "one_or_many")]
    address: Vec<IpAddr>,
    cname: Option<Pattern>,
}

impl TryFrom<RowText> for Row {
    type Error = String;

    fn try_from(written: RowText) -> Result<Self, String> {
        let RowText { name, vendor, class, means, place, says, extract, source } = written;
        let texts = [("name", &name, MAX_NAME_CHARS), ("vendor", &vendor, MAX_NAME_CHARS)];
        for (what, text, most) in texts.into_iter().chain([("source", &source, MAX_SOURCE_CHARS)]) {
            let count = text.chars().count();
            if count > most || text.trim().is_empty() || Clean::bounded(text, most).as_str() != text.as_str() {
                return Err(format!("{what} has to be a line of 1 to {most} characters"));
            }
        }
        let place = Place::try_from(place)?;
        check_class(class, means, &place)?;
        if !matches!(place, Place::Reply(_)) && !extract.is_empty() {
            return Err("extract needs a reply to take something from".to_owned());
        }
        let says = says.into_iter().map(|(fact, text)| (fact, Clean::new(&text))).collect();
        Ok(Self { name, vendor, class, means, place, says, extract })
    }
}

/// Whether a class fits the place: nothing that stands on good replies too may block.
fn check_class(class: Class, means: Option<Meaning>, place: &Place) -> Result<(), String> {
    let wrong = match (class, place) {
        (Class::Block, Place::Reply(_) | Place::Answer(_)) | (Class::Inspection, Place::Issuer(_)) => None,
        (Class::Presence, Place::Reply(place)) if place.is_of_headers() => None,
        (Class::Block, Place::Issuer(_)) => Some("an issuer is a sign of class inspection"),
        (Class::Inspection, _) => Some("class inspection looks at issuer"),
        (Class::Presence, _) => Some("class presence looks at header, location and location_host alone"),
    };
    if let Some(wrong) = wrong {
        return Err(wrong.to_owned());
    }
    if means.is_some() && !(class == Class::Block && matches!(place, Place::Reply(_))) {
        return Err("means is for replies of class block".to_owned());
    }
    Ok(())
}

impl TryFrom<PlaceText> for Place {
    type Error = String;

    fn try_from(written: PlaceText) -> Result<Self, String> {
        let PlaceText { reply_to, status, reason, header, location, location_host, title, body, .. } = written;
        let status = status.into_iter().map(|Statuses(range)| range).collect();
        let header = header.into_iter().map(|(name, pattern)| (name.to_ascii_lowercase(), pattern)).collect();
        let reply = ReplyPlace { reply_to, status, reason, header, location, location_host, title, body };
        let answer =
            AnswerPlace { address: written.address.into_iter().map(canonical).collect(), cname: written.cname };
        let asks_answer = !answer.address.is_empty() || answer.cname.is_some();
        match (reply.check()?, written.issuer, asks_answer) {
            (true, None, false) if reply.reply_to.is_none() || !reply.is_vague() => Ok(Self::Reply(Box::new(reply))),
            (true, None, false) => Err("reply_to alone says nothing: name a status, a header, a text".to_owned()),
            (false, Some(issuer), false) if issuer.is_vague() => Err("issuer names no part of the name".to_owned()),
            (false, Some(issuer), false) => Ok(Self::Issuer(issuer)),
            (false, None, true) => Ok(Self::Answer(answer)),
            (false, None, false) => Err("where names nothing to look at".to_owned()),
            _ => Err("a row looks at a reply, at an issuer, or at an answer of DNS: not at several".to_owned()),
        }
    }
}

impl ReplyPlace {
    /// Whether anything is asked of a reply at all, in good form.
    fn check(&self) -> Result<bool, String> {
        if self.body.len() > MAX_TEXTS || self.header.len() > MAX_TEXTS || self.status.len() > MAX_TEXTS {
            return Err(format!("more than {MAX_TEXTS} in one place"));
        }
        let good = |text: &&String| (MIN_BODY_BYTES..=MAX_TEXT_BYTES).contains(&text.len());
        if let Some(wrong) = self.body.iter().find(|text| !good(text)) {
            let length = wrong.len();
            return Err(format!("a text of a body has {MIN_BODY_BYTES} to {MAX_TEXT_BYTES} bytes, this one {length}"));
        }
        Ok(self.reply_to.is_some() || !self.is_vague())
    }

    fn is_vague(&self) -> bool {
        let patterns = [&self.reason, &self.location, &self.location_host, &self.title];
        let nothing = patterns.into_iter().all(Option::is_none);
        nothing && self.status.is_empty() && self.header.is_empty() && self.body.is_empty()
    }

    fn is_of_headers(&self) -> bool {
        let elsewhere = self.reply_to.is_some() || self.reason.is_some() || self.title.is_some();
        !elsewhere && self.status.is_empty() && self.body.is_empty()
    }
}

impl IssuerPlace {
    fn is_vague(&self) -> bool {
        [&self.cn, &self.o, &self.ou, &self.email].into_iter().all(Option::is_none)
    }
}

/// A status, `403`, or a range of them, `"300-499"`.
#[derive(Debug)]
struct Statuses(RangeInclusive<u16>);

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = match Value::deserialize(deserializer)? {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text,
            _ => return Err(D::Error::custom("a status is a number, or a range such as \"300-499\"")),
        };
        let (first, last) = written.split_once('-').unwrap_or((&written, &written));
        let status = |text: &str| text.trim().parse::<u16>().ok().filter(|status| (100..=999).contains(status));
        match (status(first), status(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self(first..=last)),
            _ => Err(D::Error::custom(format!("{written:?} is no status between 100 and 999, nor a range of them"))),
        }
    }
}

/// One value, or a list of them.
pub(super) fn one_or_many<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let values = match Value::deserialize(deserializer)? {
        Value::Sequence(values) => values,
        one => vec![one],
    };
    values.into_iter().map(|value| serde_yaml::from_value(value).map_err(D::Error::custom)).collect()
}
