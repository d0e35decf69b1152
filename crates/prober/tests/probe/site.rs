//! A world, and a prober that is set up for it.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use prober::config::{self, Sources};
use prober::net::SystemClock;
use prober::observation::{Fault, HttpFacts, Observation};
use prober::plan::Plan;
use prober::probe::{Listener, Prober, Step};
use testnet::{Scheme, World};

/// Hosts of the world; each test has a world of its own.
pub(crate) const HTTPS_HOST: &str = "officecdn.microsoft.com";
pub(crate) const CRL_HOST: &str = "crl.microsoft.com";
/// Another host of the same publisher.
pub(crate) const OTHER_CRL_HOST: &str = "www.microsoft.com";
pub(crate) const CRL_PATH: &str = "/pki/crl/products/MicrosoftRootAuthority.crl";

/// Files as they are; no environment.
pub(crate) struct Files;

impl Sources for Files {
    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn hostname(&self) -> Option<String> {
        None
    }
}

/// A world and what is known of its proxies.
pub(crate) struct Site {
    pub(crate) world: World,
    /// User and password for the proxies.
    pub(crate) credentials: Option<(&'static str, &'static str)>,
    /// Further keys of all paths, in YAML's flow style.
    pub(crate) path_options: String,
    /// Where the PAC file of the path `pac` is.
    pub(crate) pac: Option<String>,
    /// Further keys of that path.
    pub(crate) pac_options: String,
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::of(World::start().await.unwrap())
    }

    pub(crate) fn of(world: World) -> Self {
        Self {
            world,
            credentials: None,
            path_options: String::new(),
            pac: None,
            pac_options: "url: stripped".to_owned(),
        }
    }

    pub(crate) fn https(&self) -> String {
        self.world.url(HTTPS_HOST, Scheme::Https, "/").unwrap()
    }

    pub(crate) fn crl(&self) -> String {
        self.world.url(CRL_HOST, Scheme::Http, CRL_PATH).unwrap()
    }

    /// Probes a URL over `direct`, `proxy`, `secure` (the proxy behind TLS) or a scheme of SOCKS; `more` are further keys of the endpoint, in YAML's flow style.
    pub(crate) async fn probe(&self, url: &str, path: &str, more: &str) -> Observation {
        self.probe_heard(url, path, more, &()).await
    }

    pub(crate) async fn probe_heard(&self, url: &str, path: &str, more: &str, listener: &dyn Listener) -> Observation {
        let plan = self.plan(url, path, more);
        let prober = Prober::new(&plan, Arc::new(SystemClock)).unwrap();
        prober.probe_with(&plan.pairs[0], listener).await
    }

    /// A plan with that one pair.
    pub(crate) fn plan(&self, url: &str, path: &str, more: &str) -> Plan {
        let options = &self.path_options;
        let form = |url: String| match self.credentials {
            None => format!("{{proxy: \"{url}\", {options}}}"),
            Some((user, _)) => {
                let file = self.world.dir().join("password").display().to_string();
                format!("{{proxy: \"{url}\", username: {user}, password_file: \"{file}\", {options}}}")
            }
        };
        let (proxy, secure) = (form(self.world.proxy().url()), form(self.world.proxy().secure_url()));
        let socks = ["socks4", "socks4a", "socks5", "socks5h"]
            .map(|scheme| format!("  {scheme}: {}\n", form(self.world.socks().url(scheme))))
            .concat();
        if let Some((_, password)) = self.credentials {
            std::fs::write(self.world.dir().join("password"), password).unwrap();
        }
        let pac_options = &self.pac_options;
        let login = self.credentials.filter(|_| pac_options.contains("credentials_for")).map(|(user, _)| {
            let file = self.world.dir().join("password").display().to_string();
            format!("username: {user}, password_file: \"{file}\", ")
        });
        let login = login.unwrap_or_default();
        let pac =
            self.pac.as_ref().map(|file| format!("  pac: {{pac: \"{file}\", {login}{pac_options}, {options}}}\n"));
        let pac = pac.unwrap_or_default();
        let text = format!(
            "dns: {{resolvers: [\"{dns}\"], private_answers: allowed}}\n\
             tls: {{extra_roots: [\"{root}\"]}}\n\
             paths:\n  proxy: {proxy}\n  secure: {secure}\n{socks}  straight: {{proxy: direct, {options}}}\n{pac}\
             controls: []\n\
             endpoints:\n  - {{name: it, url: \"{url}\", paths: [{path}], {more}}}\n",
            dns = self.world.dns_address(),
            root = self.world.root_file().display(),
        );
        config::parse(&text, "test.yaml", &Files).unwrap_or_else(|faults| panic!("{faults}\n{text}"))
    }
}

/// The response, which has to have come.
pub(crate) fn http(seen: &Observation) -> &HttpFacts {
    seen.http.as_ref().unwrap_or_else(|| panic!("no response: {seen:#?}"))
}

/// The fault, which has to have happened.
pub(crate) fn fault(seen: &Observation) -> &Fault {
    seen.fault.as_ref().unwrap_or_else(|| panic!("no fault: {seen:#?}"))
}

/// Notes the names of the steps.
#[derive(Default)]
pub(crate) struct Steps(Mutex<Vec<String>>);

impl Steps {
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Listener for Steps {
    fn heard(&self, step: Step<'_>) {
        let words = format!("{step:?}");
        let name = words.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        self.0.lock().unwrap().push(name.to_owned());
    }
}
