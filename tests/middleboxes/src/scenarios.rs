//! All scenarios, by what stands in the way. What is true of each follows from `docs/causes.md`, never from what the
//! program happens to say.

mod dns;
mod firewall;
mod healthy;
mod inspection;
mod origin;
mod portal;
mod proxy;

use crate::scenario::Scenario;

/// Every scenario.
pub fn all() -> Vec<Scenario> {
    // The origins' begin with the one that has to begin early.
    let all = [
        origin::scenarios(),
        inspection::scenarios(),
        proxy::scenarios(),
        dns::scenarios(),
        firewall::scenarios(),
        portal::scenarios(),
        healthy::scenarios(),
    ];
    all.into_iter().flatten().collect()
}
