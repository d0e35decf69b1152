//! Whether a site can use the endpoints it needs, over each way that its clients go, and if not, why.
//!
//! ```text
//! endpoints.yaml ─► config ─► plan ─► scheduler ─► probe ─► observation ─► verdict ─► state ─► snapshot
//!                   text to   valid    when         route     facts and      pure       pure     one immutable
//!                   faults    by con-               dns tcp   timings,       judgement  fold     value for
//!                   or plan   struction             proxy tls no opinion                         whoever shows it
//!                                                   http crl
//! ```
//!
//! Data flows one way. [`observation`] holds facts, [`verdict`] opinions, and a decision never does I/O.

pub mod cause;
pub mod clock;
pub mod config;
pub mod diagnosis;
pub mod fingerprint;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod microsoft365;
pub mod net;
pub mod observation;
pub mod pac;
pub mod phase;
pub mod plan;
pub mod probe;
pub mod route;
pub mod scheduler;
pub mod snapshot;
pub mod state;
pub mod text;
pub mod trust;
pub mod verdict;

pub use cause::{Blame, Cause, Stage, State};
