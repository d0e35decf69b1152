//! Which way out a request takes: straight, or through a proxy.

mod no_proxy;
mod winhttp;

use std::sync::Arc;

use url::Url;

use crate::observation::{RouteFacts, Via};
use crate::plan::{EnvironmentProxies, Proxy, Way};

pub(crate) use no_proxy::parse as parse_no_proxy;
pub(crate) use winhttp::{ListProblem as WinHttpListProblem, bypass as parse_winhttp_bypass, parse as parse_winhttp};

/// A first stop of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hop {
    /// The origin itself.
    Direct,
    /// A proxy, which is told where to.
    Proxy(Arc<Proxy>),
}

impl Hop {
    /// What to write down of it.
    pub fn facts(&self) -> RouteFacts {
        match self {
            Self::Direct => RouteFacts::Direct,
            Self::Proxy(proxy) => RouteFacts::Proxy(Via::from(&**proxy)),
        }
    }
}

/// The first stops that a request to `url` may take over a way, in the order in which they are tried; never none.
/// `None` where a PAC file has to be asked, which is no matter of a moment (see [`Prober::decide`]).
///
/// [`Prober::decide`]: crate::probe::Prober::decide
pub fn choose(way: &Way, url: &Url) -> Option<Vec<Hop>> {
    Some(match way {
        Way::Direct => vec![Hop::Direct],
        Way::Proxy(proxy) => vec![Hop::Proxy(Arc::clone(proxy))],
        Way::Environment(proxies) => vec![from_environment(proxies, url).map_or(Hop::Direct, Hop::Proxy)],
        Way::WinHttp(settings) => through(winhttp::proxies(settings, url)),
        Way::Pac(_) => return None,
    })
}

/// These proxies in their order, or none.
fn through(proxies: &[Arc<Proxy>]) -> Vec<Hop> {
    match proxies {
        [] => vec![Hop::Direct],
        some => some.iter().cloned().map(Hop::Proxy).collect(),
    }
}

/// The scheme's own proxy, else the one for all, unless the host is exempt.
fn from_environment(proxies: &EnvironmentProxies, url: &Url) -> Option<Arc<Proxy>> {
    let own = match url.scheme() {
        "https" => proxies.https.as_ref(),
        "http" => proxies.http.as_ref(),
        _ => None,
    };
    let proxy = own.or(proxies.all.as_ref())?;
    let exempt = url.host().is_some_and(|host| no_proxy::exempts(&proxies.no_proxy, &host));
    (!exempt).then(|| Arc::clone(proxy))
}

#[cfg(test)]
mod tests {
    use url::Host;

    use super::*;
    use crate::plan::{NoProxy, ProxyScheme, WinHttpProxies};

    fn proxy(name: &str) -> Arc<Proxy> {
        let host = Host::Domain(name.to_owned());
        Arc::new(Proxy { scheme: ProxyScheme::Http, host, port: 3128, credentials: None })
    }

    fn environment(https: bool, http: bool, all: bool, no_proxy: &str) -> Way {
        Way::Environment(EnvironmentProxies {
            https: https.then(|| proxy("for-https")),
            http: http.then(|| proxy("for-http")),
            all: all.then(|| proxy("for-all")),
            no_proxy: if no_proxy.is_empty() { NoProxy::default() } else { parse_no_proxy(no_proxy) },
        })
    }

    fn winhttp(bypass_list: &str) -> Way {
        let proxies = parse_winhttp("http=for-http:3128;https=for-https:3128", None).unwrap();
        Way::WinHttp(WinHttpProxies { bypass: parse_winhttp_bypass(bypass_list).unwrap(), ..proxies })
    }

    #[test]
    fn every_way() {
        for (way, url, expected) in [
            (Way::Direct, "https://a.example/", None),
            (Way::Proxy(proxy("fixed")), "https://a.example/", Some("fixed")),
            (Way::Proxy(proxy("fixed")), "http://a.example/", Some("fixed")),
            (environment(false, false, false, ""), "https://a.example/", None),
            (environment(true, true, true, ""), "https://a.example/", Some("for-https")),
            (environment(true, true, true, ""), "http://a.example/", Some("for-http")),
            (environment(true, false, true, ""), "http://a.example/", Some("for-all")),
            (environment(true, false, false, ""), "http://a.example/", None),
            (environment(false, true, false, ""), "https://a.example/", None),
            (environment(true, true, true, "example"), "https://a.example/", None),
            (environment(true, true, true, "*"), "http://[::1]/", None),
            (environment(true, true, true, "10.0.0.0/8"), "http://10.1.2.3/", None),
            (environment(true, true, true, "b.example"), "http://a.example/", Some("for-http")),
            (winhttp("b.example"), "https://a.example/", Some("for-https")),
            (winhttp("b.example"), "http://a.example/", Some("for-http")),
            (winhttp("b.example"), "http://b.example/", None),
        ] {
            let expected = expected.map_or("DIRECT".to_owned(), |host| format!("PROXY {host}:3128"));
            let hops = choose(&way, &Url::parse(url).unwrap()).unwrap();
            let hops: Vec<_> = hops.iter().map(|hop| hop.facts().to_string()).collect();
            assert_eq!(hops, [expected], "{url} over {way:?}");
        }
    }
}
