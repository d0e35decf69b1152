//! The command line: parse, call, exit status. One file below for each command.

mod args;
mod exit;
mod filter;
mod generate;
mod health;
mod log;
mod plan;
mod report;
mod screen;
mod validate;

use std::io;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, error::ErrorKind};

use self::args::{Cli, Command, Common, LogLevel, RunArgs};
use self::exit::{Failure, Status};
use self::screen::Screen;

/// Does what the command line asks and tells how it ended.
pub fn main() -> ExitCode {
    let Cli { common, run, command } = Cli::parse();
    let command = match command {
        None => Command::Run(run),
        Some(Command::Run(after)) => Command::Run(run.merge(after)),
        Some(other) => {
            refuse_stray_options(&run);
            other
        }
    };
    log::init(&common, if matches!(command, Command::Run(_)) { LogLevel::Info } else { LogLevel::Warn });
    match dispatch(&command, &common) {
        Ok(status) => status.into(),
        Err(failure) => {
            // Nothing is left to tell it to when stderr is closed too.
            let _ = io::Write::write_fmt(&mut io::stderr(), format_args!("error: {failure}\n"));
            failure.code()
        }
    }
}

fn dispatch(command: &Command, common: &Common) -> Result<Status, Failure> {
    match command {
        Command::Run(_) | Command::Check(_) | Command::Explain(_) => Err(Failure::other("needs the prober")),
        Command::Validate => {
            let (plan, origin) = plan::load(common.config.as_deref())?;
            printed(validate::write(&plan, &origin, Screen::stdout(), &mut io::stdout().lock()))
        }
        Command::Health(args) => on_this_thread(health::health(args)),
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
