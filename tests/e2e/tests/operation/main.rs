//! Rules, alerts and dashboards as they are shipped, with Debian's Prometheus and Alertmanager.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod alerts;
mod dashboards;
mod fleet;
mod rules;
