//! Doors for fuzzing: what reads something from outside, given nothing but octets, as a probe would call it; and what has
//! to be true of whatever comes out.
//!
//! Each door is a target of its own in `fuzz/`, and a test takes every seed through it, so that neither rots. No part of
//! the product: it is there for tests, and with the feature `fuzzing`.
#![expect(clippy::expect_used, reason = "a door that meets what must not be has to say so")]

mod certificate;
mod config;
mod crl;
mod fingerprints;
mod http_head;
mod microsoft365;
mod ocsp;
mod pac_answer;
mod peer;
mod proxy_reply;
mod socks;
mod sources;
#[cfg(test)]
mod tests;
mod winhttp;
mod world;

pub use self::certificate::certificate;
pub use self::config::config;
pub use self::crl::crl;
pub use self::fingerprints::fingerprints;
pub use self::http_head::http_head;
pub use self::microsoft365::microsoft365;
pub use self::ocsp::ocsp;
pub use self::pac_answer::pac_answer;
pub use self::proxy_reply::proxy_reply;
pub use self::socks::socks;
pub use self::winhttp::winhttp;

/// What octets are taken through; it ends in a panic where something comes out that must not.
pub type Door = fn(&[u8]);

/// Every door, by the name of its target and of the folder of its seeds.
pub const DOORS: [(&str, Door); 11] = [
    ("certificate", certificate),
    ("config", config),
    ("crl", crl),
    ("fingerprints", fingerprints),
    ("http_head", http_head),
    ("microsoft365", microsoft365),
    ("ocsp", ocsp),
    ("pac_answer", pac_answer),
    ("proxy_reply", proxy_reply),
    ("socks", socks),
    ("winhttp", winhttp),
];
