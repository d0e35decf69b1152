//! What the targets share.

pub mod der;
