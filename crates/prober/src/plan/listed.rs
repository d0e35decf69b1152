//! A plan as Microsoft's list adds to it.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Endpoint, ListProbing, MICROSOFT365_GROUP, Microsoft365, Pair, Plan, Severity};
use crate::config::{MAX_NAME, slug};
use crate::microsoft365::{Former, List, Ranges, Wanted, drift};

impl Plan {
    /// The same plan with what a list adds: where its hosts have their addresses, and, where the plan wants that, endpoints for
    /// hosts that none is about. These never are of more than severity `warning`: Microsoft decides what they are.
    #[must_use]
    pub fn following(&self, list: &List, ranges: &Arc<Ranges>) -> Self {
        let Some(settings) = self.microsoft365.as_ref().filter(|settings| settings.instance == list.instance) else {
            return self.clone();
        };
        let mut plan = Self { published: Some(Arc::clone(ranges)), ..self.clone() };
        if let Some(probing) = &settings.probing {
            plan.add_listed(list, settings, probing);
        }
        plan
    }

    fn add_listed(&mut self, list: &List, settings: &Microsoft365, probing: &ListProbing) {
        let mut uncovered = drift(list, &settings.scope, &Former::default(), self).uncovered;
        // What matters most first, for the case that not all find room.
        uncovered.sort_by_key(|wanted| wanted.category);
        let mut names: HashSet<String> = self.endpoints.iter().map(|endpoint| endpoint.name.clone()).collect();
        let room = (Self::MAX_PAIRS.saturating_sub(self.pairs.len())).checked_div(probing.paths.len()).unwrap_or(0);
        let wanted = uncovered.iter().filter_map(|wanted| endpoint(wanted, probing, &mut names));
        let mut added: Vec<Arc<Endpoint>> = wanted.take(room.min(ListProbing::MAX_HOSTS)).collect();
        if added.is_empty() {
            return;
        }
        added.sort_by(|one, other| one.name.cmp(&other.name));
        for path in &probing.paths {
            if !self.paths.iter().any(|known| known.name == path.name) {
                self.paths.push(Arc::clone(path));
            }
        }
        for endpoint in added {
            let pair = |path| Arc::new(Pair { endpoint: Arc::clone(&endpoint), path: Arc::clone(path) });
            self.pairs.extend(probing.paths.iter().map(pair));
            self.endpoints.push(endpoint);
        }
    }
}

/// An endpoint for a host, under its own name or, where an endpoint is called so that is about another, under one beside it.
fn endpoint(wanted: &Wanted, probing: &ListProbing, names: &mut HashSet<String>) -> Option<Arc<Endpoint>> {
    let url = wanted.url()?;
    let name = slug(wanted.host.as_str());
    let start: String = name.chars().take(MAX_NAME - MICROSOFT365_GROUP.len() - 1).collect();
    let beside = format!("{start}-{MICROSOFT365_GROUP}");
    let name = [name, beside].into_iter().find(|name| names.insert(name.clone()))?;
    Some(Arc::new(Endpoint {
        group: MICROSOFT365_GROUP.to_owned(),
        severity: Severity::Warning,
        interval: probing.interval,
        timeout: probing.timeout.min(probing.interval),
        private_answers: probing.private_answers,
        roots: probing.roots,
        ..Endpoint::new(name, url)
    }))
}

#[cfg(test)]
mod tests;
