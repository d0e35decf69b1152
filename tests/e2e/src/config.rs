//! Configurations for tests, smaller than the world's own.

use std::fmt::Write;
use std::path::PathBuf;

use testnet::World;

use crate::folder::Folder;

/// A configuration under construction; top-level keys and endpoints are YAML.
#[derive(Debug)]
pub struct Config {
    head: String,
    endpoints: String,
}

impl Config {
    /// One that resolves as the world does and trusts its root, without any endpoint.
    pub fn of(world: &World) -> Self {
        let head = format!(
            "site: e2e\ninterval: 1s\ntimeout: 1s\nconfirm: 1\ncontrols: []\n\
             dns: {{resolvers: ['{}'], private_answers: allowed, hosts: {{nginx.example: [127.0.0.1]}}}}\n\
             tls: {{extra_roots: ['{}']}}\n",
            world.dns_address(),
            world.root_file().display()
        );
        Self { head, endpoints: String::new() }
    }

    /// Adds a path, as YAML, and makes it the default.
    pub fn path(mut self, name: &str, way: &str) -> Self {
        let _infallible = write!(self.head, "paths: {{{name}: {way}}}\ndefault_paths: [{name}]\n");
        self
    }

    /// Adds an endpoint.
    pub fn endpoint(mut self, name: &str, url: &str) -> Self {
        let _infallible = writeln!(self.endpoints, "  - {{name: {name}, url: '{url}', group: e2e}}");
        self
    }

    /// Writes it to a file.
    pub fn write(self, folder: &Folder) -> PathBuf {
        folder.write("endpoints.yaml", &format!("{}endpoints:\n{}", self.head, self.endpoints))
    }
}
