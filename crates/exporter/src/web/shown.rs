//! The overview as it was last rendered, for all who ask while it looks the same: a hundred viewers that hear of a change
//! at once cost one rendering.

use std::sync::Arc;
use std::time::Duration;

use prober::snapshot::Snapshot;
use thiserror::Error;
use time::OffsetDateTime;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::packed::Packed;
use super::version::Look;
use super::{App, Past, page};
use crate::reload::Last;

/// How long a rendering serves at the most: it tells how long ago things were.
const GOOD_FOR: Duration = Duration::from_secs(5);

/// The newest rendering.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown(Arc<Mutex<Option<Rendering>>>);

/// Why there is no page.
#[derive(Debug, Error)]
pub(super) enum ShownError {
    /// The template failed.
    #[error("cannot render the overview")]
    Render(#[source] askama::Error),
    /// The thread that rendered ended.
    #[error("the rendering of the overview ended")]
    Ended(#[source] tokio::task::JoinError),
}

#[derive(Debug, Clone)]
struct Rendering {
    snapshot: Arc<Snapshot>,
    look: Look,
    /// What came of the last reload.
    reloaded: Option<Last>,
    made: Instant,
    page: Packed,
}

impl Shown {
    /// The overview; only one at a time is rendered, and the others wait for it.
    pub(super) async fn overview(&self, app: &App, past: &Arc<dyn Past>) -> Result<Packed, ShownError> {
        let mut newest = self.0.lock().await;
        let snapshot = app.snapshot();
        let fresh = newest.take().filter(|rendering| rendering.made.elapsed() < GOOD_FOR);
        let (clock, past, reloaded) = (Arc::clone(&app.clock), Arc::clone(past), app.reloads.last());
        let rendering = match fresh {
            Some(rendering) if Arc::ptr_eq(&rendering.snapshot, &snapshot) => rendering,
            // Away from the threads that probe: a large configuration takes tens of milliseconds.
            fresh => tokio::task::spawn_blocking(move || Rendering::of(fresh, snapshot, &*past, reloaded, clock.now()))
                .await
                .map_err(ShownError::Ended)?
                .map_err(ShownError::Render)?,
        };
        Ok(newest.insert(rendering).page.clone())
    }
}

impl Rendering {
    fn of(
        known: Option<Self>,
        snapshot: Arc<Snapshot>,
        past: &dyn Past,
        reloaded: Option<Last>,
        now: OffsetDateTime,
    ) -> askama::Result<Self> {
        let look = Look::of(&snapshot);
        if let Some(known) = known.filter(|known| known.look == look && known.reloaded == reloaded) {
            return Ok(Self { snapshot, ..known });
        }
        let (days, standing) = (past.days(), past.standing());
        let html = page::render(&snapshot, &look.version(), (&days, &standing), reloaded.as_ref(), now)?;
        Ok(Self { snapshot, look, reloaded, made: Instant::now(), page: Packed::new(html) })
    }
}
