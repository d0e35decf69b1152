//! Configurations for tests, smaller than the world's own.

use std::fmt::Write;
use std::net::IpAddr;
use std::path::PathBuf;

use testnet::World;

use crate::folder::Folder;

/// A configuration under construction; top-level keys and endpoints are YAML.
#[derive(Debug)]
pub struct Config {
    head: String,
    names: String,
    roots: Vec<PathBuf>,
    /// In seconds.
    timeout: u8,
    paths: Vec<(String, String)>,
    endpoints: String,
}

impl Config {
    /// One that resolves as the world does and trusts its root, without any endpoint.
    pub fn of(world: &World) -> Self {
        let head = format!(
            "site: e2e\nconfirm: 1\ncontrols: []\n\
             dns:\n  resolvers: ['{}']\n  private_answers: allowed\n  hosts:\n",
            world.dns_address()
        );
        let names = "    nginx.example: [127.0.0.1]\n".to_owned();
        let roots = vec![world.root_file()];
        Self { head, names, roots, timeout: 1, paths: Vec::new(), endpoints: String::new() }
    }

    /// Adds a name with its address.
    pub fn name(mut self, name: &str, address: IpAddr) -> Self {
        let _infallible = writeln!(self.names, "    {name}: ['{address}']");
        self
    }

    /// Trusts one more issuer, by a file of PEM.
    pub fn trust(mut self, issuer: PathBuf) -> Self {
        self.roots.push(issuer);
        self
    }

    /// Gives every probe so many seconds, and its interval as well.
    pub fn timeout(self, timeout: u8) -> Self {
        Self { timeout, ..self }
    }

    /// Adds a path, as YAML, to those that endpoints go.
    pub fn path(mut self, name: &str, way: &str) -> Self {
        self.paths.push((name.to_owned(), way.to_owned()));
        self
    }

    /// Adds an endpoint.
    pub fn endpoint(mut self, name: &str, url: &str) -> Self {
        let _infallible = writeln!(self.endpoints, "  - {{name: {name}, url: '{url}', group: e2e}}");
        self
    }

    /// Writes it to a file.
    pub fn write(self, folder: &Folder) -> PathBuf {
        let Self { head, names, roots, timeout, paths, endpoints } = self;
        let roots: Vec<_> = roots.iter().map(|root| format!("'{}'", root.display())).collect();
        let mut text = format!("interval: {timeout}s\ntimeout: {timeout}s\n{head}{names}");
        let _infallible = writeln!(text, "tls: {{extra_roots: [{}]}}", roots.join(", "));
        if !paths.is_empty() {
            let names: Vec<_> = paths.iter().map(|(name, _)| name.as_str()).collect();
            let ways: Vec<_> = paths.iter().map(|(name, way)| format!("{name}: {way}")).collect();
            let _infallible = writeln!(text, "paths: {{{}}}\ndefault_paths: [{}]", ways.join(", "), names.join(", "));
        }
        folder.write("endpoints.yaml", &format!("{text}endpoints:\n{endpoints}"))
    }
}
