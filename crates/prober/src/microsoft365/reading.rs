//! How the service's documents are read: bounds, JSON, and what is wrong where.

use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, SeqAccess, Visitor};
use thiserror::Error;

use super::pattern::{HostPattern, NoPattern};
use super::ports::{NoPorts, Ports};
use crate::fingerprint::title;
use crate::text::Clean;

/// The longest document that is read, in bytes: eighty times the longest list that has been seen.
pub const MAX_BYTES: usize = 4 << 20;
/// The longest stretch of a foreign value that a fault repeats, in characters.
const MAX_SHOWN: usize = 80;

/// Why a document of the service was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// Nothing came.
    #[error("nothing stands in the place of {document}")]
    Nothing {
        /// What was expected.
        document: &'static str,
    },
    /// More than [`MAX_BYTES`].
    #[error("{document} is longer than {MAX_BYTES} bytes")]
    TooLong {
        /// What was expected.
        document: &'static str,
    },
    /// More hosts or ranges than any service needs.
    #[error("{document} has more hosts or ranges than anybody could need")]
    TooMany {
        /// What was expected.
        document: &'static str,
    },
    /// Somebody on the way answered instead of the service: a block page, a portal, a sign-in.
    #[error("an HTML page stands in the place of {document}{}", titled(title.as_ref()))]
    Html {
        /// What was expected.
        document: &'static str,
        /// How the page calls itself.
        title: Option<Clean>,
    },
    /// It ends before it is complete.
    #[error("{document} is cut short in line {line}, column {column}")]
    CutShort {
        /// What was expected.
        document: &'static str,
        /// Where it ends, from 1.
        line: usize,
        /// Where in the line, in bytes.
        column: usize,
    },
    /// Not JSON, or not of that shape.
    #[error("{document} is not as the service writes it: {reason}")]
    Shape {
        /// What was expected.
        document: &'static str,
        /// What the JSON reader says, with line and column.
        reason: Clean,
    },
    /// A list without records would say that nothing is needed.
    #[error("{document} holds nothing")]
    Empty {
        /// What was expected.
        document: &'static str,
    },
    /// One entry is wrong in itself, so that nobody knows what the others are worth.
    #[error("{document} is faulty in {place}")]
    Entry {
        /// What was expected.
        document: &'static str,
        /// Which entry, and which value of it.
        place: String,
        /// What is wrong there.
        source: Flaw,
    },
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Flaw {
    /// Something that every entry has.
    #[error("it is missing")]
    Missing,
    /// An id that an entry before has.
    #[error("an entry before has that id")]
    Twice,
    /// A word that has no meaning there.
    #[error("\"{0}\" is not known there")]
    Word(Clean),
    /// No host and no pattern of hosts.
    #[error("\"{text}\" is no host of a list")]
    Host {
        /// What stands there.
        text: Clean,
        /// What is wrong with it.
        source: NoPattern,
    },
    /// No address and no prefix, or all addresses there are.
    #[error("\"{0}\" is no range of addresses")]
    Range(Clean),
    /// No ports.
    #[error("\"{text}\" are no ports")]
    Ports {
        /// What stands there.
        text: Clean,
        /// What ports are.
        source: NoPorts,
    },
    /// No day of eight digits or version of ten.
    #[error("\"{0}\" is no date of a list")]
    Date(Clean),
}

fn titled(title: Option<&Clean>) -> String {
    title.map_or_else(String::new, |title| format!(" (title \"{title}\")"))
}

/// A foreign value as faults repeat it.
pub(super) fn shown(text: &str) -> Clean {
    Clean::bounded(text, MAX_SHOWN)
}

/// Reads JSON of a shape, or says what stands there instead.
pub(super) fn json<T: DeserializeOwned>(bytes: &[u8], document: &'static str) -> Result<T, ReadError> {
    if bytes.len() > MAX_BYTES {
        return Err(ReadError::TooLong { document });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    match bytes.first() {
        None => return Err(ReadError::Nothing { document }),
        Some(b'<') => {
            let page = String::from_utf8_lossy(bytes);
            let title = title(&page).map(Clean::new).filter(|title| !title.is_empty());
            return Err(ReadError::Html { document, title });
        }
        Some(_) => {}
    }
    serde_json::from_slice(bytes).map_err(|error| {
        if error.is_eof() {
            ReadError::CutShort { document, line: error.line(), column: error.column() }
        } else {
            ReadError::Shape { document, reason: Clean::new(&error.to_string()) }
        }
    })
}

/// A list of at most so many.
#[derive(Debug)]
pub(super) struct AtMost<const N: usize, T>(pub(super) Vec<T>);

impl<const N: usize, T> Default for AtMost<N, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, const N: usize, T: Deserialize<'de>> Deserialize<'de> for AtMost<N, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Entries::<N, T>(PhantomData)).map(Self)
    }
}

struct Entries<const N: usize, T>(PhantomData<T>);

impl<'de, const N: usize, T: Deserialize<'de>> Visitor<'de> for Entries<N, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Vec<T>, A::Error> {
        let mut kept = Vec::new();
        while let Some(entry) = entries.next_element()? {
            if kept.len() == N {
                return Err(A::Error::custom(format_args!("more than {N} entries in one list")));
            }
            kept.push(entry);
        }
        Ok(kept)
    }
}

/// What is wrong with which value of an entry: its key, and the index where the key has a list.
pub(super) type Wrong = (&'static str, Option<usize>, Flaw);

/// The place of a fault: `record 47 (number 3), urls[2]`.
pub(super) fn at(document: &'static str, entry: &str, index: usize, id: u32, wrong: Wrong) -> ReadError {
    let (key, within, source) = wrong;
    let within = within.map_or_else(String::new, |within| format!("[{within}]"));
    ReadError::Entry { document, place: format!("{entry} {id} (number {}), {key}{within}", index + 1), source }
}

pub(super) fn hosts<const N: usize>(texts: &AtMost<N, String>) -> Result<Vec<HostPattern>, Wrong> {
    each("urls", texts, |text| text.parse().map_err(|source| Flaw::Host { text: shown(text), source }))
}

pub(super) fn ranges<const N: usize>(texts: &AtMost<N, String>) -> Result<Vec<IpNet>, Wrong> {
    each("ips", texts, |text| range(text).ok_or_else(|| Flaw::Range(shown(text))))
}

pub(super) fn ports(key: &'static str, text: Option<&str>) -> Result<Ports, Wrong> {
    let text = text.unwrap_or_default();
    text.parse().map_err(|source| (key, None, Flaw::Ports { text: shown(text), source }))
}

fn each<const N: usize, T>(
    key: &'static str,
    texts: &AtMost<N, String>,
    read: impl Fn(&str) -> Result<T, Flaw>,
) -> Result<Vec<T>, Wrong> {
    let values = texts.0.iter().enumerate();
    values.map(|(index, text)| read(text).map_err(|flaw| (key, Some(index), flaw))).collect()
}

/// A prefix, or an address as the prefix of itself. All addresses would be no range: everything would be within it.
fn range(text: &str) -> Option<IpNet> {
    let range = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    range.ok().map(|range| canonical(range.trunc())).filter(|range| range.prefix_len() > 0)
}

/// A range as addresses are compared: IPv4 inside IPv6 is IPv4.
fn canonical(range: IpNet) -> IpNet {
    let within = |range: Ipv6Net| {
        let length = range.prefix_len().checked_sub(96)?;
        Ipv4Net::new(range.addr().to_ipv4_mapped()?, length).ok()
    };
    match range {
        IpNet::V6(six) => within(six).map_or(range, IpNet::V4),
        IpNet::V4(_) => range,
    }
}
