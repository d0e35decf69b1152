//! The reachwatch configuration that describes a world.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;

use crate::host::Hosts;
use crate::shipped::{CONTROL_BODY, CONTROL_HOST, CONTROL_PATH, ENTRIES, Entry, Scheme};

/// What of the configuration is a matter of taste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigOptions {
    /// `interval:`.
    pub interval: String,
    /// `timeout:`.
    pub timeout: String,
    /// `confirm:`.
    pub confirm: u32,
    /// `default_paths:`; `direct`, `proxy`, `secure-proxy` and `socks` are there to choose from.
    pub default_paths: Vec<String>,
    /// Whether the CRLs' signatures are to be checked, with the world's root as their issuer.
    pub crl_issuer: bool,
    /// Whether the world's interceptor is the company's own.
    pub inspection_roots: bool,
    /// Lines put at the end, whole top-level keys.
    pub extra: String,
}

impl Default for ConfigOptions {
    fn default() -> Self {
        Self {
            interval: "5s".to_owned(),
            timeout: "3s".to_owned(),
            confirm: 2,
            default_paths: vec!["direct".to_owned(), "proxy".to_owned()],
            crl_issuer: false,
            inspection_roots: false,
            extra: String::new(),
        }
    }
}

/// Where the parts of the world are.
pub(crate) struct Places<'a> {
    pub(crate) hosts: &'a Hosts,
    pub(crate) dns: SocketAddr,
    pub(crate) proxy_url: &'a str,
    pub(crate) secure_proxy_url: &'a str,
    pub(crate) socks_url: &'a str,
    pub(crate) root: &'a Path,
    pub(crate) interceptor: &'a Path,
}

impl Places<'_> {
    pub(crate) fn to_yaml(&self, options: &ConfigOptions) -> String {
        let mut out = self.head(options);
        out.push_str("endpoints:\n");
        for entry in &ENTRIES {
            out.push_str(&self.endpoint(entry, options));
        }
        let control = self.url(Scheme::Http, CONTROL_HOST, CONTROL_PATH);
        let _infallible = write!(
            out,
            "controls:\n  - {{name: ncsi, url: {control}, expect: {{body: {{contains: \"{CONTROL_BODY}\"}}}}}}\n{}",
            options.extra
        );
        out
    }

    fn head(&self, options: &ConfigOptions) -> String {
        let ConfigOptions { interval, timeout, confirm, default_paths, .. } = options;
        let inspection = if options.inspection_roots {
            format!("\n  inspection_roots: [{}]", quoted(&self.interceptor.to_string_lossy()))
        } else {
            String::new()
        };
        format!(
            r#"site: testnet
interval: {interval}
timeout: {timeout}
confirm: {confirm}
dns:
  resolvers: ["{dns}"]
  private_answers: allowed   # everything here is 127.0.0.0/8
tls:
  extra_roots: [{root}]{inspection}
paths:
  direct: direct
  proxy: {proxy}
  secure-proxy: {secure_proxy}
  socks: {socks}   # socks4://, socks4a:// and socks5:// are served too
default_paths: [{paths}]
"#,
            dns = self.dns,
            root = quoted(&self.root.to_string_lossy()),
            proxy = self.proxy_url,
            secure_proxy = self.secure_proxy_url,
            socks = self.socks_url,
            paths = default_paths.join(", "),
        )
    }

    fn endpoint(&self, entry: &Entry, options: &ConfigOptions) -> String {
        let mut out = format!(
            "  - name: {}\n    url: {}\n    group: {}\n    severity: {}\n",
            entry.name,
            self.url(entry.scheme, entry.host, entry.path),
            entry.group,
            entry.severity,
        );
        if entry.is_crl() && options.crl_issuer {
            let issuer = quoted(&self.root.to_string_lossy());
            let _infallible = writeln!(out, "    expect: {{crl: {{issuer: {issuer}}}}}");
        }
        out
    }

    fn url(&self, scheme: Scheme, host: &str, path: &str) -> String {
        // Every entry's host is in the table: it was made from the entries.
        let port = self.hosts.get(host).map_or(scheme.default_port(), |host| host.address(scheme).port());
        quoted(&format!("{}://{host}:{port}{path}", scheme.as_str()))
    }
}

/// As a double-quoted YAML scalar.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
