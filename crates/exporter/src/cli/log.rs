//! Diagnostics: one line an event on stderr, so that results on stdout stay clean.
//!
//! A monitor does not wait for whoever reads its log: lines go through a queue. Where nobody reads for long, lines are missing,
//! and the log says so. Commands that end by themselves write as they go.

mod queue;

use std::convert::Infallible;
use std::io::{self, Write as _};
use std::time::Duration;

use tokio::time::sleep;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use self::queue::Queue;
use super::args::{Common, LogFormat, LogLevel};
use super::screen;

/// Lines that wait at most; half a megabyte or so. Whoever reads at all keeps up with thousands a second.
const MOST_WAITING: usize = 1024;
/// How often missing lines are told of.
const EVERY: Duration = Duration::from_secs(10);
/// How long the end of the program waits for its log to be read.
const AT_THE_END: Duration = Duration::from_secs(1);

/// Who writes the log.
#[derive(Debug)]
pub(crate) enum Pen {
    /// Whoever has something to say, and waits until it is written.
    Everyone,
    /// A thread of its own.
    Thread,
}

/// The log of this process.
#[derive(Debug)]
pub(crate) struct Log {
    queue: Option<Queue>,
}

impl Log {
    /// Tells how many lines are missing since the start, whenever there are more. Where that line is missing too, it is one
    /// of them, and comes again.
    pub(crate) async fn tell_of_missing(&self) -> Infallible {
        let mut told = 0;
        loop {
            sleep(EVERY).await;
            let missing = self.queue.as_ref().map_or(0, Queue::missing);
            if missing > told {
                tracing::warn!(lines = missing, "lines of the log are missing: they could not be written in time");
                told = missing;
            }
        }
    }

    /// Ends it, with what is said last, in plain text. Where nobody reads, that is lost, and the program ends all the same.
    pub(crate) fn close(self, last: Option<String>) {
        match self.queue {
            Some(queue) => queue.close(last, AT_THE_END),
            None => {
                // Nobody is left to tell it to when stderr is closed too.
                let _ = io::stderr().write_all(last.unwrap_or_default().as_bytes());
            }
        }
    }
}

/// Starts logging. Our own crates speak at the level asked for, the libraries only when something is wrong.
pub(crate) fn init(common: &Common, default: LogLevel, pen: &Pen) -> Log {
    let level = common.log_level.unwrap_or(default).filter();
    let queue = match pen {
        Pen::Everyone => None,
        // Without a thread, whoever speaks has to wait.
        Pen::Thread => Queue::to(io::stderr(), MOST_WAITING).ok(),
    };
    let writer = queue.clone().map_or_else(|| BoxMakeWriter::new(io::stderr), BoxMakeWriter::new);
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
