//! Microsoft's article on activation, as far as the runbook points into it.

use serde::Deserialize;

/// A section of the article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Section {
    /// For what the article says nothing of.
    None,
    /// Proxy servers.
    Proxy,
    /// Firewalls, with the list of addresses.
    Firewall,
    /// The MSOID record.
    ExternalDns,
    /// TLS 1.2 on old Windows.
    OldWindows,
    /// Published apps on Citrix.
    Citrix,
    /// Signing out and in.
    SignOutAndIn,
    /// ADAL and WAM.
    AdalWam,
    /// The process of the sign-in window.
    BrokerPlugin,
    /// Windows Information Protection.
    Wip,
    /// Virtual desktops.
    Vdi,
    /// Stored credentials.
    Credentials,
    /// The registry value `ProtectionPolicy`.
    ProtectionPolicy,
    /// Device and application management.
    MdmMam,
    /// Federated organisations.
    Federated,
    /// The security chip.
    Tpm,
    /// The keychain of macOS.
    MacKeychain,
}

impl Section {
    /// The article's name.
    pub(crate) const ARTICLE: &'static str = "Sign in issues when activating Microsoft 365 Apps";

    /// Where the article is.
    pub(crate) const ADDRESS: &'static str =
        "https://learn.microsoft.com/office/troubleshoot/activation/sign-in-issues";

    /// Every section of the article: first what is about the network, then the others.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 16] = [
        Self::Proxy,
        Self::Firewall,
        Self::ExternalDns,
        Self::OldWindows,
        Self::Citrix,
        Self::SignOutAndIn,
        Self::AdalWam,
        Self::BrokerPlugin,
        Self::Wip,
        Self::Vdi,
        Self::Credentials,
        Self::ProtectionPolicy,
        Self::MdmMam,
        Self::Federated,
        Self::Tpm,
        Self::MacKeychain,
    ];

    /// Its heading there, to find it by.
    pub(crate) const fn heading(self) -> Option<&'static str> {
        Some(match self {
            Self::None => return None,
            Self::Proxy => "Check whether you're behind a proxy server",
            Self::Firewall => "Check whether you're behind a firewall",
            Self::ExternalDns => "Check external DNS for incorrect CNAME records",
            Self::OldWindows => "Activating Microsoft 365 on Windows 8.1 or earlier",
            Self::Citrix => "Citrix Server issues",
            Self::SignOutAndIn => "Sign out of Office and sign back in",
            Self::AdalWam => "Make sure ADAL and WAM are enabled",
            Self::BrokerPlugin => "Check BrokerPlugin process",
            Self::Wip => "Add Microsoft 365 Apps to the WIP allowed apps list",
            Self::Vdi => "Make sure VDI is configured correctly",
            Self::Credentials => "Remove Office credentials",
            Self::ProtectionPolicy => "Enable Office Protection Policy",
            Self::MdmMam => "Disable MDM and MAM in Microsoft Intune",
            Self::Federated => "Activate with federated organization credentials",
            Self::Tpm => "Additional troubleshooting",
            Self::MacKeychain => "Office for Mac repeatedly requesting keychain access",
        })
    }

    /// The part of an address that leads to it on our own page.
    pub(crate) const fn anchor(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Proxy => "proxy",
            Self::Firewall => "firewall",
            Self::ExternalDns => "external-dns",
            Self::OldWindows => "old-windows",
            Self::Citrix => "citrix",
            Self::SignOutAndIn => "sign-out-and-in",
            Self::AdalWam => "adal-wam",
            Self::BrokerPlugin => "broker-plugin",
            Self::Wip => "wip",
            Self::Vdi => "vdi",
            Self::Credentials => "credentials",
            Self::ProtectionPolicy => "protection-policy",
            Self::MdmMam => "mdm-mam",
            Self::Federated => "federated",
            Self::Tpm => "tpm",
            Self::MacKeychain => "mac-keychain",
        }
    }
}
