//! The names the shipped allowlist speaks of, and how their stand-ins here answer.

use std::path::Path;

/// How important an entry is to the site, as the configuration spells it.
const CRITICAL: &str = "critical";
const WARNING: &str = "warning";
const INFO: &str = "info";

/// One entry of the allowlist as the world serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The endpoint's name in a configuration.
    pub name: &'static str,
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
    /// Whether a CRL is expected there.
    pub fn is_crl(&self) -> bool {
        is_crl(self.path)
    }
}

/// Whether a CRL lies at that path, by its name.
pub(crate) fn is_crl(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("crl"))
}

const fn https(
    name: &'static str,
    host: &'static str,
    path: &'static str,
    group: &'static str,
    severity: &'static str,
) -> Entry {
    Entry { name, scheme: Scheme::Https, host, path, group, severity }
}

const fn http(name: &'static str, host: &'static str, path: &'static str) -> Entry {
    Entry { name, scheme: Scheme::Http, host, path, group: "crl", severity: WARNING }
}

/// The twenty entries of the allowlist, with the names, groups and severities that the product ships them with.
pub const ENTRIES: [Entry; 20] = [
    https("officecdn-microsoft-com", "officecdn.microsoft.com", "/", "office-cdn", WARNING),
    https("ols-officeapps-live-com-olsc", "ols.officeapps.live.com", "/olsc", "activation", CRITICAL),
    https("activation-sls-microsoft-com", "activation.sls.microsoft.com", "/", "activation", CRITICAL),
    https("odc-officeapps-live-com", "odc.officeapps.live.com", "/", "activation", CRITICAL),
    http("crl-product-secure-server", "crl.microsoft.com", "/pki/crl/products/MicrosoftProductSecureServer.crl"),
    http("crl-root-authority", "crl.microsoft.com", "/pki/crl/products/MicrosoftRootAuthority.crl"),
    http(
        "crl-product-secure-communications",
        "crl.microsoft.com",
        "/pki/crl/products/MicrosoftProductSecureCommunicationsPCA.crl",
    ),
    http(
        "crl-product-secure-communications-www",
        "www.microsoft.com",
        "/pki/crl/products/MicrosoftProductSecureCommunicationsPCA.crl",
    ),
    https("go-microsoft-com", "go.microsoft.com", "/", "office-client", WARNING),
    https("office15client-microsoft-com", "office15client.microsoft.com", "/", "office-client", WARNING),
    https("login-windows-net", "login.windows.net", "/", "identity", CRITICAL),
    https("login-microsoft-com", "login.microsoft.com", "/", "identity", CRITICAL),
    https("login-microsoftonline-com", "login.microsoftonline.com", "/", "identity", CRITICAL),
    http("crl-microsoft-com", "crl.microsoft.com", "/"),
    https("cdn-odc-officeapps-live-com", "cdn.odc.officeapps.live.com", "/", "office-client", WARNING),
    https("ajax-aspnetcdn-com", "ajax.aspnetcdn.com", "/", "office-client", INFO),
    https("officeclient-microsoft-com", "officeclient.microsoft.com", "/", "activation", CRITICAL),
    https("aadcdn-msauth-net", "aadcdn.msauth.net", "/", "identity", CRITICAL),
    https("aadcdn-msauthimages-net", "aadcdn.msauthimages.net", "/", "identity", INFO),
    https("enterpriseregistration-windows-net", "enterpriseregistration.windows.net", "/", "identity", WARNING),
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
/// Where the root's lies.
pub const ROOT_PATH: &str = "/root.cer";
/// Where the list of revoked leaves lies.
pub const ISSUING_CRL_PATH: &str = "/issuing.crl";
/// Where that of revoked intermediates lies.
pub const ROOT_CRL_PATH: &str = "/root.crl";
/// Who answers for the state of leaves, where the world has revocation.
pub const OCSP_HOST: &str = "ocsp.testnet.example";
/// Whom the interceptor's certificates name: nobody must ever ask there.
pub const TRAP_HOST: &str = "trap.testnet.example";
/// The list that the interceptor's certificates name.
pub(crate) const TRAP_PATH: &str = "/trap.crl";

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
    fn names_and_urls_are_distinct() {
        let distinct = |mut all: Vec<String>| {
            all.sort_unstable();
            all.dedup();
            all.len()
        };
        let names = ENTRIES.iter().map(|entry| entry.name.to_owned()).collect();
        let urls = ENTRIES.iter().map(|entry| format!("{}{}", entry.host, entry.path)).collect();
        assert_eq!((distinct(names), distinct(urls)), (ENTRIES.len(), ENTRIES.len()));
    }
}
