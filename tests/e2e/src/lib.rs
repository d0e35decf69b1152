//! What the end-to-end tests stand on: the real binary, and real peers around it.
//!
//! Everything here listens on loopback at ports that are free, is waited for by what it says or answers, and ends with
//! its owner. A peer that is not installed fails the test with its name.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a harness: what fails here fails the test that uses it"
)]

mod alertmanager;
mod apart;
mod blackbox;
mod browser;
mod config;
mod dante;
mod fleet;
mod folder;
mod http;
mod image;
mod kdc;
mod line;
mod microsocks;
mod names;
mod nginx;
mod peer;
mod process;
mod program;
mod prometheus;
mod squid;
mod tab;
mod tinyproxy;
mod wait;

pub use alertmanager::{Alertmanager, Told, Webhook};
pub use apart::apart;
pub use blackbox::Blackbox;
pub use browser::{Page, browse};
pub use config::Config;
pub use dante::Dante;
pub use fleet::{Agent, Site, own_metric};
pub use folder::Folder;
pub use http::{Response, get, post};
pub use image::{Image, static_binary};
pub use kdc::Kdc;
pub use line::Line;
pub use microsocks::Microsocks;
pub use nginx::{Nginx, Offer};
pub use peer::{Peer, Vacancy};
pub use program::{Finished, Running, Signal, binary, reachwatch};
pub use prometheus::{Prometheus, PrometheusOptions, hurried, shipped};
pub use squid::{SQUID_HELPERS, Squid, SquidRules, path_with_sbin};
pub use tab::Tab;
pub use tinyproxy::Tinyproxy;
pub use wait::{PATIENCE, eventually};
