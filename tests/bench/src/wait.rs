//! Waiting for what a measurement needs, on a machine that others use too.

use std::time::{Duration, Instant};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often it is looked at: seldom, since a look may cost a handshake.
const GLANCE: Duration = Duration::from_millis(100);

/// Looks until there is something to see, and returns it.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> Result<T, String> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(seen) = look().await {
            return Ok(seen);
        }
        tokio::time::sleep(GLANCE).await;
    }
    Err(format!("still waiting after {PATIENCE:?}: {what}"))
}
