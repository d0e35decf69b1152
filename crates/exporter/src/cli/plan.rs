//! The plan that a command works with, or every fault of the configuration.

use std::error::Error;
use std::fmt;
use std::path::Path as FilePath;
use std::sync::Arc;

use prober::config::{self, Fault, Faults, Files, LoadError, Origin};
use prober::plan::{Endpoint, Path, Plan};
use prober::text::with_sources;
use url::Url;

use super::descriptors;
use super::exit::Failure;
use crate::microsoft365::{Held, Store};

/// Reads the configuration.
pub(crate) fn load(named: Option<&FilePath>) -> Result<(Plan, Origin), Failure> {
    let (mut plan, origin) = config::load(named).map_err(|error| Failure::config(BadConfiguration(error)))?;
    descriptors::fit(&mut plan, descriptors::raise());
    Ok((plan, origin))
}

/// The same, with what an instance that keeps its data in a folder has of Microsoft's list; where that is nothing of use, without
/// it.
pub(crate) fn load_following(named: Option<&FilePath>, data: Option<&FilePath>) -> Result<Plan, Failure> {
    let (plan, _) = load(named)?;
    let (Some(settings), Some(data)) = (&plan.microsoft365, data) else { return Ok(plan) };
    let instance = settings.instance;
    match Store::below(Some(data)).peek(instance) {
        Ok(Some(kept)) => {
            let held = Held::of(kept);
            Ok(plan.following(held.list(), &held.ranges))
        }
        Ok(None) => {
            let folder = data.display();
            tracing::warn!(%folder, %instance, "no endpoint list of Microsoft's is kept there; it is left out of account");
            Ok(plan)
        }
        Err(error) => {
            let error = with_sources(&error);
            tracing::warn!(error, "the endpoint list that is kept is of no use; it is left out of account");
            Ok(plan)
        }
    }
}

/// The configuration, and every file that was read for it, as it was.
pub(crate) fn load_noting(named: Option<&FilePath>) -> Result<(Plan, Origin, Files), Failure> {
    let (loaded, files) = config::load_noting(named);
    let (mut plan, origin) = loaded.map_err(|error| Failure::config(BadConfiguration(error)))?;
    descriptors::fit(&mut plan, descriptors::raise());
    Ok((plan, origin, files))
}

/// Reads one path of a configuration that is otherwise good, whether an endpoint uses it or not.
pub(crate) fn load_path(named: Option<&FilePath>, path: &str) -> Result<Arc<Path>, Failure> {
    config::load_path(named, path).map_err(|error| match &error {
        // The name came from the command line, so a place in the file would only mislead.
        LoadError::Faults(faults) => Failure::usage(format!("--path {path}: {}", words(faults))),
        _ => Failure::config(BadConfiguration(error)),
    })
}

fn words(faults: &Faults) -> String {
    let one = |fault: &Fault| {
        [Some(fault.message.clone()), fault.help.clone()].into_iter().flatten().collect::<Vec<_>>().join("; ")
    };
    faults.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// An endpoint for a URL, with what the configuration has by default.
pub(crate) fn load_endpoint(named: Option<&FilePath>, url: &Url) -> Result<Endpoint, Failure> {
    config::load_endpoint(named, url).map_err(|error| Failure::config(BadConfiguration(error)))
}

/// A configuration that cannot be used: first how bad it is, then a line for each fault.
#[derive(Debug)]
pub(crate) struct BadConfiguration(pub(crate) LoadError);

impl fmt::Display for BadConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            LoadError::Faults(faults) => match faults.count() {
                1 => write!(f, "the configuration has a fault\n{faults}"),
                many => write!(f, "the configuration has {many} faults\n{faults}"),
            },
            other => other.fmt(f),
        }
    }
}

impl Error for BadConfiguration {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
