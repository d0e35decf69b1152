//! A PAC file as a way out.

use std::fmt;
use std::path::PathBuf;

use url::Url;

/// Where a PAC file is, and what it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacFile {
    /// Where it is.
    pub location: PacLocation,
    /// How much of an https URL it sees.
    pub view: UrlView,
}

/// Where a PAC file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PacLocation {
    /// At an http or https URL without user info.
    Url(Url),
    /// On this machine.
    File(PathBuf),
}

impl fmt::Display for PacLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => url.fmt(f),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// How much of an https URL a PAC file sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UrlView {
    /// Scheme, host and port, as in browsers.
    #[default]
    Stripped,
    /// Path and query too, as older clients have it.
    Full,
}
