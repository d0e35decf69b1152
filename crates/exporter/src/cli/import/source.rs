//! Where a list comes from.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::str::FromStr;

use prober::microsoft365::{Instance, List, MAX_BYTES, ReadError, SERVICE};
use thiserror::Error;
use url::Url;

use super::super::exit::Failure;

/// Where a list comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
    /// The service, or a document that somebody keeps of it.
    Url(Url),
}

/// A list that cannot be read.
#[derive(Debug, Error)]
#[error("cannot read {from}")]
struct Unread {
    from: Source,
    source: io::Error,
}

/// What was read is no list.
#[derive(Debug, Error)]
#[error("cannot use {from}")]
struct BadList {
    from: Source,
    source: ReadError,
}

/// The text of `--from` is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an address of a list begins with http:// or https:// and a host")]
pub(crate) struct NoSource;

impl Source {
    /// Reads what lies on this machine, as far as one octet more than a list may have; `None` where it has to be fetched.
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, Failure> {
        let bytes = match self {
            Self::Stdin => up_to_limit(io::stdin().lock()),
            Self::File(path) => File::open(path).and_then(up_to_limit),
            Self::Url(_) => return Ok(None),
        };
        bytes.map(Some).map_err(|source| Failure::other(Unread { from: self.clone(), source }))
    }

    /// The list that was read here.
    pub(crate) fn list(&self, instance: Instance, bytes: &[u8]) -> Result<List, Failure> {
        List::read(instance, bytes).map_err(|source| Failure::config(BadList { from: self.clone(), source }))
    }
}

fn up_to_limit(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("standard input"),
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => url.fmt(f),
        }
    }
}

impl FromStr for Source {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<Self, NoSource> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        if !text.contains("://") {
            return Ok(Self::File(text.into()));
        }
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.map(Self::Url).ok_or(NoSource)
    }
}

/// Where the service lives.
pub(crate) const USUAL: &str = SERVICE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_addresses_and_standard_input() {
        assert_eq!("-".parse(), Ok(Source::Stdin));
        assert_eq!("./a.json".parse(), Ok(Source::File("./a.json".into())));
        assert!(matches!(USUAL.parse(), Ok(Source::Url(_))));
        for wrong in ["ftp://a.example/", "https://", "file:///etc/passwd", "://x"] {
            assert_eq!(wrong.parse::<Source>(), Err(NoSource), "{wrong}");
        }
    }
}
