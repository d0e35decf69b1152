//! The way out.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::fault::Fault;
use crate::plan::{Proxy, ProxyScheme};

/// A way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteFacts {
    /// Straight to the origin.
    Direct,
    /// Through this proxy.
    Proxy(Via),
}

impl fmt::Display for RouteFacts {
    /// As PAC files write it: `DIRECT`, `PROXY host:port`, `SOCKS5 host:port`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("DIRECT"),
            Self::Proxy(via) => write!(f, "{} {}", via.scheme.keyword(), via.address),
        }
    }
}

/// A proxy, without what it takes to use it. Written as its URL, or as `host:port` where that is spoken to in HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Via {
    /// How it is spoken to.
    pub scheme: ProxyScheme,
    /// `host:port`.
    pub address: String,
}

impl From<&Proxy> for Via {
    fn from(proxy: &Proxy) -> Self {
        Self { scheme: proxy.scheme, address: proxy.to_string() }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scheme {
            ProxyScheme::Http => f.write_str(&self.address),
            scheme => write!(f, "{}://{}", scheme.as_str(), self.address),
        }
    }
}

impl From<Via> for String {
    fn from(via: Via) -> Self {
        via.to_string()
    }
}

/// A text that names no proxy.
#[derive(Debug, Error)]
#[error("\"{0}\" is no scheme of a proxy")]
pub struct NoScheme(String);

impl TryFrom<String> for Via {
    type Error = NoScheme;

    fn try_from(text: String) -> Result<Self, NoScheme> {
        let Some((scheme, address)) = text.split_once("://") else {
            return Ok(Self { scheme: ProxyScheme::Http, address: text });
        };
        let known = ProxyScheme::ALL.into_iter().find(|known| known.as_str() == scheme);
        let scheme = known.ok_or_else(|| NoScheme(scheme.to_owned()))?;
        Ok(Self { scheme, address: address.to_owned() })
    }
}

/// A way that was tried and did not come as far as asking for the target, so that the next one was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detour {
    /// The way.
    pub route: RouteFacts,
    /// How it failed.
    pub fault: Fault,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_written_as_its_url_and_read_back() {
        for (scheme, text) in [
            (ProxyScheme::Http, "p:3128"),
            (ProxyScheme::Https, "https://p:3128"),
            (ProxyScheme::Socks5h, "socks5h://p:3128"),
        ] {
            let via = Via { scheme, address: "p:3128".to_owned() };
            assert_eq!(String::from(via.clone()), text);
            assert_eq!(Via::try_from(text.to_owned()).unwrap(), via);
        }
        assert!(Via::try_from("gopher://p:3128".to_owned()).is_err());
    }

    #[test]
    fn a_route_reads_as_in_a_pac_file() {
        let via = Via { scheme: ProxyScheme::Socks5, address: "[2001:db8::1]:1080".to_owned() };
        assert_eq!(RouteFacts::Proxy(via).to_string(), "SOCKS5 [2001:db8::1]:1080");
        assert_eq!(RouteFacts::Direct.to_string(), "DIRECT");
    }
}
