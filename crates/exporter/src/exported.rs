//! The allowlist in the forms that firewalls, proxies and people load.
//!
//! ```text
//! plan ─┐
//!       ├─► Allowlist ─► squid, paloalto, fortinet, pac, csv, json
//! list ─┘   every host once, with its ports and where it comes from
//! ```
//!
//! Hosts are [`HostPattern`](prober::microsoft365::HostPattern)s or addresses, whose characters have no meaning in any of
//! the formats; other text goes only where it is quoted. What a format cannot express is left out and named rather than
//! widened: a gap that somebody knows of is better than an allowlist that lets more through than it says. (Squid's
//! `.domain` is the exception: it is the domain's own name too.) The same allowlist gives the same octets, so that whoever
//! fetches it sees when it changed.

mod allowlist;
mod domains;
mod gateway;
mod pac;
mod tables;

#[cfg(test)]
mod tests;

pub(crate) use self::allowlist::Allowlist;
pub(crate) use self::domains::{fortinet, paloalto, ranges, squid};
pub(crate) use self::gateway::Gateway;
pub(crate) use self::pac::pac;
pub(crate) use self::tables::{csv, json};

/// An allowlist as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Export {
    /// The text.
    pub(crate) text: String,
    /// What the format cannot hold, and why.
    pub(crate) left_out: Vec<(String, &'static str)>,
}

impl Export {
    /// One line for each.
    fn lines(lines: impl IntoIterator<Item = String>, left_out: Vec<(String, &'static str)>) -> Self {
        let text = lines.into_iter().fold(String::new(), |text, line| text + &line + "\n");
        Self { text, left_out }
    }
}
