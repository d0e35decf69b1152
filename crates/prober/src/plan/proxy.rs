//! A proxy and what it takes to use it.

use std::fmt;

use url::Host;
use zeroize::Zeroizing;

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
}

/// A user and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user, who may be named in evidence.
    pub username: String,
    /// The password, which may not.
    pub password: Secret,
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
