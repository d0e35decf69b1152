//! A snapshot reduced to what the sentence is about.

use std::collections::{BTreeMap, BTreeSet};

use prober::cause::{Cause, State};
use prober::snapshot::{Row, Snapshot};

use crate::rows::{of_endpoints, path_names};
use crate::words;

/// Endpoints by name, paths by their place in the configuration.
pub(super) struct Facts<'a> {
    rows: Vec<(&'a Row, usize)>,
    path_names: Vec<&'a str>,
    /// Every endpoint.
    pub(super) endpoints: BTreeSet<&'a str>,
    /// Endpoints with a result.
    pub(super) known: BTreeSet<&'a str>,
    /// Paths with an endpoint; that of the tenant's domains is no way of the site's.
    pub(super) paths: BTreeSet<usize>,
}

/// Endpoints with the same trouble on the same paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble<'a> {
    pub(super) cause: Option<Cause>,
    pub(super) endpoints: BTreeSet<&'a str>,
    pub(super) paths: BTreeSet<usize>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let path_names = path_names(snapshot);
        let rows: Vec<_> = of_endpoints(snapshot)
            .filter_map(|row| Some((row, path_names.iter().position(|path| *path == row.pair.path.name)?)))
            .collect();
        let known = rows.iter().filter(|(row, _)| row.last.is_some() || row.confirmed.is_some());
        Self {
            endpoints: rows.iter().map(|(row, _)| name(row)).collect(),
            known: known.map(|(row, _)| name(row)).collect(),
            paths: rows.iter().filter(|(row, _)| row.pair.endpoint.tenant.is_none()).map(|(_, path)| *path).collect(),
            rows,
            path_names,
        }
    }

    /// Endpoints in a state on some path.
    pub(super) fn in_state(&self, state: State) -> BTreeSet<&'a str> {
        self.rows.iter().filter(|(row, _)| row.state() == state).map(|(row, _)| name(row)).collect()
    }

    /// Endpoints that are usable on every path.
    pub(super) fn usable(&self) -> BTreeSet<&'a str> {
        let unusable: BTreeSet<_> =
            self.rows.iter().filter(|(row, _)| !row.state().is_usable()).map(|(row, _)| name(row)).collect();
        self.endpoints.difference(&unusable).copied().collect()
    }

    /// Endpoints that are probed on some of the paths.
    pub(super) fn endpoints_on(&self, paths: &BTreeSet<usize>) -> BTreeSet<&'a str> {
        self.rows.iter().filter(|(_, path)| paths.contains(path)).map(|(row, _)| name(row)).collect()
    }

    pub(super) fn all_usable_on(&self, paths: &BTreeSet<usize>) -> bool {
        self.rows.iter().filter(|(_, path)| paths.contains(path)).all(|(row, _)| row.state().is_usable())
    }

    /// What is wrong with the endpoints in a state, the widest trouble first. The same cause for the same endpoints on
    /// several paths is one trouble.
    pub(super) fn troubles(&self, state: State) -> Vec<Trouble<'a>> {
        let mut by_path = BTreeMap::<(usize, Option<Cause>), BTreeSet<&str>>::new();
        for (row, path) in self.rows.iter().filter(|(row, _)| row.state() == state) {
            by_path.entry((*path, cause(row))).or_default().insert(name(row));
        }
        let mut troubles = Vec::<Trouble<'_>>::new();
        for ((path, cause), endpoints) in by_path {
            match troubles.iter_mut().find(|trouble| trouble.cause == cause && trouble.endpoints == endpoints) {
                Some(same) => _ = same.paths.insert(path),
                None => troubles.push(Trouble { cause, endpoints, paths: BTreeSet::from([path]) }),
            }
        }
        troubles.sort_by_key(|trouble| std::cmp::Reverse(trouble.endpoints.len() * trouble.paths.len()));
        troubles
    }

    /// "2 of 20 endpoints are", of all endpoints.
    pub(super) fn count(&self, endpoints: &BTreeSet<&str>) -> String {
        count(endpoints, &self.endpoints)
    }

    /// "the 20 endpoints".
    pub(super) fn all_endpoints(&self) -> String {
        match self.endpoints.len() {
            1 => "the only endpoint".to_owned(),
            many => format!("the {many} endpoints"),
        }
    }

    /// "direct and hq", or "every path".
    pub(super) fn on(&self, paths: &BTreeSet<usize>) -> String {
        if paths.len() > 1 && *paths == self.paths {
            return if paths.len() == 2 { self.names(paths) } else { "every path".to_owned() };
        }
        self.names(paths)
    }

    fn names(&self, paths: &BTreeSet<usize>) -> String {
        let names: Vec<_> = paths.iter().filter_map(|path| self.path_names.get(*path).copied()).collect();
        words::list(&names, "paths")
    }
}

/// "2 of 20 endpoints are", "All 20 endpoints are", "The only endpoint is".
pub(super) fn count(endpoints: &BTreeSet<&str>, of: &BTreeSet<&str>) -> String {
    match (endpoints.len(), of.len()) {
        (1, 1) => "The only endpoint is".to_owned(),
        (0, 1) => "0 of 1 endpoint is".to_owned(),
        (2, 2) => "Both endpoints are".to_owned(),
        (some, all) if some == all => format!("All {all} endpoints are"),
        (1, all) => format!("1 of {all} endpoints is"),
        (some, all) => format!("{some} of {all} endpoints are"),
    }
}

fn name(row: &Row) -> &str {
    &row.pair.endpoint.name
}

fn cause(row: &Row) -> Option<Cause> {
    row.confirmed.as_ref()?.report.verdict.reason.as_ref().map(|reason| reason.cause)
}
