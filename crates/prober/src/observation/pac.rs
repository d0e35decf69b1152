//! What came of a PAC file: its answer, or what is wrong with it.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::OffsetDateTime;

use super::fault::{Fault, IoFault};
use crate::text::Clean;

/// What a PAC file had to do with a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PacFacts {
    /// Where the file is.
    pub file: Clean,
    /// What it answered, as it stands there; `None` where it gave no valid answer. At most 1024 characters.
    #[serde(default)]
    pub answer: Option<Clean>,
    /// Entries of the answer that mean nothing; clients skip them.
    #[serde(default)]
    pub malformed: Vec<Clean>,
    /// Names that it asked for in vain.
    #[serde(default)]
    pub failed_lookups: Vec<PacLookup>,
    /// Set where the file could not be had anew, and the last good copy was asked.
    #[serde(default)]
    pub stale: Option<PacStale>,
}

impl PacFacts {
    /// The longest answer kept, in characters.
    pub const MAX_ANSWER: usize = 1024;
}

/// A PAC file that cannot be had anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PacStale {
    /// When fetching or reading it first failed.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// How it failed the last time.
    pub fault: PacSourceFault,
}

/// No way out, because of a PAC file.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("PAC file {file}")]
#[serde(deny_unknown_fields)]
pub struct PacFault {
    /// Where the file is.
    pub file: Clean,
    /// What is the matter with it.
    #[source]
    pub failure: PacFailure,
}

/// What is the matter with a PAC file.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PacFailure {
    /// It cannot be had, and no good copy is held.
    #[error(transparent)]
    Unavailable(PacSourceFault),
    /// It came, and decides nothing.
    #[error(transparent)]
    Invalid(PacFlaw),
}

/// Why a PAC file cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PacSourceFault {
    /// Its server cannot be reached or does not answer.
    #[error("cannot be fetched")]
    Fetch(#[source] Box<Fault>),
    /// Its server does not prove to be the right one.
    #[error("its server is not to be trusted: {reason}")]
    Untrusted {
        /// The verifier's words.
        reason: Clean,
    },
    /// Its server answers with another status than 200, which browsers take for no file.
    #[error("its server answers with status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// Its server redirects too often, or to nowhere that can be followed.
    #[error("its server redirects to nowhere")]
    Redirected,
    /// Something else than a script came in its place.
    #[error("what comes in its place is no script: {0}")]
    NoScript(NotScript),
    /// It has more than 1 MiB.
    #[error("has more than 1 MiB")]
    TooLarge,
    /// It did not come in time.
    #[error("did not come in time")]
    NotInTime,
    /// It cannot be read.
    #[error("cannot be read")]
    Unreadable(#[source] IoFault),
}

/// What is wrong with a PAC file that came, or with what it did: it decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PacFlaw {
    /// What came is no script at all.
    #[error("{0}")]
    NotScript(NotScript),
    /// It does not parse.
    #[error("{message}")]
    Syntax {
        /// The line, from 1, where the engine names one.
        line: Option<u32>,
        /// The engine's words.
        message: Clean,
    },
    /// It threw an exception, while it was loaded or when it was asked.
    #[error("{message}")]
    Throw {
        /// The line, from 1, where the exception has one.
        line: Option<u32>,
        /// The exception as text.
        message: Clean,
    },
    /// It defines neither `FindProxyForURLEx` nor `FindProxyForURL`.
    #[error("FindProxyForURL is undefined or not a function")]
    NoEntryPoint,
    /// It returned something else than a string.
    #[error("FindProxyForURL() returned no string but {returned}")]
    WrongReturn {
        /// What it returned, by JavaScript's name for the type.
        returned: Clean,
    },
    /// It returned a string with characters beyond ASCII, which browsers take for a failure of the script.
    #[error("FindProxyForURL() returned a text that is not ASCII: {answer}")]
    NotAscii {
        /// What it returned.
        answer: Clean,
    },
    /// It ran for longer than its share of processor time.
    #[error("ran for over a second of processor time")]
    CpuLimit,
    /// It wanted more memory than it may have.
    #[error("wanted more than 32 MiB of memory")]
    MemoryLimit,
    /// It called itself too deeply.
    #[error("called itself too deeply for a stack of 1 MiB")]
    StackLimit,
    /// It had not answered when the time of the probe was over, although it had had the processor for a good part of its
    /// share.
    #[error("gave no answer within the time of the probe")]
    NotInTime,
}

impl PacFlaw {
    /// The line of the file, from 1, where one is known.
    pub fn line(&self) -> Option<u32> {
        match self {
            Self::Syntax { line, .. } | Self::Throw { line, .. } => *line,
            _ => None,
        }
    }
}

/// What came in place of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotScript {
    /// Nothing, or nothing but white space.
    #[error("the file is empty")]
    Empty,
    /// A page: a login, a block page, or an error.
    #[error("the file is an HTML page")]
    Html,
    /// UTF-16 without a byte order mark.
    #[error("the file is in UTF-16 without a byte order mark")]
    Utf16,
    /// Bytes that no text has.
    #[error("the file is no text")]
    Binary,
}

/// A name that a PAC file asked for and got no address of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PacLookup {
    /// The name.
    pub name: Clean,
    /// Why there is no address.
    pub reason: Clean,
}
