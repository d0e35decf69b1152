//! The loopback world as a program: prints how to try reachwatch against it, and takes faults from standard input.

mod console;

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use testnet::{ConfigOptions, World};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// A loopback internet for trying reachwatch: name server, origins, CRL hosts and proxies, with faults to switch.
#[derive(Debug, Parser)]
#[command(version, after_help = "Type `help` while it runs for the commands, `kinds` for the faults.")]
struct Options {
    /// Where to write the reachwatch configuration [default: a file that goes away with the world]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A fault to begin with; HOST is a host, `proxy`, `socks`, `proxy/HOST` or `socks/HOST` (repeatable)
    #[arg(long = "fault", value_name = "HOST=KIND")]
    faults: Vec<String>,
    /// How often each endpoint is probed, for the configuration
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    interval: String,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&*error);
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), BoxError> {
    let world = World::start().await?;
    for fault in &options.faults {
        let (host, kind) = fault.split_once('=').ok_or_else(|| format!("`--fault {fault}`: give HOST=KIND"))?;
        console::set(&world, host, kind)?;
    }
    let file = options.config.unwrap_or_else(|| world.dir().join("reachwatch.yaml"));
    let settings = ConfigOptions { interval: options.interval, ..ConfigOptions::default() };
    std::fs::write(&file, world.config_yaml_with(&settings))
        .map_err(|error| format!("writing {}: {error}", file.display()))?;
    introduce(&world, &file)?;
    serve(&world).await
}

/// Takes commands until one of them, a signal, or the end of a terminal's input says to stop.
async fn serve(world: &World) -> Result<(), BoxError> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut lines = input();
    let mut reading = true;
    loop {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => return Ok(interrupted?),
            _ = terminated.recv() => return Ok(()),
            line = lines.recv(), if reading => match line {
                Some(line) => match console::execute(world, &line) {
                    Ok(console::Outcome::Say(text)) => say(&text)?,
                    Ok(console::Outcome::Quit) => return Ok(()),
                    Err(error) => report(&error),
                },
                None if io::stdin().is_terminal() => return Ok(()),
                // A service without input goes on.
                None => reading = false,
            },
        }
    }
}

fn introduce(world: &World, file: &std::path::Path) -> io::Result<()> {
    say(&format!(
        "The world is up.\n  name server    {}\n  proxy          {}\n                 {}\n  SOCKS server   {}\n  root           {}\n  configuration  {file}\n\n\
         Try, in another terminal:\n  cargo run --release -- run --config {file}\n  cargo run --release -- check --config {file}\n\n\
         Type `help` for what can go wrong here. Ctrl-C ends the world.",
        world.dns_address(),
        world.proxy().url(),
        world.proxy().secure_url(),
        world.socks().url("socks5h"),
        world.root_file().display(),
        file = file.display(),
    ))
}

/// Standard input line by line. The thread is left to the end of the process: a blocked read cannot be taken back.
fn input() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.trim_end())?;
    out.flush()
}

/// An error with its causes, on one line.
fn report(error: &(dyn std::error::Error + 'static)) {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let text: Vec<_> = causes.map(ToString::to_string).collect();
    let _nobody_left_to_tell = writeln!(io::stderr().lock(), "error: {}", text.join(": "));
}
