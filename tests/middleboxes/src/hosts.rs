//! What is probed: endpoints that every branch has, and origins with troubles of their own.

use testnet::{CertificateKind, CrlFault, Fault, HttpFault, Reply, TcpFault, TlsFault};

/// An endpoint of every branch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// Its name in the configuration, and that of its address in rules of nft (`$licensing`).
    pub(crate) name: &'static str,
    pub(crate) host: &'static str,
    pub(crate) url: &'static str,
}

const fn known(name: &'static str, host: &'static str, url: &'static str) -> Known {
    Known { name, host, url }
}

/// Those that scenarios cut (`licensing` over TLS, `crl` and `plain` in the clear), and their healthy neighbours.
pub(crate) const KNOWN: [Known; 8] = [
    known("licensing", "ols.officeapps.live.com", "https://ols.officeapps.live.com/olsc"),
    known("crl", "crl.microsoft.com", "http://crl.microsoft.com/pki/crl/products/MicrosoftRootAuthority.crl"),
    known("plain", "go.microsoft.com", "http://go.microsoft.com/"),
    known("cdn", "officecdn.microsoft.com", "https://officecdn.microsoft.com/"),
    // 404
    known("activation", "activation.sls.microsoft.com", "https://activation.sls.microsoft.com/"),
    known("login", "login.microsoftonline.com", "https://login.microsoftonline.com/"),
    // 401
    known("register", "enterpriseregistration.windows.net", "https://enterpriseregistration.windows.net/"),
    known("crl-www", "www.microsoft.com", "http://www.microsoft.com/pki/crl/products/MicrosoftRootAuthority.crl"),
];

/// The host of the one list that goes stale.
pub(crate) const SHORT_LIVED: &str = "short-lived.contoso.com";

/// Origins with something of their own, sick or just peculiar.
pub(crate) fn peculiar() -> Vec<(&'static str, Fault)> {
    vec![
        ("expired.contoso.com", CertificateKind::Expired.into()),
        ("other-name.contoso.com", CertificateKind::WrongName.into()),
        ("old-inspection.contoso.com", CertificateKind::InterceptedExpired.into()),
        ("incomplete.contoso.com", TlsFault::MissingIntermediate { port_80: true }.into()),
        ("overloaded.contoso.com", Reply::status(503).into()),
        ("forbidden.contoso.com", Reply::status(403).html("<title>Access denied</title>").into()),
        ("moved.contoso.com", Reply::redirect("https://www.microsoft.com/").into()),
        ("to-https.contoso.com", Reply::redirect("https://to-https.contoso.com/").into()),
        ("moved-list.contoso.com", Reply::redirect("http://lists.contoso.com/list.crl").into()),
        ("lists.contoso.com", CrlFault::Pem.into()),
        ("reset.contoso.com", HttpFault::ResetBeforeHead.into()),
        ("pondering.contoso.com", HttpFault::HangBeforeHead.into()),
        ("refusing.contoso.com", TcpFault::Refuse.into()),
        ("mute.contoso.com", TlsFault::HangAfterHello.into()),
        ("tls12.contoso.com", TlsFault::Only12.into()),
        ("tls13.contoso.com", TlsFault::Only13.into()),
        ("folded.contoso.com", HttpFault::FoldedHeader.into()),
        ("goaway.contoso.com", HttpFault::GoAway.into()),
        ("h1-required.contoso.com", HttpFault::Http11Required.into()),
        ("slow-body.contoso.com", HttpFault::SlowBody.into()),
        ("garbage.contoso.com", HttpFault::Garbage.into()),
        ("outdated.contoso.com", CrlFault::Expired.into()),
        ("retired.contoso.com", Reply::status(404).into()),
        ("cut.contoso.com", CrlFault::Truncated.into()),
        ("page.contoso.com", Reply::status(200).html("<title>Welcome</title><p>Our new web site").into()),
        (SHORT_LIVED, CrlFault::ShortLived.into()),
    ]
}
