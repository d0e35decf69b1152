//! What a reader fills in: `{endpoint}`, `{path}`, `{since}`, …

use std::fmt;

/// Declares [`Blank`], one line a blank: variant, name, where its value is to be found.
macro_rules! blanks {
    ($($variant:ident, $name:literal, $found:literal;)+) => {
        /// A place to fill in, in what is to be sent and in commands.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Blank {
            $(#[doc = $found] $variant,)+
        }

        impl Blank {
            /// Every blank, in the order in which they are explained.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name between the braces.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Where its value is to be found.
            pub(crate) const fn found(self) -> &'static str {
                match self { $(Self::$variant => $found,)+ }
            }
        }
    };
}

blanks! {
    Site, "site", "the site, at the top of the overview";
    Endpoint, "endpoint", "the endpoint's name on the overview";
    Url, "url", "its address, beside the name";
    Host, "host", "the host in that address";
    Path, "path", "the path, in the heading of the problem";
    Since, "since", "when it began, beneath the detail";
    Detail, "detail", "the sentence beneath the endpoint's name";
    Evidence, "evidence", "the named facts beneath the detail";
    Address, "address", "one of the IP addresses in the evidence";
    Resolver, "resolver", "the address of the DNS server, from the detail or the machine's settings";
    Proxy, "proxy", "the proxy as host:port, from the detail";
    ProxyUrl, "proxy_url", "the same with its scheme: http://, https://, socks5h://, …";
    ProxyHost, "proxy_host", "its host";
    ProxyPort, "proxy_port", "its port";
    PacUrl, "pac_url", "the address of the PAC file, from the configuration";
    Domain, "domain", "the DNS domain in question, one of your own";
    Issuer, "issuer", "the issuer's common name (CN), from the evidence or the certificate";
    Certificate, "certificate", "a file with the certificate in question";
    User, "user", "the name of the account";
}

impl Blank {
    /// The blank of a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|blank| blank.as_str() == name)
    }
}

impl fmt::Display for Blank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.as_str())
    }
}
