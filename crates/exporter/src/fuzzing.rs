//! Doors for fuzzing: what the program that serves and edits reads from outside, given nothing but octets; and what has to
//! be true of whatever comes of it.
//!
//! As those of the prober, which has the rest: each is a target of its own in `fuzz/`, and a test takes every seed through
//! it. No part of the product: it is there for tests, and with the feature `fuzzing`.
#![expect(clippy::expect_used, clippy::panic, reason = "a door that meets what must not be has to say so")]

mod html;
mod import_file;
#[cfg(test)]
mod tests;
mod web_config;
mod web_request;
mod world;

pub use self::import_file::import_file;
pub use self::web_config::web_config;
pub use self::web_request::web_request;

/// What octets are taken through; it ends in a panic where something comes out that must not.
pub type Door = fn(&[u8]);

/// Every door, by the name of its target and of the folder of its seeds.
pub const DOORS: [(&str, Door); 3] =
    [("import_file", import_file), ("web_config", web_config), ("web_request", web_request)];
