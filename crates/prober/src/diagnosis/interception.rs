//! Who answers in place of origins, over which paths, and for how many of the endpoints.

use std::collections::HashMap;

use crate::cause::Cause;
use crate::observation::{ChainTrust, TlsFacts};
use crate::snapshot::{Row, Snapshot};
use crate::state::Report;
use crate::verdict::Verdict;

/// What is known of interception at the site.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interception<'a> {
    /// The paths on which something is known, in the order in which they first appear.
    pub paths: Vec<PathTally<'a>>,
    /// Everybody who was met, in the order in which they were.
    pub interceptors: Vec<Interceptor<'a>>,
}

/// How many endpoints are intercepted on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathTally<'a> {
    /// The path's name.
    pub path: &'a str,
    /// Endpoints whose TLS handshake completes there, whoever it is with.
    pub tls: usize,
    /// Those of them that a configured inspection root answers for.
    pub announced: usize,
    /// Those of them that somebody else answers for.
    pub unannounced: usize,
}

/// Somebody who answers in place of origins: one issuer of certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interceptor<'a> {
    /// Who signed the last certificate shown, a distinguished name.
    pub issuer: &'a str,
    /// Whose product it is, where fingerprints tell.
    pub vendor: Option<&'a str>,
    /// Whether it is the site's own, by `inspection_roots`.
    pub announced: bool,
    /// Where it was met, in the order of [`Interception::paths`].
    pub paths: Vec<Reach<'a>>,
    /// On how many of the paths; `None` where handshakes complete on a single path only, so that there is nothing to
    /// compare with.
    pub extent: Option<Extent>,
}

/// How far somebody reaches on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach<'a> {
    /// The path's name.
    pub path: &'a str,
    /// Endpoints that it answers for.
    pub intercepted: usize,
    /// Endpoints whose TLS handshake completes there; never zero.
    pub tls: usize,
}

/// On how many of the paths somebody is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// On one of several: it stands on that path.
    OnePath,
    /// On some.
    SomePaths,
    /// On every one: it stands before all of them, or on the machine itself.
    EveryPath,
}

impl Extent {
    /// The name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnePath => "one_path",
            Self::SomePaths => "some_paths",
            Self::EveryPath => "every_path",
        }
    }
}

/// Who intercepts, by the confirmed results of endpoints; controls are left out.
pub fn interception(snapshot: &Snapshot) -> Interception<'_> {
    let mut met = Meetings::default();
    for row in snapshot.rows.iter().filter(|row| !row.pair.endpoint.control) {
        met.take(row);
    }
    met.conclude()
}

/// Whether somebody answers in an endpoint's place, by its confirmed result, and then whether the site announced him; never a
/// control's.
pub fn interceptor_is_announced(row: &Row) -> Option<bool> {
    let report = &row.confirmed.as_ref().filter(|_| !row.pair.endpoint.control)?.report;
    is_intercepted(report.observation.tls.as_ref()?, &report.verdict)
}

/// Whether somebody answers in the origin's place, and then whether the site announced him.
fn is_intercepted(tls: &TlsFacts, verdict: &Verdict) -> Option<bool> {
    let cause = verdict.reason.as_ref().map(|reason| reason.cause);
    // What else is wrong may come first, such as the page that he shows.
    let is_called_so = cause == Some(Cause::TlsIntercepted) || verdict.evidence.also.contains(&Cause::TlsIntercepted);
    let is_announced = tls.verification.trust == ChainTrust::Inspection;
    (is_announced || is_called_so).then_some(is_announced)
}

/// Whose product intercepts: by the issuer, or by the page shown inside.
fn vendor(report: &Report) -> Option<&str> {
    let Verdict { reason, evidence, .. } = &report.verdict;
    let is_page = reason.as_ref().is_some_and(|reason| reason.cause == Cause::BlockPage);
    let by_page = || evidence.facts.get("vendor").filter(|_| is_page);
    evidence.facts.get("interceptor").or_else(by_page).map(AsRef::as_ref)
}

/// What has been met so far. Interceptors are told apart by issuer and by whether they were announced.
#[derive(Default)]
struct Meetings<'a> {
    paths: Vec<PathTally<'a>>,
    places: HashMap<&'a str, usize>,
    met: Vec<Met<'a>>,
    known: HashMap<(&'a str, bool), usize>,
}

struct Met<'a> {
    issuer: &'a str,
    vendor: Option<&'a str>,
    announced: bool,
    /// By the place of the path.
    intercepted: HashMap<usize, usize>,
}

impl<'a> Meetings<'a> {
    fn take(&mut self, row: &'a Row) {
        let Some(confirmed) = &row.confirmed else { return };
        let place = self.place_of(&row.pair.path.name);
        let report: &'a Report = &confirmed.report;
        let Some(tls) = &report.observation.tls else { return };
        let announced = is_intercepted(tls, &report.verdict);
        if let Some(tally) = self.paths.get_mut(place) {
            tally.tls += 1;
            tally.announced += usize::from(announced == Some(true));
            tally.unannounced += usize::from(announced == Some(false));
        }
        if let Some(announced) = announced {
            self.meet(tls, announced, vendor(report), place);
        }
    }

    fn place_of(&mut self, path: &'a str) -> usize {
        *self.places.entry(path).or_insert_with(|| {
            self.paths.push(PathTally { path, tls: 0, announced: 0, unannounced: 0 });
            self.paths.len() - 1
        })
    }

    fn meet(&mut self, tls: &'a TlsFacts, announced: bool, vendor: Option<&'a str>, place: usize) {
        let issuer = tls.top_issuer();
        let index = *self.known.entry((issuer, announced)).or_insert_with(|| {
            self.met.push(Met { issuer, vendor: None, announced, intercepted: HashMap::new() });
            self.met.len() - 1
        });
        if let Some(met) = self.met.get_mut(index) {
            met.vendor = met.vendor.or(vendor);
            *met.intercepted.entry(place).or_default() += 1;
        }
    }

    fn conclude(self) -> Interception<'a> {
        let with_tls = self.paths.iter().filter(|tally| tally.tls > 0).count();
        let interceptors = self.met.iter().map(|met| met.conclude(&self.paths, with_tls)).collect();
        Interception { interceptors, paths: self.paths }
    }
}

impl<'a> Met<'a> {
    fn conclude(&self, tallies: &[PathTally<'a>], with_tls: usize) -> Interceptor<'a> {
        let mut places: Vec<(usize, usize)> = self.intercepted.iter().map(|(place, count)| (*place, *count)).collect();
        places.sort_unstable();
        let reach = |(place, intercepted): (usize, usize)| {
            tallies.get(place).map(|tally| Reach { path: tally.path, intercepted, tls: tally.tls })
        };
        let extent = match self.intercepted.len() {
            _ if with_tls < 2 => None,
            all if all == with_tls => Some(Extent::EveryPath),
            1 => Some(Extent::OnePath),
            _ => Some(Extent::SomePaths),
        };
        let paths = places.into_iter().filter_map(reach).collect();
        Interceptor { issuer: self.issuer, vendor: self.vendor, announced: self.announced, paths, extent }
    }
}
