//! The command line: parse, call, exit status. One file below for each command.

mod args;
mod check;
mod descriptors;
mod exit;
mod explain;
mod export;
mod filter;
mod generate;
mod health;
mod import;
mod log;
mod plan;
mod report;
mod run;
mod screen;
mod validate;

use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread::available_parallelism;

use clap::{CommandFactory, Parser, error::ErrorKind};

use self::args::{Cli, Command, Common, LogLevel, RunArgs};
use self::exit::{Failure, Status};
use self::log::{Log, Pen};
use self::screen::Screen;

/// Threads beyond these would wait for the network like the others do.
const MAX_WORKERS: usize = 4;
/// Threads for work that would hold up others, such as rendering. Requests beyond these wait; by default there could be
/// 512 at once, each with a stack and an answer in memory.
const MAX_BLOCKING: usize = 16;

/// Does what the command line asks and tells how it ended.
pub fn main() -> ExitCode {
    // While there is one thread.
    heap::settle();
    let Cli { common, run, command } = Cli::parse();
    let command = match command {
        None => Command::Run(run),
        Some(Command::Run(after)) => Command::Run(run.merge(after)),
        Some(other) => {
            refuse_stray_options(&run);
            other
        }
    };
    let (level, pen) = match command {
        Command::Run(_) => (LogLevel::Info, Pen::Thread),
        _ => (LogLevel::Warn, Pen::Everyone),
    };
    let log = log::init(&common, level, &pen);
    match dispatch(&command, &common, &log) {
        Ok(status) => {
            log.close(None);
            status.into()
        }
        Err(failure) => {
            log.close(Some(format!("error: {failure}\n")));
            failure.code()
        }
    }
}

fn dispatch(command: &Command, common: &Common, log: &Log) -> Result<Status, Failure> {
    match command {
        Command::Run(args) => block_on(run::run(args, common, log)),
        Command::Check(args) => block_on(check::check(args, common)),
        Command::Explain(args) => on_this_thread(explain::explain(args, common)),
        Command::Validate => {
            let (plan, origin) = plan::load(common.config.as_deref())?;
            printed(validate::write(&plan, &origin, Screen::stdout(), &mut io::stdout().lock()))
        }
        Command::Health(args) => on_this_thread(health::health(args)),
        Command::Import(args) => on_this_thread(import::import(args, common)),
        Command::Export(args) => export::export(args, common),
        Command::Completions { shell } => printed(generate::completions(*shell, &mut io::stdout().lock())),
        Command::Man => printed(generate::man(&mut io::stdout().lock())),
    }
}

/// Options of `run` before another command would be ignored, so they are wrong usage.
fn refuse_stray_options(run: &RunArgs) {
    if let Some(option) = run.given() {
        let message = format!("{option} is an option of run");
        Cli::command().error(ErrorKind::ArgumentConflict, message).exit();
    }
}

/// Runs a job that has much to do at once.
fn block_on(job: impl Future<Output = Result<Status, Failure>>) -> Result<Status, Failure> {
    let workers = available_parallelism().map_or(1, NonZeroUsize::get).min(MAX_WORKERS);
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(workers).max_blocking_threads(MAX_BLOCKING).enable_all();
    let runtime = builder.build().map_err(Failure::other)?;
    let result = runtime.block_on(job);
    // Whatever still runs has had its time.
    runtime.shutdown_background();
    result
}

/// Runs a small job without starting worker threads.
fn on_this_thread(job: impl Future<Output = Result<Status, Failure>>) -> Result<Status, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Failure::other)?.block_on(job)
}

/// What came of printing. A reader that has seen enough (`| head`) is no failure.
fn printed(result: io::Result<()>) -> Result<Status, Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::other(error)),
        _ => Ok(Status::Success),
    }
}
