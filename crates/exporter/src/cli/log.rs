//! Diagnostics: one line an event on stderr, so that results on stdout stay clean.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use super::args::{Common, LogFormat, LogLevel};

/// Starts logging. Our own crates speak at the level asked for, the libraries only when something is wrong.
pub(crate) fn init(common: &Common, default: LogLevel) {
    let level = common.log_level.unwrap_or(default).as_str();
    let filter = EnvFilter::new(format!("warn,reachwatch={level},exporter={level},prober={level}"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match common.log_format {
        LogFormat::Text => builder.with_ansi(colour(&io::stderr())).with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
    }
}

/// Whether colour may be used on a stream: it is a terminal, and `NO_COLOR` (<https://no-color.org>) is not set.
pub(crate) fn colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
