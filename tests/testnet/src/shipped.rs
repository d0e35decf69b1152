//! The names the shipped allowlist speaks of, and how their stand-ins here answer.

use std::path::Path;

/// How important an entry is to the site, as the configuration spells it.
const CRITICAL: &str = "critical";
const WARNING: &str = "warning";

/// One entry of the allowlist as the world serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// `https` or `http`.
    pub scheme: Scheme,
    /// The host, in lower case.
    pub host: &'static str,
    /// The path, from its first slash.
    pub path: &'static str,
    /// The group that the configuration puts it in.
    pub group: &'static str,
    /// The severity that the configuration gives it.
    pub severity: &'static str,
}

/// Which of a host's two listeners is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// TLS, h2 and HTTP/1.1.
    Https,
    /// In the clear.
    Http,
}

impl Scheme {
    /// As a URL begins.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }

    /// The port that a URL without one means.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }
}

impl Entry {
    /// The stable name of the entry: host and path in lower case, everything else as single dashes.
    pub fn name(&self) -> String {
        slug(&format!("{}{}", self.host, self.path))
    }

    /// Whether a CRL is expected there.
    pub fn is_crl(&self) -> bool {
        is_crl(self.path)
    }
}

/// Whether a CRL lies at that path, by its name.
pub(crate) fn is_crl(path: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("crl"))
}

/// Lower case, with every run of other characters as one `-` and none at the ends.
fn slug(text: &str) -> String {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect::<Vec<_>>()
        .join("-")
}

const fn https(
    host: &'static str,
    path: &'static str,
    group: &'static str,
    severity: &'static str,
) -> Entry {
    Entry {
        scheme: Scheme::Https,
        host,
        path,
        group,
        severity,
    }
}

const fn http(host: &'static str, path: &'static str) -> Entry {
    Entry {
        scheme: Scheme::Http,
        host,
        path,
        group: "crl",
        severity: WARNING,
    }
}

/// The twenty entries of the allowlist.
pub const ENTRIES: [Entry; 20] = [
    https("officecdn.microsoft.com", "/", "office-cdn", CRITICAL),
    https("ols.officeapps.live.com", "/olsc", "activation", CRITICAL),
    https("activation.sls.microsoft.com", "/", "activation", CRITICAL),
    https("odc.officeapps.live.com", "/", "activation", CRITICAL),
    http(
        "crl.microsoft.com",
        "/pki/crl/products/MicrosoftProductSecureServer.crl",
    ),
    http(
        "crl.microsoft.com",
        "/pki/crl/products/MicrosoftRootAuthority.crl",
    ),
    http(
        "crl.microsoft.com",
        "/pki/crl/products/MicrosoftProductSecureCommunicationsPCA.crl",
    ),
    http(
        "www.microsoft.com",
        "/pki/crl/products/MicrosoftProductSecureCommunicationsPCA.crl",
    ),
    https("go.microsoft.com", "/", "office-client", WARNING),
    https(
        "office15client.microsoft.com",
        "/",
        "office-client",
        WARNING,
    ),
    https("login.windows.net", "/", "identity", CRITICAL),
    https("login.microsoft.com", "/", "identity", CRITICAL),
    https("login.microsoftonline.com", "/", "identity", CRITICAL),
    http("crl.microsoft.com", "/"),
    https("cdn.odc.officeapps.live.com", "/", "office-cdn", WARNING),
    https("ajax.aspnetcdn.com", "/", "office-cdn", WARNING),
    https("officeclient.microsoft.com", "/", "office-client", CRITICAL),
    https("aadcdn.msauth.net", "/", "identity", CRITICAL),
    https("aadcdn.msauthimages.net", "/", "identity", WARNING),
    https(
        "enterpriseregistration.windows.net",
        "/",
        "identity",
        CRITICAL,
    ),
];

/// The host of the Windows connectivity test, the default control.
pub const CONTROL_HOST: &str = "www.msftconnecttest.com";
/// Where the connectivity test lies.
pub const CONTROL_PATH: &str = "/connecttest.txt";
/// What the connectivity test says.
pub const CONTROL_BODY: &str = "Microsoft Connect Test";

/// The world's own host, where its authority publishes the intermediate's certificate.
pub const PKI_HOST: &str = "pki.testnet.example";
/// Where the intermediate's certificate lies, in DER.
pub const INTERMEDIATE_PATH: &str = "/intermediate.cer";

/// Every host name that the world serves unless told to serve more, each once.
pub(crate) fn hosts() -> Vec<&'static str> {
    let mut names: Vec<_> = ENTRIES.iter().map(|entry| entry.host).collect();
    names.extend([CONTROL_HOST, PKI_HOST]);
    names.sort_unstable();
    names.dedup();
    names
}

/// The status and body that a host answers with when nothing is wrong. What the real ones say to an anonymous GET
/// is documented nowhere, so the stand-ins differ: any status from a proven origin means that it was reached.
pub(crate) fn usual_answer(host: &str, path: &str) -> (u16, &'static str) {
    match (host, path) {
        (CONTROL_HOST, CONTROL_PATH) => (200, CONTROL_BODY),
        ("officeclient.microsoft.com" | "activation.sls.microsoft.com", _) => (404, "Not Found"),
        ("enterpriseregistration.windows.net", _) => (401, "Unauthorized"),
        _ => (200, "ok\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_slugs_and_distinct() {
        let mut names: Vec<_> = ENTRIES.iter().map(Entry::name).collect();
        assert_eq!(names[0], "officecdn-microsoft-com");
        assert_eq!(names[1], "ols-officeapps-live-com-olsc");
        assert_eq!(
            names[5],
            "crl-microsoft-com-pki-crl-products-microsoftrootauthority-crl"
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ENTRIES.len());
    }
}
