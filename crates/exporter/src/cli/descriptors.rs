//! File descriptors: as many as the system allows, and no more probes at once than they are enough for, so that the pages and
//! the history always have theirs.

use std::num::NonZeroUsize;

use prober::plan::Plan;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a probe holds at most: connections tried side by side, or questions to name servers.
const PER_PROBE: u64 = 4;
/// What is left for everything else: connections of viewers, the history's files, and what the runtime needs.
const RESERVED: u64 = 320;

/// Raises the soft limit to the hard one, as most runtimes do (getrlimit(2)). Returns how many files may be open; `None` where
/// there is no limit.
pub(crate) fn raise() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::debug!(%error, "the limit of open files stays as it is");
            current
        }
    }
}

/// Has a plan make do with so many files. With fewer probes at once than it asks for, some start later
/// (`reachwatch_scheduler_lag_seconds`); without files they would fail.
pub(crate) fn fit(plan: &mut Plan, limit: Option<u64>) {
    let Some(limit) = limit else { return };
    let enough = most(limit);
    if plan.concurrency > enough {
        let concurrency = plan.concurrency;
        tracing::warn!(open_files = limit, concurrency, instead = enough, "too few files may be open (ulimit -n)");
        plan.concurrency = enough;
    }
}

/// How many probes may be under way with so many files.
fn most(limit: u64) -> NonZeroUsize {
    let left = limit.saturating_sub(RESERVED) / PER_PROBE;
    usize::try_from(left).ok().and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_take_what_is_left() {
        let table = [(0, 1), (320, 1), (328, 2), (1024, 176), (u64::MAX, usize::MAX / 4 - 80)];
        for (limit, probes) in table {
            assert_eq!(most(limit).get(), probes, "{limit}");
        }
    }
}
