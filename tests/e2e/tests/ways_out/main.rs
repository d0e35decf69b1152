//! The ways out of a site over real proxies: what the program says of each where the endpoint can be reached, is denied,
//! is dead, and where the proxy is. The tables also pin what the proxies really answer, so that a change of theirs shows.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod dante;
mod microsocks;
mod mistaken;
mod pac;
mod site;
mod squid;
mod tinyproxy;
