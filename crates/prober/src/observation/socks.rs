//! What a SOCKS server said.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::text::Clean;

/// What a SOCKS server said, as far as the exchange went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SocksFacts {
    /// The version spoken to it.
    pub version: SocksVersion,
    /// The method of authentication that it chose (RFC 1928, section 3); SOCKS4 has none.
    #[serde(default)]
    pub method: Option<u8>,
    /// Whether it took the user and the password that it had asked for (RFC 1929).
    #[serde(default)]
    pub authenticated: bool,
    /// Its reply to the request (RFC 1928, section 6).
    #[serde(default)]
    pub reply: Option<u8>,
    /// Whether that reply opened the way: 0 in SOCKS5, 90 in SOCKS4.
    #[serde(default)]
    pub granted: bool,
    /// Where it says that its own end of the connection to the target is bound, as `host:port`; often made up.
    #[serde(default)]
    pub bound: Option<Clean>,
}

impl SocksFacts {
    /// Nothing said yet.
    pub const fn silent(version: SocksVersion) -> Self {
        Self { version, method: None, authenticated: false, reply: None, granted: false, bound: None }
    }
}

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SocksVersion {
    /// SOCKS4 and its extension 4A.
    Socks4,
    /// RFC 1928.
    Socks5,
}

impl SocksVersion {
    /// The name as people write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Socks4 => "SOCKS4",
            Self::Socks5 => "SOCKS5",
        }
    }
}

impl std::fmt::Display for SocksVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a SOCKS server did not open the way.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SocksFailure {
    /// It accepts none of the methods of authentication offered (255), or chose one that was not (RFC 1928, section 3).
    #[error("chose method {chosen} of authentication, which was not offered")]
    Method {
        /// What was offered.
        offered: Vec<u8>,
        /// What it chose; 255 for none.
        chosen: u8,
    },
    /// It did not accept user and password (RFC 1929, section 2).
    #[error("refused the credentials with status {status}")]
    CredentialsRefused {
        /// Its status, which is not 0.
        status: u8,
    },
    /// It answered the request with another reply than success.
    #[error("refused the request with {version} reply {reply}")]
    Refused {
        /// The version, which says what the reply means.
        version: SocksVersion,
        /// The reply.
        reply: u8,
    },
    /// What it said is not of the version spoken to it.
    #[error("the answer is not {version}: {came}")]
    NotSocks {
        /// The version spoken to it.
        version: SocksVersion,
        /// What came, as text or in hexadecimal.
        came: Clean,
    },
    /// The protocol has no way to ask for this; nothing was sent.
    #[error("{version} cannot carry {what}")]
    CannotCarry {
        /// The version.
        version: SocksVersion,
        /// What it cannot carry, in words.
        what: Clean,
    },
}
