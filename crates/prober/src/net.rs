//! The seams to the world outside the process that tests replace: here the wall clock.
//!
//! Durations and deadlines use tokio's monotonic clock, which tests pause; stamps use [`Clock`].

mod address;
mod name;
mod site;

use std::fmt::Debug;

use time::OffsetDateTime;

pub(crate) use self::address::{has_route, is_global, is_private, is_unspecified};
pub(crate) use self::name::{MAX_NAME, is_host_name};
pub(crate) use self::site::{is_public_name, registrable_domain, same_site};

/// Tells wall time.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Now, in UTC.
    fn now(&self) -> OffsetDateTime;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where wall time enters")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}
