//! Measures what reachwatch costs, beside blackbox_exporter and a bare tokio-rustls loop that do the same handshakes and
//! requests.
//!
//! `tests/bench/run` builds and starts it. Contenders alternate, pinned to one core, origins, proxy and whoever asks them to
//! the other; probes are counted by the origin, CPU by the kernel; ratios are taken per round and their median quoted.

mod bare;
mod chains;
mod contender;
mod contest;
mod cpu;
mod crl;
mod exposition;
mod fleet;
mod gate;
mod growth;
mod load;
mod memory;
mod pac;
mod peers;
mod plot;
mod side_by_side;
mod soak;
mod standing;
mod statistics;
mod task;
mod wait;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

/// Measures reachwatch: without a command, beside blackbox_exporter and a bare tokio-rustls loop.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Seconds of each counted window.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Rounds; each gives one ratio.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Probes per second where a schedule is kept.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// Where plots are written, if anywhere.
    #[arg(long, value_parser = folder)]
    plots: Option<PathBuf>,
    /// The binary measured.
    #[arg(long, env = "REACHWATCH_BIN", default_value = "target/release/reachwatch")]
    binary: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Be the bare loop.
    Loop(bare::Loop),
    /// Count instructions and system calls of a probe, which are the same on a busy machine, and fail where there are too
    /// many.
    Gate,
    /// Measure the size of the binary, its start, and memory after a while.
    Standing {
        /// Minutes after which resident memory with the shipped list on two paths is read.
        #[arg(long, default_value_t = 10)]
        minutes: u64,
    },
    /// Let everything go wrong for a while that can, and fail where memory, files or tasks grow, an incident is missing, late
    /// or for nothing, or counters are not what was served.
    Soak {
        /// How long.
        #[arg(long, default_value_t = 30)]
        minutes: u64,
        /// Probes per second.
        #[arg(long, default_value_t = 200)]
        rate: u32,
        /// What chance begins with; another one each time where nothing is said.
        #[arg(long)]
        seed: Option<u64>,
        /// Where the plot is written, if anywhere.
        #[arg(long, value_parser = folder)]
        plots: Option<PathBuf>,
    },
    /// Measure the evaluation of PAC files alone.
    Pac,
    /// Measure what sites cost that push into one receiver.
    Fleet {
        /// How many.
        #[arg(long, default_value_t = 200)]
        sites: usize,
        /// Seconds between scrapes.
        #[arg(long, default_value_t = 15)]
        every: u32,
    },
    /// Measure the reading of revocation lists alone, beside openssl.
    Crl,
    /// Be the reader of revocation lists.
    ReadCrl(crl::Reading),
}

/// A folder to write into, made before anything is measured rather than missed when all is done.
fn folder(path: &str) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(path)?;
    Ok(path.into())
}

/// The time given to what is measured alone.
const ALONE: Duration = Duration::from_secs(10);
/// Rounds of what is measured beside openssl.
const ALONE_ROUNDS: usize = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::Loop(order)) => bare::run(order).await,
        Some(Command::Gate) => gate::run(&arguments.binary).await,
        Some(Command::Standing { minutes }) => {
            standing::run(&arguments.binary, Duration::from_secs(60 * minutes)).await
        }
        Some(Command::Soak { minutes, rate, seed, plots }) => {
            let terms = soak::Terms::long(minutes, rate, seed.unwrap_or_else(soak::any_seed));
            soak::run(&arguments.binary, terms, plots.as_deref()).await
        }
        Some(Command::Pac) => pac::run(ALONE).await,
        Some(Command::Fleet { sites, every }) => fleet::run(sites, every).await,
        Some(Command::Crl) => crl::run(ALONE, ALONE_ROUNDS),
        Some(Command::ReadCrl(order)) => crl::run_once(&order),
        None => {
            let window = Duration::from_secs(arguments.seconds);
            let terms = contest::Terms { window, rounds: arguments.rounds, rate: arguments.rate };
            side_by_side::run(&arguments.binary, terms, arguments.plots.as_deref()).await
        }
    }
}
