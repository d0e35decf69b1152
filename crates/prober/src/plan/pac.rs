//! A PAC file as a way out.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use url::{Host, Url};

use super::{Credentials, Proxy};

/// Where a PAC file is, and what it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacFile {
    /// Where it is.
    pub location: PacLocation,
    /// How much of an https URL it sees.
    pub view: UrlView,
    /// The address that it is told for this machine's; found out where there is none.
    pub my_address: Option<IpAddr>,
    /// What proxies that it names are told when they ask who we are.
    pub login: Option<PacLogin>,
}

/// Credentials for proxies that a PAC file names: for those of a list alone, since the file may name anybody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacLogin {
    /// The credentials.
    pub credentials: Credentials,
    /// Whose they are.
    pub proxies: Vec<ProxyName>,
}

impl PacLogin {
    /// What a proxy is told.
    pub fn credentials_for(&self, proxy: &Proxy) -> Option<&Credentials> {
        let is_meant = proxy.scheme.is_http() && self.proxies.iter().any(|name| name.is_of(proxy));
        is_meant.then_some(&self.credentials)
    }
}

/// A proxy by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyName {
    /// Its host, as files name it.
    pub host: Host<String>,
    /// Its port; any where there is none.
    pub port: Option<u16>,
}

impl ProxyName {
    fn is_of(&self, proxy: &Proxy) -> bool {
        self.host == proxy.host && self.port.is_none_or(|port| port == proxy.port)
    }
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
