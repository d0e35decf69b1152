//! A world of middleboxes: branches behind real firewalls, resolvers, proxies and filters, and the real program in them.
//!
//! ```text
//!  branch 10.77.0.2 ───── 10.77.0.1 gateway ──────────── internet 198.51.100.0/24
//!  reachwatch             nft, dnsmasq, squid, nginx,    name server, origins and CRL hosts of testnet
//!                         … whatever the scenario has    at ports 443 and 80
//! ```
//!
//! Every [`Scenario`] has a branch and a gateway of its own, so that many run side by side; the internet is one. All of
//! them are network namespaces inside one set of namespaces that [`apart`] makes: nothing of the machine is touched, no
//! packet leaves it, and everything ends with it. [`Matrix`] holds what was said against what is true.
//!
//! The origins have addresses of a documentation network (RFC 5737), since those count as public ones.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a harness: what fails here fails the test that uses it"
)]

mod apart;
mod boxes;
mod config;
mod daemon;
mod hosts;
mod internet;
mod matrix;
mod namespace;
mod relay;
mod scenario;
mod scenarios;
mod shell;
mod site;
mod verdict;

pub use apart::apart;
pub use config::TIMEOUT_SECONDS;
pub use internet::Internet;
pub use matrix::Matrix;
pub use scenario::Scenario;
pub use scenarios::all;
pub use site::visit;
pub use verdict::{Outcome, Pair, Verdict};
