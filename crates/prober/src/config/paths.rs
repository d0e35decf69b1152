//! The section `paths`: the ways out, by name.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use super::credentials;
use super::cursor::{Cursor, Map};
use super::environment;
use super::names::{label_problem, suggestion};
use super::pac;
use super::path_options;
use super::proxy::{self, ProxyUrl};
use super::reading::quoted;
use super::winhttp;
use crate::plan::{EnvironmentProxies, PacFile, Path, PathOptions, Proxy, TENANT_PATH, Way, WinHttpProxies};
use crate::text::Clean;

const KEYS: &[&str] = &[
    "proxy",
    "username",
    "password_file",
    "password_env",
    "auth",
    "kdc",
    "pac",
    "url",
    "my_address",
    "credentials_for",
    "winhttp",
    "user_agent",
    "connect_headers",
    "source_address",
    "ip_family",
    "resolvers",
];

/// The most paths: they multiply the endpoints.
const MAX_PATHS: usize = 100;

/// What is always there.
const DIRECT: &str = "direct";
const ENVIRONMENT: &str = "environment";

/// The paths of the file and the two that always exist.
pub(super) struct Paths<'a> {
    /// `None` where the section cannot be read, so that nobody complains of what may well be in it.
    defined: Option<Vec<(&'a str, Option<Definition>)>>,
    environment: OnceCell<Option<EnvironmentProxies>>,
    resolved: RefCell<HashMap<String, Arc<Path>>>,
}

/// A path as its section defines it.
struct Definition {
    way: Defined,
    options: PathOptions,
}

enum Defined {
    Direct,
    Environment,
    Proxy(Arc<Proxy>),
    WinHttp(WinHttpProxies),
    Pac(PacFile),
}

impl From<Defined> for Definition {
    fn from(way: Defined) -> Self {
        Self { way, options: PathOptions::default() }
    }
}

impl<'a> Paths<'a> {
    /// Reads the section; without it there are still the two. With a `tenant` its results have a path of their own.
    pub(super) fn read(cursor: Option<&Cursor<'a>>, tenant: bool) -> Self {
        let define_all = |entries: Vec<(&'a str, Cursor<'a>)>| {
            entries.iter().map(|(name, cursor)| (*name, define(name, cursor, tenant))).collect()
        };
        let defined = cursor.map_or(Some(Vec::new()), |cursor| entries(cursor).map(define_all));
        Self { defined, environment: OnceCell::new(), resolved: RefCell::default() }
    }

    /// The path that a reference names. `at` is where faults of the path belong that show only in its use.
    pub(super) fn resolve(&self, name: &str, at: &Cursor<'_>) -> Option<Arc<Path>> {
        if let Some(path) = self.resolved.borrow().get(name) {
            return Some(Arc::clone(path));
        }
        let (way, options) = match self.defined.as_ref()?.iter().find(|(known, _)| *known == name) {
            Some((_, definition)) => {
                let definition = definition.as_ref()?;
                (self.way(&definition.way, at)?, definition.options.clone())
            }
            None if name == DIRECT => (Way::Direct, PathOptions::default()),
            None if name == ENVIRONMENT => (self.way(&Defined::Environment, at)?, PathOptions::default()),
            None => {
                at.unknown(format!("there is no path {}", quoted(name)), || self.known(name));
                return None;
            }
        };
        let path = Arc::new(Path { name: name.to_owned(), way, options });
        self.resolved.borrow_mut().insert(name.to_owned(), Arc::clone(&path));
        Some(path)
    }

    /// Where a path stands in the configuration's order, the two that always exist first, that of the
    /// tenant's domains last.
    pub(super) fn position(&self, name: &str) -> usize {
        let defined = self.defined.iter().flatten().position(|(known, _)| *known == name);
        match (defined, name) {
            (Some(index), _) => index + 2,
            (None, TENANT_PATH) => usize::MAX,
            (None, name) => usize::from(name == ENVIRONMENT),
        }
    }

    fn way(&self, defined: &Defined, at: &Cursor<'_>) -> Option<Way> {
        match defined {
            Defined::Direct => Some(Way::Direct),
            Defined::Proxy(proxy) => Some(Way::Proxy(Arc::clone(proxy))),
            Defined::Environment => self.environment(at).map(Way::Environment),
            Defined::WinHttp(proxies) => Some(Way::WinHttp(proxies.clone())),
            Defined::Pac(file) => Some(Way::Pac(file.clone())),
        }
    }

    /// The environment is read when it is first used: what it holds is no fault of a site that does not use it.
    fn environment(&self, at: &Cursor<'_>) -> Option<EnvironmentProxies> {
        let read = || match environment::read(at.reading.sources) {
            Ok(proxies) => Some(proxies),
            Err(faults) => {
                for fault in faults {
                    at.fault::<()>(fault);
                }
                None
            }
        };
        self.environment.get_or_init(read).clone()
    }

    fn known(&self, name: &str) -> Option<String> {
        let defined = self.defined.iter().flatten().map(|(name, _)| *name);
        let known: Vec<&str> = [DIRECT, ENVIRONMENT].into_iter().chain(defined).collect();
        suggestion(name, &known).map(|help| Clean::new(&help).as_str().to_owned())
    }
}

fn entries<'a>(cursor: &Cursor<'a>) -> Option<Vec<(&'a str, Cursor<'a>)>> {
    let entries = cursor.named()?;
    if entries.len() > MAX_PATHS { cursor.fault(format!("more than {MAX_PATHS} paths")) } else { Some(entries) }
}

fn define(name: &str, cursor: &Cursor<'_>, tenant: bool) -> Option<Definition> {
    if let Some(problem) = label_problem(name) {
        return cursor.fault(problem);
    }
    let definition = if cursor.is_map() { map_form(cursor)? } else { text_form(cursor)?.into() };
    match (name, &definition.way) {
        (DIRECT, Defined::Direct) | (ENVIRONMENT, Defined::Environment) => Some(definition),
        (TENANT_PATH, _) if tenant => {
            cursor.fault_with_help("results of the tenant check stand under this name", "choose another name")
        }
        (DIRECT | ENVIRONMENT, _) => {
            cursor.fault_with_help("this path always exists and means what it says", "choose another name")
        }
        _ => Some(definition),
    }
}

fn text_form(cursor: &Cursor<'_>) -> Option<Defined> {
    match cursor.text()? {
        DIRECT => Some(Defined::Direct),
        ENVIRONMENT => Some(Defined::Environment),
        text => {
            let url = proxy_url(cursor, text)?;
            let credentials = url.own_credentials();
            if credentials.is_some() && !url.scheme.takes_user_alone() {
                return cursor.fault_with_help("the user has no password", MAP_FORM);
            }
            Some(Defined::Proxy(Arc::new(url.into_proxy(credentials))))
        }
    }
}

fn map_form(cursor: &Cursor<'_>) -> Option<Definition> {
    let map = cursor.section(KEYS)?;
    let options = path_options::read(&map);
    let way = map_way(&map)?;
    Some(Definition { way, options })
}

/// The way of a map, of which there is exactly one.
fn map_way(map: &Map<'_>) -> Option<Defined> {
    let ways = ["proxy", "winhttp", "pac"].map(|key| map.get(key).map(|cursor| (key, cursor)));
    let mut ways = ways.into_iter().flatten();
    let Some((key, cursor)) = ways.next() else { return map.require("proxy").and(None) };
    if let Some((_, second)) = ways.next() {
        return second.fault(format!("{key} is there too; one of the two is needed"));
    }
    if let Some(at) = pac::KEYS.into_iter().find_map(|key| map.get(key)).filter(|_| key != "pac") {
        return at.fault("says something of a PAC file, and this path has none");
    }
    match key {
        "pac" => pac::read(map, &cursor).map(Defined::Pac),
        "winhttp" => winhttp::read(&cursor, credentials::read(map, None).as_ref()).map(Defined::WinHttp),
        _ => proxy_way(map, &cursor),
    }
}

/// A proxy's URL, or one of the two words, which take options so.
fn proxy_way(map: &Map<'_>, proxy: &Cursor<'_>) -> Option<Defined> {
    match proxy.text()? {
        DIRECT => credentials::refuse(map, Defined::Direct),
        ENVIRONMENT => credentials::refuse(map, Defined::Environment),
        text => {
            let url = proxy_url(proxy, text)?;
            let credentials = credentials::read(map, Some(&url));
            Some(Defined::Proxy(Arc::new(url.into_proxy(credentials))))
        }
    }
}

const MAP_FORM: &str = "write {proxy: \"http://host:port\", username: …, password_file: …} or password_env";

fn proxy_url(cursor: &Cursor<'_>, text: &str) -> Option<ProxyUrl> {
    match proxy::parse(text) {
        Ok(url) if url.password.is_some() => {
            cursor.fault_with_help("a password has no place in the configuration", MAP_FORM)
        }
        Ok(url) if url.more => cursor.fault("the URL of a proxy ends after its port"),
        Ok(url) => Some(url),
        Err(problem @ proxy::Problem::NoUrl) if !text.contains("://") => {
            cursor.fault_with_help(problem.to_string(), "write direct, environment or http://host:port")
        }
        Err(problem) => cursor.fault(problem.to_string()),
    }
}
