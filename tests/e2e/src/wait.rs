//! Waiting for conditions.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

/// How long anything may take before it counts as not happening, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition that nobody announces is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// Looks until there is something to see, and returns it.
/// Panics where nothing has come after [`PATIENCE`]; `what` says what was waited for.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    let mut glances = interval(GLANCE);
    glances.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while Instant::now() < deadline {
        glances.tick().await;
        if let Some(seen) = look().await {
            return seen;
        }
    }
    panic!("still waiting after {PATIENCE:?}: {what}");
}
