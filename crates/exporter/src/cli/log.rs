//! Diagnostics: one line an event on stderr, so that results on stdout stay clean.

use std::io;

use tracing_subscriber::EnvFilter;

use super::args::{Common, LogFormat, LogLevel};
use super::screen;

/// Starts logging. Our own crates speak at the level asked for, the libraries only when something is wrong.
pub(crate) fn init(common: &Common, default: LogLevel) {
    let level = common.log_level.unwrap_or(default).as_str();
    // sspi calls it an error where a KDC refuses, which is evidence of a probe and told there.
    let filter = EnvFilter::new(format!("warn,sspi=off,reachwatch={level},exporter={level},prober={level}"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match common.log_format {
        LogFormat::Text => builder.with_ansi(screen::colour(&io::stderr())).with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
    }
}
