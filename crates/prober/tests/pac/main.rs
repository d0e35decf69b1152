//! PAC files against the engine: what they mean, what they may not do, and the names they ask for.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod bombs;
mod lookups;
mod reference;
mod routes;
mod semantics;
mod world;
