//! Where a list comes from.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::str::FromStr;

use prober::microsoft365::MAX_BYTES;
use thiserror::Error;

/// Where a list comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum From {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// A list that cannot be had.
#[derive(Debug, Error)]
#[error("cannot read {from}")]
pub(crate) struct Unread {
    from: From,
    source: io::Error,
}

impl From {
    /// Reads it, as far as one octet more than a list may have.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Unread> {
        let bytes = match self {
            Self::Stdin => up_to_limit(io::stdin().lock()),
            Self::File(path) => File::open(path).and_then(up_to_limit),
        };
        bytes.map_err(|source| Unread { from: self.clone(), source })
    }
}

fn up_to_limit(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl fmt::Display for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("standard input"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

impl FromStr for From {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "-" { Self::Stdin } else { Self::File(text.into()) })
    }
}
