//! The proxies that the process's environment names, by curl's rules (curl(1), "ENVIRONMENT").

use std::sync::Arc;

use super::proxy;
use super::sources::Sources;
use crate::plan::{EnvironmentProxies, NoProxy, Proxy};
use crate::route;

/// Reads the environment; the faults name the variables, never their values.
pub(super) fn read(sources: &dyn Sources) -> Result<EnvironmentProxies, Vec<String>> {
    let mut faults = Vec::new();
    let mut proxy = |names: &[&str]| {
        let (name, value) = first_set(sources, names)?;
        from_variable(&value).map_err(|problem| faults.push(format!("{name} in the environment: {problem}"))).ok()
    };
    // A CGI server sets HTTP_PROXY from a request's Proxy header (CVE-2016-5385).
    let cgi = sources.env("REQUEST_METHOD").is_some();
    let https = proxy(&["https_proxy", "HTTPS_PROXY"]);
    let http = proxy(if cgi { &["http_proxy"] } else { &["http_proxy", "HTTP_PROXY"] });
    let proxies = EnvironmentProxies {
        // Where both schemes have a proxy of their own, nobody uses this one, whatever it is.
        all: if https.is_some() && http.is_some() { None } else { proxy(&["all_proxy", "ALL_PROXY"]) },
        https,
        http,
        no_proxy: first_set(sources, &["no_proxy", "NO_PROXY"])
            .map_or_else(NoProxy::default, |(_, value)| route::parse_no_proxy(&value)),
    };
    if faults.is_empty() { Ok(proxies) } else { Err(faults) }
}

/// The first variable with a value; an empty one counts as unset.
fn first_set<'n>(sources: &dyn Sources, names: &[&'n str]) -> Option<(&'n str, String)> {
    names.iter().find_map(|name| sources.env(name).filter(|value| !value.is_empty()).map(|value| (*name, value)))
}

fn from_variable(value: &str) -> Result<Arc<Proxy>, proxy::Problem> {
    let value = value.trim();
    let url = if value.contains("://") { proxy::parse(value)? } else { proxy::parse(&format!("http://{value}"))? };
    let credentials = url.own_credentials();
    Ok(Arc::new(url.into_proxy(credentials)))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use super::*;

    struct Variables(&'static [(&'static str, &'static str)]);

    impl Sources for Variables {
        fn env(&self, name: &str) -> Option<String> {
            self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        }

        fn read(&self, _: &Path) -> io::Result<Vec<u8>> {
            Err(io::ErrorKind::NotFound.into())
        }

        fn hostname(&self) -> Option<String> {
            None
        }
    }

    /// What the environment makes of https, http and all, as `host:port`.
    fn shown(variables: &'static [(&'static str, &'static str)]) -> [String; 3] {
        let proxies = read(&Variables(variables)).unwrap();
        [proxies.https, proxies.http, proxies.all]
            .map(|proxy| proxy.map_or_else(String::new, |proxy| proxy.to_string()))
    }

    #[test]
    fn variables_by_curls_rules() {
        assert_eq!(shown(&[]), ["", "", ""]);
        assert_eq!(shown(&[("HTTPS_PROXY", "http://a:1"), ("https_proxy", "http://b:2")]), ["b:2", "", ""]);
        assert_eq!(shown(&[("HTTPS_PROXY", "http://a:1"), ("https_proxy", "")]), ["a:1", "", ""]);
        assert_eq!(shown(&[("HTTP_PROXY", "http://a:1"), ("ALL_PROXY", "b")]), ["", "a:1", "b:1080"]);
        assert_eq!(shown(&[("HTTP_PROXY", "http://a:1"), ("REQUEST_METHOD", "GET")]), ["", "", ""]);
        assert_eq!(shown(&[("https_proxy", "https://a"), ("all_proxy", "socks5h://b")]), ["a:443", "", "b:1080"]);
        assert_eq!(shown(&[("http_proxy", "a:80/ignored"), ("REQUEST_METHOD", "GET")]), ["", "a:80", ""]);
    }

    #[test]
    fn what_nobody_uses_is_no_fault() {
        let variables = &[("https_proxy", "a:1"), ("http_proxy", "b:2"), ("ALL_PROXY", "quic://c:3")];
        assert_eq!(shown(variables), ["a:1", "b:2", ""]);
    }

    #[test]
    fn credentials_come_along() {
        let proxies = read(&Variables(&[("HTTPS_PROXY", "http://user:p%40ss@proxy:3128")])).unwrap();
        let credentials = proxies.https.as_ref().and_then(|proxy| proxy.credentials.clone()).unwrap();
        assert_eq!((credentials.username.as_str(), credentials.password.current().expose()), ("user", "p@ss"));
    }

    #[test]
    fn faults_name_the_variable_and_not_its_value() {
        let faults = read(&Variables(&[("ALL_PROXY", "quic://u:secret@p"), ("https_proxy", "http://")])).unwrap_err();
        assert_eq!(
            faults,
            [
                "https_proxy in the environment: this names no host",
                "ALL_PROXY in the environment: \"quic\" is no scheme of a proxy",
            ]
        );
    }
}
