//! Diagnostics: one line an event on stderr, so that results on stdout stay clean.
//!
//! A monitor does not wait for whoever reads its log: lines go through a queue to a thread that does. Where nobody reads for
//! long, lines are missing, and the log says so afterwards. Commands that end by themselves write as they go.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use tokio::time::sleep;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::args::{Common, LogFormat, LogLevel};
use super::screen;

/// Lines that wait at most; half a megabyte or so, and minutes of a network where everything changes.
const MOST_WAITING: usize = 1024;
/// How often missing lines are told of.
const EVERY: Duration = Duration::from_secs(10);

/// Who writes the log.
#[derive(Debug)]
pub(crate) enum Pen {
    /// Whoever has something to say, and waits until it is written.
    Everyone,
    /// A thread of its own.
    Thread,
}

/// The log of this process. What waits is written when it is dropped, as far as somebody reads within a second.
#[derive(Debug)]
pub(crate) struct Log {
    queue: Option<(WorkerGuard, ErrorCounter)>,
}

impl Log {
    /// Tells how many lines are missing since the start, whenever there are more. Where that line is missing too, it is one
    /// of them, and comes again.
    pub(crate) async fn tell_of_missing(&self) -> Infallible {
        let mut told = 0;
        loop {
            sleep(EVERY).await;
            let missing = self.missing();
            if missing > told {
                tracing::warn!(lines = missing, "lines of the log are missing: whoever reads it was too slow");
                told = missing;
            }
        }
    }

    fn missing(&self) -> usize {
        self.queue.as_ref().map_or(0, |(_, missing)| missing.dropped_lines())
    }
}

/// Starts logging. Our own crates speak at the level asked for, the libraries only when something is wrong.
pub(crate) fn init(common: &Common, default: LogLevel, pen: &Pen) -> Log {
    let level = common.log_level.unwrap_or(default).filter();
    let (writer, queue) = match pen {
        Pen::Everyone => (BoxMakeWriter::new(io::stderr), None),
        Pen::Thread => {
            let queue = NonBlockingBuilder::default().buffered_lines_limit(MOST_WAITING).thread_name("log");
            let (writer, guard) = queue.finish(io::stderr());
            let missing = writer.error_counter();
            (BoxMakeWriter::new(writer), Some((guard, missing)))
        }
    };
    // sspi calls it an error where a KDC refuses, which is evidence of a probe and told there.
    let targets = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("sspi", LevelFilter::OFF)
        .with_targets(["reachwatch", "exporter", "prober"].map(|ours| (ours, level)));
    let layer = fmt::layer().with_writer(writer);
    let layer = match common.log_format {
        LogFormat::Text => layer.with_ansi(screen::colour(&io::stderr())).with_target(false).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(targets)).init();
    Log { queue }
}
