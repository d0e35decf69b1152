//! The URL of a proxy, from the file or from the environment.

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::net::is_host_name;
use crate::plan::{Credentials, Password, Proxy, ProxyScheme, Secret};
use crate::text::Clean;

/// Where a proxy's URL names no port, as curl has it (CURLOPT_PROXY).
const fn default_port(scheme: ProxyScheme) -> u16 {
    match scheme {
        ProxyScheme::Https => 443,
        _ => 1080,
    }
}

/// The parts of a proxy's URL.
pub(super) struct ProxyUrl {
    pub(super) scheme: ProxyScheme,
    pub(super) host: Host<String>,
    pub(super) port: u16,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    /// Whether a path, a query or a fragment follows.
    pub(super) more: bool,
}

/// What is wrong with a proxy's URL. `Display` never repeats user information.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("this is no URL of a proxy")]
    NoUrl,
    #[error("\"{0}\" is no scheme of a proxy")]
    Scheme(Clean),
    #[error("this names no host")]
    Host,
    #[error("user and password must be UTF-8 without control characters, and the user without \":\"")]
    Credentials,
}

/// Reads `scheme://[user[:password]@]host[:port]`, where `socks` is SOCKS4, as curl has it.
pub(super) fn parse(text: &str) -> Result<ProxyUrl, Problem> {
    let (scheme, rest) = text.split_once("://").ok_or(Problem::NoUrl)?;
    let scheme = proxy_scheme(&scheme.to_ascii_lowercase())?;
    // The parser forgets a port that is the scheme's default, and 80 is not the default of proxies; it has no
    // opinion on the port of a scheme that it does not know.
    let url = Url::parse(&format!("proxy://{rest}")).map_err(|_| Problem::NoUrl)?;
    let username = decode(url.username())?;
    let password = url.password().map(decode).transpose()?.map(Secret::new);
    if !fits_basic(&username, password.as_ref()) {
        return Err(Problem::Credentials);
    }
    Ok(ProxyUrl {
        scheme,
        host: host(&url)?,
        port: url.port().unwrap_or(default_port(scheme)),
        username: Some(username).filter(|name| !name.is_empty()),
        password,
        more: !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some(),
    })
}

impl ProxyUrl {
    /// The proxy, as credentials from elsewhere or its own complete it.
    pub(super) fn into_proxy(self, credentials: Option<Credentials>) -> Proxy {
        Proxy { scheme: self.scheme, host: self.host, port: self.port, credentials }
    }

    /// The credentials in the URL itself; a user alone has an empty password, as curl sends it.
    pub(super) fn own_credentials(&self) -> Option<Credentials> {
        if self.username.is_none() && self.password.is_none() {
            return None;
        }
        let password = self.password.clone().unwrap_or_else(|| Secret::new(String::new()));
        let username = self.username.clone().unwrap_or_default();
        Some(Credentials { username, password: Password::fixed(password), scheme: None, kdc: None })
    }
}

/// Whether a user and a password can be sent by the Basic scheme (RFC 7617, section 2).
pub(super) fn fits_basic(username: &str, password: Option<&Secret>) -> bool {
    let clean = |text: &str| !text.chars().any(char::is_control);
    clean(username) && !username.contains(':') && password.is_none_or(|password| clean(password.expose()))
}

fn proxy_scheme(scheme: &str) -> Result<ProxyScheme, Problem> {
    if scheme == "socks" {
        return Ok(ProxyScheme::Socks4);
    }
    let known = ProxyScheme::ALL.into_iter().find(|known| known.as_str() == scheme);
    known.ok_or_else(|| Problem::Scheme(Clean::bounded(scheme, 20)))
}

fn decode(text: &str) -> Result<String, Problem> {
    percent_decode_str(text).decode_utf8().map(std::borrow::Cow::into_owned).map_err(|_| Problem::Credentials)
}

fn host(url: &Url) -> Result<Host<String>, Problem> {
    let host = Host::parse(url.host_str().unwrap_or_default()).map_err(|_| Problem::Host)?;
    match &host {
        Host::Domain(name) if !is_host_name(name) => Err(Problem::Host),
        _ if url.port() == Some(0) => Err(Problem::NoUrl),
        _ => Ok(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port() {
        for (text, host, port) in [
            ("http://proxy.example:3128", "proxy.example", 3128),
            ("http://proxy.example:80/", "proxy.example", 80),
            ("HTTP://Proxy.Example", "proxy.example", 1080),
            ("http://10.0.0.9:8080", "10.0.0.9", 8080),
            ("http://[2001:db8::1]:8080", "[2001:db8::1]", 8080),
        ] {
            let url = parse(text).map_err(|problem| format!("{text}: {problem}")).unwrap();
            assert_eq!((url.host.to_string().as_str(), url.port, url.more), (host, port, false), "{text}");
        }
    }

    #[test]
    fn every_scheme_with_its_port() {
        for (text, scheme, port) in [
            ("http://proxy", ProxyScheme::Http, 1080),
            ("https://proxy", ProxyScheme::Https, 443),
            ("HTTPS://proxy:443", ProxyScheme::Https, 443),
            ("socks://proxy", ProxyScheme::Socks4, 1080),
            ("socks4://proxy", ProxyScheme::Socks4, 1080),
            ("socks4a://proxy:9", ProxyScheme::Socks4a, 9),
            ("socks5://[::1]", ProxyScheme::Socks5, 1080),
            ("Socks5h://proxy:80", ProxyScheme::Socks5h, 80),
        ] {
            let url = parse(text).map_err(|problem| format!("{text}: {problem}")).unwrap();
            assert_eq!((url.scheme, url.port), (scheme, port), "{text}");
        }
    }

    #[test]
    fn credentials_are_decoded() {
        let credentials = parse("http://svc%40corp:p%3Ass@proxy:1").ok().and_then(|url| url.own_credentials()).unwrap();
        assert_eq!(credentials.username, "svc@corp");
        assert_eq!(credentials.password.current().expose(), "p:ss");
    }

    #[test]
    fn what_is_no_proxy() {
        for (text, problem) in [
            ("proxy:3128", Problem::NoUrl),
            ("socks6://proxy", Problem::Scheme(Clean::new("socks6"))),
            ("ftp://proxy", Problem::Scheme(Clean::new("ftp"))),
            ("http://", Problem::Host),
            ("http://a_b c", Problem::NoUrl),
            ("http://p:0", Problem::NoUrl),
            ("http://a%3Ab:c@proxy", Problem::Credentials),
            ("http://a:%0a@proxy", Problem::Credentials),
            ("http://%ff@proxy", Problem::Credentials),
        ] {
            assert_eq!(parse(text).err(), Some(problem), "{text}");
        }
    }
}
