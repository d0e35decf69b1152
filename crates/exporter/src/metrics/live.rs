//! What lives between snapshots: histograms fed by events, the configuration's last reload, the process itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use prober::snapshot::Snapshot;
use prometheus::core::Collector;
use prometheus::proto::{LabelPair, Metric, MetricFamily};
use prometheus::{Gauge, Histogram, HistogramOpts, HistogramVec, TextEncoder};
use time::OffsetDateTime;
use tokio::runtime::Handle;
use url::Url;

use super::process::Process;
use crate::pulse::Pulse;
use crate::rows::path_names;

/// Buckets for whole probes, in seconds: from a refusal next door to the longest default deadline.
const PROBE_BUCKETS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Buckets for late starts, in seconds: anything over a second means that the monitor is overloaded.
const LAG_BUCKETS: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0];

/// Metrics that are fed by events instead of read from a snapshot.
#[derive(Debug)]
pub struct Live {
    probe_duration: HistogramVec,
    scheduler_lag: Histogram,
    reload_successful: Gauge,
    reload_timestamp: Gauge,
    stalled: Gauge,
    tasks: Gauge,
    pulse: Pulse,
    external_url: Option<String>,
    web_config: Option<Arc<AtomicBool>>,
    web_config_successful: Gauge,
    process: Process,
}

impl Live {
    /// Begins counting, with a configuration that was loaded at a point in time.
    ///
    /// # Errors
    /// Only if the client library refuses a family's definition.
    pub fn new(config_loaded_at: OffsetDateTime) -> prometheus::Result<Self> {
        let probe_duration = HistogramOpts::new("reachwatch_probe_duration_seconds", "What whole probes took.");
        let scheduler_lag = HistogramOpts::new("reachwatch_scheduler_lag_seconds", "How late probes start.");
        let live = Self {
            probe_duration: HistogramVec::new(probe_duration.buckets(PROBE_BUCKETS.to_vec()), &["path"])?,
            scheduler_lag: Histogram::with_opts(scheduler_lag.buckets(LAG_BUCKETS.to_vec()))?,
            reload_successful: Gauge::new(
                "reachwatch_config_last_reload_successful",
                "Whether the last attempt to load the configuration succeeded.",
            )?,
            reload_timestamp: Gauge::new(
                "reachwatch_config_last_reload_success_timestamp_seconds",
                "When the configuration in use was loaded.",
            )?,
            stalled: Gauge::new(
                "reachwatch_monitor_stalled",
                "Whether no result has come for longer than the configured intervals explain.",
            )?,
            tasks: Gauge::new("reachwatch_monitor_tasks", "Tasks of the process that are under way.")?,
            pulse: Pulse::new(),
            external_url: None,
            web_config: None,
            web_config_successful: Gauge::new(
                "reachwatch_web_config_last_reload_successful",
                "Whether the last attempt to load the web configuration succeeded; absent without one.",
            )?,
            process: Process::own(),
        };
        live.config_loaded(config_loaded_at);
        Ok(live)
    }

    /// Says where people reach what is served.
    #[must_use]
    pub fn reached_at(self, url: &Url) -> Self {
        Self { external_url: Some(url.as_str().trim_end_matches('/').to_owned()), ..self }
    }

    /// Says whether the web configuration is in force as it was last read; `None` without one.
    #[must_use]
    pub fn with_web_config(self, is_followed: Option<Arc<AtomicBool>>) -> Self {
        Self { web_config: is_followed, ..self }
    }

    /// Where people reach what is served, without a slash at the end, if somebody said so.
    pub(super) fn external_url(&self) -> Option<&str> {
        self.external_url.as_deref()
    }

    /// A probe starts, so much later than it was due.
    pub fn probe_started(&self, lag: Duration) {
        self.scheduler_lag.observe(lag.as_secs_f64());
    }

    /// A probe over a path ended.
    pub fn probe_ended(&self, path: &str, duration: Duration) {
        self.probe_duration.with_label_values(&[path]).observe(duration.as_secs_f64());
    }

    /// A configuration was loaded and is in use.
    pub fn config_loaded(&self, at: OffsetDateTime) {
        self.reload_successful.set(1.0);
        self.reload_timestamp.set(unix_seconds(at));
    }

    /// A configuration was refused; the one before stays in use.
    pub fn config_refused(&self) {
        self.reload_successful.set(0.0);
    }

    /// The scheduler's signs of life, by which it is judged whether probing goes on.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// The process itself.
    pub(super) fn process(&self) -> &Process {
        &self.process
    }

    /// Appends the families to an exposition. Paths that the snapshot no longer knows are forgotten.
    pub(super) fn write(&self, snapshot: &Snapshot, text: &mut String) -> prometheus::Result<()> {
        self.forget_other_paths(&path_names(snapshot));
        self.stalled.set(f64::from(u8::from(self.pulse.is_stalled())));
        let mut families = self.probe_duration.collect();
        families.iter_mut().for_each(sort_by_path);
        families.extend(self.scheduler_lag.collect());
        families.extend(self.reload_successful.collect());
        families.extend(self.reload_timestamp.collect());
        if let Some(is_followed) = &self.web_config {
            self.web_config_successful.set(f64::from(u8::from(is_followed.load(Ordering::Relaxed))));
            families.extend(self.web_config_successful.collect());
        }
        families.extend(self.stalled.collect());
        if let Ok(runtime) = Handle::try_current() {
            self.tasks.set(as_number(runtime.metrics().num_alive_tasks()));
            families.extend(self.tasks.collect());
        }
        // The encoder takes an empty family for an error.
        families.retain(|family| !family.get_metric().is_empty());
        TextEncoder::new().encode_utf8(&families, text)
    }

    fn forget_other_paths(&self, known: &[&str]) {
        for family in self.probe_duration.collect() {
            for path in family.get_metric().iter().filter_map(path_of) {
                if !known.contains(&path) {
                    // Fails only where another scrape has just removed it.
                    let _ = self.probe_duration.remove_label_values(&[path]);
                }
            }
        }
    }
}

/// A moment as the client library has numbers.
fn unix_seconds(moment: OffsetDateTime) -> f64 {
    (moment - OffsetDateTime::UNIX_EPOCH).as_seconds_f64()
}

/// A count as the client library has numbers.
fn as_number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// The client library keeps series in a hash map; a stable order makes two scrapes comparable.
fn sort_by_path(family: &mut MetricFamily) {
    family.mut_metric().sort_by(|a, b| path_of(a).cmp(&path_of(b)));
}

fn path_of(metric: &Metric) -> Option<&str> {
    metric.get_label().first().map(LabelPair::value)
}
