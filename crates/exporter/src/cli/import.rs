//! `reachwatch import`: Microsoft's list as endpoints, printed or added to a configuration.

mod output;
mod service;
mod source;

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use prober::config::{LoadError, SystemSources, parse};
use thiserror::Error;

pub(crate) use self::source::{Source, USUAL};
use super::args::{Common, ImportArgs};
use super::exit::{Failure, Status};
use super::plan::BadConfiguration;
use super::printed;
use crate::imported::{Existing, MergeFault, Merged, NoConfiguration, merge, offers};

/// What a new file begins with.
const HEAD: &str = "\
# What Microsoft 365 needs to reach, by Microsoft's own list. Everything that is not said here has its default.
";

/// Imports, and says on standard error what came of it.
pub(crate) async fn import(args: &ImportArgs, common: &Common) -> Result<Status, Failure> {
    let bytes = match (args.from.read()?, &args.from) {
        (None, Source::Url(url)) => {
            service::fetch(url, args.instance, common.config.as_deref(), args.path.as_deref()).await?
        }
        (Some(_), _) if args.path.is_some() => return Err(Failure::usage("--path is for a list that is fetched")),
        (bytes, _) => bytes.unwrap_or_default(),
    };
    let list = args.from.list(args.instance, &bytes)?;
    let records = args.selection.selection().of(&list).map_err(Failure::usage)?;
    let existing = match &args.output {
        Some(path) => existing(path)?,
        None => fresh(),
    };
    let merged = merge(&existing, &list, offers(&list, &records)).map_err(|source| cannot_add(args, source))?;
    match (&merged.text, &args.output) {
        (Some(text), Some(path)) => {
            check(text, path)?;
            output::replace(path, text).map_err(|source| cannot("write", path, source))?;
        }
        (Some(text), None) => {
            check(text, Path::new("the import"))?;
            printed(io::stdout().lock().write_all(text.as_bytes()))?;
        }
        (None, _) => {}
    }
    tell(&merged, args.output.as_deref());
    Ok(Status::Success)
}

/// A file that cannot be worked with.
#[derive(Debug, Error)]
#[error("cannot {operation} {path}")]
struct FileFault<E: std::error::Error + 'static> {
    operation: &'static str,
    path: String,
    source: E,
}

fn cannot(operation: &'static str, path: &Path, source: io::Error) -> Failure {
    Failure::other(FileFault { operation, path: path.display().to_string(), source })
}

fn cannot_add(args: &ImportArgs, source: MergeFault) -> Failure {
    let path = args.output.as_ref().map_or_else(|| "the import".to_owned(), |path| path.display().to_string());
    Failure::config(FileFault { operation: "add to", path, source })
}

fn fresh() -> Existing {
    Existing { text: HEAD.to_owned(), ..Existing::none() }
}

fn existing(path: &Path) -> Result<Existing, Failure> {
    let text = match output::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(fresh()),
        Err(error) => return Err(cannot("read", path, error)),
    };
    Existing::read(&text, &path.display().to_string(), &sources(path)).map_err(|error| match error {
        NoConfiguration::Faults(faults) => Failure::config(BadConfiguration(LoadError::Faults(faults))),
        NoConfiguration::Yaml(_) => Failure::config(error),
    })
}

/// Nothing is written that `validate` would refuse.
fn check(text: &str, path: &Path) -> Result<(), Failure> {
    let plan = parse(text, &path.display().to_string(), &sources(path));
    plan.map(drop).map_err(|faults| Failure::config(BadConfiguration(LoadError::Faults(faults))))
}

/// What a configuration refers to lies beside it.
fn sources(path: &Path) -> SystemSources {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    SystemSources::in_folder(fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()))
}

/// Says what was done. Nobody is left to hear it where standard error is closed.
fn tell(merged: &Merged, path: Option<&Path>) {
    let Merged { text, added, present, removed, unprobed, unlisted } = merged;
    let mut lines = vec![format!(
        "{added} endpoint{} added, {present} there already, {removed} removed before, {unprobed} patterns and hosts that cannot \
         be probed\n",
        if *added == 1 { "" } else { "s" }
    )];
    if let (None, Some(path)) = (text, path) {
        lines.push(format!("{} has it all and is left as it is\n", path.display()));
    }
    if !unlisted.is_empty() {
        lines.push(format!("imported before and no longer listed: {}\n", unlisted.join(", ")));
    }
    let _ = io::stderr().write_all(lines.concat().as_bytes());
}
