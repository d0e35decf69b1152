//! A proxy and what it takes to use it.

use std::fmt;

use url::Host;
use zeroize::Zeroizing;

use super::Password;
use crate::observation::AuthScheme;

/// A proxy on the way out. Its `Display` is `host:port`, never credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// How it is spoken to.
    pub scheme: ProxyScheme,
    /// Its host, as configured.
    pub host: Host<String>,
    /// Its port.
    pub port: u16,
    /// What it is told when it asks who we are.
    pub credentials: Option<Credentials>,
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyScheme {
    /// HTTP: CONNECT for https (RFC 9110, section 9.3.6), absolute-form for http (RFC 9112, section 3.2.2).
    Http,
    /// The same inside TLS.
    Https,
    /// SOCKS4: the target is an IPv4 address that was resolved here.
    Socks4,
    /// SOCKS4a: the proxy resolves the target.
    Socks4a,
    /// SOCKS5 (RFC 1928) with an address that was resolved here.
    Socks5,
    /// SOCKS5 with a name: the proxy resolves the target.
    Socks5h,
}

impl ProxyScheme {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Http, Self::Https, Self::Socks4, Self::Socks4a, Self::Socks5, Self::Socks5h];

    /// As the scheme of a proxy's URL, in curl's words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks4 => "socks4",
            Self::Socks4a => "socks4a",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    /// As the keyword of a PAC file's answer. Files have one word for both ways of SOCKS5, so those of ours that they
    /// lack are spelt alike.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Http => "PROXY",
            Self::Https => "HTTPS",
            Self::Socks4 => "SOCKS4",
            Self::Socks4a => "SOCKS4A",
            Self::Socks5 => "SOCKS5",
            Self::Socks5h => "SOCKS5H",
        }
    }

    /// Whether it is HTTP that is spoken to the proxy, inside TLS or not.
    pub const fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }

    /// Whether its credentials are a user without a password, as in SOCKS4.
    pub const fn takes_user_alone(self) -> bool {
        matches!(self, Self::Socks4 | Self::Socks4a)
    }

    /// Whether the target's name is resolved here and not by the proxy.
    pub const fn resolves_here(self) -> bool {
        matches!(self, Self::Socks4 | Self::Socks5)
    }
}

/// A user and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user, who may be named in evidence.
    pub username: String,
    /// The password, which may not.
    pub password: Password,
    /// The only scheme by which an HTTP proxy may be told them; any that it offers where there is none.
    pub scheme: Option<AuthScheme>,
    /// Who gives out Kerberos tickets; where nobody is named, DNS is asked for the user's realm.
    pub kdc: Option<Kdc>,
}

/// A Kerberos key distribution centre. Its `Display` is `host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kdc {
    /// Its host: a name, or an address without brackets.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
}

impl Kdc {
    /// The port of KDCs (RFC 4120, section 7.2.3.2).
    pub const PORT: u16 = 88;
}

impl fmt::Display for Kdc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A text that no output can show: its `Debug` is `Secret`, it has no `Display`, and its memory is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret into custody.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Hands the secret out, for the wire only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
