//! Ways that lead nowhere, so that the next entry of a list was tried.

use super::Case;
use super::finding::Finding;
use super::{fault, resolve};
use crate::cause::State;
use crate::observation::{Fault, RouteFacts};

/// The last resort of a list fails too. `PROXY a; DIRECT` is what most PAC files say, also at sites that nobody leaves
/// without a proxy: there a dead proxy would look like a firewall's fault, or like a resolver's.
pub(super) fn last_resort(case: &Case<'_>) -> Option<Finding> {
    let direct = Some(case).filter(|case| case.observation.route == RouteFacts::Direct)?;
    let way = first(case)?;
    let met = match &direct.observation.fault {
        Some(failure @ (Fault::Resolve(_) | Fault::Connect(_) | Fault::Tls(_))) => {
            resolve::sinkholed(case).or_else(|| fault(case, failure))
        }
        Some(_) => None,
        None => resolve::sinkholed(case),
    }?;
    let detail = format!("{}; the last resort, going direct, fails too: {}", way.detail, met.detail);
    let meant = format!("{} ({})", met.state, met.cause);
    Some(Finding { detail, ..way }.with("direct", &meant))
}

/// A later way serves. Clients find it too, each after a while, and nothing is left to fall back on.
pub(super) fn unused(case: &Case<'_>) -> Option<Finding> {
    if case.observation.fault.is_some() {
        return None;
    }
    let way = first(case)?;
    let detail = format!("{}; {}, next on the list, serves in its place", way.detail, case.observation.route);
    Some(Finding { state: State::Degraded, detail, ..way })
}

/// Why the first way led nowhere.
fn first(case: &Case<'_>) -> Option<Finding> {
    let detour = case.observation.detours.first()?;
    fault(case, &detour.fault).filter(|finding| finding.state == State::Blocked)
}
