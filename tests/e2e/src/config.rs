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
    paths: String,
    endpoints: String,
}

impl Config {
    /// One that resolves as the world does and trusts its root, without any endpoint.
    pub fn of(world: &World) -> Self {
        let head = format!(
            "site: e2e\ninterval: 1s\ntimeout: 1s\nconfirm: 1\ncontrols: []\n\
             tls: {{extra_roots: ['{}']}}\n\
             dns:\n  resolvers: ['{}']\n  private_answers: allowed\n  hosts:\n",
            world.root_file().display(),
            world.dns_address()
        );
        let names = "    nginx.example: [127.0.0.1]\n".to_owned();
        Self { head, names, paths: String::new(), endpoints: String::new() }
    }

    /// Adds a name with its address.
    pub fn name(mut self, name: &str, address: IpAddr) -> Self {
        let _infallible = writeln!(self.names, "    {name}: ['{address}']");
        self
    }

    /// Adds a path, as YAML, and makes it the default.
    pub fn path(mut self, name: &str, way: &str) -> Self {
        let _infallible = write!(self.paths, "paths: {{{name}: {way}}}\ndefault_paths: [{name}]\n");
        self
    }

    /// Adds an endpoint.
    pub fn endpoint(mut self, name: &str, url: &str) -> Self {
        let _infallible = writeln!(self.endpoints, "  - {{name: {name}, url: '{url}', group: e2e}}");
        self
    }

    /// Writes it to a file.
    pub fn write(self, folder: &Folder) -> PathBuf {
        let Self { head, names, paths, endpoints } = self;
        folder.write("endpoints.yaml", &format!("{head}{names}{paths}endpoints:\n{endpoints}"))
    }
}
