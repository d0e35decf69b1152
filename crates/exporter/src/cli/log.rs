//! Diagnostics: one line an event on stderr, so that results on stdout stay clean.

use std::io;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::args::{Common, LogFormat, LogLevel};
use super::screen;

/// Starts logging. Our own crates speak at the level asked for, the libraries only when something is wrong.
pub(crate) fn init(common: &Common, default: LogLevel) {
    let level = common.log_level.unwrap_or(default).filter();
    // sspi calls it an error where a KDC refuses, which is evidence of a probe and told there.
    let targets = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("sspi", LevelFilter::OFF)
        .with_targets(["reachwatch", "exporter", "prober"].map(|ours| (ours, level)));
    let layer = fmt::layer().with_writer(io::stderr);
    let layer = match common.log_format {
        LogFormat::Text => layer.with_ansi(screen::colour(&io::stderr())).with_target(false).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(targets)).init();
}
