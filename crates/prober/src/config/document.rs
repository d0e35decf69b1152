//! The document as a whole: its sections in turn, then names and paths put together into the plan.

use std::collections::{BTreeSet, HashMap};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::audit;
use super::controls;
use super::cursor::{Cursor, Map};
use super::discovery;
use super::duration;
use super::endpoint::{self, Defaults, Draft, INTERVALS, Role, TIMEOUTS, fits};
use super::fingerprints;
use super::maintenance;
use super::microsoft365;
use super::names::{label, label_problem};
use super::network;
use super::paths::Paths;
use super::reading::{Reading, quoted};
use super::tenant::{self, Domain};
use super::tree::Node;
use super::trust;
use crate::fingerprint::Fingerprints;
use crate::plan::{Discovery, DnsPlan, Endpoint, Maintenance, Pair, Path, Plan, PrivateAnswers, RootsChoice, TlsPlan};

const KEYS: &[&str] = &[
    "site",
    "interval",
    "timeout",
    "confirm",
    "concurrency",
    "dns",
    "tls",
    "paths",
    "default_paths",
    "endpoints",
    "controls",
    "tenant",
    "microsoft365",
    "fingerprints",
    "audit",
    "discovery",
    "maintenance",
];

const DEFAULT_SITE: &str = "default";
const DEFAULT_CONFIRM: u32 = 2;
const DEFAULT_CONCURRENCY: u32 = 64;
pub(super) const DEFAULT_PATH: &str = "environment";

/// The most endpoint × path pairs.
const MAX_PAIRS: usize = Plan::MAX_PAIRS;

/// Reads the document. The plan is only good if no fault was noted.
pub(super) fn read(reading: &Reading<'_>, root: &Node) -> Option<Plan> {
    let cursor = Cursor::root(reading, root);
    let document = cursor.section(KEYS)?;
    let (dns, tls, defaults) = shared(&document);
    let tenant = document.get("tenant").filter(|cursor| !cursor.is_nothing());
    let domains = tenant.and_then(|cursor| tenant::read(&cursor, defaults.timeout)).unwrap_or_default();
    let paths = Paths::read(document.get("paths").as_ref(), !domains.is_empty());
    let drafts = drafts(&document, &defaults);
    check_names(&drafts, &domains, document.get("controls").is_none());
    let settings = settings(&document, reading, &defaults);
    let fingerprints = fingerprints::read(&cursor, document.get("fingerprints").as_ref());
    let usual = UsualPaths::read(&cursor, &document, &paths);
    let list = document.get("microsoft365").filter(|cursor| !cursor.is_nothing());
    let list = list.and_then(|cursor| microsoft365::read(&cursor, &paths, &|| usual.get(), &defaults));
    let (endpoints, pairs, disabled) = pair_up(&usual, &document, drafts, domains, &defaults)?;
    Some(Plan {
        microsoft365: list,
        disabled: Arc::new(disabled),
        ..assemble(settings, dns, tls, fingerprints?, &paths, endpoints, pairs)
    })
}

/// What endpoints share, and what they have by default.
fn shared(document: &Map<'_>) -> (DnsPlan, TlsPlan, Defaults) {
    let (dns, private_answers) = document.get("dns").and_then(|cursor| network::read(&cursor)).unwrap_or_default();
    let (tls, roots) = document.get("tls").and_then(|cursor| trust::read(&cursor)).unwrap_or_default();
    let defaults = defaults(document, private_answers, roots);
    (dns, tls, defaults)
}

/// An endpoint for a URL, with everything by default.
pub(super) fn endpoint(reading: &Reading<'_>, root: &Node, url: &Url) -> Option<Endpoint> {
    let document = Cursor::root(reading, root).section(KEYS)?;
    let (_, _, defaults) = shared(&document);
    Some(endpoint::of_url(url, &defaults))
}

/// Reads one path alone.
pub(super) fn path(reading: &Reading<'_>, root: &Node, name: &str) -> Option<Arc<Path>> {
    let cursor = Cursor::root(reading, root);
    let document = cursor.section(KEYS)?;
    Paths::read(document.get("paths").as_ref(), false).resolve(name, &cursor)
}

fn defaults(document: &Map<'_>, private_answers: PrivateAnswers, roots: RootsChoice) -> Defaults {
    let interval = document.get("interval").and_then(|cursor| duration::read(&cursor, INTERVALS));
    let interval = interval.unwrap_or(Endpoint::DEFAULT_INTERVAL);
    let timeout = document.get("timeout").and_then(|cursor| {
        let timeout = duration::read(&cursor, TIMEOUTS)?;
        fits(&cursor, timeout, interval);
        Some(timeout)
    });
    Defaults { interval, timeout: timeout.unwrap_or(Endpoint::DEFAULT_TIMEOUT), private_answers, roots }
}

struct Settings {
    site: String,
    confirm: u32,
    concurrency: u32,
    audit: Option<Duration>,
    discovery: Option<Discovery>,
    maintenance: Maintenance,
}

fn settings(document: &Map<'_>, reading: &Reading<'_>, defaults: &Defaults) -> Settings {
    let number = |key, range| document.get(key).and_then(|cursor| cursor.number(range));
    let by_host = || reading.sources.hostname().filter(|name| label_problem(name).is_none());
    let site = match document.get("site") {
        Some(cursor) => label(&cursor),
        None => by_host(),
    };
    let windows = document.get("maintenance").filter(|cursor| !cursor.is_nothing());
    Settings {
        site: site.unwrap_or_else(|| DEFAULT_SITE.to_owned()),
        confirm: number("confirm", 1..=100).unwrap_or(DEFAULT_CONFIRM),
        concurrency: number("concurrency", 1..=10_000).unwrap_or(DEFAULT_CONCURRENCY),
        maintenance: windows.and_then(|cursor| maintenance::read(&cursor)).unwrap_or_default(),
        audit: audit::read(document.get("audit").filter(|cursor| !cursor.is_nothing()).as_ref()),
        discovery: discovery::read(document.get("discovery").filter(|cursor| !cursor.is_nothing()).as_ref(), defaults),
    }
}

/// The entries of `endpoints`, then those of `controls`.
fn drafts<'a>(document: &Map<'a>, defaults: &Defaults) -> Vec<Draft<'a>> {
    let mut drafts = Vec::new();
    if let Some(cursor) = document.require("endpoints")
        && let Some(items) = cursor.items()
    {
        if items.is_empty() {
            cursor.fault::<()>("no endpoint is listed, so there is nothing to probe");
        }
        drafts.extend(items.iter().filter_map(|item| endpoint::read(item, Role::Endpoint, defaults)));
    }
    if let Some(items) = document.get("controls").and_then(|cursor| cursor.items()) {
        drafts.extend(items.iter().filter_map(|item| endpoint::read(item, Role::Control, defaults)));
    }
    drafts
}

/// Notes every name that is there twice; endpoints, controls and the tenant's domains share one namespace, the default control included.
fn check_names(drafts: &[Draft<'_>], domains: &[Domain<'_>], default_control: bool) {
    let mut first: HashMap<&str, &Cursor<'_>> = HashMap::new();
    let drafts = drafts.iter().filter(|draft| draft.named).map(|draft| (&draft.endpoint.name, &draft.cursor));
    for (name, cursor) in drafts.chain(domains.iter().map(|domain| (&domain.pair.endpoint.name, &domain.cursor))) {
        let name = name.as_str();
        if default_control && name == controls::NAME {
            let message = format!("the name {} is that of the control that is there by default", quoted(name));
            cursor.fault_with_help::<()>(message, "give it another name, or write controls: [] to have none");
        }
        if let Some(earlier) = first.get(name) {
            let message =
                format!("the name {} is taken by {} on line {}", quoted(name), earlier.path(), earlier.place().line);
            cursor.fault_with_help::<()>(message, "give one of the two a name of its own");
        } else {
            first.insert(name, cursor);
        }
    }
}

/// The paths that endpoints go which name none of their own.
struct UsualPaths<'p, 'a> {
    root: &'p Cursor<'a>,
    paths: &'p Paths<'a>,
    /// The list of the configuration, empty where it is faulty; `None` without one.
    listed: Option<Vec<Arc<Path>>>,
}

impl<'p, 'a> UsualPaths<'p, 'a> {
    fn read(root: &'p Cursor<'a>, document: &Map<'a>, paths: &'p Paths<'a>) -> Self {
        let listed = document.get("default_paths").map(|cursor| references(&cursor, paths).unwrap_or_default());
        Self { root, paths, listed }
    }

    /// Without a list the environment is used, but only if somebody really has no list of their own.
    fn get(&self) -> Vec<Arc<Path>> {
        let by_default = || self.paths.resolve(DEFAULT_PATH, self.root).into_iter().collect();
        self.listed.clone().unwrap_or_else(by_default)
    }
}

type Paired = (Vec<Arc<Endpoint>>, Vec<Arc<Pair>>, BTreeSet<String>);

/// Every endpoint that is enabled over every path that it asks for, and the hosts of the others.
fn pair_up(
    usual: &UsualPaths<'_, '_>,
    document: &Map<'_>,
    drafts: Vec<Draft<'_>>,
    domains: Vec<Domain<'_>>,
    defaults: &Defaults,
) -> Option<Paired> {
    let (root, paths) = (usual.root, usual.paths);
    let (mut endpoints, mut pairs, mut disabled) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut add = |endpoint: Endpoint, over: Vec<Arc<Path>>| {
        let endpoint = Arc::new(endpoint);
        pairs.extend(over.into_iter().map(|path| Arc::new(Pair { endpoint: Arc::clone(&endpoint), path })));
        endpoints.push(endpoint);
        if pairs.len() > MAX_PAIRS { root.fault(format!("more than {MAX_PAIRS} endpoints × paths")) } else { Some(()) }
    };
    for draft in drafts {
        let over = draft.paths.as_ref().map(|cursor| references(cursor, paths).unwrap_or_default());
        if draft.enabled {
            add(draft.endpoint, over.unwrap_or_else(|| usual.get()))?;
        } else {
            disabled.extend(draft.endpoint.host_name());
        }
    }
    if document.get("controls").is_none() {
        add(controls::by_default(defaults)?, usual.get())?;
    }
    for domain in domains {
        endpoints.push(Arc::clone(&domain.pair.endpoint));
        pairs.push(Arc::new(domain.pair));
    }
    Some((endpoints, pairs, disabled))
}

/// A list of names of paths.
fn references(cursor: &Cursor<'_>, paths: &Paths<'_>) -> Option<Vec<Arc<Path>>> {
    let items = cursor.items()?;
    if items.is_empty() {
        return cursor.fault("no path is named");
    }
    let mut resolved: Vec<Arc<Path>> = Vec::new();
    for item in items {
        let Some(path) = item.text().and_then(|name| paths.resolve(name, &item)) else { continue };
        if resolved.iter().any(|earlier| earlier.name == path.name) {
            item.fault::<()>(format!("the path {} stands here twice", item.shown()));
        } else {
            resolved.push(path);
        }
    }
    Some(resolved)
}

fn assemble(
    settings: Settings,
    dns: DnsPlan,
    tls: TlsPlan,
    fingerprints: Arc<Fingerprints>,
    paths: &Paths<'_>,
    endpoints: Vec<Arc<Endpoint>>,
    pairs: Vec<Arc<Pair>>,
) -> Plan {
    let mut used: Vec<Arc<Path>> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for pair in &pairs {
        if seen.insert(pair.path.name.clone()) {
            used.push(Arc::clone(&pair.path));
        }
    }
    used.sort_by_key(|path| paths.position(&path.name));
    Plan {
        site: settings.site,
        concurrency: usize::try_from(settings.concurrency)
            .ok()
            .and_then(NonZeroUsize::new)
            .unwrap_or(NonZeroUsize::MIN),
        confirm: NonZeroU32::new(settings.confirm).unwrap_or(NonZeroU32::MIN),
        audit: settings.audit,
        discovery: settings.discovery,
        microsoft365: None,
        published: None,
        disabled: Arc::default(),
        maintenance: settings.maintenance,
        dns,
        tls,
        fingerprints,
        paths: used,
        endpoints,
        pairs,
    }
}
