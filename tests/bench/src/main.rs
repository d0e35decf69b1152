//! Measures what reachwatch costs, beside a bare tokio-rustls loop doing the same handshakes and requests.
//!
//! `tests/bench/run` builds and starts it. Contenders alternate, pinned to one core, the origin and the proxy to the other; probes are counted by the
//! origin, CPU by the kernel; the ratio is taken per round and its median quoted.

mod bare;
mod contender;
mod contest;
mod cpu;
mod crl;
mod fleet;
mod pac;
mod peers;
mod standing;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

/// Measures reachwatch against a bare tokio-rustls loop.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Seconds of each counted window.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Rounds; each gives one ratio.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Probes per second.
    #[arg(long, default_value_t = 500)]
    rate: u32,
    /// Minutes after which resident memory with the shipped list on two paths is read; 0 leaves that out.
    #[arg(long, default_value_t = 10)]
    memory_minutes: u64,
    /// The binary measured.
    #[arg(long, env = "REACHWATCH_BIN")]
    binary: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Be the bare loop.
    Loop(bare::Loop),
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

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let window = Duration::from_secs(arguments.seconds);
    match arguments.command {
        Some(Command::Loop(order)) => return bare::run(order).await,
        Some(Command::Pac) => return pac::run(window).await,
        Some(Command::Fleet { sites, every }) => return fleet::run(sites, every).await,
        Some(Command::Crl) => return crl::run(window, arguments.rounds),
        Some(Command::ReadCrl(order)) => return crl::run_once(&order),
        None => {}
    }
    let size =
        std::fs::metadata(&arguments.binary).map_err(|error| format!("{}: {error}", arguments.binary.display()))?.len();
    println!("## CPU seconds per 1,000 HTTPS probes, {} a second, paced\n", arguments.rate);
    contest::run(&arguments.binary, arguments.rate, window, arguments.rounds).await?;
    println!("\n## Standing\n");
    println!("stripped release binary: {:.1} MiB", cpu::as_f64(size) / 1_048_576.0);
    standing::start_up().await?;
    if arguments.memory_minutes > 0 {
        standing::memory(Duration::from_secs(60 * arguments.memory_minutes)).await?;
    }
    println!();
    pac::run(window).await?;
    println!();
    crl::run(window, arguments.rounds)
}
