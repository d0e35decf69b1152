//! A proxy as PAC files name it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use prober::microsoft365::HostPattern;
use thiserror::Error;

/// Where a PAC file sends what it does not send direct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gateway {
    keyword: &'static str,
    authority: String,
}

/// A text that is no proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a proxy is HOST:PORT, with http://, https://, socks4:// or socks5:// before it where it is no HTTP proxy in the clear"
)]
pub(crate) struct NoGateway;

impl FromStr for Gateway {
    type Err = NoGateway;

    fn from_str(text: &str) -> Result<Self, NoGateway> {
        let (scheme, authority) = text.split_once("://").unwrap_or(("http", text));
        let keyword = match scheme.to_ascii_lowercase().as_str() {
            "http" => "PROXY",
            "https" => "HTTPS",
            "socks4" | "socks" => "SOCKS",
            "socks5" => "SOCKS5",
            _ => return Err(NoGateway),
        };
        let (host, port) = authority.strip_suffix('/').unwrap_or(authority).rsplit_once(':').ok_or(NoGateway)?;
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        let port: u16 = port.parse().ok().filter(|port| is_number && *port > 0).ok_or(NoGateway)?;
        let in_brackets = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_host = match in_brackets {
            Some(address) => matches!(address.parse(), Ok(IpAddr::V6(_))),
            None => host.parse::<HostPattern>().is_ok_and(|host| host.is_name()),
        };
        if is_host { Ok(Self { keyword, authority: format!("{host}:{port}") }) } else { Err(NoGateway) }
    }
}

impl fmt::Display for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.keyword, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_in_every_form() {
        for (text, expected) in [
            ("proxy.hq.example:3128", "PROXY proxy.hq.example:3128"),
            ("http://10.0.0.8:8080/", "PROXY 10.0.0.8:8080"),
            ("HTTPS://proxy:443", "HTTPS proxy:443"),
            ("socks5://[2001:db8::1]:1080", "SOCKS5 [2001:db8::1]:1080"),
            ("socks4://proxy:1080", "SOCKS proxy:1080"),
        ] {
            assert_eq!(text.parse::<Gateway>().map(|one| one.to_string()), Ok(expected.to_owned()), "{text}");
        }
        for wrong in [
            "",
            "proxy",
            "proxy:",
            "proxy:0",
            "proxy:99999",
            "proxy:+1",
            "ftp://proxy:1",
            "user:word@proxy:1",
            "*.proxy:1",
            "a; DIRECT:1",
            "\";alert(1)//:1",
            "[::1:1",
            "[proxy]:1",
            "http://proxy:1/path",
            "2001:db8::1:80",
        ] {
            assert_eq!(wrong.parse::<Gateway>(), Err(NoGateway), "{wrong}");
        }
    }
}
