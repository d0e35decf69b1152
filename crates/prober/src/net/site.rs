//! Questions about whose a host is.

use std::borrow::Cow;

use url::Host;

/// Whether two hosts belong to one registrable domain by the Public Suffix List; addresses and names without one only
/// to themselves. A dot at the end of a name means nothing here.
pub(crate) fn same_site(one: Host<&str>, other: Host<&str>) -> bool {
    match (one, other) {
        (Host::Domain(one), Host::Domain(other)) => {
            let (one, other) = (one.trim_end_matches('.'), other.trim_end_matches('.'));
            one == other || psl::domain_str(one).is_some_and(|domain| psl::domain_str(other) == Some(domain))
        }
        (one, other) => one == other,
    }
}

/// The registrable domain of a host; an address, or a name without one, is its own.
pub(crate) fn registrable_domain(host: Host<&str>) -> Cow<'_, str> {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            Cow::Borrowed(psl::domain_str(name).unwrap_or(name))
        }
        address => Cow::Owned(address.to_string()),
    }
}

/// Whether a name belongs to the public DNS: its suffix is on the public suffix list, and it is more than that.
pub(crate) fn is_public_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    psl::domain(name.as_bytes()).is_some_and(|domain| domain.suffix().is_known())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_registrable_domain() {
        let cases = [
            ("crl.microsoft.com", "www.microsoft.com", true),
            ("crl.microsoft.com", "crl.microsoft.com.", true),
            ("crl.microsoft.com", "microsoft.com.portal.example", false),
            ("a.co.uk", "b.co.uk", false),
            ("a.azurewebsites.net", "b.azurewebsites.net", false),
            ("proxy", "proxy", true),
            ("proxy", "portal", false),
            ("com", "com", true),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("[2001:db8::1]", "[2001:db8:0::1]", true),
            ("192.0.2.1", "www.microsoft.com", false),
        ];
        for (one, other, expected) in cases {
            let [one_url, other_url] = [one, other].map(|host| url::Url::parse(&format!("http://{host}/")).unwrap());
            let judged = same_site(one_url.host().unwrap(), other_url.host().unwrap());
            assert_eq!(judged, expected, "{one} and {other}");
        }
    }

    #[test]
    fn a_registrable_domain_is_what_its_hosts_share() {
        let cases = [
            ("crl.microsoft.com", "microsoft.com"),
            ("microsoft.com.", "microsoft.com"),
            ("a.b.co.uk", "b.co.uk"),
            ("a.azurewebsites.net", "a.azurewebsites.net"),
            ("com", "com"),
            ("proxy", "proxy"),
            ("192.0.2.1", "192.0.2.1"),
            ("[2001:db8::1]", "[2001:db8::1]"),
        ];
        for (host, expected) in cases {
            let url = url::Url::parse(&format!("http://{host}/")).unwrap();
            assert_eq!(registrable_domain(url.host().unwrap()), expected, "{host}");
        }
    }

    #[test]
    fn names_of_the_public_dns() {
        for (name, expected) in [
            ("ols.officeapps.live.com", true),
            ("OLS.officeapps.live.COM.", true),
            ("com", false),
            ("intranet", false),
            ("intranet.corp", false),
            ("a.example", false),
            ("10.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(is_public_name(name), expected, "{name}");
        }
    }
}
