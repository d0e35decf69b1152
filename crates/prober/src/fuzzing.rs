//! Doors for fuzzing: what reads something from outside, given nothing but octets, as a probe would call it; and what has
//! to be true of whatever comes out.
//!
//! Each door is a target of its own in `fuzz/`, and a test takes every seed through it, so that neither rots. No part of
//! the product: it is there for tests, and with the feature `fuzzing`.
#![expect(clippy::expect_used, reason = "a door that meets what must not be has to say so")]

mod certificate;
mod crl;
mod ocsp;
#[cfg(test)]
mod tests;
mod world;

pub use self::certificate::certificate;
pub use self::crl::crl;
pub use self::ocsp::ocsp;

/// What octets are taken through; it ends in a panic where something comes out that must not.
pub type Door = fn(&[u8]);

/// Every door, by the name of its target and of the folder of its seeds.
pub const DOORS: [(&str, Door); 3] = [("certificate", certificate), ("crl", crl), ("ocsp", ocsp)];
