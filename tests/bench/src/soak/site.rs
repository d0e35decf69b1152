//! The world of a run, and the configuration that describes it.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use testnet::{CONTROL_BODY, CONTROL_HOST, CONTROL_PATH, PROXY_HOST, Scheme, World};

use super::terms::Terms;
use super::trouble::Kind;

/// What endpoints are probed over.
pub(super) const PATHS: [&str; 2] = ["direct", "proxy"];
/// The endpoint whose name this is is a control.
pub(super) const CONTROL: &str = "ncsi";

/// A world with hosts of its own.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) world: World,
    /// By number; each is an endpoint too.
    pub(super) hosts: Vec<String>,
}

impl Site {
    pub(super) async fn start(terms: &Terms) -> Result<Self, Box<dyn std::error::Error>> {
        let hosts: Vec<String> = (0..terms.hosts()).map(|host| format!("soak-{host:04}.example")).collect();
        let builder = hosts.iter().fold(World::builder(), |builder, host| builder.with_host(host));
        let world = builder.start().await?;
        Ok(Self { world, hosts })
    }

    pub(super) fn host(&self, number: usize) -> &str {
        self.hosts.get(number).map_or("", String::as_str)
    }

    /// Where the history is kept.
    pub(super) fn data(&self) -> PathBuf {
        self.world.dir().join("data")
    }

    /// Writes the configuration. The proxy goes by its name, so that every probe through it asks for that first, whether the
    /// proxy can be reached or not.
    pub(super) fn configure(&self, terms: &Terms) -> Result<PathBuf, Box<dyn std::error::Error>> {
        let mut yaml = format!(
            "site: soak\ninterval: {}ms\ntimeout: {}ms\nconfirm: 2\nconcurrency: 4000\naudit: {{enabled: false}}\n\
             dns: {{resolvers: [\"{}\"], private_answers: allowed}}\ntls: {{extra_roots: [\"{}\"]}}\n\
             paths: {{{}: \"http://{PROXY_HOST}:{}\"}}\ndefault_paths: [{}]\n\
             controls:\n  - {{name: {CONTROL}, url: \"{}\", expect: {{body: {{contains: \"{CONTROL_BODY}\"}}}}}}\n\
             endpoints:\n",
            terms.interval.as_millis(),
            terms.timeout.as_millis(),
            self.world.dns_address(),
            self.world.root_file().display(),
            PATHS[1],
            self.world.proxy().address().port(),
            PATHS.join(", "),
            self.world.url(CONTROL_HOST, Scheme::Http, CONTROL_PATH)?,
        );
        for (number, host) in self.hosts.iter().enumerate() {
            let (scheme, path) = match Terms::kind(number) {
                Kind::Secured => (Scheme::Https, "/"),
                Kind::Lists => (Scheme::Http, "/list.crl"),
            };
            let url = self.world.url(host, scheme, path)?;
            writeln!(yaml, "  - {{name: {host}, url: \"{url}\", timeout: {}ms}}", terms.timeout.as_millis())?;
        }
        let file = self.world.dir().join("endpoints.yaml");
        fs::write(&file, yaml)?;
        Ok(file)
    }
}
