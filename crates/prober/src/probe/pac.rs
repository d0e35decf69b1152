//! The PAC files of a plan: held, kept fresh behind the probes' backs, and asked.

mod fetch;
mod held;

use std::net::IpAddr;
use std::path::Path as FilePath;
use std::sync::Arc;

use tokio::time::Instant;
use url::Url;

use self::fetch::Fetcher;
pub(super) use self::fetch::is_trusted;
use self::held::HeldFile;
use super::Prober;
use crate::net::Clock;
use crate::observation::{Fault, MonitorFault, PacFacts, PacFailure, PacFault, PacFlaw};
use crate::pac::{Answer, Entry, Names, Said, ThisMachine};
use crate::phase::Failure;
use crate::phase::dns::Resolver;
use crate::phase::tls::Connector;
use crate::plan::{Endpoint, PacFile, Path, Plan, Proxy, Way};
use crate::route::{self, Hop};
use crate::text::Clean;

/// Which way out a URL takes, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The first stops in the order in which they are tried, or why there is none.
    pub hops: Result<Vec<Hop>, Fault>,
    /// What a PAC file had to do with it.
    pub pac: Option<PacFacts>,
}

/// The PAC files of a plan, one for each path that has one.
#[derive(Debug, Default)]
pub(super) struct PacFiles(Vec<(Arc<Path>, Arc<HeldFile>)>);

/// What the files of a plan need of it.
pub(super) struct Needs<'a> {
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) connector: Option<&'a Arc<Connector>>,
    pub(super) resolver: &'a dyn Fn(&Path) -> Arc<Resolver>,
}

impl PacFiles {
    /// Those of a plan, of which some may be held already for paths that are the same.
    pub(super) fn new(plan: &Plan, needs: &Needs<'_>, before: Option<&Self>) -> Self {
        let held = |path: &Arc<Path>| {
            let known = before.and_then(|before| before.0.iter().find(|(known, _)| known == path));
            known.map(|(_, held)| Arc::clone(held)).or_else(|| Some(Arc::new(hold(path, needs)?)))
        };
        Self(plan.ways_out().filter_map(|path| Some((Arc::clone(path), held(path)?))).collect())
    }
}

fn hold(path: &Path, needs: &Needs<'_>) -> Option<HeldFile> {
    let Way::Pac(file) = &path.way else { return None };
    let source_address = path.options.source_address;
    let fetcher = Fetcher {
        resolver: (needs.resolver)(path),
        connector: Arc::clone(needs.connector?),
        source_address,
        user_agent: path.options.user_agent.clone(),
    };
    let machine = ThisMachine { clock: Arc::clone(needs.clock), source_address: file.my_address.or(source_address) };
    Some(HeldFile::new(file.location.clone(), fetcher, machine))
}

impl Prober {
    /// Which way an endpoint takes over a path of the plan.
    ///
    /// Asks the path's PAC file where it has one, and fetches that where it is not held yet; within the endpoint's
    /// timeout.
    pub async fn decide(&self, endpoint: &Endpoint, path: &Path) -> Decision {
        let now = Instant::now();
        self.ways(path, &endpoint.url, now + endpoint.timeout / 2, now + endpoint.timeout).await
    }

    /// Which way a URL takes over a path. A file is waited for, and lookups end, by the first instant; a file that has
    /// not answered by the second has none.
    pub(super) async fn ways(&self, path: &Path, url: &Url, soon: Instant, by: Instant) -> Decision {
        if let Some(hops) = route::choose(&path.way, url) {
            return Decision { hops: Ok(hops), pac: None };
        }
        let held = self.pac_files.0.iter().find(|(of, _)| of.name == path.name);
        let (Some((_, held)), Way::Pac(file)) = (held, &path.way) else {
            let reason = "the path is not of the plan that the prober was set up for".into();
            let fault = MonitorFault { operation: "ask a PAC file".to_owned(), reason };
            return Decision { hops: Err(Fault::Monitor(fault)), pac: None };
        };
        Box::pin(self.ask(held, file, path, url, soon, by)).await
    }

    async fn ask(
        &self,
        held: &Arc<HeldFile>,
        file: &PacFile,
        path: &Path,
        url: &Url,
        soon: Instant,
        by: Instant,
    ) -> Decision {
        let name = Clean::new(&file.location.to_string());
        let mut facts =
            PacFacts { file: name.clone(), answer: None, malformed: vec![], failed_lookups: vec![], stale: None };
        let failed = |failure, pac| {
            let fault = Fault::Pac(PacFault { file: name.clone(), failure });
            Decision { hops: Err(fault), pac: Some(pac) }
        };
        let current = match held.current(soon).await {
            Ok(current) => current,
            Err(Failure::Fault(fault)) => return failed(PacFailure::Unavailable(fault), facts),
            Err(Failure::Monitor(fault)) => return Decision { hops: Err(Fault::Monitor(fault)), pac: None },
        };
        facts.stale = current.stale;
        let engine = match &current.copy.engine {
            Ok(engine) => engine,
            Err(flaw) => return failed(PacFailure::Invalid(flaw.clone()), facts),
        };
        let names = Addresses(self.network(path).resolver);
        // However long the file took, lookups have some time of their own.
        let now = Instant::now();
        let lookups_by = soon.max(now + by.saturating_duration_since(now) / 2);
        let said = match engine.find(url, file.view, &names, lookups_by, by).await {
            Ok(said) => said,
            Err(fault) => return Decision { hops: Err(Fault::Monitor(fault)), pac: Some(facts) },
        };
        match take_in(said, file, &mut facts) {
            Ok(hops) => Decision { hops: Ok(hops), pac: Some(facts) },
            Err(flaw) => {
                held.doubt();
                failed(PacFailure::Invalid(flaw), facts)
            }
        }
    }
}

/// Writes down what a script said, and turns it into stops.
fn take_in(said: Said, file: &PacFile, facts: &mut PacFacts) -> Result<Vec<Hop>, PacFlaw> {
    facts.failed_lookups = said.failed_lookups;
    let text = said.answer?;
    facts.answer = Some(Clean::bounded(&text, PacFacts::MAX_ANSWER));
    let Answer { entries, malformed } = Answer::parse(&text);
    facts.malformed = malformed;
    Ok(entries.into_iter().map(|entry| hop(entry, file)).collect())
}

fn hop(entry: Entry, file: &PacFile) -> Hop {
    match entry {
        Entry::Direct => Hop::Direct,
        Entry::Proxy(proxy) => {
            let credentials = file.login.as_ref().and_then(|login| login.credentials_for(&proxy)).cloned();
            Hop::Proxy(Arc::new(Proxy { credentials, ..proxy }))
        }
    }
}

/// Names as other programs on this machine look them up, those of the search list included: so do clients.
struct Addresses<'a>(&'a Resolver);

impl Names for Addresses<'_> {
    async fn addresses(&self, name: &str, by: Instant) -> Result<Vec<IpAddr>, Clean> {
        match self.0.resolve_proxy(name, by).await {
            Ok(facts) => Ok(facts.addresses),
            Err(Failure::Fault(fault)) => Err(Clean::new(&fault.failure.to_string())),
            Err(Failure::Monitor(fault)) => Err(Clean::new(&fault.to_string())),
        }
    }
}

/// Reads a file of the machine; a pipe or a device could block or never end.
fn read_file(path: &FilePath) -> std::io::Result<Vec<u8>> {
    crate::config::read_bounded(path, fetch::MAX_BYTES as u64)
}
